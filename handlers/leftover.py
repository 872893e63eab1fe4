"""What answers a question that nobody has asked: 好, 1 or 不用了 when nothing is open, 第9个 of a list of four."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE
from bot.conversation.router import Router
from bot.language.numerals import parse
from bot.language.text import bare
from bot.wechat.replies import Reply, Text, choice_link

router = Router("leftover")

ALONE = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "11", "111", "123")


@router.pattern(r"(?:报名?|选|看|取消|退)?\s*第?\s*(?P<number>\d{1,2}|[一二两三四五六七八九十]{1,2})\s*(?:个|项|场)?")
def beyond_the_list(ctx: Context) -> Reply | None:
    """第9个 of a list of four."""
    number, offered = parse(ctx.args["number"]), len(ctx.session.choices)
    ctx.args = {}
    if not offered or number is None or number <= offered or ctx.understanding.confidence == 1:  # 88 says good-bye
        return None
    return Text(f"刚才只列了{offered}个，请回复 1 到 {offered} 之间的序号。" if offered > 1 else "刚才只有一个，回复 1 就好。")


@router.words(*AGREE, "收到", "知道了", "明白", "明白了", "了解", "好滴", "好嘞", "哦", "哦哦", "噢", "嗯哪", *ALONE)
def nothing_to_agree_to(ctx: Context) -> Reply:
    """好 and 1 answer the latest question only; when none is open they do nothing."""
    if bare(ctx.text) in (*ALONE, "确认", "确定", "同意"):
        return Text(f"现在没有等您选择或确认的事。想做什么直接告诉我，比如 {choice_link('近期活动')}、{choice_link('我的活动')}。")
    return Text("好的，有需要随时叫我。")


@router.words(*DECLINE, "没事", "没事了", "没了", "没有了", "不需要", "不用谢")
def nothing_to_refuse(ctx: Context) -> Reply:
    return Text("好的，需要的时候再叫我。")
