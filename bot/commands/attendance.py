"""anomalies: check-ins that do not look like people arriving, and activities in name only."""

from __future__ import annotations

import json
from dataclasses import asdict
from zoneinfo import ZoneInfo

import click

from bot.commands.people import opened
from bot.settings import settings


@click.command("anomalies")
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="看最近多少天结束的活动")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def anomalies_command(days: int, as_json: bool) -> None:
    """签到异常：没人签到、一分钟内全签完、人不在集合点、远处用码、一个微信或手机号签了几个人。"""
    from bot import clock
    from bot.language.dates import moment
    from bot.services import anomalies
    from bot.services.rules import Rules

    chosen = settings()
    with opened(chosen) as db:
        odd = anomalies.found(db, clock.now(), days=days, rules=Rules.of(chosen))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in odd], ensure_ascii=False, default=str, indent=2))
        return
    zone = ZoneInfo(chosen.organisation.timezone)
    for one in odd:
        facts = "，".join(f"{name}={value}" for name, value in one.facts.items())
        click.echo(f"{moment(one.starts_at, zone)} {one.code} {one.title}：{anomalies.KINDS[one.kind]}（{facts}）")
    click.echo(f"共{len(odd)}条线索；是不是问题，请人来看。" if odd else f"近{days}天没有看到异常。")
