"""activity pending, submit, approve, reject, withdraw, cancel; roster add, extend."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import click

from bot.commands.acting import acting, by_option, done, opened, perhaps_by
from bot.settings import settings

if TYPE_CHECKING:
    from bot.services.rosters import Slot

WEEKDAYS = "一二三四五六日"
SLOT = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})(?:[x×](\d{1,3}))?(?::(.+))?")


@click.group("activity")
def activity_command() -> None:
    """活动：提交、审核、取消、排班。"""


@activity_command.command("pending")
def pending() -> None:
    """等审核的活动。"""
    from bot.services import activities, actors

    with opened(settings()) as db:
        waiting = activities.pending(db)
        for one in waiting:
            click.echo(f"{one.code}\t{one.title}\t{actors.name(db, one.author)}")
    if not waiting:
        click.echo("没有等审核的活动。")


@activity_command.command("set")
@click.argument("code", metavar="编号")
@click.argument("changes", nargs=-1, required=True, metavar="列名=内容 …")
@perhaps_by
def amend(code: str, changes: tuple[str, ...], login: str) -> None:
    """改草稿或被驳回的活动，列名和导入的表一样，例如：activity set A12 风险提示=河边湿滑 名额=20。"""
    from bot import clock
    from bot.services import activities, activity_tables
    from bot.services.rules import Rules
    from bot.services.tables import ImportRefused

    cells = dict(change.split("=", 1) for change in changes if "=" in change)
    if len(cells) < len(changes):
        raise click.ClickException("每一处写成 列名=内容，例如 风险提示=河边湿滑。")
    with acting(login) as (db, _):
        it = activities.named(db, code)
        try:
            activity_tables.amend(db, it.id, cells, clock.now(), rules=Rules.of(settings()))
        except ImportRefused as refused:
            raise click.ClickException("没有改：" + "；".join(map(str, refused.mistakes))) from refused
        done(db, f"{it.code} {it.title} 改好了；提交审核：python -m bot activity submit {it.code}")


@activity_command.command("submit")
@click.argument("code", metavar="编号")
@perhaps_by
def submit(code: str, login: str) -> None:
    """把草稿交去审核，审核员会在微信里收到通知。"""
    from bot import clock
    from bot.services import activities

    with acting(login) as (db, actor):
        it = activities.submit(db, activities.named(db, code).id, actor, clock.now())
        done(db, f"{it.code} {it.title} 已提交，等另一位审核员通过。")


@activity_command.command("approve")
@click.argument("code", metavar="编号")
@by_option
@click.option("--policy", "number", default="", metavar="保单号", help="有危险的活动要有覆盖全部时间的保单")
def approve(code: str, login: str, number: str) -> None:
    """通过审核并发布；自己写的要由别人来审。"""
    from bot import clock
    from bot.services import activities, policies

    with acting(login, decides=True) as (db, actor):
        policy_id = policies.named(db, number).id if number else None
        it = activities.approve(db, activities.named(db, code).id, actor, clock.now(), policy_id=policy_id)
        done(db, f"{it.code} {it.title} 已发布。")


@activity_command.command("reject")
@click.argument("code", metavar="编号")
@by_option
@click.option("--reason", required=True, metavar="原因", help="会原样告诉作者")
def reject(code: str, login: str, reason: str) -> None:
    """不通过。"""
    from bot import clock
    from bot.services import activities

    with acting(login, decides=True) as (db, actor):
        it = activities.reject(db, activities.named(db, code).id, actor, clock.now(), reason)
        done(db, f"{it.code} {it.title} 已驳回，改好后可以再次提交。")


@activity_command.command("withdraw")
@click.argument("code", metavar="编号")
@perhaps_by
def withdraw(code: str, login: str) -> None:
    """收回已发布的活动；只在从来没有人报名时可以。"""
    from bot import clock
    from bot.services import activities

    with acting(login, decides=True) as (db, actor):
        it = activities.withdraw(db, activities.named(db, code).id, actor, clock.now())
        done(db, f"{it.code} {it.title} 已撤回。")


@activity_command.command("cancel")
@click.argument("code", metavar="编号")
@click.option("--reason", required=True, metavar="原因", help="会原样告诉每个报名的人")
@perhaps_by
def cancel(code: str, reason: str, login: str) -> None:
    """取消活动，逐个通知报名和候补的人。"""
    from bot import clock
    from bot.services import activities

    with acting(login, decides=True) as (db, _):
        it = activities.named(db, code)
        told = activities.cancel(db, it.id, reason, clock.now())
        done(db, f"{it.code} {it.title} 已取消，会通知 {told} 个人。")


@activity_command.group("roster")
def roster() -> None:
    """排班：每周固定的时段自动生成班次。"""


@roster.command("add")
@click.argument("code", metavar="编号")
@click.option("--slot", "slots", multiple=True, required=True, metavar="09:00-11:30", help="可多次；两人写 …x2")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, metavar="日期", help="第一天")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, metavar="日期", help="最后一天")
@click.option("--weekdays", default=WEEKDAYS, metavar="一二三四五", help="星期几，默认每天")
@click.option(
    "--except", "without", multiple=True, type=click.DateTime(["%Y-%m-%d"]), metavar="日期", help="不排的日子"
)
@perhaps_by
def roster_add(
    code: str, slots: tuple[str, ...], first: datetime, last: datetime, weekdays: str, without: tuple[datetime, ...],
    login: str,
) -> None:  # fmt: skip
    """给活动加一个排班模板，并生成今后两周的班次；以后每天自动往后排。"""
    from bot import clock
    from bot.services import activities, rosters
    from bot.services.rules import Rules

    wrong = [day for day in weekdays if day not in WEEKDAYS]
    if wrong:
        raise click.ClickException(f"星期应写成 {WEEKDAYS} 中的字，不是“{''.join(wrong)}”。")
    template = rosters.Template(
        slots=tuple(map(_slot, slots)),
        first_on=first.date(),
        last_on=last.date(),
        weekdays=tuple(WEEKDAYS.index(day) for day in weekdays),
        except_on=tuple(day.date() for day in without),
    )
    with acting(login, decides=True) as (db, _):
        it = activities.named(db, code)
        made = rosters.add(db, it.id, template, clock.now(), rules=Rules.of(settings()))
        done(db, f"{it.code} {it.title} 的排班已建好，班次排到 {made.made_until}。")


@roster.command("extend")
@click.argument("code", metavar="编号")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), metavar="日期", help="排到哪天，默认今后两周")
@perhaps_by
def roster_extend(code: str, last: datetime | None, login: str) -> None:
    """现在就把后面的班次排出来；排过的不会重复。"""
    from bot import clock
    from bot.services import activities, rosters
    from bot.services.rules import Rules

    with acting(login, decides=True) as (db, _):
        it = activities.named(db, code)
        known = rosters.of_activity(db, it.id)
        if not known:
            raise click.ClickException(f"{it.code} 还没有排班。先执行：python -m bot activity roster add {it.code} …")
        until, rules = last.date() if last else None, Rules.of(settings())
        made = sum(len(rosters.extend(db, each.id, clock.now(), until=until, rules=rules)) for each in known)
        done(db, f"新排了 {made} 个班次。")


def _slot(text: str) -> Slot:
    from bot.services.rosters import Slot

    found = SLOT.fullmatch(text.strip().replace("：", ":").replace("–", "-"))
    if not found:
        raise click.ClickException(f"时段应像 09:00-11:30 或 09:00-11:30x2，不是“{text}”。")
    starts, ends, seats, role = found.groups()
    return Slot(starts=starts.zfill(5), ends=ends.zfill(5), seats=int(seats or 1), role=role or "")
