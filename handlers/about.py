"""Questions about the activity just talked about: answered from its own fields, before the library is asked."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.dates import distance, span
from bot.services import activities
from bot.services.activities import Detail
from bot.services.refusals import ShiftUnknown
from bot.wechat.replies import Reply, Text, choice_link

router = Router("about")

LONGEST = 16
"""Characters: a longer message says more than it asks about one field."""

Answer = Callable[[Context, Detail], str]


def _when(ctx: Context, it: Detail) -> str:
    return f"{span(it.starts_at, it.ends_at, ctx.zone)} {distance(it.starts_at, ctx.now, ctx.zone)}，集合地点：{it.place}"


def _seats(ctx: Context, it: Detail) -> str:
    return f"一共{it.capacity}个名额，还剩{it.free}个。" if it.free else f"{it.capacity}个名额已满，候补{it.waiting}人。"


QUESTIONS: tuple[tuple[re.Pattern[str], Answer], ...] = (
    (re.compile(r"带(?:什么|啥|东西|哪些)|(?:准备|穿)(?:什么|啥|哪些)|自带"), lambda ctx, it: it.bring and f"请带：{it.bring}"),
    (re.compile(r"几点|什么时[候间]|啥时[候间]|多久|多长时间|哪天"), _when),
    (re.compile(r"在哪|哪里|哪儿|地点|地址|集合|怎么[去走]|位置"), _when),
    (re.compile(r"保险|投保"), lambda ctx, it: it.insurance),
    (re.compile(r"危险|风险|安全吗|注意什么|注意事项"), lambda ctx, it: it.risk),
    (re.compile(r"做什么|干什么|干啥|干嘛|内容|具体"), lambda ctx, it: it.content),
    (re.compile(r"联系人|联系谁|负责人|找谁|电话"), lambda ctx, it: " ".join(p for p in (it.leader, it.contact) if p)),
    (re.compile(r"几个人|多少人|名额|还能报|满了"), _seats),
)


@router.when(lambda ctx: ctx.session.focus is not None and 0 < len(ctx.text) <= LONGEST)
def about_it(ctx: Context) -> Reply | None:
    """None when the question is about no field, or the field is empty: then the library may know."""
    answer = next((answer for pattern, answer in QUESTIONS if pattern.search(ctx.text)), None)
    if answer is None or _is_about_another(ctx):
        return None
    assert ctx.session.focus is not None
    try:
        it = activities.detail(ctx.db, ctx.session.focus, ctx.now)
    except ShiftUnknown:
        return None
    told = answer(ctx, it)
    return Text(f"{it.code} {it.title}：\n{told}\n想参加请回复 {choice_link('报名', f'报名 {it.code}')}") if told else None


def _is_about_another(ctx: Context) -> bool:
    """A time named in the message (周六几点有活动) asks for a list, not about the one shown."""
    return ctx.understanding.slots.when is not None
