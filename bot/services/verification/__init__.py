"""Every invariant of the rows, checked: what ``db verify`` and the tests under kill -9 ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Select, String, and_, cast, func, literal, or_, select, text
from sqlalchemy.orm import Session, aliased

from bot.services import line, offers, seats
from bot.services.announcements import KINDS
from bot.services.breaches import SWEPT_WITHIN, Breach
from bot.services.rules import USUAL, Rules
from bot.services.verification import (
    activities,
    attendance,
    broadcasts,
    certificates,
    conversations,
    hours,
    merits,
    questions,
    reach,
    registrations,
    teams,
)
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.models import Activity, Alert, AlertNote, Delivery, Follower, Offer, Person, Push, Registration, Shift

REGISTRATION_STATES = {
    *seats.LIVE, "cancelled", "cancelled_late", "declined", "offer_expired", "activity_cancelled", "rejected", "absent",
}  # fmt: skip
PUSH_TERMINAL = {"sent", "failed", "unknown", "expired", "superseded"}
PUSH_STATES = {"due", "sending", "unreached", *PUSH_TERMINAL}
ANSWERS = {"accepted", "declined", "expired", "withdrawn", "unreached"}
__all__ = ["RULES", "Breach", "check"]


def check(db: Session, cipher: Cipher, *, now: datetime | None = None, rules: Rules = USUAL) -> list[Breach]:
    """All breaches; an empty list is a sound database. With ``now`` also what should have happened by then."""
    found = [breach for rule in RULES for breach in rule(db, cipher, now)]
    return found if now is None else [*found, *questions.kept_too_long(db, now, rules)]


def _sound_file(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    if db.get_bind().dialect.name != "sqlite":
        return
    for (found,) in db.execute(text("PRAGMA integrity_check")):
        if found != "ok":
            yield Breach("file_damaged", str(found), ())
    for table, row, parent, _ in db.execute(text("PRAGMA foreign_key_check")):
        yield Breach("reference_broken", f"{table} points to a missing row of {parent}", (row,))


def _capacity(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    capacities = {id: seats_there for id, seats_there in db.execute(select(Shift.id, Shift.capacity))}  # noqa: C416
    shift_ids = sorted(capacities)
    for page in (shift_ids[start : start + 500] for start in range(0, len(shift_ids), 500)):
        for shift_id, (taken, *_) in seats.counted(db, page).items():
            if taken > capacities[shift_id]:
                yield Breach("overbooked", f"{taken} seats taken of {capacities[shift_id]}", (shift_id,))


def _registered_twice(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    live = (
        select(Registration.shift_id, Registration.person_id)
        .where(Registration.state.in_(seats.LIVE))
        .group_by(Registration.shift_id, Registration.person_id)
        .having(func.count() > 1)
    )
    for shift_id, person_id in db.execute(live):
        yield Breach("registered_twice", "two live registrations of one person", (shift_id, person_id))


def _people_twice(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    # Only those some follower is: a merge leaves the emptied record behind.
    in_use = select(Follower.person_id).where(Follower.person_id.is_not(None))
    same = (
        select(func.min(Person.id), func.max(Person.id))
        .where(Person.phone_hash.is_not(None), Person.id.in_(in_use))
        .group_by(Person.phone_hash, Person.name)
        .having(func.count() > 1)
    )
    for first, last in db.execute(same):
        yield Breach("person_twice", "one name and number, two records in use", (first, last))


def _states(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for row in db.scalars(select(Registration).where(Registration.state.not_in(REGISTRATION_STATES))):
        yield Breach("registration_state", f"unknown state {row.state!r}", (row.id,))
    unplaced = select(Registration).where(Registration.state == "waiting", Registration.queued_at.is_(None))
    for row in db.scalars(unplaced):
        yield Breach("no_place_in_line", "waits without a place in line", (row.id,))
    lost = (
        select(Registration.id)
        .join(Shift, Registration.shift_id == Shift.id)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Activity.state == "cancelled", Registration.state.in_(seats.LIVE))
        .where(Registration.state.not_in(seats.PRESENT))  # who was there when it was broken off keeps the record
        .where(Shift.ends_at > Activity.updated_at)
    )
    for row_id in db.scalars(lost):
        yield Breach("cancelled_but_live", "the activity was cancelled, the registration was not", (row_id,))


def _offers(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    is_open = Offer.answer.is_(None)
    adrift = select(Offer).join(Registration).where(is_open, Registration.state != "offered")
    for offer in db.scalars(adrift):
        yield Breach("offer_adrift", f"open, but the registration is {offer.registration.state}", (offer.id,))
    without = select(Registration.id).where(
        Registration.state == "offered",
        ~select(Offer.id).where(Offer.registration_id == Registration.id, is_open).exists(),
    )
    for row_id in db.scalars(without):
        yield Breach("offered_nothing", "offered, but there is no open offer", (row_id,))
    odd = or_(and_(Offer.answer.is_not(None), Offer.answered_at.is_(None)), Offer.answer.not_in(ANSWERS))
    for offer in db.scalars(select(Offer).where(odd)):
        yield Breach("offer_answer", f"answer {offer.answer!r} at {offer.answered_at}", (offer.id,))
    key = literal("offer:") + cast(Offer.id, String)
    unsaid = select(Offer.id).where(~select(Push.id).where(Push.key == key).exists())
    for offer_id in db.scalars(unsaid):
        yield Breach("offer_unsaid", "nobody was told of this offer", (offer_id,))


def _overtaken(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Nobody got a seat or an offer while somebody before them, who could have come, went on waiting."""
    shifts = select(Shift).where(Shift.moved_at.is_(None)).order_by(Shift.id)
    for shift in db.scalars(shifts.where(Shift.id.in_(_shifts_in_state("waiting")))):
        last_offered = db.execute(
            select(Registration.queued_at, Registration.id)
            .join(Offer, Offer.registration_id == Registration.id)
            .where(Registration.shift_id == shift.id, Registration.queued_at.is_not(None), Registration.priority == 0)
            .order_by(Registration.queued_at.desc(), Registration.id.desc())
            .limit(1)
        ).first()
        # Rows of one shift get their ids in the order in which people came: the shift is locked meanwhile.
        last_seated = db.scalars(
            select(func.max(Registration.id)).where(
                Registration.shift_id == shift.id,
                Registration.queued_at.is_(None),
                Registration.party_of.is_(None),
                Registration.reservation_id.is_(None),
                Registration.source.not_in(("asked", "party", "swap")),
                Registration.created_at <= shift.starts_at - offers.LENGTHS[-1][0],
            )
        ).one()
        for waiting in seats.line(db, shift.id):
            place = (waiting.queued_at or waiting.created_at, waiting.id)
            offered_past = last_offered is not None and place < tuple(last_offered)
            seated_past = last_seated is not None and waiting.id < last_seated
            if (offered_past or seated_past) and not _was_passed_over(db, waiting, shift):
                yield Breach("overtaken", "somebody who came later was served first", (waiting.id,))


