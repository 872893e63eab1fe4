"""The county in numbers for the office: registered people, teams, hours; and what happened on each of thirty days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.services.rules import Rules
from bot.storage.models import Follower, LedgerEntry, Question, Registration, Team, Volunteer

Kind = Literal["sign_ups", "hours", "questions", "follows"]
KINDS = get_args(Kind)
DAYS = 30
_AT: dict[str, InstrumentedAttribute[Any]] = {
    "sign_ups": Registration.created_at, "questions": Question.submitted_at, "follows": Follower.followed_at,
}  # fmt: skip


@dataclass(frozen=True)
class Bulletin:
    """注册人数, 队伍数, 累计时长 in minutes, as the county reports them every month."""

    people: int
    teams: int
    minutes: int


@dataclass(frozen=True)
class Trend:
    """``numbers`` of each of ``days``, the oldest first; hours in minutes."""

    kind: Kind
    days: tuple[date, ...]
    numbers: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.numbers)


def bulletin(db: Session) -> Bulletin:
    people = db.scalars(select(func.count()).where(Volunteer.state == "registered")).one()
    teams = db.scalars(select(func.count(Team.id)).where(Team.closed_at.is_(None))).one()
    minutes = db.scalars(select(func.coalesce(func.sum(LedgerEntry.minutes), 0))).one()
    return Bulletin(people, teams, int(minutes))


def trends(db: Session, now: datetime, rules: Rules) -> list[Trend]:
    """Of the last thirty days, today included, by the county's own days."""
    today = now.astimezone(rules.timezone).date()
    days = tuple(today - timedelta(days=DAYS - 1 - number) for number in range(DAYS))
    return [Trend(kind, days, _by_day(db, kind, days, rules)) for kind in KINDS]


def _by_day(db: Session, kind: str, days: Sequence[date], rules: Rules) -> tuple[int, ...]:
    """In one reading. Days are the county's, which the two databases would cut differently: they get the instants."""
    if kind == "hours":
        on = LedgerEntry.effective_on
        sums = select(on, func.sum(LedgerEntry.minutes)).where(on >= days[0]).group_by(on)
        found = {day: int(minutes) for day, minutes in db.execute(sums)}
        return tuple(found.get(day, 0) for day in days)
    at = _AT[kind]
    edges = [datetime.combine(day, time(), rules.timezone) for day in (*days, days[-1] + timedelta(days=1))]
    counts = [func.count().filter(at >= begins, at < ends) for begins, ends in pairwise(edges)]
    return tuple(db.execute(select(*counts).where(at >= edges[0])).one())


def rows(kind: Kind, day: date, rules: Rules) -> Any:
    """A query for what stands behind one number of a trend, the latest first."""
    if kind == "hours":
        return select(LedgerEntry).where(LedgerEntry.effective_on == day).order_by(LedgerEntry.id.desc())
    since = datetime.combine(day, time(), rules.timezone)
    at = _AT[kind]
    model = at.class_
    return select(model).where(at >= since, at < since + timedelta(days=1)).order_by(at.desc())
