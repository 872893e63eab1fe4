"""Somebody may be in danger: before every other rule, a fixed text written by people."""

from __future__ import annotations

import structlog

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.crisis import assess
from bot.wechat.replies import Reply, Text

log = structlog.get_logger()
router = Router("crisis")


@router.when(lambda ctx: bool(ctx.text) and assess(ctx.text) == "crisis")
def help_now(ctx: Context) -> Reply:
    """Never a menu, never an answer from the library; an open form is left aside."""
    ctx.session.form = None
    log.warning("crisis.message", openid=ctx.openid)
    hotline = ctx.settings.organisation.hotline
    return Text(
        "如果您或身边的人正有危险，请马上拨打 110（报警）或 120（急救）。\n"
        f"想找人说说话：青少年服务热线 {hotline}，心理援助热线 12356，都有人接听。\n"
        "我很在意您的安全。请告诉我：您现在在哪里，身边有人吗？"
    )


@router.when(lambda ctx: bool(ctx.text) and ctx.session.form is None and assess(ctx.text) == "soft")
def soft(ctx: Context) -> Reply:
    return Text(
        f"听起来压力很大，需要找人聊聊吗？可以直接拨青少年服务热线 {ctx.settings.organisation.hotline}，"
        "也可以在这里跟我说说。"
    )
