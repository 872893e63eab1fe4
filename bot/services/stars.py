"""Stars (星级): which one the hours reach, applying for it, the decision, the announcement (公示), and granting.

What counts (中国注册志愿者管理办法 第16条, “注册后累计”): the minutes of a registered volunteer dated from the day of
registration on, credit and imported. Imported minutes were recorded by 志愿汇's check-in, so they are credit in its
sense; honour minutes, entered afterwards by hand, do not count. Thresholds are a table with dates: the one in force
on the day of applying counts until the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, authority, hours
from bot.services.announcements import notify
from bot.services.identities import current, same
from bot.services.refusals.merits import (
    NotVolunteer,
    OwnStar,
    ReasonMissing,
    StarDecided,
    StarNotReached,
    StarPending,
    StarUnknown,
)
from bot.services.rules import USUAL, Rules, in_force
from bot.settings_volunteering import StarRules
from bot.storage.database import locked, writing
from bot.storage.models import Follower, LedgerEntry, Person, Push, Staff, StarAward, Volunteer

PENDING = ("applied", "announced")
COUNTED = ("credit", "import")


@dataclass(frozen=True)
class Standing:
    """``minutes`` that count; ``star`` granted (0: none); ``pending``: the application under way; ``eligible``: the
    star to apply for now (0: none); ``following`` and ``missing``: the next star's number and the minutes to it."""

    minutes: int
    star: int
    pending: StarAward | None
    eligible: int
    following: int | None
    missing: int


def table(day: date, rules: Rules) -> StarRules:
    return in_force(rules.volunteering.stars, day)


def star_of(minutes: int, day: date, rules: Rules = USUAL) -> int:
    """The star that so many minutes reach by the table of that day; 0 for none. 5999 → 0, 6000 → 1."""
    return sum(minutes >= needed * 60 for needed in table(day, rules).hours)


def counted(db: Session, person_id: int, rules: Rules = USUAL) -> int | None:
    """The minutes that count for stars; None for who is not a registered volunteer."""
    since = _registered_on(db, person_id, rules)
    if since is None:
        return None
    minutes = hours.total(db, person_id, first=since)
    return minutes.credit + minutes.imported


def eligible(db: Session, person_id: int, day: date, rules: Rules = USUAL) -> int:
    """The star this person may apply for on that day; 0: none, or one is being decided."""
    found = standing(db, person_id, day, rules)
    return found.eligible if found else 0


def standing(db: Session, person_id: int, day: date, rules: Rules = USUAL) -> Standing | None:
    """None for who is not a registered volunteer."""
    minutes = counted(db, person_id, rules)
    if minutes is None:
        return None
    awards = db.scalars(select(StarAward).where(StarAward.person_id.in_(same(person_id)))).all()
    granted = max((award.star for award in awards if award.state == "granted"), default=0)
    pending = next((award for award in awards if award.state in PENDING), None)
    reached, needed = star_of(minutes, day, rules), table(day, rules).hours
    following = max(reached, granted) + 1 if max(reached, granted) < len(needed) else None
    return Standing(
        minutes=minutes,
        star=granted,
        pending=pending,
        eligible=reached if reached > granted and pending is None else 0,
        following=following,
        missing=max(0, needed[following - 1] * 60 - minutes) if following else 0,
    )


def apply(db: Session, person_id: int, now: datetime, rules: Rules = USUAL) -> StarAward:
    """Ask for the highest star the hours reach. Raises NotVolunteer, StarPending, StarNotReached."""
    writing(db)
    person_id = current(db, person_id)
    locked(db, Person, person_id)
    day = now.astimezone(rules.timezone).date()
    found = standing(db, person_id, day, rules)
    if found is None:
        raise NotVolunteer
    if found.pending is not None:
        raise StarPending(found.pending.star, found.pending.state)
    if not found.eligible:
        raise StarNotReached(found.following or 0, found.missing)
    award = StarAward(
        person_id=person_id, star=found.eligible, minutes=found.minutes, rule_since=table(day, rules).since,
        state="applied", state_since=now, applied_at=now,
    )  # fmt: skip
    db.add(award)
    db.flush()
    reviewers = select(Staff.openid).where(Staff.role.in_(authority.DECIDES["star"]), Staff.openid.is_not(None))
    for openid in db.scalars(reviewers).all():
        key = f"{award.id}:{openid}"
        notify(db, openid or "", "merits.star_waiting", key, now, zone=rules.timezone, award_id=award.id)
    return award


def pending(db: Session) -> list[StarAward]:
    """What waits for a reviewer, the oldest first."""
    return list(db.scalars(select(StarAward).where(StarAward.state == "applied").order_by(StarAward.id)))


def announced(db: Session, now: datetime) -> list[StarAward]:
    """公示: who will be granted a star unless somebody objects, the first to end first."""
    open_now = select(StarAward).where(StarAward.state == "announced", StarAward.announced_until > now)
    return list(db.scalars(open_now.order_by(StarAward.announced_until, StarAward.id)))


