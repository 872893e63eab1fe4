"""broadcast tag, untag, tags: the tags by which a later broadcast names people."""

from __future__ import annotations

import click

from bot.commands.acting import by_option, done, opened
from bot.commands.broadcast_texts import audience, writing_as
from bot.settings import settings


@click.command("tag")
@click.argument("name", metavar="标签")
@click.option("--to", "rules", multiple=True, required=True, metavar="条件=值", help="给谁，和起草时一样写")
@by_option
def tag(name: str, rules: tuple[str, ...], login: str) -> None:
    """给现在符合条件的人打上标签，以后可以按标签发。"""
    from bot import clock
    from bot.services import follower_tags
    from bot.services.rules import Rules

    with writing_as(login) as (db, actor):
        given = follower_tags.give(db, name, audience(rules), actor, clock.now(), Rules.of(settings()))
        done(db, f"“{name.strip()}”给了 {given} 人。按它发：--to tag={name.strip()}")


@click.command("untag")
@click.argument("name", metavar="标签")
@by_option
def untag(name: str, login: str) -> None:
    """从所有人身上去掉一个标签。"""
    from bot import clock
    from bot.services import follower_tags

    with writing_as(login) as (db, _):
        done(db, f"“{name.strip()}”从 {follower_tags.take(db, name, clock.now())} 人身上去掉了。")


@click.command("tags")
def tags() -> None:
    """有哪些标签，各有多少人。"""
    from bot.services import follower_tags

    with opened(settings()) as db:
        found = follower_tags.names(db)
    for name, number in found:
        click.echo(f"{name}\t{number}")
    if not found:
        click.echo("还没有标签。打一个：python -m bot broadcast tag 骨干 --to stars=2 --by 登录名")
