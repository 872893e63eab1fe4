"""Checking in and out: six digits that change, a code to scan, a place; each try is judged and kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, identities, places, presence
from bot.services.nearby import Nearby, nearby
from bot.services.refusals.attendance import TooManyTries
from bot.services.roll_call import leader_says
from bot.services.rules import USUAL, Rules
from bot.services.verdicts import MAY_LEAVE, Kind
from bot.storage.crypto import Cipher
from bot.storage.database import locked, writing
from bot.storage.models import AttendanceEvent, Person, Shift

__all__ = ["Tried", "by_code", "by_place", "by_sheet", "current_code", "leader_says", "scene", "waiting"]

TRIES, TRIES_WITHIN = 5, timedelta(minutes=10)
"""So many wrong codes in so long, and nothing is looked at: of a million codes at most four are right at a time."""
PLACE_WITHIN = timedelta(minutes=10)
"""A place sent so soon after the code belongs to it."""
TWICE_WITHIN = timedelta(minutes=5)
"""The same sheet scanned again so soon was a second look, not a departure."""
SCENE = "chk_"
_SCENE = re.compile(r"chk_(\d{1,9})_([0-9a-f]{16})")


@dataclass(frozen=True)
class Tried:
    """What became of a try. ``at``: the time it counts from. ``consent``: whether a place may be looked at.

    ``minutes``: when leaving, about what will be credited; None where no minutes count.
    """

    near: Nearby
    kind: Kind
    verdict: str
    at: datetime
    distance_m: int | None = None
    radius_m: int | None = None
    consent: places.Answer = ""
    minutes: int | None = None


def current_code(cipher: Cipher, shift: Shift, now: datetime, rules: Rules = USUAL, purpose: Kind = "in") -> str:
    """The six digits that a leader shows now, for coming or (``out``) leaving; nothing is stored."""
    return _code(cipher, shift.id, purpose, _slot(now, rules))


def scene(cipher: Cipher, shift_id: int) -> str:
    """What stands in the QR code of a printed sheet; it says who made it, so that nobody makes one at home."""
    return f"{SCENE}{shift_id}_{cipher.keyed_hash(f'check sheet:{shift_id}')[:16]}"


def by_code(
    db: Session,
    cipher: Cipher,
    person_id: int,
    code: str,
    *,
    openid: str,
    nonce: str,
    now: datetime,
    rules: Rules = USUAL,
) -> Tried | None:
    """Six digits, tried against this person's own shifts of these days. None: there is no such shift.

    Raises TooManyTries.
    """
    found = nearby(db, person_id, now, rules)
    expected = [one for one in found if one.is_open(now)] or [one for one in found if now < one.opens_at]
    if not expected:
        return None
    writing(db)
    _spare_guessing(db, person_id, now)
    slots = (_slot(now, rules), _slot(now, rules) - 1)
    fits = [
        (one, purpose)
        for one in expected
        for purpose in one.purposes
        if code in [_code(cipher, one.shift_id, purpose, slot) for slot in slots]
    ]
    near, purpose = fits[0] if fits else (expected[0], expected[0].purposes[0])
    return _try(db, cipher, near, purpose, "code", openid, nonce, now, rules, is_right=bool(fits))


def by_sheet(
    db: Session, cipher: Cipher, person_id: int, scanned: str, *, openid: str, nonce: str, now: datetime,
    rules: Rules = USUAL,
) -> Tried | None:  # fmt: skip
    """A printed sheet: coming or leaving by the state. None: not ours, or not this person's shift of these days."""
    found = _SCENE.search(scanned)
    if found is None or found.group() != scene(cipher, int(found[1])):
        return None
    near = next((one for one in nearby(db, person_id, now, rules) if one.shift_id == int(found[1])), None)
    if near is None:
        return None
    leaves = near.state in MAY_LEAVE and near.in_at is not None and now - near.in_at > TWICE_WITHIN
    left_just_now = near.state == "checked_out" and near.out_at is not None and now - near.out_at <= TWICE_WITHIN
    purpose: Kind = "out" if leaves or left_just_now else "in"
    return _try(db, cipher, near, purpose, "qr", openid, nonce, now, rules, is_right=True)