def decide(
    db: Session, award_id: int, approve: bool, actor: str, now: datetime, reason: str = "", rules: Rules = USUAL
) -> StarAward:
    """Approve, and the announcement begins; or refuse with a reason, also while it is announced (an objection).

    The announcement lasts whole days. Nobody decides about themselves. Raises StarUnknown, StarDecided, OwnStar,
    ReasonMissing, StarNotReached (hours were taken back since).
    """
    award = _locked(db, award_id)
    if award.state not in PENDING or (approve and award.state == "announced"):
        raise StarDecided(award.id, award.state)
    if actors.is_same_human(db, actor, actors.person(current(db, award.person_id))):
        raise OwnStar
    if not approve and not reason.strip():
        raise ReasonMissing
    if approve and (missing := _missing(db, award, rules)) > 0:
        raise StarNotReached(award.star, missing)
    award.decided_by, award.reason = actor, reason.strip()[:255]
    if approve:
        days = in_force(rules.volunteering.stars, award.rule_since).announced_days
        ends_on = now.astimezone(rules.timezone).date() + timedelta(days=days + 1)
        midnight = datetime.combine(ends_on, time(), rules.timezone).astimezone(now.tzinfo)
        award.announced_until = midnight if days else now
    _enter(db, award, "announced" if approve else "refused", now, rules)
    return award


def grant(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Grant what was announced long enough; who lost the hours meanwhile is refused. Returns how many ended."""
    over = select(StarAward.id).where(StarAward.state == "announced", StarAward.announced_until <= now)
    ended = 0
    for award_id in db.scalars(over.order_by(StarAward.id)).all():
        award = _locked(db, award_id)
        if award.state != "announced":
            continue
        if _missing(db, award, rules) > 0:
            award.reason = "公示期间时长有更正，未达到小时数"
            _enter(db, award, "refused", now, rules)
        else:
            award.granted_at = now
            _enter(db, award, "granted", now, rules)
        ended += 1
    return ended


def tell_applicable(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Tell once each volunteer whose hours reach a star not held yet that it may be applied for; returns how many."""
    day = now.astimezone(rules.timezone).date()
    total = func.sum(LedgerEntry.minutes)
    human = func.coalesce(Person.merged_into, Person.id)
    enough = (
        select(human)
        .join(LedgerEntry, LedgerEntry.person_id == Person.id)
        .where(LedgerEntry.kind.in_(COUNTED))
        .group_by(human)
        .having(total >= table(day, rules).hours[0] * 60)
    )
    told = 0
    for person_id in db.scalars(enough).all():
        star = star_of(counted(db, person_id, rules) or 0, day, rules)
        if star and not _was_told(db, person_id, star) and eligible(db, person_id, day, rules) == star:
            told += _tell(db, person_id, "merits.star_applicable", f"{person_id}:{star}", now, rules, star=star)
    return told


def _was_told(db: Session, person_id: int, star: int) -> bool:
    said = Push.key.startswith(f"merits.star_applicable:{person_id}:{star}:", autoescape=True)
    return db.scalars(select(Push.id).where(said).limit(1)).first() is not None


def _enter(db: Session, award: StarAward, state: str, now: datetime, rules: Rules) -> None:
    award.state, award.state_since = state, now
    db.flush()
    _tell(db, award.person_id, "merits.star_decided", f"{award.id}:{state}", now, rules, award_id=award.id)


def _tell(db: Session, person_id: int, notice: str, key: str, now: datetime, rules: Rules, **ids: Any) -> bool:
    writing(db)
    of_person = select(Follower.openid).where(Follower.person_id == current(db, person_id), Follower.followed)
    openids = db.scalars(of_person).all()
    for openid in openids:
        notify(db, openid, notice, f"{key}:{openid}", now, zone=rules.timezone, person_id=person_id, **ids)
    return bool(openids)


def _missing(db: Session, award: StarAward, rules: Rules) -> int:
    """Minutes that are missing by the table of the day of applying, in what counts now."""
    needed = in_force(rules.volunteering.stars, award.rule_since).hours
    minutes = counted(db, current(db, award.person_id), rules) or 0
    return needed[min(award.star, len(needed)) - 1] * 60 - minutes


def _registered_on(db: Session, person_id: int, rules: Rules) -> date | None:
    """The day of registration; the earliest of a person with several records."""
    standing_of = select(func.min(Volunteer.registered_at)).where(
        Volunteer.person_id.in_(same(person_id)), Volunteer.state == "registered"
    )
    at = db.scalars(standing_of).one()
    return at.astimezone(rules.timezone).date() if at is not None else None


def _locked(db: Session, award_id: int) -> StarAward:
    writing(db)
    seen = db.get(StarAward, award_id)
    if seen is None:
        raise StarUnknown(award_id)
    locked(db, Person, current(db, seen.person_id))
    award = locked(db, StarAward, award_id)
    assert award is not None  # awards are never deleted
    return award
