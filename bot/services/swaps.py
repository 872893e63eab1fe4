"""Seats of a roster that go from person to person: handed over (转让), or exchanged for another seat (换班)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import gates, invitation_codes, offers, seats, telling
from bot.services.announcements import supersede
from bot.services.refusals import NotRegistered, ShiftStarted
from bot.services.refusals.registrations import LineWaits, NotARosterSeat, NothingToExchange, SwapUnknown
from bot.services.rules import USUAL, Rules
from bot.storage.database import fresh, locked, writing
from bot.storage.models import Activity, Person, Registration, Shift, Swap

OPEN_FOR = timedelta(hours=48)


@dataclass(frozen=True)
class Swapped:
    """``got``: the taker's new registration; ``given``: the first holder's new one in an exchange, else None."""

    swap_id: int
    got: int
    given: int | None


def offer(
    db: Session,
    registration_id: int,
    person_id: int,
    now: datetime,
    *,
    wanted_shift_id: int | None = None,
    rules: Rules = USUAL,
) -> Swap:
    """Offer one's confirmed seat of a roster; the code is passed on by its holder. Asking again gives a new code.

    Where people wait in line a seat is not handed over past them: then it is cancelled, and the next are offered it.
    """
    writing(db)
    row, shift = offers.lock_registration(db, registration_id)
    if row.person_id != person_id:
        raise NotRegistered
    if row.state != "confirmed" or shift.roster_id is None or row.party_of is not None or row.party_size != 1:
        raise NotARosterSeat
    if shift.starts_at <= now:
        raise ShiftStarted(shift.starts_at)
    waiting = seats.of(db, shift).waiting
    if waiting and wanted_shift_id is None:
        raise LineWaits(waiting)
    if wanted_shift_id is not None:
        wanted = db.get(Shift, wanted_shift_id)
        if wanted is None or wanted.roster_id != shift.roster_id or wanted.id == shift.id or wanted.starts_at <= now:
            raise NothingToExchange
    for before in _open(db, row.id):
        before.state = "withdrawn"
    swap = Swap(
        registration_id=row.id, wanted_shift_id=wanted_shift_id, code=_unused(db), state="open", asked_at=now,
        expires_at=min(now + OPEN_FOR, shift.starts_at),
    )  # fmt: skip
    db.add(swap)
    db.flush()
    return swap


def _open(db: Session, registration_id: int) -> list[Swap]:
    return list(db.scalars(select(Swap).where(Swap.registration_id == registration_id, Swap.state == "open")))


def _unused(db: Session) -> str:
    while True:
        code = invitation_codes.new()
        if db.scalars(select(Swap.id).where(Swap.code == code, Swap.state == "open").limit(1)).first() is None:
            return code


def others_of_roster(db: Session, shift_id: int, now: datetime) -> list[Shift]:
    """The other shifts of the same roster that have not begun, soonest first."""
    roster = select(Shift.roster_id).where(Shift.id == shift_id).scalar_subquery()
    ahead = select(Shift).where(Shift.roster_id == roster, Shift.id != shift_id, Shift.starts_at > now)
    return list(db.scalars(ahead.order_by(Shift.starts_at, Shift.id).limit(50)))


def find(db: Session, code: str, now: datetime) -> Swap:
    """Raises SwapUnknown when no open swap has this code, or its time is over."""
    wanted = select(Swap).where(Swap.code == invitation_codes.normal(code), Swap.state == "open", Swap.expires_at > now)
    found = db.scalars(wanted).one_or_none()
    if found is None or found.registration.state != "confirmed":
        raise SwapUnknown
    return found


def take(db: Session, code: str, person_id: int, openid: str, now: datetime, *, rules: Rules = USUAL) -> Swapped:
    """The other takes the seat under the gates of signing up; in an exchange both pass them. Both are told."""
    writing(db)
    swap = find(db, code, now)
    giver_id, shift_ids = swap.registration.person_id, [swap.registration.shift_id]
    if giver_id == person_id:
        raise SwapUnknown
    if swap.wanted_shift_id is not None:
        shift_ids.append(swap.wanted_shift_id)
    people = {id: locked(db, Person, id) for id in sorted((giver_id, person_id))}
    shifts = {id: locked(db, Shift, id) for id in sorted(shift_ids)}
    db.refresh(swap)
    row = fresh(db, Registration, swap.registration_id)
    if swap.state != "open" or row.state != "confirmed" or row.person_id != giver_id:
        raise SwapUnknown
    back = _held(db, person_id, swap.wanted_shift_id) if swap.wanted_shift_id is not None else None
    here, taker, giver = shifts[row.shift_id], people[person_id], people[giver_id]
    assert here is not None and taker is not None and giver is not None  # foreign keys say so
    if back is None and seats.of(db, here).waiting:
        raise LineWaits(seats.of(db, here).waiting)
    _pass(db, here, taker, now, rules, without=back)
    if back is not None:
        _pass(db, db.get_one(Shift, back.shift_id), giver, now, rules, without=row)
    for left in (row, *([back] if back else [])):
        left.state, left.state_since, left.reason = "cancelled", now, f"swap {swap.id}"
        supersede(db, f"reminder:{left.id}:", now, prefix=True, reason="swapped")
    db.flush()
    got = _seat(db, row.shift_id, person_id, openid, now)
    given = _seat(db, back.shift_id, giver_id, row.openid, now) if back is not None else None
    swap.state, swap.taken_by, swap.taken_at = "taken", got.id, now
    db.flush()
    for told, key in ((row.openid, "giver"), (openid, "taker")):
        telling.follower(db, told, "registrations.swapped", f"{swap.id}:{key}", now,
                         zone=rules.timezone, swap_id=swap.id, who=key)  # fmt: skip
    return Swapped(swap.id, got.id, given.id if given else None)


def _held(db: Session, person_id: int, shift_id: int) -> Registration:
    held = select(Registration).where(
        Registration.person_id == person_id, Registration.shift_id == shift_id, Registration.state == "confirmed",
        Registration.party_of.is_(None), Registration.party_size == 1,
    )  # fmt: skip
    found = db.scalars(held.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NothingToExchange
    return found


def _pass(
    db: Session, shift: Shift, person: Person, now: datetime, rules: Rules, *, without: Registration | None
) -> None:
    """The gates, as if the seat given up were given up already. A seat that changes hands needs no open sign-up."""
    activity = fresh(db, Activity, shift.activity_id)
    given_up = frozenset([without.id] if without is not None else [])
    asked = gates.request(db, shift, activity, person, now, rules, without=given_up)
    refusals = [refusal for refusal in gates.objections(db, asked) if refusal.code not in ("CLOSED", "NOT_OPEN_YET")]
    refusal = gates.told(refusals)
    if refusal is not None:
        raise refusal


def _seat(db: Session, shift_id: int, person_id: int, openid: str, now: datetime) -> Registration:
    row = Registration(
        shift_id=shift_id, person_id=person_id, openid=openid, state="confirmed", state_since=now, created_at=now,
        source="swap",
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row


def expire(db: Session, now: datetime, *, rules: Rules = USUAL) -> int:
    """Swaps that nobody took in time, or whose seat is gone. For the sweep; returns how many."""
    over = select(Swap).where(Swap.state == "open")
    found = [swap for swap in db.scalars(over) if swap.expires_at <= now or swap.registration.state != "confirmed"]
    if not found:
        return 0
    ids = [swap.id for swap in found]
    writing(db)
    for id in ids:
        swap = locked(db, Swap, id)
        if swap is not None and swap.state == "open":
            swap.state = "expired"
    db.flush()
    return len(ids)
