"""policy add, attach; export insurance: the list that goes to the insurer."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import click

from bot.commands.acting import acting, by_option, done, perhaps_by, zone
from bot.settings import settings


@click.group("policy")
def policy_command() -> None:
    """保单：登记、用到活动上。"""


@policy_command.command("add")
@click.argument("number", metavar="保单号")
@click.option("--insurer", required=True, metavar="公司", help="保险公司")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, metavar="日期", help="从这天零点起")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, metavar="日期", help="到这天24点止")
@click.option("--accident", type=click.IntRange(0), metavar="元", help="意外伤害保额")
@click.option("--hospital-days", type=click.IntRange(0), metavar="天", help="住院定额天数")
@click.option("--phone", default="", metavar="电话", help="理赔电话")
@perhaps_by
def policy_add(
    number: str, insurer: str, first: datetime, last: datetime, accident: int | None, hospital_days: int | None,
    phone: str, login: str,
) -> None:  # fmt: skip
    """登记一张保单。"""
    from bot.services import policies

    new = policies.NewPolicy(
        insurer=insurer,
        number=number,
        valid_from=_midnight(first.date()),
        valid_until=_midnight(last.date() + timedelta(days=1)),
        accident_yuan=accident,
        hospital_days=hospital_days,
        claims_phone=phone,
    )
    with acting(login, decides=True) as (db, _):
        policies.add(db, new)
        done(db, f"已登记 {insurer} 保单 {number}。用到活动上：python -m bot policy attach {number} A12")


@policy_command.command("attach")
@click.argument("number", metavar="保单号")
@click.argument("code", metavar="编号")
@perhaps_by
def policy_attach(number: str, code: str, login: str) -> None:
    """活动用这张保单；要覆盖后面的每一场。"""
    from bot import clock
    from bot.services import activities, policies

    with acting(login, decides=True) as (db, _):
        it = activities.named(db, code)
        policies.attach(db, it.id, number, clock.now())
        done(db, f"{it.code} {it.title} 由保单 {number} 承保。")


@click.command("insurance")
@click.argument("code", metavar="编号")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="日期", help="哪天的，默认最近一天")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="写到这个文件")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
@by_option
def insurance(code: str, day: datetime | None, out: Path, as_json: bool, login: str) -> None:
    """给保险公司的名单；交出去之后才来的人会标为未投保，再导出一次就补上了。"""
    from bot import clock
    from bot.services import activities, policies
    from bot.services.rules import Rules
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    rules, now = Rules.of(chosen), clock.now()
    with acting(login, decides=True) as (db, actor):
        it = activities.named(db, code)
        ahead = [shift for shift in it.shifts if shift.ends_at > now]
        days = [shift.starts_at.astimezone(rules.timezone).date() for shift in ahead]
        wanted = day.date() if day else min(days, default=None)
        ids = [shift.id for shift, on in zip(ahead, days, strict=True) if on == wanted]
        if not ids:
            raise click.ClickException(f"{it.code} 在{wanted or '今天以后'}没有班次。")
        listed = policies.hand_out(db, Cipher(chosen.security.key), ids, actor, now, rules=rules)
        try:
            out.write_bytes(listed.text.encode("utf-8-sig"))
        except OSError as error:
            raise click.ClickException(f"写不了 {out}：{error.strerror}") from error
        db.commit()
    if as_json:
        told = {"people": listed.people, "without_number": listed.without, "sha256": listed.sha256}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(f"{listed.people} 人（{listed.without} 人没有证件号），已写到 {out}\nSHA-256 {listed.sha256}")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), zone()).astimezone(timezone.utc)
