"""expert add, list, away, back; question late, faq, figures, canned: who answers 青年之声, and how it goes."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any

import click

from bot.commands.acting import name_actor, opened, perhaps_by, zone
from bot.commands.canned import canned_command
from bot.commands.question_figures import figures_command
from bot.services.questions.states import WINDOWS
from bot.settings import settings

NAMES = click.Choice(list(WINDOWS.values()))
KINDS = {"review": "审核", "reply": "答复"}
DAY = click.DateTime(["%Y-%m-%d"])


@click.group("expert")
def expert_command() -> None:
    """青年之声的专家：方向、轮到多少、不在的日子。"""


@expert_command.command("add")
@click.argument("username", metavar="登录名")
@click.option("--topic", "topics", multiple=True, required=True, type=NAMES, help="方向，可以写几次")
@click.option("--title", default="", help="提问人看到的称呼，例如 法律顾问")
@click.option("--weight", default=1, show_default=True, type=click.IntRange(0, 10), help="2 就轮到两倍，0 暂时不派")
@perhaps_by
def add(username: str, topics: tuple[str, ...], title: str, weight: int, login: str) -> None:
    """登记一位专家（帐号先用 staff add 建好，角色 expert）；再执行一次就改成新的。"""
    from bot.services import duty
    from bot.services.questions import experts

    with opened(settings()) as db:
        name_actor(db, login, decides=True)
        staff = duty.named(db, username)
        if staff is None:
            raise click.ClickException(
                f"没有叫 {username} 的帐号。先新增：python -m bot staff add {username} --role expert"
            )
        if staff.role not in experts.ANSWERS:
            raise click.ClickException(f"{username} 的角色是 {staff.role}，不能答复；要用 expert、editor 或 admin。")
        experts.enter(db, staff, [topic for topic, name in WINDOWS.items() if name in topics], weight, title)
        db.commit()
        bound = staff.openid is not None
    hint = "" if bound else f"还没有绑定微信，收不到提醒：python -m bot staff bind {username}"
    click.echo(f"{username} 登记为专家：{'、'.join(topics)}。{hint}")


@expert_command.command("away")
@click.argument("username", metavar="登录名")
@click.option("--from", "first", required=True, type=DAY, help="从哪天起不派，例如 2026-10-01")
@click.option("--until", "last", type=DAY, help="到哪天为止；不写就是一直")
@perhaps_by
def away(username: str, first: datetime, last: datetime | None, login: str) -> None:
    """这些天不派新的提问；已经派的不变。"""
    _set_away(username, first.date(), last.date() if last else None, login)
    until = f"到 {last:%Y-%m-%d}" if last else "起"
    click.echo(f"{username} 从 {first:%Y-%m-%d} {until} 不派新的提问。")


@expert_command.command("back")
@click.argument("username", metavar="登录名")
@perhaps_by
def back(username: str, login: str) -> None:
    """回来了，照常派。"""
    _set_away(username, None, None, login)
    click.echo(f"{username} 照常派提问。")


def _set_away(username: str, first: date | None, last: date | None, login: str) -> None:
    from bot.services import duty
    from bot.services.questions import experts
    from bot.services.refusals.questions import NotAnExpert

    if first and last and last < first:
        raise click.ClickException("止日比起日早，请核对 --from 和 --until。")
    with opened(settings()) as db:
        name_actor(db, login, decides=True)
        staff = duty.named(db, username)
        try:
            if staff is None:
                raise NotAnExpert(username, "")
            experts.away(db, staff, first, last)
        except NotAnExpert as refused:
            raise click.ClickException(
                f"{username} 还不是专家。先登记：python -m bot expert add {username} --topic 法律"
            ) from refused
        db.commit()


@expert_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def list_(as_json: bool) -> None:
    """全部专家，和各自手上的提问。"""
    from bot.services.questions import experts, sight

    with opened(settings()) as db:
        rows: list[dict[str, Any]] = [
            {
                "username": row.staff.username, "title": row.title, "topics": [WINDOWS[topic] for topic in row.topics],
                "weight": row.weight, "open": len(sight.of_assignee(db, row.staff)),
                "away_from": row.away_from.isoformat() if row.away_from else None,
                "away_until": row.away_until.isoformat() if row.away_until else None,
            }
            for row in experts.everybody(db)
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        gone = f"　{row['away_from']} 至 {row['away_until'] or '以后'}不派" if row["away_from"] else ""
        topics = "、".join(row["topics"])
        click.echo(f"{row['username']}　{row['title'] or '专业老师'}　{topics}　手上 {row['open']} 个{gone}")
    click.echo(f"共 {len(rows)} 位。")


@click.group("question")
def question_command() -> None:
    """青年之声的提问。"""


question_command.add_command(canned_command)
question_command.add_command(figures_command)


@question_command.command("late")
@click.option("--from", "first", type=DAY, help="从哪天到期的算起；不写就是近30天")
@click.option("--until", "last", type=DAY, help="到哪天为止（含）；不写就是今天")
@click.option("--json", "as_json", is_flag=True, help="给程序读的 JSON")
def late(first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """超过 3 小时没审核、超过 3 天没答复的，一条不多一条不少；等对方补充的时间不算。"""
    from bot import clock
    from bot.services.questions import promises

    now, here = clock.now(), zone()
    until = last.date() if last else now.astimezone(here).date()
    since = first.date() if first else until - timedelta(days=30)
    begins = datetime.combine(since, time(), here)
    ends = datetime.combine(until + timedelta(days=1), time(), here)
    with opened(settings()) as db:
        found = promises.breaches(db, begins, ends, now)
    if as_json:
        said = [{name: str(value) if isinstance(value, datetime) else value for name, value in vars(one).items()}
                for one in found]  # fmt: skip
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    for one in found:
        done = f"{one.stopped_at.astimezone(here):%m-%d %H:%M} 完成" if one.stopped_at else "还没完成"
        again = f"（第{one.round}次）" if one.round > 1 else ""
        click.echo(f"{one.number}　{KINDS[one.kind]}{again}　应在 {one.due_at.astimezone(here):%m-%d %H:%M} 前　{done}")
    click.echo(f"{since} 至 {until}：超时 {len(found)} 条。")


@question_command.command("faq")
@click.argument("month", metavar="月份")
def faq(month: str) -> None:
    """把签发过的问题清单变成知识库条目，检查后贴进 faq/ 里，例如 question faq 2026-03。"""
    from bot.services.questions import problem_lists
    from bot.services.refusals.questions import ListUnknown

    with opened(settings()) as db:
        try:
            row = problem_lists.named(db, month)
        except ListUnknown as refused:
            raise click.ClickException(f"还没有 {month} 的问题清单。") from refused
        if row.state != "signed":
            raise click.ClickException(f"{month} 的问题清单还没有签发。")
        lines = [f"# {month} 问题清单里的条目：每条至少再补 4 种问法，改好以后执行 python -m bot faq check"]
        for item in problem_lists.lines(row):
            lines += [f"  - id: voice-{month}-{item.position}  # {WINDOWS[item.topic]}，{item.times}人问过"]
            lines += [f"    ask: [{_quoted(item.asked)}]", f"    answer: {_quoted(item.answer)}"]
    click.echo("\n".join(lines))


def _quoted(text: str) -> str:
    """A YAML scalar on one line: what JSON writes is one."""
    return json.dumps(text, ensure_ascii=False)
