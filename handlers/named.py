"""An activity or a day that is named and nothing more: a title, a card copied back, a forwarded article, 周六呢."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.text import bare
from bot.services import activities as activity_rules
from bot.wechat.messages import Link
from bot.wechat.replies import Reply
from handlers import activities, lists, reference
from handlers.wanted import wanted

router = Router("named")
alone = Router("alone")

ADDRESS = re.compile(r"/a/([A-Za-z]\d{2,3})(?![\dA-Za-z])")
CARD = re.compile(r"\s*([A-Za-z]\d{2,3}) .+\n")
ONLY_A_TIME = 6
"""Characters: a shorter text with a time in it is no more than that time. 周六呢, 那下周末, 3.5."""
ONLY_A_NAME = 40
ASKS_FOR_SOME = re.compile(r"(?:的活动(?:有哪些|有什么|有吗)?|有[什哪][么些]活动|有没?有?活动[吗嘛没]?|(?:能|可以)(?:参加|报名?|去)的)$")


@router.when(lambda ctx: bool(CARD.match(ctx.text) or ADDRESS.search(ctx.text)))
def show_card(ctx: Context) -> Reply | None:
    """One of our own cards copied back, or the address of an activity's page."""
    found = CARD.match(ctx.text) or ADDRESS.search(ctx.text)
    return activities.show_one(ctx, found.group(1)) if found else None


@router.when(lambda ctx: isinstance(ctx.message, Link))
def show_article(ctx: Context) -> Reply | None:
    """A forwarded article: the activity whose page it is, or whose title stands in its headline."""
    assert isinstance(ctx.message, Link)
    if page := ADDRESS.search(ctx.message.url):
        return activities.show_one(ctx, page.group(1))
    found = reference.titled(ctx.message.title, reference.coming(ctx))
    return activities.show_meant(ctx, found) if found else None


def _unsure(ctx: Context, longest: int) -> bool:
    return 0 < len(ctx.text) <= longest and ctx.understanding.decision in ("offer", "none")


@alone.when(lambda ctx: _unsure(ctx, ONLY_A_TIME) and ctx.understanding.slots.when is not None)
def only_a_time(ctx: Context) -> Reply | None:
    """周六呢: after one list another."""
    return activities.list_activities(ctx)


@alone.when(lambda ctx: _unsure(ctx, ONLY_A_NAME) and ASKS_FOR_SOME.search(bare(ctx.text)) is not None)
def some_of_a_kind(ctx: Context) -> Reply | None:
    """城东的活动, 15岁能参加的: not one by its name but all that suit."""
    return activities.list_activities(ctx) if wanted(ctx) else None


@alone.when(lambda ctx: _unsure(ctx, ONLY_A_NAME))
def only_a_name(ctx: Context) -> Reply | None:
    """河道清洁, 那个捡垃圾的, 刚才那个: what is called by its name and nothing said about it."""
    meant = reference.meant(ctx)
    if not meant and reference.THIS_ONE.fullmatch(bare(ctx.text)):
        meant = ctx.session.shown
    shown = [activity_rules.detail(ctx.db, shift_id, ctx.now) for shift_id in meant[: lists.PAGE]]
    if not shown or not all(reference.is_a_name(ctx.text, one) for one in shown):
        return None
    return activities.show_meant(ctx, meant)
