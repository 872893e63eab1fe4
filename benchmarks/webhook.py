"""The webhook in secure mode beside bare Flask and a bare wechatpy echo: same gunicorn, same load, in one run."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.load import Measured, request_bytes, run  # noqa: E402
from benchmarks.tables import write  # noqa: E402
from bot.wechat.envelope import Envelope  # noqa: E402
from tests.fixtures.stack import Stack, free_ports, start_stack  # noqa: E402

TOKEN, KEY, APP_ID = "benchtoken", secrets.token_hex(32)[:43], "wx0123456789abcdef"
MESSAGES = 4000
CONNECTIONS = 32
ROUNDS = 3
QUESTIONS = ("活动期间有保险吗", "怎么成为志愿者", "周末有什么活动", "你好", "时长怎么查", "今天天气真不错呀朋友们")


def messages(count: int) -> list[bytes]:
    """Sealed texts of 200 followers, each message with its own id."""
    envelope = Envelope(TOKEN, KEY, APP_ID)
    made = []
    now = int(time.time())
    for number in range(count):
        text = QUESTIONS[number % len(QUESTIONS)]
        plain = (
            f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[oBench{number % 200:05d}]]>"
            f"</FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[{text}]]></Content><MsgId>{secrets.randbits(60)}</MsgId></xml>"
        )
        encrypted, nonce = envelope.seal(plain.encode()), secrets.token_hex(5)
        signed = envelope.signature(str(now), nonce, encrypted)
        body = f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        path = f"/wechat?signature=0&timestamp={now}&nonce={nonce}&encrypt_type=aes&msg_signature={signed}"
        made.append(request_bytes(path, body.encode()))
    return made


@contextmanager
def peer(app: str) -> Iterator[int]:
    """A gunicorn like ours (2 workers, 8 threads) serving one of the peers; yields its port."""
    port = free_ports()
    env = {**os.environ, "BENCH_TOKEN": TOKEN, "BENCH_KEY": KEY, "BENCH_APP_ID": APP_ID}
    command = ["-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", "2", "--threads", "8", "-k", "gthread"]
    process = subprocess.Popen(
        [sys.executable, *command, "--no-control-socket", "--preload", f"benchmarks.peers:{app}"],
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


@contextmanager
def ours() -> Iterator[Stack]:
    """The whole program, as `make run` starts it."""
    with tempfile.TemporaryDirectory() as folder:
        stack = start_stack(
            Path(folder),
            BOT_WECHAT__TOKEN=TOKEN,
            BOT_WECHAT__ENCODING_AES_KEY=KEY,
            BOT_WECHAT__APP_ID=APP_ID,
            BOT_WECHAT__APP_SECRET="benchsecret",
            BOT_WECHAT__MODE="secure",
        )
        try:
            yield stack
        finally:
            stack.stop()


def _wait(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


def measure() -> dict[str, list[Measured]]:
    """Interleaved rounds, so that a machine that drifts drifts for all three."""
    results: dict[str, list[Measured]] = {"bare Flask": [], "wechatpy echo": [], "Qingsheng": []}
    with ours() as stack, peer("flask_app") as flask_port, peer("wechatpy_app") as echo_port:
        ports = {"bare Flask": flask_port, "wechatpy echo": echo_port, "Qingsheng": stack.port}
        for port in ports.values():
            run(port, messages(400), CONNECTIONS)
        for round_number in range(ROUNDS):
            for name, port in ports.items():
                results[name].append(run(port, messages(MESSAGES), CONNECTIONS))
                print(f"round {round_number + 1} {name}: {results[name][-1].rate:.0f}/s", file=sys.stderr)
    return results


def table(results: dict[str, list[Measured]]) -> str:
    lines = ["| server | messages/s | p50 ms | p99 ms | failed | rate beside bare Flask |", "| --- " * 6 + "|"]
    base = sorted(m.rate for m in results["bare Flask"])[ROUNDS // 2]
    for name, rounds in results.items():
        middle = sorted(rounds, key=lambda m: m.rate)[ROUNDS // 2]
        failed = sum(m.failed for m in rounds)
        lines.append(
            f"| {name} | {middle.rate:.0f} | {middle.median * 1000:.1f} | {middle.quantile(0.99) * 1000:.1f} "
            f"| {failed} | {middle.rate / base:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    made = table(measure())
    print(made)
    if "--write" in sys.argv:
        write("webhook", made)
