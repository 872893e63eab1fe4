"""staff add, bind, duty, role, disable, enable, password: accounts of staff from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from bot.commands.acting import opened
from bot.services.roles import ROLES
from bot.settings import settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

role_type = click.Choice(list(ROLES))
roles_help = "、".join(f"{key} {name}" for key, name in ROLES.items())
login_argument = click.argument("username", metavar="登录名")
json_option = click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")


@click.group("staff")
def staff_command() -> None:
    """工作人员帐号。"""


@contextmanager
def changing() -> Iterator[Session]:
    """A session that is committed; a refusal becomes one line."""
    from bot.services.refusals import Refused

    with opened(settings()) as db:
        try:
            yield db
        except Refused as refused:
            from handlers.refusals.staff import said  # loads the whole of the chat: only when something was refused

            raise click.ClickException(said(refused)) from refused
        db.commit()


def staff_id(db: Session, username: str) -> int:
    from bot.services import duty

    staff = duty.named(db, username.strip())
    if staff is None:
        raise click.ClickException(f"没有叫 {username} 的帐号。先新增：python -m bot staff add {username} --role admin")
    return staff.id


@staff_command.command("add")
@login_argument
@click.option("--name", default="", help="姓名")
@click.option("--role", type=role_type, required=True, help=roles_help)
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码；不给就生成一个，只显示这一次")
@json_option
def add(username: str, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """新增一个帐号。"""
    from bot import clock
    from bot.services import sign_in, staffing

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else sign_in.make_password()
    with changing() as db:
        username = staffing.add(db, username, name, role, password, clock.now()).username
    shown = {} if password_stdin else {"password": password}
    if as_json:
        click.echo(json.dumps({"username": username, "role": role, **shown}, ensure_ascii=False))
    else:
        click.echo(f"已新增{ROLES[role]} {username}。" + (f"密码：{password}（只显示这一次）" if shown else ""))


@staff_command.command("bind")
@login_argument
@json_option
def bind(username: str, as_json: bool) -> None:
    """生成一次性的绑定码：本人在微信里发给公众号，以后就能在聊天里处理警报。"""
    from bot import clock
    from bot.services import duty, staffing
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    with changing() as db:
        code = staffing.issue_code(db, Cipher(chosen.security.key), staff_id(db, username), clock.now())
    minutes = int(duty.CODE_LIVES.total_seconds() // 60)
    if as_json:
        click.echo(json.dumps({"username": username, "code": code, "minutes": minutes}, ensure_ascii=False))
    else:
        click.echo(f"请 {username} 用自己的微信在{minutes}分钟内发给公众号：绑定 {code}")


@staff_command.command("duty")
@login_argument
@click.argument("state", type=click.Choice(["on", "off"]), metavar="on|off")
def duty_command(username: str, state: str) -> None:
    """开始或结束值班：有人可能有危险时，警报发给正在值班的人。"""
    from bot.services import duty, staffing

    with changing() as db:
        id = staff_id(db, username)
        staffing.put_on_duty(db, id, state == "on")
        bound = any(staff.id == id for staff in duty.on_duty(db))
        others = len(duty.on_duty(db)) - bound
    if state == "off":
        left = f"还有 {others} 人在值班。" if others else "现在没有人值班，请尽快排一个人。"
        click.echo(f"{username} 不值班了。{left}")
    elif bound:
        click.echo(f"{username} 开始值班，警报会发到他的微信。")
    else:
        click.echo(f"{username} 开始值班，但还没有绑定微信，收不到警报。执行：python -m bot staff bind {username}")


@staff_command.command("role")
@login_argument
@click.argument("role", type=role_type, metavar="角色")
def change_role(username: str, role: str) -> None:
    """换角色；最后一位管理员不能换。"""
    from bot.services import staffing

    with changing() as db:
        staffing.change_role(db, staff_id(db, username), role, None)
    click.echo(f"{username} 现在是{ROLES[role]}。")


@staff_command.command("disable")
@login_argument
def disable(username: str) -> None:
    """停用：不能再登录，微信解除绑定，不再值班；历史都留着。"""
    from bot import clock
    from bot.services import staffing

    with changing() as db:
        staffing.disable(db, staff_id(db, username), clock.now(), None)
    click.echo(f"{username} 已停用。恢复：python -m bot staff enable {username}")


@staff_command.command("enable")
@login_argument
def enable(username: str) -> None:
    """恢复停用的帐号；微信要重新绑定。"""
    from bot.services import staffing

    with changing() as db:
        staffing.enable(db, staff_id(db, username))
    click.echo(f"{username} 可以登录了。")


@staff_command.command("password")
@login_argument
@click.option("--second-factor", is_flag=True, help="同时取消两步验证（手机丢了）")
def reset_password(username: str, second_factor: bool) -> None:
    """重设密码，只显示这一次；最后一位管理员忘了密码时用。"""
    from bot.services import staffing

    with changing() as db:
        id = staff_id(db, username)
        password = staffing.reset_password(db, id)
        if second_factor:
            staffing.reset_second_factor(db, id)
    click.echo(f"{username} 的新密码：{password}（只显示这一次）")
