"""What can be exported, by whom, and how it is written: small ones at once, large ones as an ExportJob."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import export_county as county
from bot.services import export_people as people
from bot.services import roles
from bot.services.export_calendar import write_ics
from bot.services.export_wishes import Reader, Row, Wish
from bot.services.refusals.exports import ExportNotYours, ExportPeriodWrong, ExportUnknown
from bot.services.spreadsheets import write_csv, write_xlsx
from bot.storage import audit
from bot.storage.database import writing

FORMS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}
CALENDAR = {"ics": "text/calendar; charset=utf-8"}
AT_ONCE = 2000
"""Rows that are written while the browser waits; more of them is work for the worker."""
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Kind:
    """``may``: the action of `roles.MAY` that shows the same rows on a page. ``numbers``: holds phones or identities.

    ``of``: what narrows it down: period, until (its last day), activity (by its code, or the period) or nothing.
    """

    key: str
    title: str
    about: str
    may: str
    columns: tuple[str, ...]
    query: Callable[[Reader], Any]
    rows: Callable[[Session, Reader], Iterator[Row]]
    numbers: bool = False
    of: str = "period"

    @property
    def forms(self) -> dict[str, str]:
        return {**FORMS, **CALENDAR} if self.key == "activities" else FORMS


KINDS = {
    kind.key: kind
    for kind in (
        Kind("hours", "服务时长", "每人每次一行，栏目和志愿汇一样", "hours.see", people.HOURS, people.hours,
             people.hour_rows, numbers=True),
        Kind("registrations", "报名名单", "一场活动的，或者一段时间里所有活动的", "roster.see", people.REGISTRATIONS,
             people.registrations, people.registration_rows, numbers=True, of="activity"),
        Kind("volunteers", "在册志愿者", "现在登记在册的每一位", "people.see", people.VOLUNTEERS, people.volunteers,
             people.volunteer_rows, numbers=True, of=""),
        Kind("activities", "活动场次", "每场一行；选日历格式可以放进手机日历", "activities.see", county.ACTIVITIES,
             county.activities, county.activity_rows),
        Kind("teams", "志愿队伍", "每支队伍的人数、队长、联系方式", "teams.see", county.TEAMS, county.every_team,
             county.team_rows, of=""),
        Kind("questions", "青年之声", "每条提问的两个时限，不含提问人和内容", "questions.see", county.QUESTIONS,
             county.questions, county.question_rows),
        Kind("broadcasts", "群发效果", "每次群发送达、点开、带来多少报名", "broadcasts.see", county.BROADCASTS,
             county.broadcasts, county.broadcast_rows),
        Kind("honours", "星级和益币", "每人到截止日的累计小时、星级，和现在的益币", "hours.see", county.POINTS,
             people.volunteers, county.honour_rows, of="until"),
    )
}  # fmt: skip


def for_role(role: str) -> list[Kind]:
    return [kind for kind in KINDS.values() if roles.may(role, "exports.make") and roles.may(role, kind.may)]


def checked(wish: Wish, role: str, form: str) -> Kind:
    """Raises ExportUnknown, ExportNotYours, ExportPeriodWrong: what is asked for is nothing, not theirs, or no time."""
    kind = KINDS.get(wish.kind)
    if kind is None or form not in kind.forms:
        raise ExportUnknown
    allowed = roles.may(role, "exports.make") and roles.may(role, kind.may)
    if not allowed or (wish.whole and not roles.may(role, "phone.reveal")):
        raise ExportNotYours
    if not EARLIEST <= wish.first <= wish.last:
        raise ExportPeriodWrong
    return kind


def size(db: Session, reader: Reader) -> int:
    """Rows that there will be; stops counting where it is known to be large."""
    some = KINDS[reader.wish.kind].query(reader).order_by(None).limit(AT_ONCE + 1).subquery()
    return db.scalars(select(func.count()).select_from(some)).one()


def note(db: Session, wish: Wish, form: str) -> None:
    """Who took which rows away is known later, above all with whole numbers."""
    writing(db)
    numbers = "whole numbers" if wish.whole else "masked"
    audit.note(db, f"exports:{wish.kind}", f"exported {wish.first}..{wish.last} {wish.code} {form} {numbers}")


def write(db: Session, reader: Reader, path: Path, form: str, seen: Callable[[], None] = lambda: None) -> None:
    """``seen`` is called for each row."""
    kind = KINDS[reader.wish.kind]
    if form == "ics":
        write_ics(path, db, reader, seen)
        return
    rows = _told(kind.rows(db, reader), seen)
    if form == "csv":
        write_csv(path, kind.columns, rows)
    else:
        write_xlsx(path, kind.title, kind.columns, rows)


def filename(wish: Wish, form: str) -> str:
    """Also when somebody typed the code: letters and digits only."""
    kind = KINDS[wish.kind]
    code = "".join(c for c in wish.code if c.isascii() and c.isalnum())
    period = f"{wish.last:%Y%m%d}" if kind.of == "until" else f"{wish.first:%Y%m%d}-{wish.last:%Y%m%d}"
    return f"{kind.title}_{code or period}.{form}" if kind.of else f"{kind.title}.{form}"


def _told(rows: Iterator[Row], seen: Callable[[], None]) -> Iterator[Row]:
    for row in rows:
        seen()
        yield row