def _was_passed_over(db: Session, waiting: Registration, shift: Shift) -> bool:
    """A party too large, could not be told, hindered, or elsewhere at that time, now or once: then it was right."""
    silent = select(Offer.id).where(Offer.registration_id == waiting.id, Offer.answer == "unreached").limit(1)
    if waiting.skipped or waiting.party_size > 1 or db.scalars(silent).first() is not None:
        return True
    if line.hindrance(db, waiting, shift, shift.activity, shift.starts_at, USUAL):
        return True
    once = (
        select(Registration.id)
        .join(Shift, Registration.shift_id == Shift.id)
        .where(Registration.person_id == waiting.person_id, Registration.shift_id != shift.id)
        .where(Shift.starts_at < shift.ends_at, Shift.ends_at > shift.starts_at)
    )
    return db.scalars(once.limit(1)).first() is not None


def _unoffered(db: Session, _cipher: Cipher, now: datetime | None) -> Iterator[Breach]:
    """A seat free for minutes, somebody waiting for it, and nobody asked them."""
    if now is None:
        return
    for shift_id in offers.shifts_to_promote(db, now):
        shift = db.get_one(Shift, shift_id)
        latest = select(func.max(Registration.state_since)).where(Registration.shift_id == shift_id)
        changed = max(db.scalars(latest).one(), shift.activity.updated_at)
        could_come = any(why.code == "next" for why in offers.explain(db, shift_id, now))
        if could_come and now - changed > SWEPT_WITHIN and offers.may_offer(db, shift, now):
            yield Breach("seat_not_offered", f"free since {changed:%m-%d %H:%M} UTC, and people wait", (shift_id,))


