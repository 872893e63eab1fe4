"""staff add, bind, duty; import and export of tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from bot.commands.acting import opened
from bot.commands.insurance import insurance
from bot.services.roles import ROLES
from bot.settings import settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@click.group("staff")
def staff_command() -> None:
    """工作人员帐号。"""


@staff_command.command("add")
@click.argument("username", metavar="登录名")
@click.option("--name", default="", help="姓名")
@click.option(
    "--role", type=click.Choice(list(ROLES)), required=True, help="、".join(f"{k} {v}" for k, v in ROLES.items())
)
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码；不给就生成一个，只显示这一次")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def add(username: str, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """新增一个帐号。"""
    from sqlalchemy import select

    from bot import clock
    from bot.services import sign_in
    from bot.storage.database import writing
    from bot.storage.models import Staff

    username = username.strip()
    if not 2 <= len(username) <= 64 or not username.isprintable() or " " in username:
        raise click.ClickException("登录名应为 2–64 个字，不带空格。")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else sign_in.make_password()
    if len(password) < sign_in.PASSWORD_LENGTH:
        raise click.ClickException(f"密码至少 {sign_in.PASSWORD_LENGTH} 个字符。")
    with opened(settings()) as db:
        writing(db)
        if db.scalars(select(Staff).where(Staff.username == username)).first():
            raise click.ClickException(f"已经有叫 {username} 的帐号了，换一个登录名。")
        hashed = sign_in.hashed(password)
        db.add(Staff(username=username, name=name, role=role, password_hash=hashed, created_at=clock.now()))
        db.commit()
    shown = {} if password_stdin else {"password": password}
    if as_json:
        click.echo(json.dumps({"username": username, "role": role, **shown}, ensure_ascii=False))
    else:
        click.echo(f"已新增{ROLES[role]} {username}。" + (f"密码：{password}（只显示这一次）" if shown else ""))


@staff_command.command("bind")
@click.argument("username", metavar="登录名")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def bind(username: str, as_json: bool) -> None:
    """生成一次性的绑定码：本人在微信里发给公众号，以后就能在聊天里处理警报。"""
    from bot import clock
    from bot.services import duty
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    with opened(chosen) as db:
        code = duty.issue_code(db, Cipher(chosen.security.key), _staff_id(db, username), clock.now())
        db.commit()
    minutes = int(duty.CODE_LIVES.total_seconds() // 60)
    if as_json:
        click.echo(json.dumps({"username": username, "code": code, "minutes": minutes}, ensure_ascii=False))
    else:
        click.echo(f"请 {username} 用自己的微信在{minutes}分钟内发给公众号：绑定 {code}")


@staff_command.command("duty")
@click.argument("username", metavar="登录名")
@click.argument("state", type=click.Choice(["on", "off"]), metavar="on|off")
def duty_command(username: str, state: str) -> None:
    """开始或结束值班：有人可能有危险时，警报发给正在值班的人。"""
    from bot.services import duty

    with opened(settings()) as db:
        staff_id = _staff_id(db, username)
        duty.put_on_duty(db, staff_id, state == "on")
        db.commit()
        bound = any(staff.id == staff_id for staff in duty.on_duty(db))
        others = len(duty.on_duty(db)) - bound
    if state == "off":
        left = f"还有 {others} 人在值班。" if others else "现在没有人值班，请尽快排一个人。"
        click.echo(f"{username} 不值班了。{left}")
    elif bound:
        click.echo(f"{username} 开始值班，警报会发到他的微信。")
    else:
        click.echo(f"{username} 开始值班，但还没有绑定微信，收不到警报。执行：python -m bot staff bind {username}")


def _staff_id(db: Session, username: str) -> int:
    from bot.services import duty

    staff = duty.named(db, username.strip())
    if staff is None:
        raise click.ClickException(f"没有叫 {username} 的帐号。先新增：python -m bot staff add {username} --role admin")
    return staff.id


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
        author = actors.staff(_staff_id(db, login)) if login else ""
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
