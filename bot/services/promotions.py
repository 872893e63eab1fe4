"""Why a free seat went to nobody, or somebody in line has not got one yet: read from the same rows that decide it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from bot.services import line, offer_lengths, seats
from bot.services.refusals import Refused
from bot.services.rules import USUAL, Rules
from bot.storage.database import fresh
from bot.storage.models import Activity, Registration, Shift

Code = Literal[
    "not_open", "closed", "insured", "too_near", "started",  # about the shift
    "nobody_waits", "no_free_seat",
    "next", "no_seat", "too_few", "kept_for_party", "hindered", "unreached",  # about one who waits
]  # fmt: skip


@dataclass(frozen=True)
class Why:
    """``registration_id``: of whom; None for what holds for all. ``place``: in line, from 1. ``refusal`` when hindered.

    ``skipped``: how often this party was passed over. ``seats``: free ones for what holds for all, else the party's.
    """

    code: Code
    registration_id: int | None = None
    place: int | None = None
    seats: int = 0
    skipped: int = 0
    refusal: Refused | None = None


def explain(db: Session, shift_id: int, now: datetime, *, rules: Rules = USUAL) -> list[Why]:
    """What keeps seats of this shift from being offered, first what holds for everybody, then one line for each who
    waits, in order; ``next`` is who would get a seat now."""
    shift = db.get(Shift, shift_id)
    if shift is None:
        return []
    counted = seats.of(db, shift)
    found: list[Why] = []
    blocked = closed(shift.activity, shift, now)
    if blocked is not None:
        found.append(Why(blocked, seats=counted.free))
    if not counted.waiting:
        return [*found, Why("nobody_waits", seats=counted.free)]
    if not counted.free:
        found.append(Why("no_free_seat"))
    giving = line.Giving(db, shift, shift.activity, counted.free, now, rules)
    for place, turn in enumerate(giving.turns(), start=1):
        row: Registration = turn.registration
        found.append(Why(turn.verdict, row.id, place, row.party_size, row.skipped, turn.refusal))
    return found


def may_offer(db: Session, shift: Shift, now: datetime) -> bool:
    """Not after sign-up or the insurer's list closed, not shortly before the start (then staff telephone)."""
    return closed(fresh(db, Activity, shift.activity_id), shift, now) is None


def closed(activity: Activity, shift: Shift, now: datetime) -> Code | None:
    """Why nobody is offered a seat of this shift any more, or yet."""
    if activity.state != "open":
        return "not_open"
    if shift.starts_at <= now:
        return "started"
    if shift.signup_closes_at is not None and shift.signup_closes_at <= now:
        return "closed"
    if shift.insurance_closes_at is not None and shift.insurance_closes_at <= now:
        return "insured"
    return "too_near" if offer_lengths.length(shift, now) is None else None