def by_place(
    db: Session, cipher: Cipher, person_id: int, latitude: float, longitude: float, *, openid: str, nonce: str,
    now: datetime, rules: Rules = USUAL,
) -> Tried | None:  # fmt: skip
    """A place sent after a right code. None when no code waits for one; without consent nothing of it is kept."""
    event = waiting(db, person_id, now)
    if event is None:
        return None
    near = _near(db, person_id, event.shift_id, now, rules)
    agreed = places.consent(db, person_id)
    if near is None or near.radius_m is None or near.latitude is None or near.longitude is None:
        return None
    if agreed != "given":
        return Tried(near, "in", "needs_person", event.captured_at, None, near.radius_m, agreed)
    distance = places.metres(latitude, longitude, near.latitude, near.longitude)
    judged = presence.record(
        db, shift_id=near.shift_id, person_id=person_id, kind="in", captured_at=event.captured_at, channel="location",
        entered_by=actors.person(person_id), nonce=nonce, now=now, rules=rules, distance_m=distance,
        radius_m=near.radius_m, place_encrypted=cipher.encrypt(f"{latitude:.6f},{longitude:.6f}"), answers_id=event.id,
        note=_phone(cipher, openid),
    )  # fmt: skip
    return Tried(near, "in", judged.verdict, judged.captured_at, distance, near.radius_m, agreed)


def waiting(db: Session, person_id: int, now: datetime, within: timedelta = PLACE_WITHIN) -> AttendanceEvent | None:
    """The right code of this person that still waits for a place or a leader's word."""
    codes = select(AttendanceEvent).where(
        AttendanceEvent.person_id.in_(identities.same(person_id)),
        AttendanceEvent.kind == "in",
        AttendanceEvent.verdict == "needs_person",
        AttendanceEvent.channel.in_(("code", "qr")),
        AttendanceEvent.received_at > now - within,
    )
    event = db.scalars(codes.order_by(AttendanceEvent.id.desc()).limit(1)).one_or_none()
    if event is None:
        return None
    settled = select(AttendanceEvent.id).where(
        AttendanceEvent.shift_id == event.shift_id,
        AttendanceEvent.person_id.in_(identities.same(person_id)),
        AttendanceEvent.verdict == "accepted",
        AttendanceEvent.id > event.id,
    )
    return event if db.scalars(settled.limit(1)).first() is None else None


def _try(
    db: Session, cipher: Cipher, near: Nearby, kind: Kind, channel: str, openid: str, nonce: str, now: datetime,
    rules: Rules, *, is_right: bool,
) -> Tried:  # fmt: skip
    """Only coming takes a place: who was there and leaves early is known by the code that the leader shows."""
    with_place = kind == "in" and near.radius_m is not None
    judged = presence.record(
        db, shift_id=near.shift_id, person_id=near.person_id, kind=kind, captured_at=now, channel=channel,
        entered_by=actors.person(near.person_id), nonce=nonce, now=now, rules=rules, is_right=is_right,
        needs_person=with_place, note=_phone(cipher, openid),
    )  # fmt: skip
    minutes = None
    if kind == "out" and judged.verdict == "accepted" and judged.registration_id is not None:
        minutes = presence.about_minutes(db, judged.registration_id, rules)
    agreed = places.consent(db, near.person_id) if with_place else ""
    return Tried(near, kind, judged.verdict, judged.captured_at, None, near.radius_m, agreed, minutes)


def _near(db: Session, person_id: int, shift_id: int, now: datetime, rules: Rules) -> Nearby | None:
    return next((one for one in nearby(db, person_id, now, rules) if one.shift_id == shift_id), None)


def _spare_guessing(db: Session, person_id: int, now: datetime) -> None:
    locked(db, Person, identities.current(db, person_id))
    wrong = select(func.count(), func.min(AttendanceEvent.received_at)).where(
        AttendanceEvent.person_id.in_(identities.same(person_id)),
        AttendanceEvent.verdict == "wrong_code",
        AttendanceEvent.received_at > now - TRIES_WITHIN,
    )
    number, first = db.execute(wrong).one()
    if number >= TRIES:
        raise TooManyTries(first + TRIES_WITHIN)


def _code(cipher: Cipher, shift_id: int, purpose: Kind, slot: int) -> str:
    return f"{int(cipher.keyed_hash(f'check:{shift_id}:{purpose}:{slot}')[:15], 16) % 1_000_000:06d}"


def _slot(now: datetime, rules: Rules) -> int:
    return int(now.timestamp()) // rules.attendance.code_seconds


def _phone(cipher: Cipher, openid: str) -> str:
    """Tells accounts apart for the supervisor without naming them."""
    return f"from {cipher.keyed_hash(f'account:{openid}')[:12]}"
