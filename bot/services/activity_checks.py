"""What an activity must say and be before it is published: words, times, ages, danger and its policy, agreements."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from bot.services.ages import ADULT
from bot.services.refusals import Refused
from bot.services.refusals.activities import DangerousForMinors, PolicyMissing
from bot.storage.models import Activity, Policy, Shift

Phase = Literal["not_open", "signup", "closed", "running", "over", "settled"]
"""未开始报名, 报名中, 报名截止, 进行中, 已结束, 已结算."""

ALWAYS_NEEDED = ("title", "place")
NEEDED_TO_PUBLISH = ("content", "risk", "organiser", "leader")  # risk: 志愿服务条例 第12条
SHORT_TEXTS = ("title", "place", "organiser", "leader", "contact", "role", "code", "area")
CAMPAIGN = "campaign"
OLDEST = 120


@dataclass(frozen=True, kw_only=True)
class NewShift:
    """A shift not yet stored. ``needs``: courses, skills, gender (see the model)."""

    starts_at: datetime
    ends_at: datetime
    capacity: int
    role: str = ""
    waitlist_limit: int | None = None
    signup_opens_at: datetime | None = None
    signup_closes_at: datetime | None = None
    insurance_closes_at: datetime | None = None
    break_minutes: int = 0
    cap_minutes: int | None = None
    min_age: int | None = None
    max_age: int | None = None
    needs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NewActivity(NewShift):
    """An activity with its first shift, not yet stored. An empty ``code`` is given by the system."""

    title: str
    place: str
    content: str = ""
    risk: str = ""
    bring: str = ""
    insurance: str = ""
    organiser: str = ""
    leader: str = ""
    contact: str = ""
    kind: str = "volunteer"
    state: str = "open"
    code: str = ""
    author: str = ""
    area: str = ""
    latitude: float | None = None
    longitude: float | None = None
    radius_m: int | None = None
    dangerous: bool = False
    large: bool = False
    approval: bool = False
    agreement_required: bool = False
    visibility: str = "public"
    policy_id: int | None = None
    leader_id: int | None = None
    team_id: int | None = None
    campaign_id: int | None = None
    claimable: bool = False


OF_SHIFT = tuple(each.name for each in fields(NewShift))


def mistakes(new: NewActivity, now: datetime) -> tuple[str, ...]:
    """Names of the fields that forbid publishing (or, for a draft, storing)."""
    return (*_words_wrong(new, publish=new.state == "open"), *shift_mistakes(new, now))


def missing(activity: Activity, now: datetime) -> tuple[str, ...]:
    """The same of a stored draft with all its shifts: what must be mended before it is submitted or published."""
    wrong = _words_wrong(activity, publish=True)
    if not activity.shifts and not is_campaign(activity):
        wrong.append("starts_at")
    for shift in activity.shifts:
        wrong += [name for name in shift_mistakes(shift, now) if name not in wrong]
    return tuple(wrong)


def is_campaign(activity: Activity) -> bool:
    """The parent of other activities; it has no shifts of its own."""
    return activity.kind == CAMPAIGN


def shift_mistakes(new: NewShift | Shift, now: datetime) -> tuple[str, ...]:
    wrong = []
    if new.ends_at <= new.starts_at:
        wrong.append("ends_at")
    if new.starts_at <= now:
        wrong.append("starts_at")
    if new.capacity < 1:
        wrong.append("capacity")
    if new.signup_opens_at and new.signup_opens_at >= (new.signup_closes_at or new.starts_at):
        wrong.append("signup_opens_at")
    wrong += [
        name
        for name in ("signup_closes_at", "insurance_closes_at")
        if (closes_at := getattr(new, name)) and closes_at > new.starts_at
    ]
    if new.min_age is not None and not 0 <= new.min_age <= OLDEST:
        wrong.append("min_age")
    if new.max_age is not None and not (new.min_age or 0) <= new.max_age <= OLDEST:
        wrong.append("max_age")
    if not 0 <= (new.break_minutes or 0) < max(1, (new.ends_at - new.starts_at) // timedelta(minutes=1)):
        wrong.append("break_minutes")
    if new.cap_minutes is not None and new.cap_minutes < 1:
        wrong.append("cap_minutes")
    return tuple(wrong)


def _words_wrong(new: NewActivity | Activity, *, publish: bool) -> list[str]:
    needed = ALWAYS_NEEDED + (NEEDED_TO_PUBLISH if publish else ())
    wrong = [name for name in needed if not str(getattr(new, name) or "").strip()]
    for name in SHORT_TEXTS:
        longest = getattr((Shift if name == "role" else Activity).__table__.c, name).type.length
        if len(getattr(new, name, None) or "") > longest:
            wrong.append(name)
    if (new.latitude is None) != (new.longitude is None):
        wrong.append("latitude" if new.latitude is None else "longitude")
    wrong += [
        name
        for name, limit in (("latitude", 90), ("longitude", 180))
        if abs(getattr(new, name) or 0) > limit
    ]  # fmt: skip
    return wrong


def age_from(new: NewShift | Shift, dangerous: bool) -> int | None:
    """The youngest who may come. Whoever marks an activity as dangerous and says no age means 18; an age below 18 said
    on purpose is a contradiction that a person must resolve, and is refused (``danger``)."""
    return ADULT if dangerous and new.min_age is None else new.min_age


def danger(
    dangerous: bool, shifts: Sequence[Shift | NewShift], policy: Policy | None, *, publish: bool = True
) -> Iterator[Refused]:
    """What forbids something dangerous: minors, and, to ``publish`` it, a shift without insurance."""
    if not dangerous:
        return
    for shift in shifts:
        age = age_from(shift, dangerous)
        if age is not None and age < ADULT:
            yield DangerousForMinors(age)
    for shift in shifts if publish else ():
        if not covers(policy, shift.starts_at, shift.ends_at):
            yield PolicyMissing(shift.starts_at)


def covers(policy: Policy | None, start: datetime, end: datetime) -> bool:
    """Whether a policy holds during all of [start, end]."""
    return policy is not None and policy.valid_from <= start and end <= policy.valid_until


def agreement_reasons(activity: Activity, shifts: Sequence[Shift]) -> tuple[str, ...]:
    """Why a written agreement is needed (浙江省志愿服务条例 第21条): danger, large, long (more than a month), asked.

    Shifts of a roster are taken one by one, so how long the roster runs says nothing about anybody's service.
    """
    lasting = [shift for shift in shifts if shift.roster_id is None]
    reasons = {
        "danger": activity.dangerous,
        "large": activity.large,
        "long": bool(lasting)
        and max(shift.ends_at for shift in lasting) > _month_after(min(shift.starts_at for shift in lasting)),
        "asked": activity.agreement_required,
    }
    return tuple(reason for reason, given in reasons.items() if given)


def planned_minutes(shift: Shift | NewShift) -> int:
    """What a shift gives to who stays from beginning to end."""
    minutes = (shift.ends_at - shift.starts_at) // timedelta(minutes=1) - (shift.break_minutes or 0)
    return max(0, minutes if shift.cap_minutes is None else min(minutes, shift.cap_minutes))


def phase(shift: Shift, now: datetime) -> Phase:
    """What the clock, the leader's word and the settlement make of one shift."""
    if shift.settled_at is not None:
        return "settled"
    if (shift.ended_at or shift.ends_at) <= now:
        return "over"
    if shift.starts_at <= now:
        return "running"
    if shift.signup_opens_at is not None and now < shift.signup_opens_at:
        return "not_open"
    return "closed" if shift.signup_closes_at is not None and shift.signup_closes_at <= now else "signup"


def phase_of(shifts: Sequence[Shift], now: datetime) -> Phase:
    """Of a whole activity: running while one shift runs, open while one can be joined, settled when all are."""
    phases = {phase(shift, now) for shift in shifts}
    order: tuple[Phase, ...] = ("running", "signup", "not_open", "closed", "over", "settled")
    return next((one for one in order if one in phases), "not_open")


def in_utc(value: Any) -> Any:
    return value.astimezone(timezone.utc) if isinstance(value, datetime) else value


def _month_after(at: datetime) -> datetime:
    year, month = at.year + at.month // 12, at.month % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))
