"""Honour hours: entered by one person with a reason and evidence, decided by another, and watched for bursts.

Whoever wants to sell hours is an administrator who types them in, not a volunteer with a phone: so every manual entry
needs two people, is looked at for what is odd, and stands in a monthly list.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, audience, ledger
from bot.services.announcements import notify
from bot.services.identities import current, same
from bot.services.ledger import NewEntry
from bot.services.refusals.hours import AlreadyDecided, EntryUnknown, HoursImpossible, NotVolunteering, TwoPeopleNeeded
from bot.services.rules import USUAL, Rules
from bot.storage.database import alone, locked, writing
from bot.storage.models import Activity, LedgerEntry, ManualEntry, Person, Shift

DAY_MINUTES = 8 * 60
BURST, BURST_WITHIN = 20, timedelta(minutes=10)
ALERTS = {
    "day": "这位志愿者这一天超过8小时",
    "burst": "同一个人10分钟内补记了20条以上",
    "evidence": "同一份证明材料用过不止一次",
    "overlap": "和另一处的记录时间重叠",
}


def propose(
    db: Session, person_id: int, starts_at: datetime, ends_at: datetime, minutes: int, reason: str, actor: str,
    now: datetime, *, shift_id: int | None = None, evidence: str = "", evidence_sha256: str = "", rules: Rules = USUAL,
) -> ManualEntry:  # fmt: skip
    """Without a shift evidence is needed; with one no more than it was planned for. Raises HoursImpossible,
    NotVolunteering, EntryUnknown (no such person)."""
    writing(db)
    alone(db, f"manual entries of {actor}")
    person_id = current(db, person_id)
    if locked(db, Person, person_id) is None:
        raise EntryUnknown
    stretch = (ends_at - starts_at) // timedelta(minutes=1)
    if not 0 < minutes <= stretch or ends_at > now:
        raise HoursImpossible("minutes", max(0, stretch))
    if not reason.strip():
        raise HoursImpossible("reason")
    shift = db.get(Shift, shift_id) if shift_id is not None else None
    if shift is None and not evidence_sha256:
        raise HoursImpossible("evidence")
    if shift is not None:
        _fits(db, shift, person_id, minutes)
    entry = ManualEntry(
        person_id=person_id, shift_id=shift_id, activity_id=shift.activity_id if shift else None, minutes=minutes,
        starts_at=starts_at, ends_at=ends_at, reason=reason.strip()[:255], evidence=evidence[:128],
        evidence_sha256=evidence_sha256, entered_by=actor, entered_at=now, state="proposed",
    )  # fmt: skip
    db.add(entry)
    db.flush()
    entry.alerts = _alerts(db, entry, now, rules)
    if "burst" in entry.alerts:
        _tell_of_burst(db, entry, now, rules)
    db.flush()
    return entry


def decide(
    db: Session, entry_id: int, approve: bool, actor: str, now: datetime, answer: str = "", rules: Rules = USUAL
) -> ManualEntry:
    """Approved by somebody else than who entered it or whose hours they are: now it counts. Refusing needs a reason.

    Approving what has alerts needs words as well: why it is right all the same. Raises AlreadyDecided, TwoPeopleNeeded,
    HoursImpossible("reason").
    """
    writing(db)
    known = db.get(ManualEntry, entry_id)
    if known is None:
        raise EntryUnknown
    locked(db, Person, known.person_id)
    entry = locked(db, ManualEntry, entry_id)
    assert entry is not None
    if entry.state != "proposed":
        raise AlreadyDecided(entry.state)
    for other in (entry.entered_by, actors.person(entry.person_id)):
        if actors.is_same_human(db, actor, other):
            raise TwoPeopleNeeded
    if not answer.strip() and (entry.alerts or not approve):
        raise HoursImpossible("reason")
    entry.state, entry.decided_by, entry.decided_at = ("approved" if approve else "refused"), actor, now
    entry.answer = answer.strip()[:255]
    if approve:
        entry.entry_id = _enter(db, entry, actor, now, rules).id
        for openid in audience.of_person(db, entry.person_id):
            key = f"{entry.entry_id}:{openid}"
            notify(db, openid, "hours.settled", key, now, zone=rules.timezone, entry_id=entry.entry_id)
    db.flush()
    return entry


def pending(db: Session) -> Sequence[ManualEntry]:
    waiting = select(ManualEntry).where(ManualEntry.state == "proposed")
    return db.scalars(waiting.order_by(ManualEntry.entered_at, ManualEntry.id)).all()


def of_month(db: Session, first: datetime, after: datetime) -> Sequence[ManualEntry]:
    """Everything entered by hand in a month, for the list that the organisation publishes inside."""
    entered = select(ManualEntry).where(ManualEntry.entered_at >= first, ManualEntry.entered_at < after)
    return db.scalars(entered.order_by(ManualEntry.entered_at, ManualEntry.id)).all()


def _fits(db: Session, shift: Shift, person_id: int, minutes: int) -> None:
    if shift.activity.kind != ledger.COUNTS:
        raise NotVolunteering(shift.activity.kind)
    most = max(0, (ledger.planned_minutes(db, shift.id) or 0) - ledger.on_shift(db, person_id, shift.id))
    if minutes > most:
        raise HoursImpossible("planned", most)


def _enter(db: Session, entry: ManualEntry, actor: str, now: datetime, rules: Rules) -> LedgerEntry:
    activity = db.get(Activity, entry.activity_id) if entry.activity_id is not None else None
    if entry.shift_id is not None:
        shift = db.get_one(Shift, entry.shift_id)
        _fits(db, shift, entry.person_id, entry.minutes)  # another may have been approved meanwhile
    return ledger.add(
        db,
        NewEntry(
            person_id=entry.person_id, kind="honour", minutes=entry.minutes,
            effective_on=entry.starts_at.astimezone(rules.timezone).date(),
            title=activity.title if activity else entry.reason, reason=entry.reason, shift_id=entry.shift_id,
            entered_by=entry.entered_by, approved_by=actor,
            detail={
                "in": entry.starts_at.isoformat(), "out": entry.ends_at.isoformat(), "evidence": entry.evidence,
                "evidence_sha256": entry.evidence_sha256, "alerts": entry.alerts, "manual": entry.id,
                "place": activity.place if activity else "",
            },
            source="manual", external_id=f"manual:{entry.id}",
        ),
        now,
        rules,
    )  # fmt: skip


def _alerts(db: Session, entry: ManualEntry, now: datetime, rules: Rules) -> list[str]:
    """What looks odd about a proposal, by name; see ALERTS."""
    others = select(ManualEntry).where(ManualEntry.id != entry.id, ManualEntry.state != "refused")
    own = list(db.scalars(others.where(ManualEntry.person_id.in_(same(entry.person_id)))))
    day = entry.starts_at.astimezone(rules.timezone).date()
    recorded = select(LedgerEntry).where(
        LedgerEntry.person_id.in_(same(entry.person_id)), LedgerEntry.effective_on == day, ledger.is_live(),
        LedgerEntry.source.is_distinct_from("manual"),
    )  # fmt: skip
    credited = list(db.scalars(recorded))
    same_day = [other for other in own if other.starts_at.astimezone(rules.timezone).date() == day]
    minutes = entry.minutes + sum(other.minutes for other in same_day) + sum(each.minutes for each in credited)
    recent = select(func.count()).where(
        ManualEntry.entered_by == entry.entered_by, ManualEntry.entered_at > now - BURST_WITHIN
    )
    reused = others.where(ManualEntry.evidence_sha256 == entry.evidence_sha256).limit(1)
    found = {
        "day": minutes > DAY_MINUTES,
        "burst": db.scalars(recent).one() > BURST,
        "evidence": bool(entry.evidence_sha256) and db.scalars(reused).first() is not None,
        "overlap": any(other.starts_at < entry.ends_at and other.ends_at > entry.starts_at for other in own)
        or any(_overlaps(each, entry) for each in credited),
    }
    return [name for name, is_so in found.items() if is_so]


def _overlaps(recorded: LedgerEntry, entry: ManualEntry) -> bool:
    begins, ends = recorded.detail.get("in"), recorded.detail.get("out")
    if not (begins and ends):
        return False
    return datetime.fromisoformat(begins) < entry.ends_at and datetime.fromisoformat(ends) > entry.starts_at


def _tell_of_burst(db: Session, entry: ManualEntry, now: datetime, rules: Rules) -> None:
    """Administrators hear of it at once, whoever it is; once for each ten minutes."""
    window = int(now.timestamp() // BURST_WITHIN.total_seconds())
    for openid in audience.of_deciders(db, "manual_hours"):
        key = f"{entry.entered_by}:{window}:{openid}"
        notify(db, openid, "hours.burst", key, now, urgent=True, zone=rules.timezone, manual_id=entry.id)
