"""Certificates drawn in a process of their own: seconds and 200 MB that the processes which answer do not spend."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore, Lock

from bot.services import fonts
from bot.services.certificates import Issued
from bot.services.refusals import Busy
from bot.services.refusals.certificates import CannotBePrinted
from bot.services.snapshots import Snapshot

ROOT = Path(__file__).resolve().parents[2]
UNPRINTABLE = 3
TIMEOUT_S = 40
_waiting, _one_at_a_time = BoundedSemaphore(3), Lock()
"""Threads that wait for a drawing cannot answer WeChat: a few may."""


@dataclass(frozen=True)
class Order:
    """What stands on the sheet. ``public_url``: what the QR code and the notes lead to."""

    snapshot: Snapshot
    code: str
    issued_at: datetime
    public_url: str
    font: str
    face: int = 0

    def to_json(self) -> str:
        rest = {**vars(self), "snapshot": self.snapshot.canonical(), "issued_at": self.issued_at.isoformat()}
        return json.dumps(rest, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Order:
        kept = json.loads(text)
        snapshot, issued_at = Snapshot.from_json(kept["snapshot"]), datetime.fromisoformat(kept["issued_at"])
        return cls(**{**kept, "snapshot": snapshot, "issued_at": issued_at})


@dataclass(frozen=True)
class Drawn:
    pdf: bytes
    picture: bytes


def order(issued: Issued, public_url: str, font: fonts.Font) -> Order:
    return Order(issued.snapshot, issued.code, issued.issued_at, public_url.rstrip("/"), font.path, font.face)


def check(texts: str, configured_font: str) -> None:
    """Before a certificate is issued: CannotBePrinted when there is no font, or a rare character it lacks."""
    font = fonts.find(configured_font)
    rare = fonts.doubtful(texts)
    missing = font.lacks(rare) if rare else ""
    if missing:
        raise CannotBePrinted(missing)


def draw(wanted: Order) -> Drawn:
    """Two to three seconds. Busy when others wait already; CannotBePrinted names what the font lacks.

    Everything goes through pipes: no name stands in a command line or in a file.
    """
    drawn = drawn_by("bot.services.sheets", wanted.to_json())
    length = int.from_bytes(drawn[:4], "big")
    return Drawn(drawn[4 : 4 + length], drawn[4 + length :])


def drawn_by(module: str, order: str) -> bytes:
    """What the module, in a process of its own, makes of the order. Raises as `draw` does."""
    if not _waiting.acquire(blocking=False):
        raise Busy
    try:
        with _one_at_a_time:
            done = subprocess.run(
                [sys.executable, "-m", module],
                input=order.encode(), capture_output=True, cwd=ROOT, timeout=TIMEOUT_S, check=False,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Busy from None
    finally:
        _waiting.release()
    if done.returncode == UNPRINTABLE:
        raise CannotBePrinted(done.stdout.decode())
    if done.returncode:
        raise RuntimeError(f"drawing failed: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
    return done.stdout
