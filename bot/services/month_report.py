"""A month of the committee in figures beside the month before, with six months of the main ones; counted from rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import broadcast_reports, hours, months
from bot.services.questions import figures
from bot.services.questions.figures import Promise
from bot.services.questions.states import WINDOWS
from bot.services.rules import Rules
from bot.storage.models import (
    Activity,
    Broadcast,
    Follower,
    LedgerEntry,
    Outcome,
    Person,
    Question,
    Registration,
    Shift,
    StarAward,
    Team,
    Volunteer,
)

CAME = ("checked_in", "checked_out", "unclosed", "completed")
"""States of a registration whose person was there."""
MONTHS = 6


@dataclass(frozen=True)
class Figure:
    """``value`` in ``unit``; hours in minutes. ``before``: of the month before."""

    key: str
    label: str
    value: int
    before: int
    unit: str

    @property
    def text(self) -> str:
        return shown(self.key, self.value)

    @property
    def before_text(self) -> str:
        return shown(self.key, self.before)

    @property
    def change(self) -> str:
        """“多12”, “少3”, “持平”."""
        if self.value == self.before:
            return "持平"
        return ("多" if self.value > self.before else "少") + shown(self.key, abs(self.value - self.before))


@dataclass(frozen=True)
class Trend:
    """One figure in each of six months, the oldest first."""

    label: str
    unit: str
    months: tuple[date, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    month: date
    is_over: bool
    figures: tuple[Figure, ...]
    review: tuple[Promise, Promise]
    """3 小时受理: of the month, of the month before."""
    reply: tuple[Promise, Promise]
    topics: tuple[tuple[str, int], ...]
    outcomes: tuple[str, ...]
    trends: tuple[Trend, ...]

    def __getitem__(self, key: str) -> Figure:
        return next(one for one in self.figures if one.key == key)


WORDS = {
    "activities": ("开展活动", "场"), "people": ("参加服务", "人"), "attendances": ("参加服务", "人次"),
    "hours": ("服务时长", "小时"), "sign_ups": ("报名", "人次"), "volunteers": ("新登记志愿者", "人"),
    "registered": ("在册志愿者", "人"), "new_teams": ("新建队伍", "支"), "teams": ("现有队伍", "支"),
    "stars": ("授予星级", "人"), "asked": ("收到提问", "个"), "answered": ("答复提问", "个"),
    "satisfied": ("评价满意", "个"), "broadcasts": ("群发", "次"), "told": ("群发送达", "人次"),
    "follows": ("新关注", "人"), "unfollows": ("取消关注", "人"),
}  # fmt: skip
TRENDS = ("activities", "attendances", "hours", "volunteers", "asked", "follows")


def of(db: Session, month: date, now: datetime, rules: Rules) -> Report:
    """``month``: its first day."""
    last = months.before(month)
    here, there = _counted(db, month, now, rules), _counted(db, last, now, rules)
    ours, theirs = _questions(db, month, now, rules), _questions(db, last, now, rules)
    here.update(answered=ours.answered, satisfied=ours.satisfied)
    there.update(answered=theirs.answered, satisfied=theirs.satisfied)
    return Report(
        month,
        months.after(month) <= now.astimezone(rules.timezone).date(),
        tuple(Figure(key, label, here[key], there[key], unit) for key, (label, unit) in WORDS.items()),
        (ours.review, theirs.review),
        (ours.reply, theirs.reply),
        tuple((WINDOWS.get(topic, topic), number) for topic, number in ours.topics),
        _outcomes(db, month, rules),
        _trends(db, month, {month: here, last: there}, now, rules),
    )


def share(promise: Promise) -> str:
    """“97%（31/32）”, or that nothing fell due."""
    return f"{promise.kept * 100 // promise.due}%（{promise.kept}/{promise.due}）" if promise.due else "没有到期的"


def shown(key: str, value: int) -> str:
    return hours.shown(value) if key == "hours" else f"{value:,}"


def _trends(
    db: Session, month: date, known: dict[date, dict[str, int]], now: datetime, rules: Rules
) -> tuple[Trend, ...]:
    shown_months = [month]
    while len(shown_months) < MONTHS:
        shown_months.insert(0, months.before(shown_months[0]))
    for one in shown_months:
        if one not in known:
            known[one] = _counted(db, one, now, rules, TRENDS)
    return tuple(
        Trend(
            WORDS[key][0], WORDS[key][1], tuple(shown_months),
            tuple(float(hours.shown(known[one][key])) if key == "hours" else known[one][key] for one in shown_months),
        )
        for key in TRENDS
    )  # fmt: skip


def _counted(
    db: Session, month: date, now: datetime, rules: Rules, keys: Sequence[str] = tuple(WORDS)
) -> dict[str, int]:  # fmt: skip
    begins, ends = _bounds(month, rules)
    in_month = (Shift.starts_at >= begins, Shift.starts_at < ends, Shift.starts_at <= now)
    came = (Registration.state.in_(CAME), *in_month)
    owner = func.coalesce(Person.merged_into, Person.id)
    registered = (Volunteer.registered_at >= begins, Volunteer.registered_at < ends)
    queries: dict[str, Any] = {
        "activities": select(func.count(Shift.id)).join(Activity).where(Activity.state == "open", *in_month),
        "attendances": select(func.count(Registration.id)).join(Shift).where(*came),
        "people": select(func.count(owner.distinct())).select_from(Registration).join(Shift)
        .join(Person, Person.id == Registration.person_id).where(*came),
        "hours": select(func.coalesce(func.sum(LedgerEntry.minutes), 0)).where(
            LedgerEntry.effective_on.between(month, months.last_of(month))),
        "sign_ups": select(func.count(Registration.id)).where(
            Registration.created_at >= begins, Registration.created_at < ends),
        "volunteers": select(func.count(Volunteer.person_id)).where(*registered),
        "registered": select(func.count(Volunteer.person_id)).where(
            Volunteer.registered_at < ends, (Volunteer.left_at.is_(None)) | (Volunteer.left_at >= ends)),
        "new_teams": select(func.count(Team.id)).where(Team.created_at >= begins, Team.created_at < ends),
        "teams": select(func.count(Team.id)).where(
            Team.created_at < ends, (Team.closed_at.is_(None)) | (Team.closed_at >= ends)),
        "stars": select(func.count(StarAward.id)).where(
            StarAward.state == "granted", StarAward.granted_at >= begins, StarAward.granted_at < ends),
        "asked": select(func.count(Question.id)).where(Question.submitted_at >= begins, Question.submitted_at < ends),
        "broadcasts": select(func.count(Broadcast.id)).where(
            Broadcast.started_at >= begins, Broadcast.started_at < ends),
        "follows": select(func.count()).where(Follower.followed_at >= begins, Follower.followed_at < ends),
        "unfollows": select(func.count()).where(Follower.unfollowed_at >= begins, Follower.unfollowed_at < ends),
    }  # fmt: skip
    wanted = [key for key in queries if key in keys]
    counts = db.execute(select(*(queries[key].scalar_subquery() for key in wanted))).one()
    found = {key: int(count) for key, count in zip(wanted, counts, strict=True)}
    if "told" in keys:
        sent = select(Broadcast.id).where(Broadcast.started_at >= begins, Broadcast.started_at < ends)
        found["told"] = sum(broadcast_reports.of(db, id).told for id in db.scalars(sent).all())
    return found


def _questions(db: Session, month: date, now: datetime, rules: Rules) -> figures.Figures:
    return figures.between(db, *_bounds(month, rules), now)


def _outcomes(db: Session, month: date, rules: Rules) -> tuple[str, ...]:
    """What leaders told of their shifts, added up where unit and thing are the same."""
    begins, ends = _bounds(month, rules)
    rows = db.scalars(select(Outcome).join(Shift).where(Shift.starts_at >= begins, Shift.starts_at < ends)).all()
    sums: dict[tuple[str, str], float] = {}
    for row in rows:
        try:
            amount = float(row.amount)
        except ValueError:
            continue
        sums[row.what, row.unit] = sums.get((row.what, row.unit), 0.0) + amount
    return tuple(f"{what} {round(amount, 2):g} {unit}" for (what, unit), amount in sorted(sums.items()))


def _bounds(month: date, rules: Rules) -> tuple[datetime, datetime]:
    first, after = (datetime.combine(day, time(), rules.timezone) for day in (month, months.after(month)))
    return first, after
