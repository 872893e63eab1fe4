"""What needs a colleague now, by role: the rows of 待办 in chat, and what is late, stuck or thin. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import (
    activities,
    actors,
    alerts,
    appeals,
    approvals,
    broadcasts,
    certificates,
    disputes,
    honours,
    presence,
    roles,
    seats,
    settlement,
    staff_pairs,
    stars,
    teams,
    volunteers,
)
from bot.services.profiles import masked_name
from bot.services.questions import answering, reviewing
from bot.services.rules import Rules
from bot.storage.models import Activity, Lease, Push, Question, QuestionClock, Shift

Tone = Literal["bad", "wait", "calm"]
FEW = 3
"""So many lines of each kind; the rest is behind the number."""
THIN_WITHIN = timedelta(days=7)
SOON = timedelta(hours=24)
"""A promise that falls due so soon is near its breach."""
UNREACHED_FOR = timedelta(days=7)
LATE = timedelta(minutes=10)
"""A push due for longer than this, or a worker silent for so long, has stopped."""
OWN_AFFAIRS = ("reminder", "change", "cancelled", "offer")


@dataclass(frozen=True)
class Item:
    """``text``: people masked. ``at``: since when, or with ``due`` until when. ``where``: what is decided about: shift,
    activity, person, team, question, broadcast, staff, with its id or code."""

    text: str
    at: datetime | None = None
    where: tuple[str, int | str] | None = None
    due: bool = False


@dataclass(frozen=True)
class Need:
    """``number`` of the kind ``key``; ``items`` are the first of them."""

    key: str
    number: int
    items: tuple[Item, ...] = ()
    tone: Tone = "wait"


def needs(db: Session, staff_id: int, role: str, now: datetime, rules: Rules) -> list[Need]:
    """What this colleague may decide or should know, what cannot wait first; nothing that is not theirs."""
    actor = actors.staff(staff_id)
    found = [
        need
        for action, look in _LOOKS
        if roles.may(role, action)
        for need in look(db, actor, now, rules)
        if need.number
    ]
    found += [need for need in _mine(db, staff_id, role, now) if need.number]
    return sorted(found, key=lambda need: ("bad", "wait", "calm").index(need.tone))


def thin(db: Session, now: datetime) -> list[tuple[Shift, int]]:
    """Shifts of the next seven days with less than half of their seats taken: (shift, seats still free)."""
    soon = (
        select(Shift)
        .join(Activity, Shift.activity_id == Activity.id)
        .where(Activity.state == "open", Shift.starts_at > now, Shift.starts_at <= now + THIN_WITHIN)
    )
    shifts = list(db.scalars(soon.order_by(Shift.starts_at, Shift.id)))
    counted = seats.counted(db, [shift.id for shift in shifts])
    taken = {shift.id: counted.get(shift.id, seats.Count()).taken for shift in shifts}
    return [(shift, shift.capacity - taken[shift.id]) for shift in shifts if 2 * taken[shift.id] < shift.capacity]


def _alerts(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = alerts.unheard(db)
    yield Need("alert", len(rows), _few(rows, lambda row: Item(f"J{row.id}", row.opened_at)), "bad")


def _activities(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = [row for row in activities.pending(db) if not actors.is_same_human(db, actor, row.author)]
    items = _few(rows, lambda row: Item(f"{row.code} {row.title}", row.submitted_at, where=("activity", row.code)))
    yield Need("activity", len(rows), items)


def _registrations(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    # Found by the shifts ahead that ask first, which are few, not by looking through every registration ever made.
    asking = select(Shift.id).join(Activity, Shift.activity_id == Activity.id).where(
        Activity.state == "open", Activity.approval, Shift.starts_at > now
    )  # fmt: skip
    shifts = db.scalars(asking.order_by(Shift.starts_at, Shift.id))
    rows = [row for shift_id in shifts.all() for row in approvals.pending(db, shift_id)]
    items = _few(
        rows,
        lambda row: Item(
            f"{masked_name(row.name)} 报 {row.code} {row.title}", row.asked_at, where=("shift", row.shift_id)
        ),
    )
    yield Need("registration", len(rows), items)


def _volunteers(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = volunteers.pending(db)
    yield Need(
        "volunteer",
        len(rows),
        _few(rows, lambda row: Item(_who(row.person), row.applied_at, ("person", row.person_id))),
    )


def _teams(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = teams.pending(db)
    items = _few(
        rows,
        lambda row: Item(
            f"{_who(row.person)} → {row.team.code} {row.team.name}", row.applied_at, ("team", row.team.code)
        ),
    )
    yield Need("team", len(rows), items)


def _hours(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    late = presence.offline_pending(db)
    items = _few(late, lambda row: Item(_of_shift(db, row.shift_id), row.received_at, where=("shift", row.shift_id)))
    yield Need("late_entry", len(late), items)
    by_hand = honours.pending(db)
    yield Need("manual_hours", len(by_hand), _few(by_hand, lambda row: Item(_who(row.person), row.entered_at)))
    asked = [*appeals.pending(db), *disputes.pending(db)]
    about = _few(
        asked,
        lambda row: Item(
            f"{row.registration.shift.activity.code} {_who(row.registration.person)}", row.due_at, due=True
        ),
    )
    tone: Tone = "bad" if any(row.due_at < now for row in asked) else "wait"
    yield Need("appeal", len(asked), about, tone)


def _stars(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = stars.pending(db)
    yield Need("star", len(rows), _few(rows, lambda row: Item(f"{_who(row.person)} {row.star}星", row.applied_at)))


def _seals(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = certificates.seals_asked(db)
    yield Need("seal", len(rows), _few(rows, lambda row: Item(row.number or "", row.seal_asked_at)))


def _questions(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = reviewing.pending(db)
    due = _due(db, "review")
    items = _few(rows, lambda row: Item(row.number, due.get(row.id), ("question", row.number), due=True))
    yield Need("question", len(rows), items, _tone(due.values(), now))
    drafts = [row for row in answering.drafts(db) if not actors.is_same_human(db, actor, row.by)]
    yield Need(
        "answer",
        len(drafts),
        _few(drafts, lambda row: Item(row.question.number, row.at, ("question", row.question.number))),
    )
    late = [id for id, at in _due(db, "reply").items() if at < now + SOON]
    numbers = db.scalars(select(Question).where(Question.id.in_(late)).order_by(Question.id)).all()
    ends = _due(db, "reply")
    items = _few(numbers, lambda row: Item(row.number, ends[row.id], ("question", row.number), due=True))
    yield Need("promise", len(numbers), items, "bad")


def _broadcasts(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = [row for row in broadcasts.pending(db) if not actors.is_same_human(db, actor, row.author)]
    yield Need(
        "broadcast", len(rows), _few(rows, lambda row: Item(f"{row.id} {row.title}", where=("broadcast", row.id)))
    )


def _unsettled(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = list(settlement.due(db, now, rules))
    items = _few(
        rows,
        lambda row: Item(
            f"{row.shift.activity.code} {row.shift.activity.title}", row.shift.ends_at, where=("shift", row.shift.id)
        ),
    )
    tone: Tone = "bad" if any(row.stage == "breach" for row in rows) else "wait"
    yield Need("unsettled", len(rows), items, tone)


def _thin(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = thin(db, now)
    items = _few(
        rows,
        lambda row: Item(
            f"{row[0].activity.code} {row[0].activity.title} · 还缺{row[1]}人", row[0].starts_at, ("shift", row[0].id)
        ),
    )
    yield Need("thin", len(rows), items, "calm")


def _health(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    of_late = (Push.kind.in_(OWN_AFFAIRS), Push.state == "unreached", Push.due_at > now - UNREACHED_FOR)
    yield Need("unreached", _number(db, *of_late), (), "calm")
    stuck = _number(
        db, Push.state == "due", Push.due_at < now - LATE, func.coalesce(Push.not_before, Push.due_at) < now
    )
    failed = _number(db, Push.state == "failed", Push.due_at > now - SOON)
    yield Need("push", stuck + failed, (), "bad")
    beat = db.get(Lease, "worker")
    yield Need("worker", int(beat is not None and beat.beat_at < now - LATE), (), "bad")


def _pairs(db: Session, actor: str, now: datetime, rules: Rules) -> Iterator[Need]:
    rows = staff_pairs.pending(db, int(actor.partition(":")[2]), now)
    items = _few(rows, lambda row: Item(row.name or row.username, row.wanted_at, where=("staff", row.id)))
    yield Need("account", len(rows), items)


def _mine(db: Session, staff_id: int, role: str, now: datetime) -> Iterator[Need]:
    """Questions given to this colleague; drafts that came back."""
    if roles.may(role, "questions.answer"):
        given = select(Question).where(Question.assignee_id == staff_id, Question.state == "accepted")
        rows = db.scalars(given.order_by(Question.id)).all()
        due = _due(db, "reply")
        items = _few(rows, lambda row: Item(row.number, due.get(row.id), ("question", row.number), due=True))
        yield Need("assigned", len(rows), items, _tone((due[row.id] for row in rows if row.id in due), now))
    if roles.may(role, "activities.draft"):
        returned = select(Activity).where(Activity.state == "rejected", Activity.author == actors.staff(staff_id))
        back = db.scalars(returned.order_by(Activity.reviewed_at)).all()
        items = _few(back, lambda row: Item(f"{row.code} {row.title}", row.reviewed_at, where=("activity", row.code)))
        yield Need("returned", len(back), items)


_LOOKS: tuple[tuple[str, Callable[[Session, str, datetime, Rules], Iterator[Need]]], ...] = (
    ("questions.decide", _alerts),
    ("questions.decide", _questions),
    ("activities.decide", _activities),
    ("attendance.record", _registrations),
    ("people.decide", _volunteers),
    ("teams.change", _teams),
    ("hours.decide", _hours),
    ("stars.decide", _stars),
    ("seals.decide", _seals),
    ("broadcasts.decide", _broadcasts),
    ("attendance.record", _unsettled),
    ("roster.see", _thin),
    ("staff.change", _pairs),
    ("settings.see", _health),
)
"""Who may do the first is shown what the second finds."""


def _few(rows: Sequence[Any], item: Callable[[Any], Item]) -> tuple[Item, ...]:
    return tuple(item(row) for row in rows[:FEW])


def _tone(due: Any, now: datetime) -> Tone:
    return "bad" if any(at < now + timedelta(hours=1) for at in due) else "wait"


def _due(db: Session, kind: str) -> dict[int, datetime]:
    """Question id → when its promise of this kind, which still runs, falls due."""
    running = (
        select(QuestionClock.question_id, QuestionClock.due_at)
        .join(Question, Question.id == QuestionClock.question_id)
        .where(QuestionClock.stopped_at.is_(None), QuestionClock.kind == kind, Question.paused_at.is_(None))
    )
    return {id: at for id, at in db.execute(running)}  # noqa: C416


def _of_shift(db: Session, shift_id: int) -> str:
    about = db.get_one(Shift, shift_id).activity
    return f"{about.code} {about.title}"


def _number(db: Session, *conditions: Any) -> int:
    return db.scalars(select(func.count(Push.id)).where(*conditions)).one()


def _who(person: Any) -> str:
    return masked_name(person.name) if person.name else "（已注销）"
