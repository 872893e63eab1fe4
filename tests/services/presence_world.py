"""A shift on a Saturday afternoon and people on its list, for tests of presence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.services import actors, check_in, presence
from bot.services.rules import USUAL
from bot.storage.crypto import Cipher
from bot.storage.models import AttendanceEvent, Registration, Shift
from tests.fixtures.world import World, hours

GATE = (28.9000, 120.4000)
"""Where the people meet; a thousandth of a degree of latitude is 111 metres."""


def saturday(clock: str, day: int = 7) -> datetime:
    return datetime.fromisoformat(f"2026-03-{day:02}T{clock}:00+08:00")


class Afternoon:
    """A12 from 13:00 to 15:30; ``person`` is 王晓雨 and has a seat."""

    def __init__(self, db: Session, world: World, *, placed: bool = False, **more: Any) -> None:
        self.db, self.world, self.cipher = db, world, world.cipher
        times = {"starts_at": saturday("13:00"), "ends_at": saturday("15:30"), **more}
        self.shift: Shift = world.shift(code="A12", **times)
        if placed:
            self.shift.activity.latitude, self.shift.activity.longitude = GATE
            db.flush()
        self.person = world.person("王晓雨")
        self.registration_id = world.sign_up(self.shift, self.person).registration_id

    @property
    def registration(self) -> Registration:
        return self.db.get_one(Registration, self.registration_id)

    @property
    def state(self) -> str:
        return self.registration.state

    def try_(self, kind: Any, clock: str, nonce: str = "", person: int | None = None, **more: Any) -> AttendanceEvent:
        at = more.pop("at", None) or saturday(clock)
        person = person or self.person
        given = {"channel": "code", "entered_by": actors.person(person), "now": at, "captured_at": at, **more}
        nonce = nonce or f"{kind}-{at.isoformat()}-{person}"
        return presence.record(self.db, shift_id=self.shift.id, person_id=person, kind=kind, nonce=nonce, **given)

    def code(self, clock: str, purpose: Any = "in") -> str:
        return check_in.current_code(self.cipher, self.shift, saturday(clock), USUAL, purpose)

    def types(self, code: str, clock: str, person: int | None = None, nonce: str = "") -> check_in.Tried | None:
        return check_in.by_code(
            self.db, self.cipher, person or self.person, code, openid="o-1", nonce=nonce or f"{code}-{clock}",
            now=saturday(clock),
        )  # fmt: skip

    def stands_at(self, latitude: float, longitude: float, clock: str) -> check_in.Tried | None:
        return check_in.by_place(
            self.db, self.cipher, self.person, latitude, longitude, openid="o-1", nonce=f"place-{clock}",
            now=saturday(clock),
        )  # fmt: skip


__all__ = ["GATE", "Afternoon", "Cipher", "hours", "saturday"]


def came(db: Session, registration_id: int) -> None:
    """One accepted check-in of a registration: what a credit must point to."""
    row = db.get_one(Registration, registration_id)
    db.add(AttendanceEvent(
        shift_id=row.shift_id, person_id=row.person_id, registration_id=row.id, kind="in", captured_at=row.created_at,
        received_at=row.created_at, channel="code", verdict="accepted", nonce=f"came:{row.id}",
        entered_by=actors.person(row.person_id),
    ))  # fmt: skip
    db.flush()