def _engaged_twice(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Confirmed for two things at once from one account, though neither was moved there."""
    first, second, one, other = aliased(Registration), aliased(Registration), aliased(Shift), aliased(Shift)
    pairs = (
        select(first.id, second.id)
        .join(one, first.shift_id == one.id)
        .join(second, and_(second.person_id == first.person_id, second.openid == first.openid, second.id > first.id))
        .join(other, second.shift_id == other.id)
        .where(first.state == "confirmed", second.state == "confirmed")
        .where(one.starts_at < other.ends_at, one.ends_at > other.starts_at)
        .where(one.moved_at.is_(None), other.moved_at.is_(None))
    )
    for ids in db.execute(pairs):
        yield Breach("engaged_twice", "two confirmed registrations at the same time", tuple(ids))


def _pushes(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    wrong = {
        "push_state": (Push.state.not_in(PUSH_STATES), "unknown state"),
        "push_kind": (Push.kind.not_in(KINDS), "unknown kind"),
        "push_unsettled": (and_(Push.state.in_(PUSH_TERMINAL), Push.settled_at.is_(None)), "ended without a time"),
        "push_unleased": (and_(Push.state == "sending", Push.leased_until.is_(None)), "being sent by nobody"),
        "push_channel": (and_(Push.state == "sent", Push.channel == ""), "sent, but no way is noted"),
    }
    for rule, (condition, words) in wrong.items():
        for push in db.scalars(select(Push).where(condition)):
            yield Breach(rule, f"{words}: {push.kind} {push.state}", (push.id,))


def _alerts(db: Session, cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    who, when = Alert.acknowledged_by, Alert.acknowledged_at
    closed_by, closed_at = Alert.closed_by, Alert.closed_at
    wrong = {
        "alert_taken": (who.is_(None) != when.is_(None), "taken over without who or when"),
        "alert_closed": (closed_by.is_(None) != closed_at.is_(None), "closed without who or when"),
        "alert_untaken": (and_(closed_at.is_not(None), when.is_(None)), "closed, but nobody took it over"),
        "alert_unnoted": (~Alert.notes.any(AlertNote.kind == "said"), "no word of what happened"),
    }
    for rule, (condition, words) in wrong.items():
        for alert in db.scalars(select(Alert).where(condition)):
            yield Breach(rule, words, (alert.id,))
    for note in db.scalars(select(AlertNote).where(AlertNote.text_encrypted.is_not(None))):
        try:
            cipher.decrypt(note.text_encrypted or b"")
        except Undecipherable as error:
            yield Breach("alert_sealed", f"the words cannot be read: {error}", (note.id,))


def _deliveries(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for delivery in db.scalars(select(Delivery).execution_options(yield_per=1000)):
        if not isinstance(delivery.reply, dict) or not delivery.reply:
            yield Breach("delivery_reply", "no reply is kept for its repeats", (delivery.key,))


def _phones(db: Session, cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for person in db.scalars(select(Person).execution_options(yield_per=1000)):
        if (person.phone_encrypted is None) != (person.phone_hash is None):
            yield Breach("phone_half", "number and hash belong together", (person.id,))
        elif person.phone_encrypted is not None:
            yield from _phone(cipher, person)


def _phone(cipher: Cipher, person: Person) -> Iterator[Breach]:
    try:
        phone = cipher.decrypt(person.phone_encrypted or b"")
    except Undecipherable as error:
        yield Breach("phone_sealed", f"the number cannot be read: {error}", (person.id,))
        return
    if cipher.keyed_hash(f"phone:{phone}") != person.phone_hash:
        yield Breach("phone_hash", "the hash is not that of the number", (person.id,))


def _shifts_in_state(state: str) -> Select[int]:
    return select(Registration.shift_id).where(Registration.state == state)


RULES: tuple[Callable[[Session, Cipher, datetime | None], Iterator[Breach]], ...] = (
    _sound_file,
    _capacity,
    _registered_twice,
    _people_twice,
    _states,
    _offers,
    _overtaken,
    _unoffered,
    _engaged_twice,
    _pushes,
    _alerts,
    _deliveries,
    _phones,
    *hours.RULES,
    *merits.RULES,
    *registrations.RULES,
    *certificates.RULES,
    *teams.RULES,
    *activities.RULES,
    *attendance.RULES,
    *broadcasts.RULES,
    *reach.RULES,
    *questions.RULES,
    *conversations.RULES,
)
