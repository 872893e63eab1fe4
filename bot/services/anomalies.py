"""What a supervisor looks into: activities in name only, and presence that does not look like people arriving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from bot.services import places
from bot.services.rules import USUAL, Rules
from bot.services.verdicts import LISTED, window
from bot.storage.models import AttendanceEvent, Person, Registration, Shift

AT_ONCE = timedelta(seconds=60)
SEVERAL = 3
"""So many people before their times or distances say anything; also for one phone number (a family is two)."""
FAR = 10
"""A right code from so many radii away was passed on."""
KINDS = {
    "nobody_there": "没有一个人签到",
    "all_at_once": "全部签到挤在一分钟里",
    "elsewhere": "签到的人大多不在集合点",
    "code_from_afar": "在很远的地方用了签到码",
    "one_account": "同一个微信给几个人签到",
    "one_phone": "几个人留同一个手机号",
}


UNITS = {"people": "{}人", "listed": "名单{}人", "seconds": "相隔{}秒", "metres": "{}米", "radius": "应在{}米内"}


@dataclass(frozen=True)
class Anomaly:
    """``facts``: numbers behind it (people, seconds, metres); never names or phone numbers."""

    kind: str
    shift_id: int
    code: str
    title: str
    starts_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)


def said(one: Anomaly) -> str:
    """The numbers in words: 名单12人."""
    return "，".join(UNITS[name].format(value) for name, value in one.facts.items())


def found(db: Session, now: datetime, *, days: int = 30, rules: Rules = USUAL) -> list[Anomaly]:
    """Of shifts that ended in these days, the latest first. Reads only."""
    recent = (
        select(Shift)
        .join(Shift.activity)
        .options(contains_eager(Shift.activity))
        .where(Shift.ends_at <= now, Shift.ends_at > now - timedelta(days=days))
        .order_by(Shift.starts_at.desc(), Shift.id)
    )
    shifts = [shift for shift in db.scalars(recent) if shift.activity.state == "open"]
    events, listed = _events(db, shifts), _listed(db, shifts)
    return [
        Anomaly(kind, shift.id, shift.activity.code, shift.activity.title, shift.starts_at, facts)
        for shift in shifts
        for kind, facts in _of(db, shift, events[shift.id], listed[shift.id], now, rules)
    ]


def _events(db: Session, shifts: Sequence[Shift]) -> dict[int, list[AttendanceEvent]]:
    events: dict[int, list[AttendanceEvent]] = defaultdict(list)
    wanted = select(AttendanceEvent).where(AttendanceEvent.shift_id.in_([shift.id for shift in shifts]))
    for event in db.scalars(wanted.order_by(AttendanceEvent.captured_at, AttendanceEvent.id)):
        events[event.shift_id].append(event)
    return events


def _listed(db: Session, shifts: Sequence[Shift]) -> dict[int, int]:
    numbers: dict[int, int] = defaultdict(int)
    wanted = select(Registration.shift_id).where(
        Registration.shift_id.in_([shift.id for shift in shifts]), Registration.state.in_(LISTED)
    )
    for shift_id in db.scalars(wanted):
        numbers[shift_id] += 1
    return numbers


def _of(
    db: Session, shift: Shift, events: list[AttendanceEvent], listed: int, now: datetime, rules: Rules
) -> Iterator[tuple[str, dict[str, Any]]]:
    came = [event for event in events if event.kind == "in" and event.verdict == "accepted"]
    people = {event.person_id for event in came}
    if listed and not came and now > window(shift, rules).closes_at:
        yield "nobody_there", {"listed": listed}
    # The hour at which a leader or an office entered it is none of when people came.
    own = [event.captured_at for event in came if event.channel in ("code", "qr", "location")]
    if len({event.person_id for event in came}) >= SEVERAL and len(own) == len(came) and own[-1] - own[0] <= AT_ONCE:
        yield "all_at_once", {"people": len(people), "seconds": round((own[-1] - own[0]).total_seconds())}
    yield from _distances(shift, events, rules)
    yield from _sharing(db, came)


def _distances(shift: Shift, events: list[AttendanceEvent], rules: Rules) -> Iterator[tuple[str, dict[str, Any]]]:
    """From the distances that are kept: coordinates are gone after some days, a centre of them is not needed."""
    radius = places.radius_m(shift.activity, rules) or rules.attendance.radius_m
    last = {event.person_id: event.distance_m for event in events if event.distance_m is not None}
    distances = [metres for metres in last.values() if metres is not None]
    if len(distances) >= SEVERAL and median(distances) > radius:
        yield "elsewhere", {"people": len(distances), "metres": round(median(distances)), "radius": radius}
    if afar := [metres for metres in distances if metres > radius * FAR]:
        yield "code_from_afar", {"people": len(afar), "metres": max(afar)}


def _sharing(db: Session, came: list[AttendanceEvent]) -> Iterator[tuple[str, dict[str, Any]]]:
    accounts: dict[str, set[int]] = defaultdict(set)
    for event in came:
        if event.note.startswith("from "):
            accounts[event.note].add(event.person_id)
    if most := max((len(people) for people in accounts.values()), default=0):
        if most > 1:
            yield "one_account", {"people": most}
    phones: dict[str, set[int]] = defaultdict(set)
    hashes = select(Person.id, Person.phone_hash).where(Person.id.in_({event.person_id for event in came}))
    for person_id, digest in db.execute(hashes):
        if digest:
            phones[digest].add(person_id)
    if (most := max((len(people) for people in phones.values()), default=0)) >= SEVERAL:
        yield "one_phone", {"people": most}
