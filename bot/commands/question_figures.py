"""question figures: 青年之声 of some weeks in figures, as staff are told each Monday."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import Any

import click

from bot.commands.acting import opened, zone
from bot.services.questions.states import WINDOWS
from bot.settings import settings

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("figures")
@click.option("--since", type=DAY, help="从哪天算起；不写就是近30天")
@click.option("--until", type=DAY, help="到哪天为止（含）；不写就是今天")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def figures_command(since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """新提问、答复、两个时限各按时多少、评价、哪类最多。"""
    from bot import clock
    from bot.services.questions import figures

    now, here = clock.now(), zone()
    last = until.date() if until else now.astimezone(here).date()
    first = since.date() if since else last - timedelta(days=30)
    if last < first:
        raise click.ClickException("止日比起日早，请核对 --since 和 --until。")
    begins, ends = datetime.combine(first, time(), here), datetime.combine(last + timedelta(days=1), time(), here)
    with opened(settings()) as db:
        found = figures.between(db, begins, ends, now)
    if as_json:
        click.echo(json.dumps(_plain(found), ensure_ascii=False))
        return
    click.echo(f"{first} 至 {last}：新提问 {found.asked}，答复 {found.answered}，不受理 {found.declined}，转办 "
               f"{found.transferred}，撤回 {found.withdrawn}，还在办 {found.waiting}")  # fmt: skip
    for what, promise in (("审核", found.review), ("答复", found.reply)):
        share = "—" if promise.share is None else f"{promise.share:.1%}"
        click.echo(f"{what}：到期 {promise.due}，按时 {promise.kept}（{share}），中位 {promise.median_hours:g} 小时")
    click.echo(f"评价：满意 {found.satisfied}，不满意 {found.dissatisfied}")
    click.echo("各类：" + ("、".join(f"{WINDOWS[topic]} {count}" for topic, count in found.topics) or "—"))
    click.echo(f"超时 {len(found.breaches)} 条，逐条见 question late。")


def _plain(found: Any) -> dict[str, Any]:
    counts = ("asked", "answered", "declined", "transferred", "withdrawn", "waiting", "satisfied", "dissatisfied")
    said: dict[str, Any] = {name: getattr(found, name) for name in counts}
    for kind in ("review", "reply"):
        promise = getattr(found, kind)
        said[kind] = {
            "due": promise.due, "kept": promise.kept, "share": promise.share, "median_hours": promise.median_hours,
        }  # fmt: skip
    said["breaches"] = [
        {"number": one.number, "kind": one.kind, "due_at": one.due_at.isoformat()} for one in found.breaches
    ]
    said["topics"] = dict(found.topics)
    return said
