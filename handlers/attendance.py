"""签到, 签退, six digits, a sheet that was scanned, a place, a picture: what became of each, and what to do next."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.context import Context
from bot.conversation.inbox import delivery_key
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.text import bare
from bot.services import audience, check_in, places
from bot.services.announcements import notify
from bot.services.check_in import Tried
from bot.services.nearby import Nearby, nearby
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.storage.models import Activity, Registration, Shift
from bot.wechat.messages import Image, Location, Scan, ScanCode
from bot.wechat.replies import Reply, Text, choice_link
from handlers import attendance_words as words
from handlers import presence_appeals
from handlers.contact import person_id

router = Router("attendance")
sheets = Router("sheets")

PHOTO_WITHIN = timedelta(hours=3)
NO_SMS_CODES = "如果是短信验证码，请不要发给任何人，我们从不向您要验证码。"


@router.words("签到", "我要签到", "签到码", "怎么签到", "签退", "我要签退", "打卡", "我要打卡", "到场签到")
def how(ctx: Context) -> Reply:
    """What is to be done now, for the shift that is nearest."""
    near = _near(ctx)
    if not near:
        return Text(
            "您在24小时内没有报名的活动，还不用签到。\n"
            "活动当天到集合点，发负责人出示的6位签到码就行；离开前再发签退码，时长就按这两个时间算。\n"
            f"看看自己报了哪些：{choice_link('我的活动')}；忘了签到或签退：{choice_link('忘记签退了怎么办')}"
        )
    ctx.session.focus = near[0].shift_id
    return Text(words.next_step(ctx, near[0]))


@router.intent("attendance.here")
@router.words("我到了", "到了", "我到啦", "我已经到了", "我去了", "我参加了", "我来了", "我到场了")
@router.pattern(r"(?:我们?)?(?:已经?|都)?到(?:达)?了?(?:现场|集合点|集合地点|地方)(?:了|啦)")
def here(ctx: Context) -> Reply:
    """On the spot it means 签到; once it is over, that the record is wrong."""
    near = _near(ctx)
    if near and near[0].is_open(ctx.now) and ctx.now <= near[0].ends_at:
        return how(ctx)
    return presence_appeals.was_there(ctx) or how(ctx)


@router.pattern(r"\d{6}")
def six_digits(ctx: Context) -> Reply:
    """A check-in code is tried against one's own shifts; a code from a text message is nobody's but the follower's."""
    person = person_id(ctx)
    tried = None
    if person is not None:
        tried = check_in.by_code(
            ctx.db, ctx.cipher, person, bare(ctx.text),
            openid=ctx.openid, nonce=_nonce(ctx), now=ctx.now, rules=_rules(ctx),
        )  # fmt: skip
    if tried is None:
        return Text(
            "这个码现在没有对应的活动。\n"
            f"如果是现场的签到码，请先看看 {choice_link('我的活动')} 里有没有这一场，没有就当面找负责人。\n{NO_SMS_CODES}"
        )
    said = _said(ctx, tried)
    return Text(f"{said}\n{NO_SMS_CODES}" if tried.verdict in ("wrong_code", "outside_window") else said)


@sheets.when(lambda ctx: isinstance(ctx.message, Scan | ScanCode) and check_in.SCENE in _scanned(ctx))
def sheet(ctx: Context) -> Reply:
    return Text(by_sheet(ctx, _scanned(ctx)))


def by_sheet(ctx: Context, scanned: str) -> str:
    """The words for a scanned sheet; empty when it is none."""
    if check_in.SCENE not in scanned:
        return ""
    person = person_id(ctx)
    tried = None
    if person is not None:
        tried = check_in.by_sheet(
            ctx.db, ctx.cipher, person, scanned, openid=ctx.openid, nonce=_nonce(ctx), now=ctx.now, rules=_rules(ctx)
        )
    if tried is None:
        return f"这是现场的签到码，不过名单里没有您这一场。请看看 {choice_link('我的活动')}，或者当面找负责人。"
    return _said(ctx, tried)


@router.message(Location)
def place(ctx: Context) -> Reply | None:
    """After a right code; otherwise a place is somebody else's to answer."""
    assert isinstance(ctx.message, Location)
    person = person_id(ctx)
    if person is None:
        return None
    where = (ctx.message.latitude, ctx.message.longitude)
    tried = check_in.by_place(
        ctx.db, ctx.cipher, person, *where, openid=ctx.openid, nonce=_nonce(ctx), now=ctx.now, rules=_rules(ctx)
    )
    if tried is None:
        near = _near(ctx)
        if not near or not near[0].is_open(ctx.now) or near[0].state not in ("confirmed", "checked_out"):
            return None
        return Text(f"位置收到了（没有保存）。{words.next_step(ctx, near[0])}")
    if tried.verdict == "needs_person":
        return Text(f"您还没有同意用位置核对，刚才的位置没有保存。\n{_ask_for_place(ctx, tried)}")
    return Text(_said(ctx, tried))


