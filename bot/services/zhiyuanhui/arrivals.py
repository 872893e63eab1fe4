"""From 志愿汇: teams, people and hours, a page at a time; run again after a stop, it goes on where it was."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bot.services import actors, codes
from bot.services.rules import Rules, in_force
from bot.services.zhiyuanhui import crowd
from bot.services.zhiyuanhui.tables import COLUMNS, Refusal, Row, RowRefused, TableRefused, count, moment, rows
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import AuditEntry, LedgerEntry, Team

SOURCE = "zhiyuanhui"
PAGE = 500
LONGEST = timedelta(hours=24)
"""More than a day in one row is a slip: it is refused and reported, never cut."""
Progress = Callable[[str, int], None]
"""Told after each page: the table, and how many rows of it were read so far."""


@dataclass
class Report:
    """What became of the rows of each table: taken, already there, refused; ``minutes``: of hours taken now."""

    taken: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    minutes: int = 0

    @property
    def refused(self) -> Counter[str]:
        return Counter(refusal.table for refusal in self.refusals)


def found(folder: Path) -> dict[str, int]:
    """The tables that stand in a folder and about how many rows each has. Raises TableRefused when there is none."""
    there = {table: count(path) for table in COLUMNS if (path := folder / f"{table}.csv").is_file()}
    if not there:
        raise TableRefused(f"{folder} 里没有 {'、'.join(f'{table}.csv' for table in COLUMNS)} 中的任何一个。")
    return there


def take_in(
    db: Session, cipher: Cipher, folder: Path, actor: str, now: datetime, *, rules: Rules, progress: Progress
) -> Report:
    """Everything in ``folder``; commits page by page (it is a command's job and may be stopped at any moment).

    A row that was taken before is known by its key and left alone, so running it again goes on where it stopped.
    """
    report = Report()
    tables = found(folder)
    for table, take_page in (
        ("department", _teams),
        ("volunteer", _people),
        ("duration", _hours),
        ("hisduration", _hours),
    ):
        if table not in tables:
            continue
        read = 0
        for page in _pages(rows(folder / f"{table}.csv", table)):
            writing(db)
            actors.acting(db, actor)
            take_page(_Work(db, cipher, actor, now, rules, report, table), page)
            db.commit()
            read += len(page)
            progress(table, read)
    _note(db, report, actor, now)
    return report


@dataclass(frozen=True)
class _Work:
    db: Session
    cipher: Cipher
    actor: str
    now: datetime
    rules: Rules
    report: Report
    table: str

    def refuse(self, line: int, refused: RowRefused) -> None:
        self.report.refusals.append(Refusal(self.table, line, refused.rule, refused.text))


Page = list[tuple[int, Row]]


def _pages(read: Iterator[tuple[int, Row]]) -> Iterator[Page]:
    page: Page = []
    for row in read:
        page.append(row)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _teams(work: _Work, page: Page) -> None:
    known = {department: id for department, id in work.db.execute(select(Team.department, Team.id))}  # noqa: C416
    for line, row in page:
        try:
            _team(work, row, known)
        except RowRefused as refused:
            work.refuse(line, refused)
    work.db.flush()


def _team(work: _Work, row: Row, known: dict[str | None, int]) -> None:
    code, name = row["code"], row["name"]
    if not code or not name:
        raise RowRefused("incomplete", "组织编号和组织名称都要有")
    if len(code) > 32 or len(name) > 64:
        raise RowRefused("long", "组织编号至多32个字，组织名称至多64个字")
    if code in known:
        work.report.known["department"] += 1
        return
    parent = row.get("parentCode", "")
    team = Team(
        code=codes.next_team_code(work.db), name=name, department=code, parent_id=known.get(parent) if parent else None,
        contact=row.get("admin", "")[:64], created_at=work.now, specialties=[],
    )  # fmt: skip
    work.db.add(team)
    work.db.flush()
    known[code] = team.id
    work.report.taken["department"] += 1


def _people(work: _Work, page: Page) -> None:
    taken: list[crowd.Arrival] = []
    for line, row in page:
        try:
            taken.append(crowd.arrival(work.cipher, row, line))
        except RowRefused as refused:
            work.refuse(line, refused)
    new, known, refused_rows = crowd.settle(work.db, taken, work.actor, work.now)
    work.report.taken["volunteer"] += new
    work.report.known["volunteer"] += known
    for line, wrong in refused_rows:
        work.refuse(line, wrong)


def _hours(work: _Work, page: Page) -> None:
    """Hours of one page, with whom they belong to and what is there already asked once for all of it."""
    entries: list[dict[str, Any]] = []
    who = crowd.find(work.db, work.cipher, [row for _, row in page])
    for line, row in page:
        try:
            entries.append(_entry(work, row, who) | {"line": line})
        except RowRefused as refused:
            work.refuse(line, refused)
    keys = [entry["external_id"] for entry in entries]
    there = select(LedgerEntry.external_id).where(LedgerEntry.source == SOURCE, LedgerEntry.external_id.in_(keys))
    known = set(work.db.scalars(there))
    overlapping = crowd.overlapping(work.db, entries)
    fresh = []
    for entry in entries:
        line = entry.pop("line")
        if entry["external_id"] in known:
            work.report.known[work.table] += 1
        elif entry["external_id"] in overlapping:
            work.refuse(line, RowRefused("overlap", "这段时间本平台已经记过时长，请核对后再决定，没有重复记入"))
        else:
            known.add(entry["external_id"])
            fresh.append(entry)
    if fresh:
        work.db.execute(insert(LedgerEntry), fresh)
    work.report.taken[work.table] += len(fresh)
    work.report.minutes += sum(entry["minutes"] for entry in fresh)


def _entry(work: _Work, row: Row, who: dict[tuple[str, str], int]) -> dict[str, Any]:
    zone = work.rules.timezone
    person_id = who.get(crowd.key_of(work.cipher, row))
    if person_id is None:
        raise RowRefused("person_unknown", "姓名和证件号码对不上任何一位志愿者，请先在 volunteer.csv 里补上这个人")
    starts_at, ends_at = moment(row["signInTime"], zone), moment(row.get("signOutTime", ""), zone)
    if starts_at is None:
        raise RowRefused("time", "没有签到时间")
    if starts_at > work.now:
        raise RowRefused("future", "签到时间在将来")
    if ends_at is not None and ends_at < starts_at:
        raise RowRefused("time", "签退早于签到")
    minutes = _minutes(row["value"])
    key = "|".join(
        [str(person_id), *(row.get(name, "") for name in ("activity", "signInTime", "signOutTime", "value"))]
    )
    day = starts_at.date()
    return {
        "person_id": person_id, "kind": "import", "minutes": minutes, "effective_on": day,
        "title": row["activity"][:64], "reason": "", "rule_since": in_force(work.rules.volunteering.hours, day).since,
        "detail": {
            "place": row.get("address", "")[:128], "in": _utc(starts_at), "out": _utc(ends_at), "value": row["value"],
            "history": work.table == "hisduration",
        },
        "entered_by": work.actor, "approved_by": "", "source": SOURCE, "created_at": work.now,
        "external_id": f"{work.table}:{hashlib.sha256(key.encode()).hexdigest()[:40]}",
    }  # fmt: skip


def _minutes(text: str) -> int:
    """Hours with decimals to the nearest whole minute (2.4833 is 149). Raises RowRefused."""
    try:
        hours = Decimal(text)
    except InvalidOperation:
        raise RowRefused("value", f"时长“{text[:12]}”不是数字") from None
    if not hours.is_finite() or hours <= 0:
        raise RowRefused("value", "时长要大于0")
    if hours * 60 > LONGEST.total_seconds() / 60:
        raise RowRefused("value", "一条记录超过24小时，请分成几条或核对")
    return int((hours * 60).to_integral_value())


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(timezone.utc).isoformat() if at is not None else None


def _note(db: Session, report: Report, actor: str, now: datetime) -> None:
    """One row of the audit log for the whole import."""
    writing(db)
    done = {"taken": dict(report.taken), "refused": dict(report.refused), "minutes": report.minutes}
    entry = AuditEntry(at=now, actor=actor, subject="import:zhiyuanhui", before={}, after=done, reason="")
    db.add(entry)
    db.commit()
