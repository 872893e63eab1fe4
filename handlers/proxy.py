"""Signing up somebody else: a child needs its guardian, an adult says so himself."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.text import clean
from bot.services import activities, guardians
from bot.wechat.replies import Reply, Text, choice_link
from handlers import asking, company, reference
from handlers.contact import person_id

router = Router("proxy")

SOMEBODY = r"(?:我的?|我们?家的?|家里的?)?(?:大|小|老)?"
CHILD = r"(?:儿子|女儿|孩子|小孩|娃儿?|闺女|宝宝|孙子|孙女|外孙女?|弟弟|妹妹)"
ADULT = (
    r"(?:妈妈?|母亲|爸爸?|父亲|爷爷|奶奶|外公|外婆|老公|老婆|爱人|丈夫|妻子|对象|男朋友|女朋友|朋友|同学|室友|舍友|同事"
    r"|闺蜜|哥哥?|姐姐?|邻居|亲戚|别人|他|她)"
)
PROXY = re.compile(
    rf"(?:给|替|帮|代|为|让){SOMEBODY}(?:(?P<child>{CHILD})|(?P<adult>{ADULT})).{{0,6}}(?:报|参加|登记)"
    rf"|^{SOMEBODY}(?:(?P<own_child>{CHILD})|(?P<own_adult>{ADULT})).{{0,4}}(?:想|要|能|可以)(?!让).{{0,4}}(?:报名?|参加)"
)


def _with_known_child(ctx: Context) -> Reply | None:
    """Whose child is registered here comes along with the guardian; None when it is not known which activity."""
    person = person_id(ctx)
    if person is None or not guardians.children_of(ctx.db, person):
        return None
    meant = reference.meant(ctx, own_first=False)
    return company.ask_for_children(ctx, activities.detail(ctx.db, meant[0], ctx.now)) if len(meant) == 1 else None


@router.when(lambda ctx: PROXY.search(clean(ctx.text)) is not None)
def for_somebody(ctx: Context) -> Reply | None:
    """Nobody is signed up by another's word."""
    found = PROXY.search(clean(ctx.text))
    if found is None or asking.asks(ctx.text):
        return None
    office = ctx.settings.organisation
    if found.group("child") or found.group("own_child"):
        return _with_known_child(ctx) or Text(
            "可以的，孩子报名要由监护人办理：\n"
            f"· 8–13周岁：先回复 {choice_link('添加孩子')}，再带着一起报亲子活动，由您全程陪同；\n"
            f"· 14–17周岁：需要监护人同意，请孩子用自己的微信回复 我要当志愿者，拿到同意码发给您；\n"
            "· 满18周岁：请孩子用自己的微信来报。\n"
            f"先挑一场：{choice_link('近期活动')}；同意书怎么办：{choice_link('监护人同意怎么办理')}"
        )
    return Text(
        "成年人要本人确认才算报名，这样保险和时长才记在本人名下。\n"
        "请把本号推给对方，让对方自己发 报名 加活动编号；"
        f"不会用手机的老人，可以打 {office.phone} 由老师代为登记。\n"
        f"先帮忙看看有哪些：{choice_link('近期活动')}"
    )
