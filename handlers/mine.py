"""What one has ahead: 我的活动, cancelling, and taking or leaving an offered seat."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import brief, moment, span
from bot.language.numerals import choice as choice_number
from bot.language.text import bare
from bot.services import registrations
from bot.services.refusals import NotRegistered
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text, choice_link
from handlers import activities, asking, reference
from handlers.contact import person_id

router = Router("mine")

CONFIRMED = "sign_up.cancel_confirmed"
CASUAL = frozenset(AGREE) - {"确认", "确定", "同意"}
ILL = re.compile("发烧|生病|感冒|不舒服|住院|受伤|骨折|拉肚子|过敏|病了")
NOTHING_TO_CANCEL = "您现在没有报名，没有可以取消的。以后报了名去不了，回复 取消 加活动编号就行，比如 取消 A12。"
STAY = ("还是去", "还是去吧", "算了还是去吧", "我还是去", "我去", "留着")
STATE_WORDS = {
    "confirmed": "已报名", "waiting": "候补第{place}位", "offered": "有空位，等您确认", "pending": "等负责人审核",
    "checked_in": "已签到，离开前请签退", "checked_out": "已签退", "unclosed": "等您补签退", "completed": "已完成",
}  # fmt: skip


@router.intent("sign_up.mine")
@router.words("我的活动", "我的报名", "我报了什么", "我报名的活动")
def mine(ctx: Context) -> Reply:
    mine_now = reference.own(ctx)
    if not mine_now:
        return Text(f"您现在没有报名的活动。看看 {choice_link('近期活动')} 有没有喜欢的？")
    ctx.session.shown = [one.shift_id for one in mine_now]
    ctx.session.focus = mine_now[0].shift_id if len(mine_now) == 1 else None
    ctx.session.expect([Choice(one.code, "activities.detail", {"shift_id": one.shift_id}) for one in mine_now])
    lines = [
        f"{number}. {one.code} {one.title}　{_state(one)}\n{brief(one.starts_at, one.ends_at, ctx.zone)}"
        for number, one in enumerate(mine_now, start=1)
    ]
    return Text("您的活动：\n" + "\n".join(lines) + f"\n去不了请回复 取消 加编号，比如 取消 {mine_now[0].code}。")


def _state(one: registrations.Mine) -> str:
    together = f"（{one.party_size}人）" if one.party_size > 1 else ""
    return STATE_WORDS[one.state].format(place=one.place_in_line) + together


# -- cancelling --------------------------------------------------------------------------------------


@router.pattern(r"确认取消\s*(?P<what>[A-Za-z]\d{2,3})?[\s,，。]*(?P<reason>.{0,80})")
def confirm_named(ctx: Context) -> Reply | None:
    """确认取消 A12 发烧: the second step, with a reason if one was given."""
    what, reason = ctx.args["what"], ctx.args["reason"] or ""
    asked = [int(choice.args["registration_id"]) for choice in ctx.session.choices if choice.intent == CONFIRMED]
    if what:
        asked = [one.registration_id for one in _among_mine(ctx, what)]
    if not asked and not reference.own(ctx):
        return Text(NOTHING_TO_CANCEL)
    if len(asked) != 1:
        return None
    ctx.args = {"registration_id": asked[0], "reason": reason.strip()}
    return cancel_confirmed(ctx)


@router.pattern(r"(?:我要|我想|帮我)?(?:取消|退)(?:报名)?\s*(?P<what>\S.{0,40})?")
def cancel_named(ctx: Context) -> Reply | None:
    """取消, 取消 A12, 取消报名 河道清洁; 取消 A12 会扣分吗 only asks."""
    what = ctx.args["what"] or ""
    ctx.args = {}
    if asking.asks(what):
        return None
    named = _among_mine(ctx, what) if what else reference.own(ctx)
    if not named:
        code = reference.CODE.fullmatch(what)
        if code:
            raise NotRegistered()
        return None if what else Text(NOTHING_TO_CANCEL)
    return _cancel_one_of(ctx, named, explicit=_is_explicit(ctx, what, named))


@router.intent("sign_up.cancel")
def cancel(ctx: Context) -> Reply:
    if "shift_id" in ctx.args:
        chosen = [one for one in reference.own(ctx) if one.shift_id == int(ctx.args["shift_id"])]
        return _cancel_one_of(ctx, chosen, explicit=True) if chosen else mine(ctx)
    named = _among_mine(ctx, ctx.text)
    return _cancel_one_of(ctx, named or reference.own(ctx), explicit=False)


def _among_mine(ctx: Context, what: str) -> list[registrations.Mine]:
    """Own registrations that ``what`` names: by title or code, or by a number in the list just shown."""
    own = reference.own(ctx)
    ids = reference.among(what, own) or reference.meant(ctx, what)
    return [one for one in own if one.shift_id in ids]


def _is_explicit(ctx: Context, what: str, named: list[registrations.Mine]) -> bool:
    """A code, a number in the list or words of the title; a day or a kind (周六的, 捡垃圾的) is asked about first."""
    by_title = reference.titled(what, named, shortest=reference.SHORTEST_PART)
    by_number = choice_number(what, len(ctx.session.shown)) or reference.ORDINAL.search(what)
    return bool(reference.CODE.search(what) or by_number or by_title)


def _cancel_one_of(ctx: Context, named: list[registrations.Mine], *, explicit: bool) -> Reply:
    """Cancelling is never guessed: several are asked about, one is confirmed unless it was named and is in time."""
    if not named:
        return Text(NOTHING_TO_CANCEL)
    if len(named) > 1:
        return activities.ask_which(ctx, [one.shift_id for one in named], "sign_up.cancel", "要取消哪一个？")
    one = named[0]
    late = registrations.would_be_late(ctx.db, one.registration_id, ctx.now, rules=Rules.of(ctx.settings))
    if explicit and not late:
        return _cancel(ctx, one.registration_id, "")
    ctx.session.expect(
        [
            Choice("确认取消", CONFIRMED, {"registration_id": one.registration_id}, [*AGREE]),
            Choice("不取消", "sign_up.keep", {}, [*DECLINE, *STAY]),
        ],
        fleeting=True,
    )
    note = (
        f"距开始不到{ctx.settings.registrations.cancel_free_hours}小时，会记为“迟到取消”（生病等原因可以写在后面，不扣时长不扣益币，不影响您以后报名）。\n"
        if late
        else ""
    )
    return Text(
        f"{one.code} {one.title}（{moment(one.starts_at, ctx.zone)}），确定取消吗？\n{note}"
        f"请回复 {choice_link('确认取消')}，可以带上原因；不取消回复 {choice_link('不取消')}。"
    )


@router.intent("sign_up.keep")
def keep(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text("好的，没有取消，位置还给您留着。")


@router.intent(CONFIRMED)
def cancel_confirmed(ctx: Context) -> Reply:
    return _cancel(ctx, int(ctx.args["registration_id"]), str(ctx.args.get("reason", "")))


def _cancel(ctx: Context, registration_id: int, reason: str) -> Reply:
    writing(ctx.db)
    done = registrations.cancel(
        ctx.db, registration_id, ctx.now, reason, person_id=_person(ctx), rules=Rules.of(ctx.settings)
    )
    ctx.session.expect([])
    note = "，记为迟到取消" if done.late else ""
    handed = "，名额让给候补的同伴了" if done.passed_on and not done.late else ""
    because = f"（原因：{reason}）" if reason else ""
    told = ("已通知负责人和候补第1位。" if done.passed_on else "已通知负责人。") if done.late else ""
    wish = "祝早日康复！" if ILL.search(reason) else "谢谢您提前告诉我们，下次再见！"
    return Text(f"已取消 {done.code} {done.title}{because}{note}{handed}。{told}{wish}")


def _person(ctx: Context) -> int:
    """Authority comes from the bound openid: only one's own registrations."""
    person = person_id(ctx)
    if person is None:
        raise NotRegistered
    return person


