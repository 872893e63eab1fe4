"""import and export: tables of activities, registrations and whom WeChat did not reach."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import click

from bot.commands.acting import opened
from bot.commands.insurance import insurance
from bot.commands.staff import staff_id
from bot.settings import settings


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path), metavar="文件.csv|文件夹")
@click.option("--draft", is_flag=True, help="先存成草稿，再用 activity submit 交去审核")
@click.option("--by", "login", default="", metavar="登录名", help="由谁起草；起草的人不能自己审核")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="文件夹：没收下的行写到这个 CSV")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def import_command(path: Path, draft: bool, login: str, report: Path | None, as_json: bool) -> int:
    """从 CSV 导入活动：全部导入，或一条也不导入并列出每一处错误。

    列名见 export activities 的第一行；Excel 另存为 CSV 就可以。给一个文件夹，就从里面的志愿汇四张表
    （department、volunteer、duration、hisduration）导入队伍、志愿者和时长；中断了再执行一次，会接着导。
    """
    if path.is_dir():
        from bot.commands import zhiyuanhui

        return zhiyuanhui.take_in(path, as_json, report)
    from bot import clock
    from bot.services import actors, exchange
    from bot.services.rules import Rules

    chosen = settings()
    with opened(chosen) as db:
        author = actors.staff(staff_id(db, login)) if login else ""
        try:
            codes = exchange.import_activities(
                db, path.read_bytes(), clock.now(), rules=Rules.of(chosen), author=author, draft=draft
            )
        except exchange.ImportRefused as refused:
            if as_json:
                rows = [{"line": each.line, "column": each.column, "text": each.text} for each in refused.mistakes]
                click.echo(json.dumps({"ok": False, "mistakes": rows}, ensure_ascii=False))
            else:
                click.echo(f"没有导入，请先改好这 {len(refused.mistakes)} 处：", err=True)
                click.echo("\n".join(f"  {each}" for each in refused.mistakes), err=True)
            return 1
        db.commit()
    if as_json:
        click.echo(json.dumps({"ok": True, "codes": codes}, ensure_ascii=False))
    else:
        what = "份草稿" if draft else "场活动"
        click.echo(f"已导入 {len(codes)} {what}：{' '.join(codes)}")
    return 0


out_option = click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="写到文件；不给就写到屏幕")


@click.group("export")
def export_command() -> None:
    """导出为 CSV，Excel 可以直接打开。"""


export_command.add_command(insurance)


@export_command.command("activities")
@out_option
def export_activities(out: Path | None) -> None:
    """全部活动，和导入用同样的列，加上状态和人数。"""
    from bot.services import exchange
    from bot.services.rules import Rules

    chosen = settings()
    with opened(chosen) as db:
        _write(out, lambda stream: exchange.export_activities(db, stream, rules=Rules.of(chosen)))


@export_command.command("registrations")
@click.option("--code", default="", help="只要这场活动的，例如 A12")
@click.option("--phones", is_flag=True, help="写出完整的手机号（默认只写 138****0000）")
@out_option
def export_registrations(code: str, phones: bool, out: Path | None) -> None:
    """报名名单。"""
    from bot.services import exchange
    from bot.services.rules import Rules
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    cipher = Cipher(chosen.security.key)
    with opened(chosen) as db:
        _write(
            out,
            lambda stream: exchange.export_registrations(
                db, stream, cipher, code=code, phones=phones, rules=Rules.of(chosen)
            ),
        )


@export_command.command("unreached")
@click.option("--phones", is_flag=True, help="写出完整的手机号（默认只写 138****0000）")
@out_option
def export_unreached(phones: bool, out: Path | None) -> None:
    """微信里没能通知到的人，请打电话告诉他们。"""
    from bot.services import exchange
    from bot.services.rules import Rules
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    cipher = Cipher(chosen.security.key)
    with opened(chosen) as db:
        _write(out, lambda stream: exchange.export_unreached(db, stream, cipher, phones=phones, rules=Rules.of(chosen)))


@export_command.command("zhiyuanhui")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="文件夹")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def export_zhiyuanhui(folder: Path, as_json: bool) -> None:
    """志愿汇的四张表，含完整的证件号和手机号：只给志愿汇用，用完请删除。"""
    from bot.commands import zhiyuanhui

    zhiyuanhui.write_out(folder, as_json)


def _write(out: Path | None, export: Callable[[TextIO], int]) -> None:
    if out is None:
        export(sys.stdout)
        return
    try:
        # Excel takes a file for UTF-8 only with a byte order mark.
        with out.open("w", encoding="utf-8-sig", newline="") as stream:
            number = export(stream)
    except OSError as error:
        raise click.ClickException(f"写不了 {out}：{error.strerror}") from error
    click.echo(f"{number} 行，已写到 {out}")
