"""What activities achieved, as their leaders tell it: 120公斤垃圾, 50户; and who was there: people, and attendances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import leaders, seats
from bot.services.announcements import notify
from bot.services.refusals import ShiftUnknown
from bot.services.refusals.teams import NotBegun, OutcomeUnclear
from bot.services.rules import USUAL, Rules
from bot.storage.database import locked, writing
from bot.storage.models import Activity, Outcome, Person, Push, Registration, Shift

NOTICE = "teams.outcome_due"
ASKED_FOR = timedelta(days=3)
"""So long after the end is still asked; what was missed for longer (the program was away) is let be."""
UNITS = "公斤|千克|kg|KG|Kg|吨|斤|人次|人|户|平方米|公里|小时|场次|场|次|袋|件|棵|株|份|本|只|个|处|米|元"
FIGURE = re.compile(
    rf"(?P<before>[^\d、，,;；。.\s]*)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<many>万)?\s*(?P<unit>{UNITS})"
    r"\s*的?(?P<what>[^\d、，,;；。\s]*)"
)
VERBS = re.compile(
    r"^(?:一共|总共|共计|共|大约|大概|约|我们|今天)*(?:清理|捡了?|收集|服务|走访|发放|种了?|完成|有)*了?"
)
KILOGRAMS = {"公斤": Decimal(1), "千克": Decimal(1), "kg": Decimal(1), "吨": Decimal(1000), "斤": Decimal("0.5")}


@dataclass(frozen=True)
class Figure:
    amount: Decimal
    unit: str
    what: str


@dataclass(frozen=True)
class Totals:
    """``people`` are human beings, ``attendances`` 人次: never added up. ``figures`` in kilograms, or as told."""

    shifts: int
    people: int
    attendances: int
    figures: tuple[Figure, ...]


def parse(text: str) -> list[Figure]:
    """``120公斤垃圾，50户``, ``垃圾3.7吨``. Raises OutcomeUnclear without a number and a unit."""
    figures = []
    for found in FIGURE.finditer(text):
        amount = Decimal(found["number"]) * (10000 if found["many"] else 1)
        what = found["what"] or VERBS.sub("", found["before"])
        figures.append(Figure(amount, found["unit"].lower(), what[:64]))
    if not figures:
        raise OutcomeUnclear
    return figures


def record(db: Session, shift_id: int, text: str, actor: str, now: datetime) -> list[Figure]:
    """What was told; of the same unit and thing told again, the last counts. Raises NotBegun, OutcomeUnclear."""
    figures = parse(text)
    writing(db)
    shift = locked(db, Shift, shift_id)
    if shift is None:
        raise ShiftUnknown
    if now < shift.starts_at:
        raise NotBegun(shift.starts_at)
    for each in figures:
        amount = f"{each.amount.normalize():f}"
        if len(amount) > 16:
            raise OutcomeUnclear
        db.add(
            Outcome(
                shift_id=shift_id, amount=amount, unit=each.unit, what=each.what, note=text[:500], entered_by=actor,
                entered_at=now,
            )
        )  # fmt: skip
    db.flush()
    return figures


def of_shift(db: Session, shift_id: int) -> list[Figure]:
    return [figure for _, figure in _standing(db, [shift_id])]


def _standing(db: Session, shift_ids: list[int]) -> list[tuple[int, Figure]]:
    rows = db.scalars(select(Outcome).where(Outcome.shift_id.in_(shift_ids)).order_by(Outcome.id))
    last = {(row.shift_id, row.unit, row.what): Figure(Decimal(row.amount), row.unit, row.what) for row in rows}
    return [(shift_id, figure) for (shift_id, _, _), figure in last.items()]


def totals(db: Session, start: datetime, end: datetime) -> Totals:
    """Of the shifts that began within [start, end): for the monthly report."""
    began = select(Shift.id).where(Shift.starts_at >= start, Shift.starts_at < end)
    shift_ids = list(db.scalars(began))
    there = (
        select(func.count(), func.count(func.distinct(func.coalesce(Person.merged_into, Person.id))))
        .select_from(Registration).join(Person, Registration.person_id == Person.id)
        .where(Registration.shift_id.in_(began), Registration.state.in_(seats.PRESENT))
    )  # fmt: skip
    attendances, people = db.execute(there).one()
    held = select(func.count(func.distinct(Registration.shift_id))).where(
        Registration.shift_id.in_(began), Registration.state.in_(seats.PRESENT)
    )
    summed: dict[tuple[str, str], Decimal] = {}
    for _, figure in _standing(db, shift_ids):
        unit = "公斤" if figure.unit in KILOGRAMS else figure.unit
        amount = figure.amount * KILOGRAMS.get(figure.unit, Decimal(1))
        summed[unit, figure.what] = summed.get((unit, figure.what), Decimal(0)) + amount
    figures = tuple(Figure(amount, unit, what) for (unit, what), amount in sorted(summed.items()))
    return Totals(db.scalars(held).one(), people, attendances, figures)


def unasked(db: Session, now: datetime, *, rules: Rules = USUAL) -> list[tuple[int, str]]:
    """(shift, leader's account) to be asked what came of it, once each. Reads only."""
    late = timedelta(minutes=rules.attendance.closes_after_minutes)
    return list(_unasked(db, now, late))


def _unasked(db: Session, now: datetime, late: timedelta) -> Iterator[tuple[int, str]]:
    over = func.coalesce(Shift.ended_at, Shift.ends_at)
    somebody = select(Registration.id).where(Registration.shift_id == Shift.id, Registration.state.in_(seats.ENGAGED))
    shifts = select(Shift).join(Shift.activity).where(
        Activity.state == "open", Activity.kind == "volunteer", over <= now - late, over > now - ASKED_FOR,
        somebody.exists(), ~select(Outcome.id).where(Outcome.shift_id == Shift.id).exists(),
    )  # fmt: skip
    for shift in db.scalars(shifts.order_by(Shift.id)).all():
        for openid in leaders.openids(db, shift.activity):
            key = f"{NOTICE}:{shift.id}:{openid}"
            if db.scalars(select(Push.id).where(Push.key == key)).first() is None:
                yield shift.id, openid


def ask(db: Session, now: datetime, *, rules: Rules = USUAL) -> int:
    """Owe the leaders the question; returns how many. Without anybody to ask nothing is written."""
    asked = unasked(db, now, rules=rules)
    if asked:
        writing(db)
    for shift_id, openid in asked:
        notify(db, openid, NOTICE, f"{shift_id}:{openid}", now, zone=rules.timezone, shift_id=shift_id)
    return len(asked)
