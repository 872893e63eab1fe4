"""hours manual, propose, decide, due: what is entered by hand, by two people, and the shifts not settled yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands.acting import acting, by_option, done, opened, zone
from bot.settings import settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.services.refusals import Refused
    from bot.storage.models import ManualEntry, Shift

STATES = {"proposed": "待审核", "approved": "已通过", "refused": "未通过"}
STAGES = {"warning": "快到期", "breach": "已超期"}
PROPOSES = ("admin", "reviewer", "leader")
MOMENT = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
json_option = click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")


@click.group("hours")
def hours_command() -> None:
    """时长：手工补记的公示清单，录入、审核补记，到期没结算的活动。"""


@hours_command.command("manual")
@click.option("--month", type=click.DateTime(["%Y-%m"]), metavar="2026-03", help="哪个月录入的，默认本月")
@json_option
def manual(month: datetime | None, as_json: bool) -> None:
    """一个月里手工录入的时长，姓名打码，每月在单位内公示。"""
    from bot import clock
    from bot.services import honours, hours

    first = (month or clock.now().astimezone(zone())).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=zone()
    )
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    with opened(settings()) as db:
        rows = [_row(db, entry) for entry in honours.of_month(db, first, after)]
    if as_json:
        click.echo(json.dumps({"month": f"{first:%Y-%m}", "entries": rows}, ensure_ascii=False))
        return
    for row in rows:
        decided = f"，{row['decided_by']}{STATES[row['state']]}" if row["decided_by"] else f"，{STATES[row['state']]}"
        alerts = f"  注意：{'；'.join(row['alerts'])}" if row["alerts"] else ""
        click.echo(
            f"{row['number']}  {row['person']}  {row['from']} 至 {row['to']}  {hours.shown(row['minutes'])}小时  "
            f"{row['reason']}  {row['entered_by']}录入{decided}{alerts}"
        )
    total = hours.shown(sum(row["minutes"] for row in rows if row["state"] == "approved"))
    click.echo(f"{first.year}年{first.month}月手工录入 {len(rows)} 条，已通过的共 {total} 小时。")


@hours_command.command("propose")
@click.argument("name", metavar="姓名")
@click.argument("last4", metavar="手机尾号")
@click.option("--minutes", type=click.IntRange(1, 24 * 60), required=True, metavar="分钟", help="记多少分钟")
@click.option("--from", "starts", type=MOMENT, required=True, metavar="'2026-03-07 09:00'", help="从什么时候")
@click.option("--to", "ends", type=MOMENT, required=True, metavar="'2026-03-07 11:30'", help="到什么时候")
@click.option("--reason", required=True, metavar="原因", help="为什么要手工记，本人会看到")
@click.option(
    "--evidence", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="文件", help="证明材料"
)
@click.option("--activity", "code", default="", metavar="A12", help="是哪场活动的；没有活动的必须附证明材料")
@by_option
@json_option
def propose(
    name: str, last4: str, minutes: int, starts: datetime, ends: datetime, reason: str, evidence: Path | None,
    code: str, login: str, as_json: bool,
) -> None:  # fmt: skip
    """录入一条荣誉时长，等另一个人审核后才算数。文件只留指纹（SHA-256），原件请自己存好。"""
    from bot import clock
    from bot.services import honours
    from bot.services.rules import Rules

    starts_at, ends_at = starts.replace(tzinfo=zone()), ends.replace(tzinfo=zone())
    with acting(login) as (db, actor), _refusals():
        _may(db, login, PROPOSES)
        entry = honours.propose(
            db, _person(db, name, last4), starts_at, ends_at, minutes, reason, actor, clock.now(),
            shift_id=_shift(db, code, starts_at, ends_at).id if code else None,
            evidence=evidence.name if evidence else "",
            evidence_sha256=hashlib.sha256(evidence.read_bytes()).hexdigest() if evidence else "",
            rules=Rules.of(settings()),
        )  # fmt: skip
        row = _row(db, entry)
        text = f"已录入 {entry.id} 号，等另一位管理员或审核员：python -m bot hours decide {entry.id} yes --by 登录名"
        done(db, json.dumps(row, ensure_ascii=False) if as_json else text)
    if row["alerts"] and not as_json:
        click.echo(f"注意：{'；'.join(row['alerts'])}。通过时也要写 --reason 说明。")


@hours_command.command("decide")
@click.argument("number", type=int, metavar="编号")
@click.argument("answer", type=click.Choice(["yes", "no"]), metavar="yes|no")
@by_option
@click.option("--reason", default="", metavar="说明", help="不通过，或有异常还要通过时必须写")
@json_option
def decide(number: int, answer: str, login: str, reason: str, as_json: bool) -> None:
    """审核一条手工录入：录入的人和本人都不能审自己的。"""
    from bot import clock
    from bot.services import honours
    from bot.services.rules import Rules

    with acting(login, decides=True) as (db, actor), _refusals():
        entry = honours.decide(db, number, answer == "yes", actor, clock.now(), reason, rules=Rules.of(settings()))
        row = _row(db, entry)
        text = f"{number} 号 {row['person']} {STATES[entry.state]}。" + (
            "已记入时长，会通知本人。" if answer == "yes" else ""
        )
        done(db, json.dumps(row, ensure_ascii=False) if as_json else text)


@hours_command.command("due")
@json_option
def due(as_json: bool) -> int:
    """结束后快到或超过10个工作日还没结算的活动（67号令第十一条）；有超期的退出码是 1。"""
    from bot import clock
    from bot.language.dates import moment
    from bot.services import settlement
    from bot.services.rules import Rules

    with opened(settings()) as db:
        rows = [
            {
                "code": one.shift.activity.code, "title": one.shift.activity.title, "stage": one.stage,
                "ended": moment(one.shift.ended_at or one.shift.ends_at, zone()), "last_day": one.last_day.isoformat(),
            }
            for one in settlement.due(db, clock.now(), Rules.of(settings()))
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            click.echo("{code}  {title}  {ended}结束  最晚{last_day}  ".format(**row) + STAGES[row["stage"]])
        click.echo(
            f"共 {len(rows)} 场。请负责人在微信里回复：结算 加编号。" if rows else "没有到期的，时长都在期限内结算了。"
        )
    return 1 if any(row["stage"] == "breach" for row in rows) else 0


def _row(db: Session, entry: ManualEntry) -> dict[str, Any]:
    """What may be published inside: masked names, no numbers, alerts in words."""
    from bot.services import actors, honours
    from bot.services.profiles import masked_name

    local = zone()
    return {
        "number": entry.id,
        "person": masked_name(entry.person.name) if entry.person.name else "（已注销）",
        "from": f"{entry.starts_at.astimezone(local):%Y-%m-%d %H:%M}",
        "to": f"{entry.ends_at.astimezone(local):%Y-%m-%d %H:%M}",
        "minutes": entry.minutes,
        "reason": entry.reason,
        "evidence_sha256": entry.evidence_sha256,
        "entered_by": actors.name(db, entry.entered_by),
        "decided_by": actors.name(db, entry.decided_by) if entry.decided_by else "",
        "state": entry.state,
        "answer": entry.answer,
        "alerts": [honours.ALERTS[name] for name in entry.alerts],
    }


def _may(db: Session, login: str, roles: tuple[str, ...]) -> None:
    from bot.services import duty

    staff = duty.named(db, login.strip())
    if staff is None or staff.role not in roles:
        raise click.ClickException(f"{login} 不能录入时长：只有管理员、审核员和队长可以。")


def _person(db: Session, name: str, last4: str) -> int:
    """The one of this name whose number ends so; numbers are sealed, so those of the name are opened and compared."""
    from sqlalchemy import select

    from bot.storage.crypto import Cipher
    from bot.storage.models import Person

    chosen = settings()
    chosen.require("security.key")
    if len(last4) != 4 or not last4.isdecimal():
        raise click.ClickException("手机尾号写最后 4 位数字，例如：hours propose 王晓雨 0001 …")
    cipher = Cipher(chosen.security.key)
    named = select(Person).where(Person.name == name.strip(), Person.merged_into.is_(None))
    found = [
        person.id
        for person in db.scalars(named)
        if person.phone_encrypted and cipher.decrypt(person.phone_encrypted).endswith(last4)
    ]
    if len(found) != 1:
        raise click.ClickException(
            f"有 {len(found)} 位 {name}（尾号 {last4}），分不清是哪一位，请本人在微信里申诉。"
            if found
            else f"没有尾号 {last4} 的 {name}。请核对姓名和手机号。"
        )
    return found[0]


def _shift(db: Session, code: str, starts_at: datetime, ends_at: datetime) -> Shift:
    """The shift of the activity at that time."""
    from bot.services import activities

    at = [
        shift for shift in activities.named(db, code).shifts if shift.starts_at < ends_at and shift.ends_at > starts_at
    ]
    if len(at) != 1:
        many = "不止一场，请把时间写到一场之内" if at else "没有场次，请核对时间"
        raise click.ClickException(f"{code.upper()} 在这段时间{many}。")
    return at[0]


@contextmanager
def _refusals() -> Iterator[None]:
    """What the rules of hours refuse becomes one line; the rest is said by ``acting``."""
    from bot.services.refusals import hours as r

    try:
        yield
    except (r.NotVolunteering, r.TwoPeopleNeeded, r.EntryUnknown, r.AlreadyDecided, r.HoursImpossible) as refused:
        raise click.ClickException(_said(refused)) from refused


def _said(refused: Refused) -> str:
    from bot.services.hours import shown
    from bot.services.refusals import hours as r

    if isinstance(refused, r.HoursImpossible):
        return {
            "minutes": "时长要大于0，不能比这段时间长，时间也不能还没过去。",
            "planned": f"不能超过这场活动的计划时长，最多还可以记 {shown(refused.most)} 小时。",
            "evidence": "没有对应活动的，要附证明材料：--evidence 文件",
            "reason": "要写明原因：--reason",
        }[refused.why]
    return {
        r.NotVolunteering: "这一场不是志愿服务，按规定不能记志愿时长。",
        r.TwoPeopleNeeded: "要由另一个人来审：自己录入的、自己的时长，不能自己批。",
        r.EntryUnknown: "没有这个编号。看清单：python -m bot hours manual",
        r.AlreadyDecided: "这一条已经审过了。",
    }[type(refused)]
