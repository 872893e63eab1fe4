"""reward add, list, change: what points buy."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation

import click

from bot.commands.acting import name_actor, opened, perhaps_by
from bot.settings import settings


class Points(click.ParamType):
    """20 or 1.5: points with one decimal, as tenths."""

    name = "益币"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            tenths = Decimal(str(value)) * 10
        except InvalidOperation:
            tenths = Decimal(0)
        if tenths < 1 or tenths != tenths.to_integral_value():
            self.fail("益币写成 20 或 1.5，最多一位小数，至少 0.1", param, ctx)
        return int(tenths)


@click.group("reward")
def reward_command() -> None:
    """益币商城里的兑换项目。"""


DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M"])


@reward_command.command("add")
@click.argument("title", metavar="名称")
@click.option("--cost", type=Points(), required=True, help="要多少益币，例如 20 或 1.5")
@click.option("--stock", type=click.IntRange(1), required=True, help="放出多少份")
@click.option("--merchant", required=True, help="核销的商户的登录名（staff add … --role merchant）")
@click.option("--yearly", type=click.IntRange(1), help="每人每年最多几份；不给就不限")
@click.option("--pickup", default="", help="到哪里领，例如 游客中心")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="兑换码几天内有效")
@click.option("--about", default="", help="说明：使用条件、开放时间")
@click.option("--from", "offered_from", type=DAY, help="从什么时候开始兑换，例如 2026-03-01 或 '2026-03-01 09:00'")
@click.option("--until", "offered_until", type=DAY, help="到什么时候为止")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
@perhaps_by
def add(
    title: str,
    cost: int,
    stock: int,
    merchant: str,
    yearly: int | None,
    pickup: str,
    days: int,
    about: str,
    offered_from: datetime | None,
    offered_until: datetime | None,
    as_json: bool,
    login: str,
) -> None:
    """上架一个项目。"""
    from bot import clock
    from bot.services import duty, points, rewards

    with opened(settings()) as db:
        name_actor(db, login, decides=True)
        staff = duty.named(db, merchant.strip())
        if staff is None:
            raise click.ClickException(
                f"没有叫 {merchant} 的帐号。先新增：python -m bot staff add {merchant} --role merchant"
            )
        try:
            reward = rewards.add(
                db, title=title, cost=cost, stock=stock, merchant=staff, now=clock.now(), about=about, yearly=yearly,
                pickup=pickup, valid_days=days, offered_from=_here(offered_from), offered_until=_here(offered_until),
            )  # fmt: skip
        except ValueError as error:
            raise click.ClickException(f"没有上架：{error}。") from error
        db.commit()
        bound = staff.openid is not None
    if as_json:
        click.echo(json.dumps({"id": reward.id, "title": reward.title}, ensure_ascii=False))
        return
    click.echo(f"已上架 {reward.id} 号：{reward.title}，{points.shown(cost)}益币，{stock}份。")
    if not bound:
        click.echo(f"{merchant} 还没有绑定微信，核销不了。执行：python -m bot staff bind {merchant}")


@reward_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def show(as_json: bool) -> None:
    """全部项目：价格、还剩几份、由谁核销。"""
    from bot.services import points, rewards

    with opened(settings()) as db:
        rows = [
            {"id": one.id, "title": one.title, "cost": points.shown(one.cost), "stock": one.stock,
             "left": rewards.left(db, one), "merchant": one.merchant.username, "pickup": one.pickup}
            for one in rewards.known(db)
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo("{id}\t{title}\t{cost}益币\t剩{left}/{stock}\t{merchant}\t{pickup}".format(**row))
    if not rows:
        click.echo("商城里还没有项目。上架：python -m bot reward add 名称 --cost 20 --stock 8 --merchant 登录名")


@reward_command.command("change")
@click.argument("number", type=int, metavar="编号")
@click.option("--more", type=int, default=0, help="再放出几份；减少写负数")
@click.option("--cost", type=Points(), help="新的价格；已经兑换的不变")
@click.option("--until", "offered_until", type=DAY, help="到什么时候为止")
@perhaps_by
def change(number: int, more: int, cost: int | None, offered_until: datetime | None, login: str) -> None:
    """补货、改价或定下架的时间。"""
    from bot.services import points, rewards
    from bot.services.refusals.merits import RewardUnknown

    with opened(settings()) as db:
        name_actor(db, login, decides=True)
        try:
            reward = rewards.change(db, number, more=more, cost=cost, offered_until=_here(offered_until))
        except RewardUnknown as error:
            raise click.ClickException(f"没有 {number} 号项目。执行：python -m bot reward list") from error
        except ValueError as error:
            raise click.ClickException(f"没有改：{error}。") from error
        left = rewards.left(db, reward)
        db.commit()
    click.echo(f"{number} 号 {reward.title}：{points.shown(reward.cost)}益币，剩{left}份。")


def _here(at: datetime | None) -> datetime | None:
    """A time as people there write it."""
    from bot.services.rules import Rules

    return at.replace(tzinfo=Rules.of(settings()).timezone) if at is not None else None
