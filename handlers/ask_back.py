"""Words that may mean several things: 退, 证, 我要注册, 帮忙, 签到, six digits, a late 好. Asked back, never guessed."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import moment
from bot.language.numerals import parse
from bot.language.text import bare
from bot.services import activities, registrations
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import person_id

router = Router("ask_back")
leftover = Router("leftover")

ALONE = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "11", "111", "123")
NEAR = timedelta(hours=24)
NO_WORDS = re.compile(r"(?:\[[^\[\]\s\d]{1,6}\]|【收到不支持的消息类型.*】|/::?\S{1,3}|[\W_])++")
"""[微笑] is an emoji of WeChat's own; a sticker arrives as a sentence in 【】."""


@router.words("退", "退出", "退了", "我要退", "我要退出", "我想退出", "退一下", "帮我退了", "退掉")
def leave_what(ctx: Context) -> Reply:
    """What applies to this follower; deleting everything stands last and is never the default."""
    own = _own(ctx)
    choices = [Choice(f"取消报名 {one.code} {one.title}", "sign_up.cancel", {"shift_id": one.shift_id}) for one in own[:3]]
    return _ask(
        ctx,
        "您想退哪一样？",
        *choices,
        _entry(ctx, "退积分、退兑换", "points-refund"),
        _entry(ctx, "不再收提醒", "unsubscribe"),
        _entry(ctx, "退团", "quit-league"),
        _entry(ctx, "退出志愿队", "team-leave"),
        _entry(ctx, "注销、删除我的信息", "delete-data"),
    )


@router.words("证", "办证", "我要办证", "想办证", "开证", "领证", "证件", "证书", "办个证", "证怎么办", "证在哪办", "我的证")
def which_paper(ctx: Context) -> Reply:
    return _ask(
        ctx,
        "您说的是哪一种？",
        _entry(ctx, "志愿者证", "volunteer-card"),
        _entry(ctx, "志愿服务证明", "certificate"),
        _entry(ctx, "团员证", "member-card"),
        _entry(ctx, "星级志愿者", "star-apply"),
    )


@router.words("证明", "开证明", "我要开证明", "想开个证明", "打证明", "开个证明")
def which_proof(ctx: Context) -> Reply:
    return _ask(
        ctx,
        "您要开哪一种证明？",
        _entry(ctx, "志愿服务证明", "certificate"),
        _entry(ctx, "团员身份证明", "member-proof"),
    )


@router.words("注册", "我要注册", "我想注册", "想注册", "注册一下", "帮我注册", "我要登记")
def register_as_what(ctx: Context) -> Reply:
    """我要报名 is one activity, 我要注册 perhaps the standing of a volunteer."""
    return _ask(
        ctx,
        "您是想：",
        Choice("报名一场活动", "activities.list"),
        _entry(ctx, "注册成为志愿者", "become-volunteer"),
    )


@router.words("帮忙", "帮个忙", "我要帮忙", "我想帮忙", "帮帮忙", "帮帮我", "帮我", "帮我一下", "能帮个忙吗", "可以帮忙吗", "求帮忙")
def who_helps_whom(ctx: Context) -> Reply:
    return _ask(
        ctx,
        "好呀。您是想：",
        Choice("我来帮忙，看看志愿活动", "activities.list", words=["我来帮忙"]),
        _entry(ctx, "我需要志愿者帮忙", "need-help", "我需要帮忙"),
        Choice("找老师说说", "always.human"),
    )


@router.words("签到", "我要签到", "签到码", "怎么签到", "我到了", "到了", "签退", "我要签退", "打卡")
def check_in(ctx: Context) -> Reply:
    """There is no check-in by chat: who is on the spot is told whom to see there."""
    near = [one for one in _own(ctx) if one.state == "confirmed" and one.starts_at - ctx.now <= NEAR]
    if not near:
        return Text(
            "您在24小时内没有报名的活动，还不用签到。\n"
            "活动当天到集合点找负责人，按现场的签到码或名单签到，离开前再签退，时长就按这两个时间算。\n"
            f"看看自己报了哪些：{choice_link('我的活动')}；忘了签到或签退：{choice_link('忘记签退了怎么办')}"
        )
    it = activities.detail(ctx.db, near[0].shift_id, ctx.now)
    contact = " ".join(part for part in (it.leader, it.contact) if part)
    ctx.session.focus = it.shift_id
    return Text(
        f"您最近的一场是 {it.code} {it.title}，{moment(it.starts_at, ctx.zone)}，地点：{it.place}。\n"
        f"签到和签退都在现场：到了请找负责人（{contact}），按现场的签到码或名单登记，离开前别忘了签退。"
    )


