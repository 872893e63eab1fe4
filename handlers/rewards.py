"""益币商城: what points buy, 换景区门票, 我的兑换, 退兑换. Several that fit are asked about, never guessed between."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.numerals import choice as choice_number
from bot.language.text import clean
from bot.services import points, redemptions, rewards
from bot.services.refusals.merits import PointsShort, RedemptionUnknown
from bot.services.rewards import OnOffer
from bot.services.rules import Rules
from bot.wechat.replies import Reply, Text, choice_link
from handlers import asking, reference
from handlers.contact import person_id

router = Router("rewards")

PAGE = 5
SHORTEST = 2
COUNTED = re.compile(r"^(?:一|1|两|二|2|三|3|几)?[个张份样件]|[吧了呗呢]+$")
ABOUT_POINTS = ("points", "rewards", "redeem")


class Titled(Protocol):
    @property
    def title(self) -> str: ...


T = TypeVar("T", bound=Titled)


@router.intent("rewards.list")
@router.words(
    "兑换", "我要兑换", "我想兑换", "益币商城", "积分商城", "商城", "兑换商城", "积分兑换", "益币兑换", "看看商城", "积分能换什么", "益币能换什么",
)  # fmt: skip
def shop(ctx: Context) -> Reply:
    offered = rewards.offered(ctx.db, ctx.now)
    named = among(ctx.text, offered) if ctx.text else []
    return _ask_one_of(ctx, named) if named else _page(ctx, offered, 0)


@router.when(lambda ctx: ctx.session.more.get("list") == "rewards" and ctx.text in ("更多", "下一批"))
def more(ctx: Context) -> Reply:
    return _page(ctx, rewards.offered(ctx.db, ctx.now), int(ctx.session.more["offset"]))


@router.pattern(r"(?:我要|我想要?|想|帮我|给我|我)?(?:用(?:积分|益币))?(?:兑换|换)取?\s*(?P<what>\S.{0,30})")
def order_named(ctx: Context) -> Reply | None:
    """换景区门票, 换一个水杯, 换 2. What names no reward may be about anything: 换手机号, 换成A18."""
    what = COUNTED.sub("", asking.decided(ctx.args["what"]))
    ctx.args = {}
    if asking.asks(what):
        return None
    offered = rewards.offered(ctx.db, ctx.now)
    listed = [int(choice.args["reward_id"]) for choice in ctx.session.choices if choice.intent == "rewards.ask"]
    if number := choice_number(what, len(listed)):
        return _ask_one_of(ctx, [one for one in offered if one.reward_id == listed[number - 1]])
    named = among(what, offered)
    exactly = any(clean(what) in clean(one.title) or clean(one.title) in clean(what) for one in named)
    meant = ctx.understanding
    if not exactly and meant.decision == "answer" and not meant.id.startswith(ABOUT_POINTS):
        return None
    return _ask_one_of(ctx, named) if named else None


@router.pattern(r"(?P<what>第.{1,3}个|最后一?个)(?:换|兑换)(?:一?[个份张])?")
def order_numbered(ctx: Context) -> Reply | None:
    ctx.args = {"what": ctx.args["what"]}
    return order_named(ctx)


@router.intent("rewards.ask")
def ask(ctx: Context) -> Reply:
    wanted = int(ctx.args["reward_id"])
    return _ask_one_of(ctx, [one for one in rewards.offered(ctx.db, ctx.now) if one.reward_id == wanted])


def _ask_one_of(ctx: Context, named: list[OnOffer]) -> Reply:
    if not named:
        return Text(f"这一样已经下架了。看看 {choice_link('益币商城')} 里现在有什么。")
    if len(named) > 1:
        return _which(
            ctx, "您想换哪一样？", [(one.title, "rewards.ask", {"reward_id": one.reward_id}) for one in named]
        )
    return _summary(ctx, named[0])


def _summary(ctx: Context, one: OnOffer) -> Reply:
    """Everything there is to know before agreeing; what cannot be done is said instead."""
    person = person_id(ctx)
    have = points.balance(ctx.db, person) if person is not None else 0
    if one.left < 1:
        return Text(f"{one.title}已经换完了。看看 {choice_link('益币商城')} 里别的，过几天也可能补货。")
    if person is None or have < one.cost:
        raise PointsShort(have, one.cost)
    ctx.session.shown, ctx.session.focus = [], None
    confirmed = {"reward_id": one.reward_id, "cost": one.cost}
    ctx.session.expect(
        [
            Choice("确认", "rewards.confirm", confirmed, ["确认兑换", "兑换", "换", *AGREE]),
            Choice("不换", "rewards.leave", {}, [*DECLINE, "不换了", "取消", "再想想"]),
        ],
        fleeting=True,
    )
    yearly = f"｜每人每年{one.yearly}份" if one.yearly else ""
    where = f"到{one.pickup}" if one.pickup else "到领取点"
    return Text(
        f"{one.title} 1份｜{points.shown(one.cost)}益币｜余{one.left}份{yearly}。\n"
        + (f"{one.about}\n" if one.about else "")
        + f"您有{points.shown(have)}益币，兑换后剩{points.shown(have - one.cost)}，服务时长不变。\n"
        f"确认兑换？（兑换后{one.valid_days}天内{where}出示码）回复 {choice_link('确认')} 或 {choice_link('不换')}。"
    )


@router.intent("rewards.confirm")
def confirm(ctx: Context) -> Reply:
    person = person_id(ctx)
    if person is None:
        raise PointsShort(0, int(ctx.args["cost"]))
    reward_id, cost = int(ctx.args["reward_id"]), int(ctx.args["cost"])
    done = redemptions.order(
        ctx.db, ctx.cipher, reward_id, person, ctx.openid, ctx.now, cost=cost, rules=Rules.of(ctx.settings)
    )
    ctx.session.expect([])
    where = f"到{done.pickup}出示" if done.pickup else "出示给商家"
    return Text(
        f"兑换码 {redemptions.shown(done.code)}，{until(ctx, done.expires_at)}前有效，{where}即可领取{done.title}。\n"
        f"还剩{points.shown(points.balance(ctx.db, person))}益币。码只给领取点看，别发给别人。\n"
        f"未使用可回复 {choice_link('退兑换')}，益币原路退回。再看码回复 {choice_link('我的兑换')}。"
    )


@router.intent("rewards.leave")
def leave(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text(f"好的，没有兑换，益币还在。想看别的回复 {choice_link('益币商城')}。")


# -- what one has ordered ----------------------------------------------------------------------------


@router.intent("rewards.mine")
@router.words("我的兑换", "兑换码", "我的兑换码", "兑换码在哪", "兑换记录", "我换了什么")
def mine(ctx: Context) -> Reply:
    ordered = _orders(ctx)
    if not ordered:
        return Text(f"您没有待领取的兑换。看看 {choice_link('益币商城')}。")
    ctx.session.expect([Choice(one.title, "rewards.cancel", {"redemption_id": one.redemption_id}) for one in ordered])
    lines = [
        f"{number}. {one.title}　兑换码 {redemptions.shown(one.code)}\n{until(ctx, one.expires_at)}前"
        + (f"到{one.pickup}领取" if one.pickup else "领取")
        for number, one in enumerate(ordered[:PAGE], start=1)
    ]
    rest = f"\n还有{len(ordered) - PAGE}份，领了前面的再看。" if len(ordered) > PAGE else ""
    return Text(
        "您待领取的兑换：\n" + "\n".join(lines) + f"{rest}\n不想要了回复 {choice_link('退兑换')}，益币原路退回。"
    )


@router.intent("rewards.cancel")
@router.words("退兑换", "退积分", "退益币", "取消兑换", "我要退兑换", "不想换了", "兑换退了")
def cancel(ctx: Context) -> Reply:
    ordered = _orders(ctx)
    if "redemption_id" in ctx.args:
        ordered = [one for one in ordered if one.redemption_id == int(ctx.args["redemption_id"])]
    return _cancel_one_of(ctx, ordered)


@router.pattern(r"(?:我要|我想|帮我)?(?:退|取消)(?P<points>兑换|积分|益币)?(?:的)?\s*(?P<what>\S.{0,30})")
def cancel_named(ctx: Context) -> Reply | None:
    """退兑换 门票, 退门票; an activity of that name is meant unless 兑换 is said."""
    what, said = ctx.args["what"], ctx.args["points"]
    ctx.args = {}
    if asking.asks(what) or (not said and reference.among(what, reference.own(ctx))):
        return None
    named = among(what, _orders(ctx))
    return _cancel_one_of(ctx, named) if named else None


def _cancel_one_of(ctx: Context, ordered: Sequence[redemptions.Order]) -> Reply:
    if not ordered:
        return Text(f"您没有可以退的兑换：已经领取的不能退，过期没领的益币已自动退回。{choice_link('积分明细')}")
    if len(ordered) > 1:
        which = [(one.title, "rewards.cancel", {"redemption_id": one.redemption_id}) for one in ordered]
        return _which(ctx, "要退哪一份？", which)
    one = ordered[0]
    ctx.session.expect(
        [
            Choice("确认退", "rewards.cancel_confirmed", {"redemption_id": one.redemption_id}, ["退", *AGREE]),
            Choice("不退", "rewards.keep", {}, [*DECLINE, "不退了", "留着"]),
        ],
        fleeting=True,
    )
    return Text(
        f"{one.title}（{points.shown(one.cost)}益币）还没领取，确定退吗？退了兑换码作废，益币原路退回，有效期不变。\n"
        f"回复 {choice_link('确认退')} 或 {choice_link('不退')}。"
    )


@router.intent("rewards.cancel_confirmed")
def cancel_confirmed(ctx: Context) -> Reply:
    person = person_id(ctx)
    if person is None:
        raise RedemptionUnknown
    done = redemptions.cancel(
        ctx.db, int(ctx.args["redemption_id"]), person, ctx.now, rules=Rules.of(ctx.settings)
    )  # fmt: skip
    ctx.session.expect([])
    have = points.shown(points.balance(ctx.db, person))
    return Text(f"已退：{done.reward.title}。{points.shown(done.cost)}益币已退回，现在有{have}益币。")


@router.intent("rewards.keep")
def keep(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text("好的，没有退，兑换码照旧有效。")


# -- words -------------------------------------------------------------------------------------------


def until(ctx: Context, at: datetime) -> str:
    """The midnight that ends a day, as its 24:00: 3月10日24:00."""
    last = (at - timedelta(seconds=1)).astimezone(ctx.zone)
    return f"{last.month}月{last.day}日24:00"


def among(what: str, known: Sequence[T]) -> list[T]:
    """Those whose title has the longest part in common with ``what``, at least two characters; ties are kept."""
    said = clean(what)
    scored = [(_common(said, clean(one.title)), one) for one in known]
    best = max((score for score, _ in scored), default=0)
    return [one for score, one in scored if score == best] if best >= SHORTEST else []


def _common(said: str, title: str) -> int:
    parts = (title[start:end] for start in range(len(title)) for end in range(start + SHORTEST, len(title) + 1))
    return max((len(part) for part in parts if part in said and part.strip() == part), default=0)


def _orders(ctx: Context) -> list[redemptions.Order]:
    person = person_id(ctx)
    return redemptions.mine(ctx.db, ctx.cipher, person) if person is not None else []


def _which(ctx: Context, question: str, offered: list[tuple[str, str, dict[str, int]]]) -> Reply:
    offered = offered[:PAGE]
    ctx.session.shown, ctx.session.focus = [], None
    ctx.session.expect([Choice(f"{number}", intent, args) for number, (_, intent, args) in enumerate(offered, start=1)])
    lines = [f"{number}. {choice_link(title, str(number))}" for number, (title, _, _) in enumerate(offered, start=1)]
    return Text(f"{question}\n" + "\n".join(lines) + "\n回复序号即可。")


def _page(ctx: Context, offered: list[OnOffer], offset: int) -> Reply:
    page = offered[offset : offset + PAGE]
    if not page:
        return Text("后面没有了。" if offset else f"商城里现在没有可以兑换的，有了会放上来。{choice_link('我的积分')}")
    ctx.session.shown, ctx.session.focus = [], None
    ctx.session.more = {"list": "rewards", "offset": offset + PAGE}
    ctx.session.expect([Choice(one.title, "rewards.ask", {"reward_id": one.reward_id}) for one in page])
    lines = [
        f"{number}. {choice_link(one.title, f'换 {number}')}　{points.shown(one.cost)}益币　"
        + (f"余{one.left}份" if one.left else "已换完")
        + (f"｜{one.pickup}" if one.pickup else "")
        for number, one in enumerate(page, start=1)
    ]
    person = person_id(ctx)
    have = f"您有{points.shown(points.balance(ctx.db, person))}益币。" if person is not None else ""
    tail = f"\n回复 {choice_link('更多')} 看后面的。" if len(offered) > offset + PAGE else ""
    return Text("益币商城：\n" + "\n".join(lines) + f"\n{have}回复序号看详情、兑换，服务时长不会变少。{tail}")
