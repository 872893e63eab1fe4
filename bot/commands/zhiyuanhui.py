"""What stands behind `import FOLDER` and `export zhiyuanhui`: a progress bar, and what was not taken and why."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.settings import settings

if TYPE_CHECKING:
    from bot.services.zhiyuanhui.arrivals import Progress, Report

TABLES = {"department": "队伍", "volunteer": "志愿者", "duration": "签到时长", "hisduration": "历史时长"}
SHOWN = 10


def take_in(folder: Path, as_json: bool, report_to: Path | None) -> int:
    """Exit code 1 when rows were refused: they are listed, everything else is in."""
    from bot import clock
    from bot.commands.people import opened
    from bot.services.hours import shown
    from bot.services.rules import Rules
    from bot.services.zhiyuanhui import arrivals
    from bot.services.zhiyuanhui.tables import TableRefused
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    try:
        with opened(chosen) as db, _bar(arrivals.found(folder)) as progress:
            report = arrivals.take_in(
                db,
                Cipher(chosen.security.key),
                folder,
                "system",
                clock.now(),
                rules=Rules.of(chosen),
                progress=progress,
            )
    except TableRefused as refused:
        raise click.ClickException(str(refused)) from refused
    if report_to is not None:
        _write_report(report_to, report)
    if as_json:
        rows = [{"table": r.table, "line": r.line, "rule": r.rule, "text": r.text} for r in report.refusals]
        taken = {"taken": report.taken, "known": report.known, "refused": report.refused, "minutes": report.minutes}
        click.echo(json.dumps({**taken, "refusals": rows}, ensure_ascii=False))
        return 1 if rows else 0
    for table, words in TABLES.items():
        counts = [report.taken[table], report.known[table], report.refused[table]]
        if any(counts):
            click.echo(f"{words}：新收 {counts[0]}，已有 {counts[1]}，没收 {counts[2]}")
    click.echo(f"新收时长 {shown(report.minutes)} 小时。")
    _say_refusals(report, report_to)
    return 1 if report.refusals else 0


def write_out(folder: Path, as_json: bool) -> None:
    from zoneinfo import ZoneInfo

    from bot.commands.people import opened
    from bot.services.hours import shown
    from bot.services.zhiyuanhui import departures
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    with opened(chosen) as db:
        zone = ZoneInfo(chosen.organisation.timezone)
        written = departures.write_out(db, Cipher(chosen.security.key), folder, zone)
    if as_json:
        counts = {"rows": written.rows, "minutes": written.minutes, "left_out": written.left_out}
        click.echo(json.dumps(counts, ensure_ascii=False))
        return
    click.echo("，".join(f"{words} {written.rows[table]} 行" for table, words in TABLES.items()) + f"，已写到 {folder}")
    click.echo(f"共 {shown(written.minutes)} 小时。文件里有完整的证件号和手机号，用完请删除。")
    if written.left_out:
        click.echo(f"{written.left_out} 位志愿者没有同意同步到志愿汇（或没有证件号），没有写出。")


@contextmanager
def _bar(sizes: dict[str, int]) -> Iterator[Progress]:
    """A bar for each table on the terminal's error stream, so that --json stays clean."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(file=sys.stderr), transient=True) as bars:
        tasks = {table: bars.add_task(TABLES[table], total=max(1, size)) for table, size in sizes.items()}
        yield lambda table, read: bars.update(tasks[table], completed=read)


def _say_refusals(report: Report, report_to: Path | None) -> None:
    if not report.refusals:
        return
    click.echo(f"没收的 {len(report.refusals)} 行：", err=True)
    for refusal in report.refusals[:SHOWN]:
        click.echo(f"  {refusal.table}.csv 第 {refusal.line} 行：{refusal.text}", err=True)
    if len(report.refusals) > SHOWN:
        rest = f"全部见 {report_to}" if report_to else "加 --report 文件.csv 可以写出全部"
        click.echo(f"  ……还有 {len(report.refusals) - SHOWN} 行，{rest}", err=True)


def _write_report(path: Path, report: Report) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["文件", "行", "原因", "说明"])
        writer.writerows([f"{r.table}.csv", r.line, r.rule, r.text] for r in report.refusals)
