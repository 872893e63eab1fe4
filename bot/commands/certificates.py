"""certificate verify, print, sealed, revoke."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands.acting import name_actor, perhaps_by
from bot.settings import Settings, settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

STATES = {
    "valid": "有效",
    "revoked": "已作废",
    "disagrees": "与台账不一致：开具之后其中的记录有更正",
    "damaged": "与登记的内容不符：数据库里的这一行被改动过",
    "unknown": "没有这个验证码的证明",
}
number_argument = click.argument("number", metavar="编号")


@contextmanager
def opened(chosen: Settings) -> Iterator[Session]:
    """A session; what a rule refuses becomes one line."""
    from bot.services.refusals.certificates import CannotBePrinted, CertificateRevoked, CertificateUnknown
    from bot.storage.database import Database

    database = Database(chosen.database_url)
    try:
        with database.session() as db:
            yield db
    except CertificateUnknown as error:
        raise click.ClickException(f"没有编号为 {error.number} 的证明。") from error
    except CertificateRevoked as error:
        raise click.ClickException(f"{error.number} 已作废：{error.reason}") from error
    except CannotBePrinted as error:
        from bot.services.fonts import INSTALL

        what = f"字库里没有这些字：{error.characters}" if error.characters else "没有可用的中文字体"
        raise click.ClickException(f"{what}。{INSTALL}。") from error
    finally:
        database.dispose()


@click.group("certificate")
def certificate_command() -> None:
    """志愿服务证明：志愿者在微信里自己开，这里查验、打印、盖章、作废。"""


@certificate_command.command("verify")
@click.argument("code", metavar="验证码")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def verify(code: str, as_json: bool) -> int:
    """核对一个验证码；有效时退出码是 0，否则是 1。"""
    from bot.services import certificates, hours
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    with opened(chosen) as db:
        found = certificates.status(db, Cipher(chosen.security.key), code)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, default=str))
    else:
        about = f"：{found.name}，{found.first}至{found.last}，{hours.shown(found.minutes)}小时" if found.name else ""
        reason = f"（{found.reason}）" if found.reason else ""
        click.echo(f"{found.number} {STATES[found.state]}{reason}{about}".strip())
    return 0 if found.state == "valid" else 1


@certificate_command.command("print")
@number_argument
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="写到哪里；不给就是 编号.pdf")
def print_(number: str, out: Path | None) -> None:
    """写成 PDF，打印后盖章。"""
    from bot.services import certificates, drawing, fonts
    from bot.services.refusals.certificates import CertificateRevoked
    from bot.storage.crypto import Cipher

    chosen = settings()
    chosen.require("security.key")
    with opened(chosen) as db:
        made = certificates.get(db, Cipher(chosen.security.key), certificates.numbered(db, number).id)
        if made.revoked_at is not None:
            raise CertificateRevoked(made.number, "请重新开具")
        wanted = drawing.order(made, chosen.web.public_url, fonts.find(chosen.certificates.font))
        file = out or Path(f"{made.number}.pdf")
        try:
            file.write_bytes(drawing.draw(wanted).pdf)
        except OSError as error:
            raise click.ClickException(f"写不了 {file}：{error.strerror}") from error
    click.echo(f"已写到 {file}，打印盖章后执行：python -m bot certificate sealed {made.number}")


@certificate_command.command("sealed")
@number_argument
@perhaps_by
def sealed(number: str, login: str) -> None:
    """章盖好了：通知本人来取。"""
    from bot import clock
    from bot.services import certificates

    with opened(settings()) as db:
        done = certificates.sealed(db, number, name_actor(db, login, decides=True), clock.now())
        db.commit()
    click.echo(f"{done.number} 记为已盖章，会通知本人来取。")


@certificate_command.command("revoke")
@number_argument
@click.option("--reason", required=True, help="为什么作废；查验的人会看到，不要写姓名和号码")
@perhaps_by
def revoke(number: str, reason: str, login: str) -> None:
    """作废一张证明：查验时会显示已作废和原因，编号不再使用，本人会收到通知。"""
    from bot import clock
    from bot.services import certificates

    if not reason.strip():
        raise click.ClickException("请写明作废的原因。")
    with opened(settings()) as db:
        actor = name_actor(db, login, decides=True)
        before = certificates.numbered(db, number).revoked_at
        done = certificates.revoke(db, number, reason, actor, clock.now())
        db.commit()
    click.echo(f"{done.number} {'早已作废' if before else '已作废'}，原因：{done.revoked_reason}")
