"""What works at any moment: 帮助, 人工, 继续, and leaving whatever is open."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.wechat.replies import Reply, Text, choice_link
from handlers import human

router = Router("always")


@router.words("继续", "下一页", "接着说")
def go_on(ctx: Context) -> Reply | None:
    """The rest of a reply that was too long for one."""
    if not ctx.session.rest:
        return None
    return Text(ctx.session.rest)


@router.intent("always.help")
@router.words("帮助", "菜单", "help", "Help", "HELP", "?", "？", "功能", "怎么用")
def give_help(ctx: Context) -> Reply:
    return Text(
        f"我是小青，{ctx.settings.organisation.short_name}的智能助手。直接打字告诉我就行，比如：\n"
        f"· {choice_link('周末有什么活动')}\n"
        f"· {choice_link('我的活动')}（看报名和候补排位）\n"
        "· 报名 A12　· 取消 A12\n"
        f"· {choice_link('志愿者有保险吗')}\n"
        f"想找真人，请回复 {choice_link('人工')}。"
    )


@router.intent("always.human")
@router.words(*human.WANTED)
def find_human(ctx: Context) -> Reply:
    return human.start(ctx)


@router.words("返回", "上一步")
def nothing_open(ctx: Context) -> Reply | None:
    """With a form open it belongs to the form."""
    if ctx.session.form is None:
        ctx.session.expect([])
        return Text("现在没有正在办的事，想做什么直接告诉我就好。")
    return None
