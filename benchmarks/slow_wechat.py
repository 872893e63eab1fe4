"""WeChat as slow as it is and no busier than it must be: every call answered after a pause, counted by its openid."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter

_TO = re.compile(rb'"touser": ?"([^"]+)"')
_LENGTH = re.compile(rb"content-length: (\d+)", re.I)


class Line(asyncio.Protocol):
    """One connection: a request at a time, as every client here sends them. The answers have the simulator's shape."""

    pause_s = 0.08
    seen: Counter[bytes] = Counter()
    calls = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._read = transport, b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._read = b""
        path = head.split(b" ", 2)[1].partition(b"?")[0]
        loop = asyncio.get_running_loop()
        if path == b"/seen":
            again = [openid.decode() for openid, count in Line.seen.items() if count > 1]
            self._answer({"calls": Line.calls, "openids": len(Line.seen), "twice": len(again), "again": again})
            Line.seen, Line.calls = Counter(), 0
        elif path.endswith(b"token"):
            self._answer({"access_token": "t" * 100, "expires_in": 7200})
        else:
            Line.calls += 1
            Line.seen[match[1] if (match := _TO.search(body)) else b""] += 1
            loop.call_later(Line.pause_s, self._answer, {"errcode": 0, "errmsg": "ok", "msgid": 10**16 + Line.calls})

    def _answer(self, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Line, "127.0.0.1", port, backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
