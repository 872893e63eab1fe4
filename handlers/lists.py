"""Lists of activities as they are shown: a line for each, what a number or a name then means, and for which days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.conversation.context import Context
from bot.conversation.session import Choice
from bot.language.dates import brief, day
from bot.services import activities, spoken
from bot.wechat.replies import choice_link

PAGE = 5


def lines(ctx: Context, shown: list[activities.Listing]) -> str:
    ctx.session.shown = [one.shift_id for one in shown]
    ctx.session.focus = shown[0].shift_id if len(shown) == 1 else None
    called = names(ctx, shown)
    ctx.session.expect(
        [Choice(name, "activities.detail", {"shift_id": one.shift_id}) for name, one in zip(called, shown, strict=True)]
    )
    return "\n".join(
        f"{number}. {choice_link(f'{one.code} {spoken.titled(one)}', _look(name, one))}　{_seats(one)}\n"
        f"{brief(one.starts_at, one.ends_at, ctx.zone)}"
        for number, (name, one) in enumerate(zip(called, shown, strict=True), start=1)
    )


def _look(name: str, one: activities.Listing) -> str:
    return f"详情 {one.code}" if name == one.code else name


def _seats(one: activities.Listing) -> str:
    if one.signup == "not_open_yet":
        return "还没开始报名"
    if one.signup != "open":
        return "报名已截止"
    return f"余{one.free}/{one.capacity}" if one.free else f"已满，候补{one.waiting}人"


def hint(shown: list[activities.Listing]) -> str:
    unlike = [one.code for one in shown].count(shown[0].code) == 1
    return f"回复序号看详情，回复 {choice_link('报 1', f'报名 {shown[0].code}' if unlike else None)} 直接报名。"


def period(ctx: Context, start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "近期"
    first, last = start.astimezone(ctx.zone), end.astimezone(ctx.zone)
    last_day = last.date() if last.time() != datetime.min.time() else (last - (last - first) / 10**9).date()
    return day(first) if first.date() == last_day else f"{day(first)}到{day(last_day)}"


def names(ctx: Context, shown: Sequence[activities.Listing]) -> list[str]:
    """What a line is chosen by: its code, or its time where several have one code (the shifts of a roster)."""
    codes = [one.code for one in shown]
    return [
        one.code if codes.count(one.code) == 1 else f"{one.code} {brief(one.starts_at, one.ends_at, ctx.zone)}"
        for one in shown
    ]
