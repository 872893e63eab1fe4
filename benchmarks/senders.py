"""What the outbox is measured beside: the same calls by our HTTP client alone, and by wechatpy's client in threads."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

DATA = {"thing1": "江滨公园清洁", "time2": "2026年3月7日 13:00", "thing3": "江滨公园南门", "thing4": "明天，还有1天"}
TEMPLATE = "reminder".ljust(43, "0")


def bare(url: str, threads: int) -> Callable[[int], object]:
    """Nothing but the call: no row, no state, no ledger."""
    from bot.wechat.client import Client

    client = Client("wx0", "secret", base_url=url, threads=threads)
    return lambda number: client.template_send(f"o-{number}", TEMPLATE, DATA, client_msg_id=f"bare-{number}")


def wechatpy(url: str, _threads: int) -> Callable[[int], object]:
    """As its documentation shows it; nothing is written down either."""
    from wechatpy import WeChatClient

    WeChatClient.API_BASE_URL = f"{url}/cgi-bin/"
    client = WeChatClient("wx0", "secret", access_token="t")
    data = {name: {"value": value} for name, value in DATA.items()}
    return lambda number: client.message.send_template(f"o-{number}", TEMPLATE, data)


def main() -> None:
    name, url, threads, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    send = {"bare": bare, "wechatpy": wechatpy}[name](url, threads)
    send(0)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, range(threads)))  # every thread and connection is there
        began = time.perf_counter()
        for _ in pool.map(send, range(count), chunksize=1):
            pass
        print(count / (time.perf_counter() - began))


if __name__ == "__main__":
    main()
