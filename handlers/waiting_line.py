"""为什么没轮到我: what keeps somebody who waits from getting a seat, from the same rows that decide it."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import offers, registrations
from bot.services.rules import Rules
from bot.wechat.replies import Reply, Text, choice_link
from handlers import reference, refusals

router = Router("waiting_line")

FOR_ALL = {
    "not_open": "这个活动现在不开放报名",
    "closed": "报名已经截止，不再递补",
    "insured": "保险名单已经截止，不再递补",
    "too_near": "离开始不到2小时，系统不再发邀请，由负责人打电话补位",
    "started": "活动已经开始",
    "no_free_seat": "现在没有空出来的名额",
}
FOR_ONE = {
    "next": "马上就轮到您，请留意消息",
    "no_seat": "排在您前面的人先得",
    "too_few": "空出来的名额还不够您这一行人一起",
    "kept_for_party": "空出来的名额正留给排在前面的几个人一起",
    "unreached": "上次有空位时消息没能送到您，您的位置还在；您现在说话了，下次有空位会先通知您",
}


@router.words(
    "为什么没轮到我", "怎么还没轮到我", "为什么还没轮到我", "候补怎么还没轮到我", "还没轮到我吗", "什么时候轮到我",
    "怎么没轮到我", "为啥没轮到我", "候补为什么没轮到我", "轮到我了吗",
)  # fmt: skip
def why(ctx: Context) -> Reply:
    waiting = [one for one in reference.own(ctx) if one.state == "waiting"]
    if not waiting:
        return Text(f"您现在没有排候补。回复 {choice_link('我的活动')} 看看报了哪些。")
    return Text("\n".join(_about(ctx, one) for one in waiting[:5]))


def _about(ctx: Context, one: registrations.Mine) -> str:
    found = offers.explain(ctx.db, one.shift_id, ctx.now, rules=Rules.of(ctx.settings))
    reasons = [FOR_ALL[why.code] for why in found if why.registration_id is None and why.code in FOR_ALL]
    own = next((why for why in found if why.registration_id == one.registration_id), None)
    if own is not None and own.refusal is not None:
        said = refusals.reply(ctx, own.refusal)
        reasons.append(said.content if isinstance(said, Text) else "")
    elif own is not None and (own.code != "no_seat" or not reasons):
        reasons.append(FOR_ONE[own.code])
    skipped = f"已经有{own.skipped}次因为名额不够跳过，最多跳过2次，之后会给您攒着" if own and own.skipped else ""
    parts = "；".join(part.rstrip("。") for part in (*reasons, skipped) if part)
    return f"{one.code} {one.title}：您排在候补第{one.place_in_line}位。{parts}。"
