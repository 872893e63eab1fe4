"""青年之声 in figures for a time: questions, both promises, satisfaction, topics; and the week that staff hear of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from bot.services import audience
from bot.services.announcements import notify
from bot.services.questions import promises
from bot.services.questions.states import WAITING, topic_of
from bot.services.rules import USUAL, Rules
from bot.storage.database import writing
from bot.storage.models import Push, Question, QuestionClock, QuestionEntry

TOLD_AT = time(9)
"""On Mondays; a worker that was away tells it later in the week."""
NOTICE = "questions.week"


@dataclass(frozen=True)
class Promise:
    """Of what fell due in the time and was done or is late: how many, how many in time; ``median_hours`` from the start
    to when it was done, whatever the hours were, 0.0 where nothing was done.
    """

    due: int
    kept: int
    median_hours: float

    @property
    def share(self) -> float | None:
        """0 to 1; None where nothing fell due."""
        return self.kept / self.due if self.due else None


@dataclass(frozen=True)
class Figures:
    """From ``first`` to before ``after``; ``waiting``: asked before ``after``, waits still at ``now``."""

    first: datetime
    after: datetime
    asked: int
    answered: int
    declined: int
    transferred: int
    withdrawn: int
    waiting: int
    review: Promise
    reply: Promise
    breaches: Sequence[promises.Breach]
    satisfied: int
    dissatisfied: int
    topics: Sequence[tuple[str, int]]
    """Topic → questions asked, the busiest first."""

    @property
    def is_quiet(self) -> bool:
        """Nothing that anybody need hear."""
        return not (self.asked or self.answered or self.waiting or self.breaches or self.satisfied or self.dissatisfied)


def between(db: Session, first: datetime, after: datetime, now: datetime) -> Figures:
    """Reads only. What is late is what ``promises.breaches`` names."""
    submitted = select(Question).where(Question.submitted_at >= first, Question.submitted_at < after)
    asked = db.scalars(submitted.options(load_only(Question.category, Question.topic))).all()
    answers = select(func.count(QuestionEntry.question_id.distinct())).where(
        QuestionEntry.kind == "answer", QuestionEntry.at >= first, QuestionEntry.at < after
    )
    ended = select(Question.state, func.count()).where(Question.state_since >= first, Question.state_since < after)
    states = dict(db.execute(ended.group_by(Question.state)).all())
    waits = select(func.count()).where(
        Question.state.in_((*WAITING, "merged")), Question.submitted_at < after
    )  # fmt: skip
    rated = select(Question.satisfied, func.count()).where(Question.rated_at >= first, Question.rated_at < after)
    said = dict(db.execute(rated.group_by(Question.satisfied)).all())
    late = promises.breaches(db, first, after, now)
    return Figures(
        first, after,
        asked=len(asked),
        answered=db.scalars(answers).one(),
        declined=states.get("declined", 0),
        transferred=states.get("transferred", 0),
        withdrawn=states.get("withdrawn", 0),
        waiting=db.scalars(waits).one(),
        review=_promise(_reviews(db, first, after), late, "review"),
        reply=_promise(_replies(db, first, after), late, "reply"),
        breaches=late,
        satisfied=said.get(True, 0),
        dissatisfied=said.get(False, 0),
        topics=Counter(topic_of(row) for row in asked).most_common(),
    )  # fmt: skip


def _reviews(db: Session, first: datetime, after: datetime) -> list[tuple[datetime, datetime, datetime]]:
    """(started, due, done) of those that somebody reviewed: what its asker withdrew before was promised no more."""
    clock = QuestionClock
    done = select(clock.started_at, clock.due_at, Question.reviewed_at).join(Question, Question.id == clock.question_id)
    wanted = done.where(clock.kind == "review", clock.due_at >= first, clock.due_at < after)
    return [(s, d, at) for s, d, at in db.execute(wanted.where(Question.reviewed_at.is_not(None))) if at is not None]


def _replies(db: Session, first: datetime, after: datetime) -> list[tuple[datetime, datetime, datetime]]:
    """Those that were answered: what was passed on or withdrawn in time is neither kept nor broken."""
    clock, answer = QuestionClock, QuestionEntry
    done = select(clock.started_at, clock.due_at, answer.at).join(
        answer,
        (answer.question_id == clock.question_id) & (answer.round == clock.round) & (answer.kind == "answer"),
    )
    wanted = done.where(clock.kind == "reply", clock.due_at >= first, clock.due_at < after)
    return [(started, due, at) for started, due, at in db.execute(wanted)]


def _promise(
    done: Sequence[tuple[datetime, datetime, datetime]], late: Sequence[promises.Breach], kind: promises.Kind
) -> Promise:
    kept = sum(at <= due for _, due, at in done)
    hours = [(at - started) / timedelta(hours=1) for started, _, at in done]
    broken = sum(one.kind == kind for one in late)
    return Promise(kept + broken, kept, round(median(hours), 1) if hours else 0.0)


# -- each Monday ---------------------------------------------------------------------------------------


def week_due(now: datetime, zone: ZoneInfo) -> date:
    """The Monday of the newest week that is over and to be told of by now."""
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    told = (local.date(), local.time()) >= (monday, TOLD_AT)
    return monday - timedelta(days=7 if told else 14)


def of_week(db: Session, monday: date, now: datetime, zone: ZoneInfo) -> Figures:
    first = datetime.combine(monday, time(), zone)
    return between(db, first, datetime.combine(monday + timedelta(days=7), time(), zone), now)


def tell(db: Session, now: datetime, rules: Rules = USUAL) -> int:
    """Owe reviewers and administrators the week that is over, each once; nothing of a week without anything in it."""
    zone = rules.timezone
    monday = week_due(now, zone)
    openids = audience.of_deciders(db, "question")
    known = select(Push.id).where(Push.key.in_([f"{NOTICE}:{monday}:{openid}" for openid in openids]))
    if not openids or db.scalars(known.limit(1)).first() is not None or of_week(db, monday, now, zone).is_quiet:
        return 0
    writing(db)
    for openid in openids:
        notify(db, openid, NOTICE, f"{monday}:{openid}", now, zone=zone, week=monday.isoformat())
    return len(openids)
