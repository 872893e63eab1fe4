"""Rows of exports about the county: activities, teams, questions without askers, broadcasts, points and stars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import broadcast_reports, identities, points, seats, teams
from bot.services.export_pages import pages, rows
from bot.services.export_people import star_of, volunteers
from bot.services.export_wishes import Reader, Row
from bot.services.hours import shown
from bot.services.questions.states import STATES, WINDOWS, topic_of
from bot.storage.models import (
    Activity,
    Broadcast,
    LedgerEntry,
    Question,
    QuestionClock,
    Shift,
    Team,
    Volunteer,
)

ACTIVITIES = ("编号", "活动", "开始", "结束", "岗位", "地点", "组织单位", "名额", "已报", "候补", "状态")
TEAMS = ("编号", "队伍", "乡镇街道", "专长", "人数", "队长", "联系方式", "成立日期")
QUESTIONS = ("编号", "类别", "状态", "提交时间", "受理时间", "3小时受理", "答复时间", "3天答复", "满意", "公开")
BROADCASTS = ("编号", "标题", "开始", "完成", "对象", "已送达", "点开", "带来报名", "取消关注")
POINTS = ("志愿者号", "姓名", "累计小时", "星级", "益币余额")
ACTIVITY_STATES = {
    "draft": "草稿", "submitted": "待审核", "rejected": "已退回", "open": "已发布", "withdrawn": "已撤回",
    "cancelled": "已取消",
}  # fmt: skip
IN_TIME = {True: "按时", False: "超时", None: ""}
CONTENT = {True: "满意", False: "不满意", None: ""}


def activities(reader: Reader) -> Any:
    wanted = select(Shift, Activity).join(Activity, Activity.id == Shift.activity_id)
    return wanted.where(Shift.starts_at >= reader.begins, Shift.starts_at < reader.ends)


def activity_rows(db: Session, reader: Reader) -> Iterator[Row]:
    for page in pages(db, activities(reader), Shift.id):
        counts = seats.counted(db, [shift.id for shift, _ in page])
        for shift, about in page:
            counted = counts.get(shift.id, seats.Count())
            yield [
                about.code, about.title, reader.minute(shift.starts_at), reader.minute(shift.ends_at), shift.role,
                about.place, about.organiser, shift.capacity, counted.taken, counted.waiting,
                ACTIVITY_STATES.get(about.state, about.state),
            ]  # fmt: skip


def every_team(reader: Reader) -> Any:
    return select(Team).where(Team.closed_at.is_(None))


def team_rows(db: Session, reader: Reader) -> Iterator[Row]:
    for page in pages(db, every_team(reader), Team.id):
        ids = [team.id for (team,) in page]
        sizes, leaders = teams.sizes(db, ids), teams.leader_names(db, ids)
        for (team,) in page:
            yield [
                team.code, team.name, team.area, "、".join(team.specialties), sizes.get(team.id, 0),
                "、".join(leaders.get(team.id, ())), team.contact, reader.day(team.created_at),
            ]  # fmt: skip


def questions(reader: Reader) -> Any:
    return select(Question).where(Question.submitted_at >= reader.begins, Question.submitted_at < reader.ends)


def question_rows(db: Session, reader: Reader) -> Iterator[Row]:
    """Neither who asked nor what: a question's own words may name people."""
    for page in pages(db, questions(reader), Question.id):
        clocks = _first_clocks(db, [row.id for (row,) in page])
        for (row,) in page:
            review, reply = (_kept(clocks.get((row.id, kind)), reader) for kind in ("review", "reply"))
            yield [
                row.number, WINDOWS.get(topic_of(row), topic_of(row)), STATES.get(row.state, row.state),
                reader.minute(row.submitted_at), reader.minute(row.reviewed_at), IN_TIME[review],
                reader.minute(row.answered_at), IN_TIME[reply], CONTENT[row.satisfied],
                "" if row.is_private else "可以公开",
            ]  # fmt: skip


def broadcasts(reader: Reader) -> Any:
    return select(Broadcast).where(Broadcast.started_at >= reader.begins, Broadcast.started_at < reader.ends)


def broadcast_rows(db: Session, reader: Reader) -> Iterator[Row]:
    for (row,) in rows(db, broadcasts(reader), Broadcast.id):
        told = broadcast_reports.of(db, row.id)
        yield [
            row.id, row.title, reader.minute(row.started_at), reader.minute(row.finished_at), told.size or 0,
            told.told, told.clicks, told.sign_ups if told.sign_ups is not None else "", told.unfollows,
        ]  # fmt: skip


def honour_rows(db: Session, reader: Reader) -> Iterator[Row]:
    """Hours until the last day; points as they are now."""
    for page in pages(db, volunteers(reader), Volunteer.person_id):
        owners = identities.owners(db, [person.id for _, person in page])
        minutes, balances = _minutes(db, owners, reader), points.balances(db, owners)
        for standing, person in page:
            worked = minutes[person.id]
            yield [
                standing.number or "", person.name, float(shown(worked)), star_of(worked, reader),
                points.shown(balances[person.id]),
            ]  # fmt: skip


def _minutes(db: Session, owners: Mapping[int, int], reader: Reader) -> Counter[int]:
    """By the record in use, until the last day."""
    found = (
        select(LedgerEntry.person_id, func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.person_id.in_(list(owners)), LedgerEntry.effective_on <= reader.wish.last)
        .group_by(LedgerEntry.person_id)
    )
    sums: Counter[int] = Counter()
    for record, minutes in db.execute(found):
        sums[owners[record]] += int(minutes)
    return sums


def _first_clocks(db: Session, question_ids: Sequence[int]) -> dict[tuple[int, str], QuestionClock]:
    """Of the first round, by question and kind."""
    found = select(QuestionClock).where(QuestionClock.question_id.in_(question_ids), QuestionClock.round == 1)
    return {(clock.question_id, clock.kind): clock for clock in db.scalars(found)}


def _kept(clock: QuestionClock | None, reader: Reader) -> bool | None:
    """None while nobody can say."""
    if clock is None:
        return None
    if clock.stopped_at is None:
        return False if clock.due_at < reader.now else None
    return clock.stopped_at <= clock.due_at
