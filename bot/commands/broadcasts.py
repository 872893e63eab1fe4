"""broadcast create, list, show, edit, preview, submit, approve, reject, pause, resume, stop, report; tag and untag."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from bot import clock
from bot.commands.acting import acting, by_option, done, opened, zone
from bot.commands.broadcast_tags import tag, tags, untag
from bot.commands.broadcast_texts import texts, writing_as, written
from bot.settings import settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.storage.models import Broadcast

AT = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
id_argument = click.argument("number", metavar="编号", type=int)
json_option = click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")


@click.group("broadcast")
def broadcast_command() -> None:
    """群发：起草、预览、提交，另一个人审核，到时间自动发，看结果。"""


for command in (tag, untag, tags):
    broadcast_command.add_command(command)


@broadcast_command.command("create")
@click.option("--title", required=True, help="标题，1到32个字")
@texts
@by_option
def create(title: str, login: str, **said: Any) -> None:
    """起草一条；不写 --to 就是发给全部关注者。"""
    from bot.services import broadcasts

    with writing_as(login) as (db, actor):
        new = broadcasts.NewBroadcast(**{"title": title, **written(said)})
        it = broadcasts.create(db, new, actor, clock.now())
        db.commit()
        _show(db, it)


@broadcast_command.command("edit")
@id_argument
@click.option("--title", help="标题，1到32个字")
@texts
@by_option
def edit(number: int, title: str | None, login: str, **said: Any) -> None:
    """改草稿；只写要改的。改过要重新预览。"""
    from bot.services import broadcasts

    with writing_as(login) as (db, actor):
        changes = {**({"title": title} if title is not None else {}), **written(said)}
        if not changes:
            raise click.ClickException("没有写要改什么，例如 --title 新标题。")
        it = broadcasts.edit(db, number, changes, actor, clock.now())
        db.commit()
        _show(db, it)


@broadcast_command.command("list")
@click.option("--state", default="", help="只看一种状态，例如 submitted")
@json_option
def list_(state: str, as_json: bool) -> None:
    """最近的群发，和还剩几次。"""
    from bot.services import broadcast_words, broadcasts

    with opened(settings()) as db:
        found = broadcasts.listed(db, 50, state=state)
        if as_json:
            click.echo(json.dumps([_row(each) for each in found], ensure_ascii=False))
            return
        for each in found:
            click.echo(broadcast_words.line(each))
        if not found:
            click.echo("没有群发。起草一条：python -m bot broadcast create --title 标题 --body 正文 --by 登录名")
        click.echo(broadcast_words.quota(db, clock.now(), settings()))


@broadcast_command.command("show")
@id_argument
@json_option
def show(number: int, as_json: bool) -> None:
    """一条的全部内容：发给谁、此刻能发到多少人、还剩几次、结果。"""
    from bot.services import broadcasts

    with _looking() as db:
        it = broadcasts.get(db, number)
        if as_json:
            click.echo(json.dumps(_row(it), ensure_ascii=False))
            return
        _show(db, it)


@broadcast_command.command("report")
@id_argument
@json_option
def report(number: int, as_json: bool) -> None:
    """结果：发出、送达、点开、带来的报名、取消关注。"""
    from dataclasses import asdict

    from bot.services import broadcast_reports, broadcast_words, broadcasts

    with _looking() as db:
        found = broadcast_reports.of(db, number)
        if as_json:
            click.echo(json.dumps({"told": found.told, **asdict(found)}, ensure_ascii=False))
            return
        click.echo(
            "\n".join([f"群发 {broadcast_words.line(broadcasts.get(db, number))}", *broadcast_words.figures(found)])
        )


@broadcast_command.command("preview")
@id_argument
@by_option
def preview(number: int, login: str) -> None:
    """发到自己的微信看样子；不占群发次数。"""
    from bot.services import broadcasts, duty

    with writing_as(login) as (db, _):
        staff = duty.named(db, login.strip())
        broadcasts.preview_due(db, number, (staff.openid if staff else "") or "", clock.now())
        done(
            db,
            f"群发 {number} 马上发到 {login} 的微信。看过没问题：python -m bot broadcast submit {number} --by {login}",
        )


@broadcast_command.command("submit")
@id_argument
@by_option
def submit(number: int, login: str) -> None:
    """交给另一个人审核。"""
    from bot.services import broadcast_words, broadcasts
    from bot.services.rules import Rules

    with writing_as(login) as (db, _):
        it = broadcasts.submit(db, number, clock.now(), Rules.of(settings()))
        here = broadcast_words.reachable(db, it, clock.now(), settings())
        done(db, f"群发 {number} 已提交，发给 {it.size_submitted} 人，等另一位审核员同意。{here}")


@broadcast_command.command("approve")
@id_argument
@click.option("--at", type=AT, metavar="'2026-03-07 09:00'", help="什么时候开始发；不写就马上发（夜里顺延到早上）")
@by_option
def approve(number: int, at: datetime | None, login: str) -> None:
    """同意；自己写的要由别人来审。"""
    from bot.language.dates import moment
    from bot.services import broadcast_words, broadcasts
    from bot.services.rules import Rules

    with acting(login, decides=True) as (db, actor):
        due_at = at.replace(tzinfo=zone()) if at is not None else None
        it = broadcasts.approve(db, number, actor, clock.now(), due_at, Rules.of(settings()))
        assert it.due_at is not None
        here = broadcast_words.reachable(db, it, clock.now(), settings())
        done(db, f"群发 {number} 已同意，{moment(it.due_at, zone())}开始发给 {it.size_submitted} 人。{here}")


@broadcast_command.command("reject")
@id_argument
@click.option("--reason", required=True, metavar="原因", help="会原样告诉作者")
@by_option
def reject(number: int, reason: str, login: str) -> None:
    """退回给作者改。"""
    from bot.services import broadcasts
    from bot.services.rules import Rules

    with acting(login, decides=True) as (db, actor):
        broadcasts.reject(db, number, actor, reason, clock.now(), Rules.of(settings()))
        done(db, f"群发 {number} 已退回，改好后要重新提交。")


@broadcast_command.command("pause")
@id_argument
@by_option
def pause(number: int, login: str) -> None:
    """先不往下发；微信已经收下的收不回来。"""
    from bot.services import broadcasts

    with writing_as(login) as (db, _):
        broadcasts.pause(db, number, clock.now())
        done(db, f"群发 {number} 已暂停。接着发：python -m bot broadcast resume {number} --by {login}")


@broadcast_command.command("resume")
@id_argument
@by_option
def resume(number: int, login: str) -> None:
    """从停下的地方接着发。"""
    from bot.services import broadcasts

    with writing_as(login) as (db, _):
        broadcasts.resume(db, number, clock.now())
        done(db, f"群发 {number} 接着发，发过的不会再发。")


@broadcast_command.command("stop")
@id_argument
@by_option
def stop(number: int, login: str) -> None:
    """不发了，不能再继续。"""
    from bot.services import broadcasts

    with writing_as(login) as (db, _):
        broadcasts.stop(db, number, clock.now())
        done(db, f"群发 {number} 已停止；微信已经收下的收不回来。看发了多少：python -m bot broadcast report {number}")


@contextmanager
def _looking() -> Iterator[Session]:
    """Anybody at this machine may look; what is not there is said in one line."""
    from bot.services.refusals.broadcasts import BroadcastUnknown

    with opened(settings()) as db:
        try:
            yield db
        except BroadcastUnknown as unknown:
            raise click.ClickException(
                f"没有编号 {unknown.broadcast_id} 的群发。有哪些：python -m bot broadcast list"
            ) from unknown


def _show(db: Session, it: Broadcast) -> None:
    from bot.services import broadcast_words

    click.echo("\n".join(broadcast_words.card(db, it, clock.now(), settings())))


def _row(it: Broadcast) -> dict[str, Any]:
    names = ("id", "code", "title", "state", "channel", "audience", "size_submitted", "size", "link", "error")
    return {name: getattr(it, name) for name in names}