# -- an offered seat ---------------------------------------------------------------------------------


@router.pattern(r"确认\s*(?P<what>[A-Za-z]\d{2,3})?")
def take_named(ctx: Context) -> Reply | None:
    return _answer_offer(ctx, ctx.args["what"], accept=True)


@router.pattern(r"(?:不去了?|我?去不了|放弃)\s*(?P<what>[A-Za-z]\d{2,3})?[了吧。！!]*")
def pass_named(ctx: Context) -> Reply | None:
    return _answer_offer(ctx, ctx.args["what"], accept=False)


@router.intent("sign_up.confirm_offer")
@router.words(*AGREE)
def take(ctx: Context) -> Reply | None:
    """好 accepts an offer only as the next thing said after it; later it may be about anything, so it is asked back."""
    if bare(ctx.text) in CASUAL and (spoken := _spoken_since(ctx)):
        return Text(
            f"您是说要 {spoken.code}“{spoken.title}”空出来的名额吗？要请回复 {choice_link(f'确认 {spoken.code}')}，"
            f"不要请回复 {choice_link('不去了')}。"
        )
    return _answer_offer(ctx, None, accept=True)


def _spoken_since(ctx: Context) -> registrations.OpenOffer | None:
    """An open offer after which the follower has spoken of other things already."""
    person = person_id(ctx)
    offered = registrations.open_offers(ctx.db, person, ctx.now) if person is not None else []
    noted = ctx.follower.last_message_at  # not every message is noted: the session knows of the latest
    spoken = max(noted.timestamp() if noted else 0.0, ctx.session.spoken_at)
    return next((one for one in offered if spoken > one.offered_at.timestamp()), None)


@router.intent("sign_up.decline_offer")
def decline(ctx: Context) -> Reply | None:
    return _answer_offer(ctx, None, accept=False)


def _answer_offer(ctx: Context, code: str | None, *, accept: bool) -> Reply | None:
    """None when nothing is offered: then 确认 or 不去了 means something else."""
    person = person_id(ctx)
    offered = registrations.open_offers(ctx.db, person, ctx.now) if person is not None else []
    if code:
        offered = [one for one in offered if one.code == code.upper()]
    if not offered:
        return _no_offer(ctx, code, accept=accept)
    if len(offered) > 1:
        return Text("您有多个空位等确认，请带上编号，比如：" + "、".join(f"确认{one.code}" for one in offered))
    writing(ctx.db)
    one = offered[0]
    if accept:
        registrations.accept_offer(ctx.db, one.registration_id, ctx.now, rules=Rules.of(ctx.settings))
        return Text(
            f"✅ 报名成功：{one.title}\n{span(one.starts_at, one.ends_at, ctx.zone)}｜{one.place}\n"
            f"开始前会提醒您，去不了请尽早回复 取消 {one.code}。"
        )
    registrations.decline_offer(ctx.db, one.registration_id, ctx.now, rules=Rules.of(ctx.settings))
    return Text(f"没关系，名额已让给下一位，不影响您的记录。想再排可回复 报名 {one.code}（排到队尾）。")


def _no_offer(ctx: Context, code: str | None, *, accept: bool) -> Reply | None:
    if code and accept:
        code = code.upper()
        return Text(f"{code} 现在没有等您确认的空位，可能已过时限让给了下一位。想再排可回复 报名 {code}。")
    own = reference.own(ctx)
    return cancel(ctx) if not accept and own and ctx.text else None

