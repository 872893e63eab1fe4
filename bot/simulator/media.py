"""The media the account and its followers have put into WeChat: kept by id, temporary ones for three days."""

from __future__ import annotations

import secrets
import struct
import zlib
from typing import Any

from bot.simulator.errors import ApiError
from bot.simulator.world import World

TEMPORARY_S = 3 * 24 * 3600.0
MB = 1024 * 1024
# type: (largest size, errcode when larger)
LIMITS = {"image": (10 * MB, 40009), "voice": (2 * MB, 40010), "video": (10 * MB, 40011), "thumb": (64 * 1024, 40012)}
MIMES = {
    "image": ("image/png", "image/jpeg", "image/gif"),
    "voice": ("audio/amr", "audio/mpeg"),
    "video": ("video/mp4",),
    "thumb": ("image/jpeg", "image/png"),
}
_MAGIC = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"#!AMR": "audio/amr",
    b"ID3": "audio/mpeg",
}


def keep(world: World, type: str, body: bytes, *, permanent: bool = False, **more: Any) -> str:
    """Store and return the media id. The oldest temporary media make room when all together grow too large."""
    id = secrets.token_urlsafe(48).replace("-", "x")
    with world.state.lock:
        shelf, now = world.state.shelf("media"), world.clock.time()
        shelf[id] = {"type": type, "at": now, "permanent": permanent, "size": len(body), "mime": mime_of(body), **more}
        world.state.keep_media(id, body)
        _make_room(world)
        world.state.touch("media")
    return id


def find(world: World, id: object) -> dict[str, Any] | None:
    """What is known of a medium, or None when there is none or its three days are over."""
    with world.state.lock:
        found = world.state.shelf("media").get(str(id or ""))
        if found is None or (not found["permanent"] and world.clock.time() > found["at"] + TEMPORARY_S):
            return None
        return dict(found)


def must_exist(world: World, id: object) -> str:
    if find(world, id) is None:
        raise ApiError(40007)
    return str(id)


def forget(world: World, id: str) -> None:
    with world.state.lock:
        world.state.shelf("media").pop(id, None)
        world.state.keep_media(id, None)
        world.state.touch("media")


def mime_of(body: bytes) -> str:
    if body[4:8] == b"ftyp":
        return "video/mp4"
    if body[:1] == b"\xff" and body[1:2] >= b"\xe0":  # an MP3 frame without a tag before it
        return "audio/mpeg"
    return next((mime for magic, mime in _MAGIC.items() if body.startswith(magic)), "application/octet-stream")


def _make_room(world: World) -> None:
    shelf = world.state.shelf("media")
    excess = sum(one["size"] for one in shelf.values()) - world.config.media_cap_bytes
    for id in sorted((i for i, one in shelf.items() if not one["permanent"]), key=lambda i: float(shelf[i]["at"]))[:-1]:
        if excess <= 0:
            return
        excess -= shelf[id]["size"]
        forget(world, id)


def sample_png(seed: int, width: int = 240, height: int = 160) -> bytes:
    """A small landscape for followers who send "a picture" without choosing one."""
    hue = seed * 47 % 96
    rows = []
    for y in range(height):
        hill = [height * (0.55 + 0.2 * ((x * 7 + seed * 131) % width / width - 0.5) ** 2) for x in range(width)]
        sky = (150 + hue // 2, 190 + 40 * y // height, 235)
        row = bytearray(b"\x00")
        for x in range(width):
            row += bytes(sky if y < hill[x] else (70 + hue // 2, 150 - 40 * y // height, 90))
        rows.append(bytes(row))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(rows), 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
