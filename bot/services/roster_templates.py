"""Templates of recurring rosters: which days, which hours, how many seats; and the shifts that follow from one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.services.activity_checks import NewShift, in_utc
from bot.services.refusals.activities import RosterInvalid
from bot.services.rules import Rules
from bot.storage.models import Roster

LONGEST = timedelta(days=731)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Seats at the same hours (``09:00``) of each day; an end before the start is on the next day."""

    starts: str
    ends: str
    seats: int = 1
    role: str = ""
    min_age: int | None = None


@dataclass(frozen=True, kw_only=True)
class Template:
    """Weekdays count from 0 = Monday; ``except_on``: days without shifts."""

    slots: tuple[Slot, ...]
    first_on: date
    last_on: date
    weekdays: tuple[int, ...] = EVERY_DAY
    except_on: tuple[date, ...] = ()


def check(template: Template) -> None:
    """Raises RosterInvalid with every field that is missing or impossible."""
    wrong = []
    if not template.weekdays or not set(template.weekdays) <= set(EVERY_DAY):
        wrong.append("weekdays")
    if not template.slots or not all(map(_is_possible, template.slots)):
        wrong.append("slots")
    if not template.first_on <= template.last_on <= template.first_on + LONGEST:
        wrong.append("last_on")
    if wrong:
        raise RosterInvalid(tuple(wrong))


def _is_possible(slot: Slot) -> bool:
    try:
        starts, ends = time.fromisoformat(slot.starts), time.fromisoformat(slot.ends)
    except ValueError:
        return False
    return starts != ends and slot.seats >= 1 and len(slot.role) <= 64


def planned(template: Template, now: datetime, until: date, rules: Rules) -> Iterator[tuple[str, NewShift]]:
    """Every shift from now to the end of the day ``until``, in order, by its key: 2026-03-07/1 is a day's first."""
    day = max(template.first_on, now.astimezone(rules.timezone).date())
    while day <= min(until, template.last_on):
        if day.weekday() in template.weekdays and day not in template.except_on:
            for number, slot in enumerate(template.slots, start=1):
                new = _on(day, slot, rules)
                if new.starts_at > now:
                    yield f"{day.isoformat()}/{number}", new
        day += timedelta(days=1)


def _on(day: date, slot: Slot, rules: Rules) -> NewShift:
    starts, ends = time.fromisoformat(slot.starts), time.fromisoformat(slot.ends)
    last_day = day if ends > starts else day + timedelta(days=1)
    return NewShift(
        starts_at=in_utc(datetime.combine(day, starts, rules.timezone)),
        ends_at=in_utc(datetime.combine(last_day, ends, rules.timezone)),
        capacity=slot.seats,
        role=slot.role,
        min_age=slot.min_age,
    )


def read(roster: Roster) -> Template:
    return Template(
        slots=tuple(Slot(**slot) for slot in roster.slots),
        first_on=roster.first_on,
        last_on=roster.last_on,
        weekdays=tuple(roster.weekdays),
        except_on=tuple(date.fromisoformat(day) for day in roster.except_on),
    )


def stored(template: Template) -> dict[str, Any]:
    """As the columns of a Roster."""
    return {
        "slots": [dict(vars(slot)) for slot in template.slots],
        "first_on": template.first_on,
        "last_on": template.last_on,
        "weekdays": sorted(set(template.weekdays)),
        "except_on": sorted(day.isoformat() for day in template.except_on),
    }
