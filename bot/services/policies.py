"""Insurance: policies and what they cover, the list that an insurer gets before a shift, and who is not on it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import seats
from bot.services.activity_checks import covers
from bot.services.refusals import ActivityIncomplete, ShiftUnknown
from bot.services.refusals.activities import PolicyMissing, PolicyUnknown
from bot.services.rules import USUAL, Rules
from bot.services.tables import write
from bot.storage.crypto import Cipher
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Consent, InsuranceRoster, Person, Policy, Registration, Shift

__all__ = ["NewPolicy", "add", "attach", "covers", "flag_walk_ins", "hand_out", "is_insured", "named", "standing"]

HEADINGS = ("姓名", "证件类型", "证件号码", "手机", "活动", "开始", "结束", "备注")
ID_TYPES = {
    "id_card": "身份证",
    "hk_macau": "港澳通行证",
    "taiwan": "台胞证",
    "passport": "护照",
    "residence": "居住证",
}
CONSENT = "insurer"
STILL_MATTERS = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class NewPolicy:
    insurer: str
    number: str
    valid_from: datetime
    valid_until: datetime
    accident_yuan: int | None = None
    hospital_days: int | None = None
    claims_phone: str = ""


@dataclass(frozen=True)
class HandedOut:
    """``text``: the list as it goes to the insurer; ``without``: how many are on it without an identity number."""

    text: str
    sha256: str
    people: int
    without: int


def add(db: Session, new: NewPolicy) -> Policy:
    """Raises ActivityIncomplete with what is missing, ``number`` also when it is known already."""
    wrong = [name for name in ("insurer", "number") if not getattr(new, name).strip()]
    wrong += ["valid_until"] if new.valid_until <= new.valid_from else []
    writing(db)
    if wrong or db.scalars(select(Policy.id).where(Policy.number == new.number.strip())).first():
        raise ActivityIncomplete(tuple(wrong or ["number"]))
    policy = Policy(**{**vars(new), "number": new.number.strip()})
    db.add(policy)
    db.flush()
    return policy


def named(db: Session, number: str) -> Policy:
    policy = db.scalars(select(Policy).where(Policy.number == number.strip())).one_or_none()
    if policy is None:
        raise PolicyUnknown(number.strip())
    return policy


def attach(db: Session, activity_id: int, number: str, now: datetime) -> Policy:
    """Raises PolicyUnknown, ShiftUnknown, and PolicyMissing when a shift ahead would not be covered."""
    policy = named(db, number)
    writing(db)
    activity = locked(db, Activity, activity_id)
    if activity is None:
        raise ShiftUnknown
    for shift in activity.shifts:
        if shift.ends_at > now and not covers(policy, shift.starts_at, shift.ends_at):
            raise PolicyMissing(shift.starts_at)
    activity.policy_id, activity.updated_at = policy.id, now
    db.flush()
    return policy


def hand_out(
    db: Session, cipher: Cipher, shift_ids: Sequence[int], actor: str, now: datetime, *, rules: Rules = USUAL
) -> HandedOut:
    """One list of everybody who has a seat in these shifts, as CSV for the insurer; its hash is kept for proof.

    A later list replaces nothing: whoever is on one of them is insured. The identity number goes along only with the
    person's own consent to that (个人信息保护法 第23条); else the line says so and the office asks them.
    """
    writing(db)
    shifts = [shift for shift_id in sorted(shift_ids) if (shift := locked(db, Shift, shift_id)) is not None]
    if not shifts or len(shifts) < len(shift_ids):
        raise ShiftUnknown
    engaged = _engaged(db, [shift.id for shift in shifts])
    agreed = set(
        db.scalars(
            select(Consent.person_id).where(
                Consent.person_id.in_([row.person_id for row in engaged]),
                Consent.purpose == CONSENT,
                Consent.withdrawn_at.is_(None),
            )
        )
    )
    lines = [_line(cipher, row.person, row.shift, row.person_id in agreed, rules.timezone) for row in engaged]
    text = _csv(lines)
    sha256 = hashlib.sha256(text.encode("utf-8-sig")).hexdigest()  # of the file as it is written, mark and all
    for shift in shifts:
        people = [row.person_id for row in engaged if row.shift_id == shift.id]
        db.add(InsuranceRoster(shift_id=shift.id, people=people, sha256=sha256, cut_at=now, entered_by=actor))
    db.flush()
    _flag(db, [shift.id for shift in shifts])
    return HandedOut(text, sha256, len(lines), sum(not line[2] for line in lines))


def is_insured(db: Session, registration: Registration) -> bool:
    """On a list that was handed out for this shift, under a policy that covers it."""
    shift = registration.shift
    policy = db.get(Policy, shift.activity.policy_id) if shift.activity.policy_id is not None else None
    if not covers(policy, shift.starts_at, shift.ends_at):
        return False
    return registration.person_id in _listed(db, [shift.id]).get(shift.id, set())


def standing(db: Session, shift_id: int, person_id: int) -> str:
    """For 有没有保险: insured, open (the list goes out later), uninsured; empty without a policy or a seat."""
    mine = select(Registration).where(
        Registration.shift_id == shift_id,
        Registration.person_id == person_id,
        Registration.state.in_(seats.ENGAGED),
    )
    registration = db.scalars(mine.limit(1)).first()
    if registration is None or registration.shift.activity.policy_id is None:
        return ""
    if is_insured(db, registration):
        return "insured"
    return "uninsured" if shift_id in _listed(db, [shift_id]) else "open"


def flag_walk_ins(db: Session, now: datetime) -> int:
    """Mark who joined after the list went out, and who is on a later one no more. For the sweep; returns changes."""
    recent = (
        select(InsuranceRoster.shift_id)
        .join(Shift, InsuranceRoster.shift_id == Shift.id)
        .where(Shift.ends_at > now - STILL_MATTERS)
        .distinct()
        .order_by(InsuranceRoster.shift_id)
    )
    shift_ids = list(db.scalars(recent))
    if not _wrongly_flagged(db, shift_ids):
        return 0
    writing(db)
    return _flag(db, shift_ids)


def _flag(db: Session, shift_ids: list[int]) -> int:
    wrong = _wrongly_flagged(db, shift_ids)
    for registration in wrong:
        registration.uninsured = not registration.uninsured
    db.flush()
    return len(wrong)


def _wrongly_flagged(db: Session, shift_ids: list[int]) -> list[Registration]:
    known = _listed(db, shift_ids)
    return [
        row
        for row in _engaged(db, shift_ids)
        if row.shift_id in known and row.uninsured != (row.person_id not in known[row.shift_id])
    ]


def _engaged(db: Session, shift_ids: Iterable[int]) -> list[Registration]:
    there = select(Registration).where(Registration.shift_id.in_(shift_ids), Registration.state.in_(seats.ENGAGED))
    return list(db.scalars(there.order_by(Registration.id)))


def _listed(db: Session, shift_ids: Iterable[int]) -> dict[int, set[int]]:
    """Shift id → people on its lists, under the record they have now; only shifts with a list."""
    people: dict[int, set[int]] = {}
    for roster in db.scalars(select(InsuranceRoster).where(InsuranceRoster.shift_id.in_(shift_ids))):
        people.setdefault(roster.shift_id, set()).update(roster.people)
    ids = sorted(set().union(*people.values())) if people else []
    merged = dict(db.execute(select(Person.id, Person.merged_into).where(Person.id.in_(ids))).all())
    return {shift_id: {merged.get(id) or id for id in known} for shift_id, known in people.items()}


def _line(cipher: Cipher, person: Person, shift: Shift, agreed: bool, zone: ZoneInfo) -> list[str]:
    number = cipher.decrypt(person.id_encrypted) if agreed and person.id_encrypted else ""
    phone = cipher.decrypt(person.phone_encrypted) if person.phone_encrypted else ""
    missing = "" if number else "未留证件号" if agreed or not person.id_encrypted else "未同意提供证件号"
    times = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (shift.starts_at, shift.ends_at)]
    id_type = ID_TYPES.get(person.id_type, "") if number else ""
    return [person.name, id_type, number, phone, f"{shift.activity.code} {shift.activity.title}", *times, missing]


def _csv(lines: list[list[str]]) -> str:
    out = io.StringIO()
    write(out, HEADINGS, lines)
    return out.getvalue()