@router.message(Image)
def picture(ctx: Context) -> Reply | None:
    """Whoever was too far away, or would not show the place, may show where they are otherwise."""
    assert isinstance(ctx.message, Image)
    person = person_id(ctx)
    event = check_in.waiting(ctx.db, person, ctx.now, PHOTO_WITHIN) if person is not None else None
    if event is None or event.registration_id is None:
        return None
    writing(ctx.db)
    registration = ctx.db.get_one(Registration, event.registration_id)
    activity = ctx.db.get_one(Activity, ctx.db.get_one(Shift, registration.shift_id).activity_id)
    for openid in audience.of_leaders(ctx.db, activity):
        key = f"{event.id}:{openid}"
        notify(ctx.db, openid, "attendance.photo", key, ctx.now, urgent=True, registration_id=registration.id)
    return Text(
        f"照片收到了，已经告诉负责人您在现场。请他当面看一眼照片，回复 到 {words.own_name(ctx)}，"
        f"您的签到就从{words.clock_of(ctx, event.captured_at)}算起。"
    )


# -- the consent to look at a place -------------------------------------------------------------------


@router.intent("attendance.agree_place")
@router.words("同意用位置", "同意发位置")
def agree(ctx: Context) -> Reply | None:
    person = person_id(ctx)
    if person is None:
        return None
    places.agree(ctx.db, person, ctx.now)
    ctx.session.expect([])
    return Text(f"谢谢。{words.SEND_PLACE}\n以后想收回，随时回复 收回位置同意。")


@router.intent("attendance.refuse_place")
@router.words("不用位置", "收回位置同意", "撤回位置同意", "不同意用位置")
def refuse(ctx: Context) -> Reply | None:
    person = person_id(ctx)
    if person is None:
        return None
    places.refuse(ctx.db, person, ctx.now)
    ctx.session.expect([])
    waits = check_in.waiting(ctx.db, person, ctx.now)
    since = f"，签到从{words.clock_of(ctx, waits.captured_at)}算起" if waits else ""
    return Text(
        f"好的，不看您的位置，也不影响参加。签到时当面跟负责人说一声，请他回复 到 {words.own_name(ctx)} 就行{since}。\n"
        "改主意了回复 同意用位置。"
    )


def _ask_for_place(ctx: Context, tried: Tried) -> str:
    """Once, with what for, how long and what happens otherwise (个人信息保护法 第29、30条)."""
    ctx.session.expect(
        [
            Choice("同意用位置", "attendance.agree_place", {}, ["同意", "好", "好的", "可以"]),
            Choice("不用位置", "attendance.refuse_place", {}, ["不同意", "不用", "不要", "不"]),
        ]
    )
    days = ctx.settings.attendance.keep_places_days
    return (
        "这一场要核对人在集合点，需要您单独同意：\n"
        f"· 只看您发来的这一次位置，算出离集合点多远，不会跟踪您；\n· 坐标{days}天后删除，只留距离和结果，不作他用；\n"
        "· 不同意也能参加，由负责人当面确认。\n"
        f"1. {choice_link('同意用位置')}\n2. {choice_link('不用位置')}"
    )


def _said(ctx: Context, tried: Tried) -> str:
    """A right code where the place is known: asked for, or the leader's word instead."""
    ctx.session.focus = tried.near.shift_id
    if tried.verdict != "needs_person" or tried.kind == "out":
        return words.outcome(ctx, tried)
    noted = f"码正确，{words.clock_of(ctx, tried.at)}先给您记下了。"
    if tried.consent == "given":
        return f"{noted}{words.SEND_PLACE}"
    if tried.consent == "refused":
        return (
            f"{noted}您选了不用位置，请当面找负责人，由他回复 到 {words.own_name(ctx)}。想改用位置就回复 同意用位置。"
        )
    return f"{noted}\n{_ask_for_place(ctx, tried)}"


def _scanned(ctx: Context) -> str:
    message = ctx.message
    return message.scene if isinstance(message, Scan) else message.result if isinstance(message, ScanCode) else ""


def _near(ctx: Context) -> list[Nearby]:
    person = person_id(ctx)
    return nearby(ctx.db, person, ctx.now, _rules(ctx)) if person is not None else []


def _nonce(ctx: Context) -> str:
    """One for each message of WeChat, however often it is delivered."""
    return f"wechat:{delivery_key(ctx.message)}"


def _rules(ctx: Context) -> Rules:
    return Rules.of(ctx.settings)