@router.pattern(r"\d{6}")
def six_digits(ctx: Context) -> Reply:
    """A check-in code is for the leader on the spot; a code from a text message is nobody's but the follower's."""
    near = [one for one in _own(ctx) if one.state == "confirmed" and one.starts_at - ctx.now <= NEAR]
    where = f"您的“{near[0].title}”{moment(near[0].starts_at, ctx.zone)}开始，" if near else ""
    return Text(
        "这个码现在没有对应的活动。\n"
        f"如果是现场的签到码，{where}请在现场给负责人看，由负责人登记。\n"
        "如果是短信验证码，请不要发给任何人，我们从不向您要验证码。"
    )


@router.words("老师", "小青", "老师在吗", "老师在不在", "老师在么", "老师好", "请问", "问一下", "咨询", "咨询一下", "我想咨询")
def called(ctx: Context) -> Reply:
    """An address, no wish for a person: that takes 找, 转 or 叫."""
    return Text(
        "我在呢。我是小青，智能助手，不是真人老师；活动、报名、时长、团的事都可以直接问我。\n"
        f"想找老师本人，请回复 {choice_link('人工')}。"
    )


@leftover.pattern(r"(?:报名?|选|看|取消|退)?\s*第?\s*(?P<number>\d{1,2}|[一二两三四五六七八九十]{1,2})\s*(?:个|项|场)?")
def beyond_the_list(ctx: Context) -> Reply | None:
    """第9个 of a list of four."""
    number, offered = parse(ctx.args["number"]), len(ctx.session.choices)
    ctx.args = {}
    if not offered or number is None or number <= offered:
        return None
    return Text(f"刚才只列了{offered}个，请回复 1 到 {offered} 之间的序号。" if offered > 1 else "刚才只有一个，回复 1 就好。")


@leftover.when(lambda ctx: bool(ctx.text) and NO_WORDS.fullmatch(ctx.text) is not None)
def no_words(ctx: Context) -> Reply:
    """Emoji, stickers as WeChat spells them, punctuation."""
    return Text(f"收到您的表情啦，小青还看不懂它的意思。想办什么事，打几个字告诉我，比如 {choice_link('周末有什么活动')}。")


@leftover.words(*AGREE, "收到", "知道了", "明白", "明白了", "了解", "好滴", "好嘞", "哦", "哦哦", "噢", "嗯哪", *ALONE)
def nothing_to_agree_to(ctx: Context) -> Reply:
    """好 and 1 answer the latest question only; when none is open they do nothing."""
    if bare(ctx.text) in (*ALONE, "确认", "确定", "同意"):
        return Text(f"现在没有等您选择或确认的事。想做什么直接告诉我，比如 {choice_link('近期活动')}、{choice_link('我的活动')}。")
    return Text("好的，有需要随时叫我。")


@leftover.words(*DECLINE, "没事", "没事了", "没了", "没有了", "不需要", "不用谢")
def nothing_to_refuse(ctx: Context) -> Reply:
    return Text("好的，需要的时候再叫我。")


def _own(ctx: Context) -> list[registrations.Mine]:
    person = person_id(ctx)
    return registrations.mine(ctx.db, person, ctx.now) if person is not None else []


def _entry(ctx: Context, label: str, entry: str, *words: str) -> Choice | None:
    """A choice that is answered from the library; None where the operators have no such entry."""
    if ctx.answer_of(entry) is None:
        return None
    return Choice(label, "faq.chosen", {"entry": entry}, [*words])


def _ask(ctx: Context, question: str, *choices: Choice | None) -> Reply:
    offered = [choice for choice in choices if choice is not None]
    ctx.session.expect(offered)
    lines = [f"{number}. {choice_link(choice.label)}" for number, choice in enumerate(offered, start=1)]
    return Text(f"{question}\n" + "\n".join(lines) + "\n回复序号即可；都不是，请多说几个字，或回复 人工。")
