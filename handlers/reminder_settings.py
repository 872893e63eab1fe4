"""What the account may say first: 提醒设置 shows it, 关闭提醒 and 打开提醒 change it, 退订 ends broadcasts at once."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import wishes
from bot.services.wishes import Kind
from bot.storage.models import Follower
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import follower

router = Router("reminder_settings")

KINDS: dict[Kind, tuple[str, str]] = {
    "reminders": ("活动提醒", "您报了名的活动，前一天和开始前两小时提醒您"),
    "broadcasts": ("推荐和通知", "新活动推荐、团县委的消息"),
}
"""What can be turned off: its name, and what it is."""
KEPT = ("改期、换地点、取消", "候补有了空位", "报名和申请的审核结果", "时长到账、申诉的答复", "您留言的答复")
"""What is said all the same: it concerns what one has signed up for or asked, and nobody else would say it."""
NAMED = {
    "reminders": "活动提醒|提醒|开始提醒|活动前提醒",
    "broadcasts": "推荐和通知|推荐|活动推荐|通知|群发|群发消息|推送|活动推送|消息推送|广告",
}
_ANY = "|".join(f"(?P<{kind}>{names})" for kind, names in NAMED.items())
NO = re.compile(r"退|不|别|停|取消|关|拒|少发|烦|太多")
OFF, ON = "关闭|关掉|关了|停掉|取消|不要|不收|不再收|别发", "打开|开启|开|恢复|重新打开|我要|接收"


@router.intent("reminder_settings.show")
@router.words(
    "提醒设置", "通知设置", "消息设置", "设置提醒", "提醒管理", "怎么关提醒", "怎么关闭提醒", "怎么关掉提醒",
    "怎么退订", "如何退订", "怎么取消订阅", "怎么打开提醒", "设置",
)  # fmt: skip
def show(ctx: Context) -> Reply:
    who = _speaker(ctx)
    lines = []
    for kind, (name, what) in KINDS.items():
        on = getattr(who, kind)
        switch = choice_link(f"{'关闭' if on else '打开'}{name}")
        lines.append(f"· {name}（{what}）：{'开着' if on else '已关闭'}，{switch}")
    return Text(
        "可以开关的：\n" + "\n".join(lines) + "\n"
        f"关不掉的，因为只和您自己的事有关：{'；'.join(KEPT)}。\n"
        "微信里点“允许接收”的订阅通知，也可以在本号右上角“···”里管理。"
    )


def _speaker(ctx: Context) -> Follower:
    """An open form stays open, and asks again below the answer."""
    ctx.interrupted = ctx.session.form
    return follower(ctx)


@router.pattern(rf"(请|帮我|我想|我要)?({OFF})({_ANY})(了|吧|谢谢)?")
def turn_off(ctx: Context) -> Reply:
    return _switch(ctx, False)


@router.pattern(rf"(请|帮我|我想)?({ON})({_ANY})(了|吧|谢谢)?")
def turn_on(ctx: Context) -> Reply:
    return _switch(ctx, True)


def _switch(ctx: Context, on: bool) -> Reply:
    kind = next(kind for kind in KINDS if ctx.args.get(kind))
    if kind == "broadcasts":
        return resubscribe(ctx) if on else unsubscribe(ctx)
    _speaker(ctx)
    changed = wishes.choose(ctx.db, ctx.openid, kind, on, ctx.now)
    if on:
        return Text(
            ("活动提醒已打开：" if changed else "活动提醒一直开着：")
            + f"您报了名的活动，前一天和开始前两小时会提醒您。不想收了，回复 {choice_link('关闭活动提醒')}。"
        )
    return Text(
        ("活动提醒已关闭，" if changed else "活动提醒本来就关着，") + "活动前不再提醒您，时间地点请自己看好："
        f"{choice_link('我的活动')}。\n改期、取消、空位这些仍会告诉您。想再收提醒，回复 {choice_link('打开活动提醒')}。"
    )


@router.intent("reminder_settings.unsubscribe")
def meant(ctx: Context) -> Reply:
    """In own words: only what says no ends it; whoever merely speaks of broadcasts sees what can be turned off."""
    return unsubscribe(ctx) if not ctx.text or NO.search(ctx.text) else show(ctx)


@router.words("退订", "我要退订", "退订消息", "退订通知", "退订推送", "退订群发", "TD", "取消订阅", "不要再发了", "别发了")
def unsubscribe(ctx: Context) -> Reply:
    """At once, without a question: taking it back is as easy."""
    _speaker(ctx)
    changed = wishes.choose(ctx.db, ctx.openid, "broadcasts", False, ctx.now)
    reminded = follower(ctx).reminders
    still = "报了名的活动仍会提醒您，" if reminded else ""
    more = f"活动提醒也不想收，回复 {choice_link('关闭活动提醒')}；" if reminded else ""
    return Text(
        ("已退订，" if changed else "您已经退订了，") + "不再给您发推荐和群发消息。\n"
        f"{still}改期、取消、空位、审核结果和时长到账也照常告诉您。\n"
        f"{more}想再收推荐，回复 {choice_link('恢复订阅')}；都在这里：{choice_link('提醒设置')}。"
    )


@router.intent("reminder_settings.resubscribe")
@router.words("恢复订阅", "重新订阅", "取消退订", "我要订阅", "订阅", "继续订阅", "恢复接收")
def resubscribe(ctx: Context) -> Reply:
    _speaker(ctx)
    changed = wishes.choose(ctx.db, ctx.openid, "broadcasts", True, ctx.now)
    return Text(
        ("欢迎回来，已恢复订阅：" if changed else "您一直订阅着：")
        + f"有新活动推荐会告诉您。哪天不想收了，回复 {choice_link('退订')} 就行。"
    )
