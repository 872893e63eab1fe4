"""申诉: a volunteer says that the hours are not right; whoever leads looks at it, the committee has the last word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, audience, authority, ledger, working_days
from bot.services.announcements import notify
from bot.services.identities import same
from bot.services.refusals.hours import AlreadyDecided, EntryUnknown, HoursImpossible, NothingToDispute, TwoPeopleNeeded
from bot.services.rules import USUAL, Rules
from bot.storage.database import locked, writing
from bot.storage.models import Appeal, LedgerEntry, Person

KIND = "hours"
OPEN = ("open", "escalated")
LEADER_DAYS, COMMITTEE_DAYS = 3, 5
"""Working days to decide (domain §6.3)."""
DUE_AT = time(18)


def ask(db: Session, person_id: int, entry_id: int, text: str, now: datetime, rules: Rules = USUAL) -> Appeal:
    """One open dispute for each entry; said again, the words are replaced. Raises NothingToDispute."""
    writing(db)
    locked(db, Person, person_id)
    entry = db.get(LedgerEntry, entry_id)
    if entry is None or entry.person_id not in set(db.scalars(same(person_id))) or entry.registration_id is None:
        raise NothingToDispute
    open_ = select(Appeal).where(Appeal.entry_id == entry_id, Appeal.state.in_(OPEN))
    appeal = db.scalars(open_).first()
    if appeal is None:
        appeal = Appeal(
            person_id=person_id, registration_id=entry.registration_id, entry_id=entry_id, kind=KIND, state="open",
            state_since=now, asked_at=now, due_at=_due(now, LEADER_DAYS, rules),
        )  # fmt: skip
        db.add(appeal)
    appeal.text = text[:500]
    db.flush()
    for openid in audience.of_leaders(db, appeal.registration.shift.activity):
        notify(db, openid, "hours.dispute", f"{appeal.id}:{openid}", now, zone=rules.timezone, appeal_id=appeal.id)
    return appeal


def decide(
    db: Session, appeal_id: int, upheld: bool, actor: str, now: datetime, answer: str = "", rules: Rules = USUAL,
    *, minutes: int | None = None,
) -> Appeal:  # fmt: skip
    """Upheld with the right ``minutes``: the entry is corrected; refused with a reason (``answer``).

    The volunteer who says it and the one who decides are the two people of the correction. Raises AlreadyDecided,
    TwoPeopleNeeded (about oneself), HoursImpossible (minutes or reason missing).
    """
    writing(db)
    known = db.get(Appeal, appeal_id)
    if known is None or known.kind != KIND or known.entry_id is None:
        raise EntryUnknown
    locked(db, Person, known.person_id)
    appeal = locked(db, Appeal, appeal_id)
    assert appeal is not None and appeal.entry_id is not None
    if appeal.state not in OPEN:
        raise AlreadyDecided(appeal.state)
    claimant = actors.person(appeal.person_id)
    if actors.is_same_human(db, actor, claimant):
        raise TwoPeopleNeeded
    if not upheld and not answer.strip():
        raise HoursImpossible("reason")
    if upheld:
        if minutes is None:
            raise HoursImpossible("minutes")
        ledger.correct(db, appeal.entry_id, minutes, claimant, actor, answer or "申诉更正", now, rules)
    appeal.state, appeal.state_since = ("upheld" if upheld else "refused"), now
    appeal.decided_by, appeal.answer = actor, answer.strip()[:255]
    db.flush()
    for openid in audience.of_person(db, appeal.person_id):
        key = f"{appeal.id}:{appeal.state}:{now.timestamp():.0f}:{openid}"
        notify(db, openid, "hours.dispute_decided", key, now, zone=rules.timezone, appeal_id=appeal.id)
    return appeal


def escalate(db: Session, appeal_id: int, person_id: int, now: datetime, rules: Rules = USUAL) -> Appeal:
    """The volunteer asks the committee about what the leader refused, once. Raises NothingToDispute."""
    writing(db)
    appeal = locked(db, Appeal, appeal_id)
    mine = appeal is not None and appeal.person_id in set(db.scalars(same(person_id)))
    if appeal is None or not mine or appeal.state != "refused" or appeal.decided_by.startswith("staff:"):
        raise NothingToDispute
    appeal.state, appeal.state_since, appeal.due_at = "escalated", now, _due(now, COMMITTEE_DAYS, rules)
    db.flush()
    for openid in audience.of_deciders(db, "appeal"):
        notify(db, openid, "hours.dispute", f"{appeal.id}:up:{openid}", now, zone=rules.timezone, appeal_id=appeal.id)
    return appeal


def pending(db: Session) -> Sequence[Appeal]:
    waiting = select(Appeal).where(Appeal.kind == KIND, Appeal.state.in_(OPEN))
    return db.scalars(waiting.order_by(Appeal.due_at, Appeal.id)).all()


def last_refused(db: Session, person_id: int) -> Appeal | None:
    own = select(Appeal).where(Appeal.person_id.in_(same(person_id)), Appeal.kind == KIND, Appeal.state == "refused")
    return db.scalars(own.order_by(Appeal.state_since.desc()).limit(1)).first()


def may_decide(db: Session, openid: str, appeal: Appeal) -> str | None:
    """Staff who decide about appeals; before the volunteer went further also whoever leads the activity."""
    staff = authority.may_decide(db, openid, "appeal")
    if staff is not None or appeal.state == "escalated":
        return staff
    return authority.leader_of(db, openid, appeal.registration.shift.activity)


def _due(now: datetime, days: int, rules: Rules) -> datetime:
    today = now.astimezone(rules.timezone).date()
    return datetime.combine(working_days.add(today, days), DUE_AT, rules.timezone)
