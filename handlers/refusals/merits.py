"""Refused, about points, rewards and stars: each reason in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.language.dates import moment
from bot.services import points
from bot.services.refusals import Refused
from bot.services.refusals import merits as r
from bot.wechat.replies import choice_link

OVER = {"used": "已经领取", "cancelled": "已经退了", "expired": "已经过期，益币退回"}
UNDER_WAY = {"applied": "正在审核", "announced": "正在公示"}
DECIDED = {**UNDER_WAY, "granted": "已经授予", "refused": "已经记为不通过"}
SHOP = choice_link("益币商城")


def star_name(star: int) -> str:
    """1 → 一星."""
    return f"{'零一二三四五六七八九'[star]}星" if star < 10 else f"{star}星"


def missing_hours(minutes: int) -> str:
    """What is missing is rounded up: 1 minute → 0.1."""
    tenths = -(-minutes // 6)
    return f"{tenths // 10}.{tenths % 10}"


def _short(ctx: Context, e: r.PointsShort) -> str:
    have = f"您有{points.shown(e.balance)}益币" if e.balance >= 0 else f"您现在欠分 {points.shown(-e.balance)}"
    return (
        f"益币不够：要{points.shown(e.cost)}益币，{have}，还差{points.shown(e.cost - e.balance)}。"
        f"多参加服务就能攒，看看 {choice_link('活动')}；{choice_link('积分怎么算')}。"
    )


def _not_offered(ctx: Context, e: r.RewardNotOffered) -> str:
    if e.opens_at is not None:
        return f"{e.title}还没开始兑换，{moment(e.opens_at, ctx.zone)}开始，到时候再来。"
    return f"{e.title}的兑换已经结束。看看 {SHOP} 里别的。"


SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.RewardUnknown: lambda ctx, e: f"没有这一样。看看 {SHOP} 里现在有什么。",
    r.RewardNotOffered: _not_offered,
    r.RewardGone: lambda ctx, e: f"{e.title}刚刚换完了，益币没有动。看看 {SHOP} 里别的，过几天也可能补货。",
    r.RewardLimit: lambda ctx, e: f"{e.title}每人每年{e.limit}份，您今年的已经换满了，明年再来。看看 {SHOP} 里别的。",
    r.PriceChanged: lambda ctx, e: (
        f"{e.title}的价格刚改成{points.shown(e.cost)}益币，没有兑换。还想换请再回复 换{e.title}。"
    ),
    r.PointsShort: _short,
    r.RedemptionUnknown: lambda ctx, e: f"没有找到这份兑换。回复 {choice_link('我的兑换')} 看看有哪些。",
    r.RedemptionOver: lambda ctx, e: (
        f"{e.title}的这个兑换码在{moment(e.at, ctx.zone)}{OVER.get(e.state, '已经失效')}，不能再用。"
    ),
    r.CodesLocked: lambda ctx, e: (
        f"输错的次数太多，{moment(e.until, ctx.zone)}后再试。请对方打开 我的兑换 核对兑换码。"
    ),
    r.NotVolunteer: lambda ctx, e: (
        f"星级是评给注册志愿者的，您还没有注册。回复 {choice_link('注册志愿者', '怎么注册成为志愿者')} 看怎么办。"
    ),
    r.StarNotReached: lambda ctx, e: (
        f"还差 {missing_hours(e.missing)} 小时到{star_name(e.star)}，到了会通知您。{choice_link('我的星级')}"
    ),
    r.StarPending: lambda ctx, e: f"您的{star_name(e.star)}申请{UNDER_WAY[e.state]}，结果会通知您，不用再申请。",
    r.StarUnknown: lambda ctx, e: f"没有编号 {e.award_id} 的星级申请。回复 星级待审 看看有哪些。",
    r.StarDecided: lambda ctx, e: f"编号 {e.award_id} 的星级申请{DECIDED.get(e.state, e.state)}，不用再审。",
    r.ReasonMissing: lambda ctx, e: "请写上原因，会原样告诉本人，比如：星级不通过 3 2月的记录有异议。",
    r.OwnStar: lambda ctx, e: "自己的星级要由另一位老师来审。",
}
