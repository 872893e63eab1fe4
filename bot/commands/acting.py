"""What commands of staff share: a session, whose name they act in, and refusals as one line for the console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from bot.settings import Settings, settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.services.refusals import Refused

FIELDS = {
    "title": "标题", "place": "地点", "content": "内容", "risk": "风险提示", "organiser": "主办", "leader": "负责人",
    "starts_at": "开始时间（已经过去了）", "ends_at": "结束时间", "capacity": "名额", "min_age": "年龄下限",
    "max_age": "年龄上限", "reason": "原因", "number": "保单号（没填，或已经登记过）", "insurer": "保险公司",
    "valid_until": "保单止期", "slots": "时段", "weekdays": "星期", "last_on": "止期", "signup_opens_at": "报名开始",
    "signup_closes_at": "报名截止", "break_minutes": "休息分钟",
}  # fmt: skip
by_option = click.option("--by", "login", required=True, metavar="登录名", help="由谁操作")
perhaps_by = click.option("--by", "login", default="", metavar="登录名", help="由谁操作，会记进审计日志")


@contextmanager
def opened(chosen: Settings) -> Iterator[Session]:
    """A session on the database of the settings."""
    from bot.storage.database import Database

    database = Database(chosen.database_url)
    try:
        with database.session() as db:
            yield db
    finally:
        database.dispose()


def name_actor(db: Session, login: str, *, decides: bool = False) -> str:
    """The actor in whose name the session goes on; the audit log says so.

    Without a login it is whoever runs this machine, noted as the program itself. ``decides``: only for roles that may
    decide, admin and reviewer.
    """
    from bot.services import actors, authority, duty

    staff = duty.named(db, login.strip())
    if login and staff is None:
        add = f"python -m bot staff add {login} --role reviewer"
        raise click.ClickException(f"没有叫 {login} 的帐号。先新增：{add}")
    if decides and staff is not None and staff.role not in authority.DECIDES["activity"]:
        raise click.ClickException(f"{login} 不能做这件事：只有管理员和审核员可以。")
    actor = actors.staff(staff.id) if staff is not None else actors.SYSTEM
    actors.acting(db, actor)
    return actor


@contextmanager
def acting(login: str, *, decides: bool = False) -> Iterator[tuple[Session, str]]:
    """A session in the name of one of staff; refusals become one line. ``decides``: only roles that may decide.

    See `name_actor`.
    """
    from bot.services.refusals import Refused

    with opened(settings()) as db:
        actor = name_actor(db, login, decides=decides)
        try:
            yield db, actor
        except Refused as refused:
            raise click.ClickException(_said(refused)) from refused


def _said(refused: Refused) -> str:
    """What staff at the console read; the words that followers read need a conversation."""
    from bot.commands import tags
    from bot.services import refusals as r
    from bot.services.refusals import activities as a
    from bot.services.refusals import questions as q
    from bot.services.refusals.people import TagRefused

    if "broadcasts" in type(refused).__module__:
        from handlers.refusals.broadcasts import said  # loads the whole of the chat: only when something was refused

        return said(refused, zone()) or str(refused)
    if isinstance(refused, r.ActivityIncomplete | a.RosterInvalid):
        return "要先改好：" + "、".join(FIELDS.get(name, name) for name in refused.fields) + "。"
    if isinstance(refused, r.ShiftUnknown):
        return "没有这个活动，请核对编号。"
    if isinstance(refused, q.AnswerTooLong):
        return f"有 {refused.length} 字，太长：最多 {refused.most} 字。"
    if isinstance(refused, TagRefused):
        return tags.WHY[refused.why].format(about=refused.about)
    if isinstance(refused, a.PolicyMissing):
        at = refused.starts_at.astimezone(zone())
        return f"有危险的活动要有保单：{at:%Y-%m-%d %H:%M} 这一场没有覆盖。先 policy add，再 policy attach。"
    words = {
        a.SameHuman: "自己写的活动要由另一个人来审。",
        a.DangerousForMinors: "有危险的活动只招18岁以上，请改年龄下限。",
        a.PolicyUnknown: "没有登记过这张保单。先执行：python -m bot policy add",
        a.SomebodyRegistered: "已经有人报过名，不能撤回；要取消请用 activity cancel。",
        q.CannedUnknown: "没有这条常用语，或者停用了。先看：python -m bot question canned list",
        q.CannedTaken: "这个方向已经有同名的常用语，请换个标题，或者用 question canned change 改那一条。",
        q.QuestionEmpty: "标题（最多 32 字）和内容都要写。",
        a.WrongState: "活动现在的状态不能这样做。",
    }
    return next((text for kind, text in words.items() if isinstance(refused, kind)), str(refused))


def done(db: Session, text: str) -> None:
    db.commit()
    click.echo(text)


def zone() -> ZoneInfo:
    return ZoneInfo(settings().organisation.timezone)
