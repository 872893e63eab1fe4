"""Invariants of presence: what ``db verify`` asks about events, states and appeals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from bot.services import actors, appeals, presence
from bot.services.breaches import SWEPT_WITHIN, Breach
from bot.services.rules import USUAL
from bot.storage.crypto import Cipher
from bot.storage.models import Appeal, AttendanceEvent, Registration

VERDICTS = {
    "accepted", "repeated", "not_listed", "outside_window", "too_far", "wrong_code", "needs_person", "refused",
}  # fmt: skip
CHANNELS = {"code", "qr", "location", "leader", "offline"}


def _events(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    event = AttendanceEvent
    wrong = {
        "attendance_verdict": (event.verdict.not_in(VERDICTS), "unknown verdict"),
        "attendance_channel": (event.channel.not_in(CHANNELS), "unknown channel"),
        "attendance_kind": (event.kind.not_in(("in", "out")), "neither in nor out"),
        "attendance_nobodys": (
            and_(event.verdict == "accepted", event.registration_id.is_(None)),
            "accepted without a registration",
        ),
        "attendance_unsigned": (
            and_(event.verdict == "accepted", event.entered_by == ""),
            "accepted, and nobody says by whom",
        ),
    }
    for rule, (condition, words) in wrong.items():
        for row in db.scalars(select(event).where(condition)):
            yield Breach(rule, f"{words}: {row.kind} {row.verdict} {row.channel}", (row.id,))


def _answers(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Two human beings decided what was entered later, and it was answered once."""
    first, answer = aliased(AttendanceEvent), aliased(AttendanceEvent)
    pairs = (
        select(first, answer)
        .join(answer, answer.answers_id == first.id)
        .where(first.channel == presence.OFFLINE, answer.channel == presence.OFFLINE)
        .order_by(first.id, answer.id)
    )
    answered: set[int] = set()
    for entered, decided in db.execute(pairs):
        if actors.is_same_human(db, entered.entered_by, decided.entered_by):
            yield Breach("offline_alone", "entered and approved by one human being", (entered.id, decided.id))
        if entered.id in answered:
            yield Breach("offline_twice", "decided twice", (entered.id, decided.id))
        answered.add(entered.id)
    approved = select(AttendanceEvent.id).where(
        AttendanceEvent.channel == presence.OFFLINE,
        AttendanceEvent.verdict == "accepted",
        AttendanceEvent.answers_id.is_(None),
    )
    for event_id in db.scalars(approved):
        yield Breach("offline_unapproved", "counts, though nobody else approved it", (event_id,))


def _states(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    """Whoever is there, or was, has events that say so."""
    rows = select(Registration).where(Registration.state.in_(("checked_in", "unclosed", "checked_out")))
    for row in db.scalars(rows.order_by(Registration.id)):
        pairs = presence.intervals(db, row.id)
        is_open = bool(pairs) and pairs[-1].out_at is None
        if not pairs:
            yield Breach("presence_unproven", f"{row.state} without an accepted event", (row.id,))
        elif is_open == (row.state == "checked_out"):
            yield Breach("presence_state", f"{row.state}, but the last pair says otherwise", (row.id,))


def _unswept(db: Session, _cipher: Cipher, now: datetime | None) -> Iterator[Breach]:
    """With ``now``: what the worker should have closed by then."""
    if now is None:
        return
    for shift_id in presence.shifts_to_close(db, now - SWEPT_WITHIN, USUAL):
        yield Breach("shift_not_closed", "its window is over, and somebody is still expected", (shift_id,))


def _appeals(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    own = Appeal.kind.in_(appeals.KINDS)
    decided = Appeal.state.in_(("upheld", "refused"))
    wrong = {
        "appeal_undecided": (and_(decided, Appeal.decided_by == ""), "decided by nobody"),
        "appeal_unexplained": (and_(Appeal.state == "refused", Appeal.answer == ""), "refused without a reason"),
        "appeal_times": (
            or_(Appeal.claimed_in.is_(None), Appeal.claimed_out.is_(None), Appeal.claimed_out <= Appeal.claimed_in),
            "claims no stretch of time",
        ),
    }
    for rule, (condition, words) in wrong.items():
        for row in db.scalars(select(Appeal).where(own, condition)):
            yield Breach(rule, words, (row.id,))


RULES: tuple[Callable[[Session, Cipher, datetime | None], Iterator[Breach]], ...] = (
    _events,
    _answers,
    _states,
    _unswept,
    _appeals,
)
