"""Signing up: which activity, what would refuse it, the short form, and the outcome."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE, Field, Form, Forms, Unclear, Values
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import distance, span
from bot.services import activities as activity_rules
from bot.services import people, registrations
from bot.services.profiles import masked_name, masked_phone, normal_name, normal_phone
from bot.services.refusals import NameInvalid, PhoneInvalid, ProfileMissing, Refused
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text, choice_link
from handlers import activities, asking, reference, refusals
from handlers.contact import follower, person_id

router = Router("sign_up")

CONSENT_PURPOSE = "sign_up"
CONSENT_VERSION = "2026-11"
TEAM = 5
"""From so many on a team signs up with a list of names, through the office."""
QUEUE_WORDS = ["排队", "排", "候补", "排候补", "直接报上", *AGREE]


# -- signing up --------------------------------------------------------------------------------------


@router.intent("sign_up.start")
@router.words("报名", "我要报名", "我想报名", "报")
def start(ctx: Context) -> Reply:
    if ctx.text and asking.asks(ctx.text):
        return activities.show_detail(ctx)  # 报名图书馆那个要带什么 asks before it decides
    meant = reference.meant(ctx, own_first=False)
    if not meant and ctx.session.focus is not None:
        meant = [ctx.session.focus]
    return _begin_one_of(ctx, meant)


@router.pattern(r"(?:我要|我想|帮我|给我|我们.{0,8}|我[和跟与].{1,8})?(?:一起)?(?:报名?|参加)\s*(?P<what>\S.{0,40})")
def start_named(ctx: Context) -> Reply | None:
    """报 1, 报名 A12, 报名 河道清洁. What names no activity, or asks about it, goes on to be understood."""
    what = asking.decided(ctx.args["what"])
    ctx.args = {}
    if asking.asks(what):
        return None
    meant = reference.meant(ctx, what, own_first=False)
    code = reference.CODE.fullmatch(what)
    if not meant and code:
        return activities.not_found(code.group(1))
    return _begin_one_of(ctx, meant) if meant else None


def _begin_one_of(ctx: Context, meant: list[int]) -> Reply:
    if not meant:
        return activities.list_activities(ctx)
    if len(meant) > 1:
        return activities.ask_which(ctx, meant, "sign_up.start", "您想报哪一个？")
    return _begin(ctx, meant[0])


def _begin(ctx: Context, shift_id: int) -> Reply:
    """Say at once what would refuse later; ask whether to wait in line; then the form."""
    ctx.session.focus = shift_id
    for refusal in registrations.objections(ctx.db, shift_id, person_id(ctx), ctx.now):
        if not isinstance(refusal, ProfileMissing):  # that is what the form is for
            raise refusal
    it = activity_rules.detail(ctx.db, shift_id, ctx.now)
    if it.free > 0 and it.waiting == 0:
        return _fill_in(ctx, it)
    ctx.session.expect(
        [
            Choice("排队", "sign_up.queue", {"shift_id": shift_id}, QUEUE_WORDS),
            Choice("不用", "sign_up.leave", {}, [*DECLINE]),
        ],
        fleeting=True,
    )
    return Text(
        f"“{it.title}”名额已满（{it.capacity}/{it.capacity}）。要排候补吗？您会是第{it.waiting + 1}位；"
        f"有空位时我发消息给您，您在时限内回复 确认 就报上了。\n{choice_link('排队')}　{choice_link('不用')}"
    )


@router.intent("sign_up.queue")
def queue(ctx: Context) -> Reply:
    return _fill_in(ctx, activity_rules.detail(ctx.db, int(ctx.args["shift_id"]), ctx.now))


def _fill_in(ctx: Context, it: activity_rules.Detail) -> Reply:
    """Open the form; a first question says what it is for."""
    asked = FORMS.start(ctx, "sign_up", {"shift_id": it.shift_id})
    opened = ctx.session.form
    if opened is None or not isinstance(asked, Text):
        return asked
    if not opened.at:
        return Text(_companions(ctx, it) + asked.content)
    return Text(f"{it.code} {it.title}，{span(it.starts_at, it.ends_at, ctx.zone)}。\n{_companions(ctx, it)}第一次报名，{asked.content}")


def _companions(ctx: Context, it: activity_rules.Detail) -> str:
    """我们三个人报: each says so himself, and the others are told how."""
    party = ctx.understanding.slots.party_size if ctx.text else None
    if party is None or party < 2:
        return ""
    seats = f"还剩{it.free}个名额，" if it.free < party else ""
    if party >= TEAM:
        return f"（{seats}{party}个人一起来，请打 {ctx.settings.organisation.phone} 集体报名，老师按名单留名额；这里先报您本人。）\n"
    return f"（{seats}每个人要自己确认才算报名：这里先报您本人，请同伴也关注本号，回复 报名 {it.code}。）\n"


@router.intent("sign_up.leave")
def leave(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text(f"好的。想看看别的，回复 {choice_link('活动')}。")


# -- the form ----------------------------------------------------------------------------------------

NOT_A_NAME = re.compile(r"[吗呢么吧啊呀？?]$|什么|怎么|多少|几点|哪|为啥|报名|取消|活动|人工|帮助|[我你]|了$|[不想][报去想要用知填行能会是给问参看]|[这那]个|还有|儿子|女儿|孩子|有没|没有|保险|时长|证明|可以")
CALLED = re.compile(r"^(?:我叫|我是|姓名|名字|叫)[是:： ]*")


LONGEST_HAN = re.compile(r"[一-鿿]{9}")
"""More characters without a dot between them are a sentence."""


def parse_name(text: str) -> str:
    said = CALLED.sub("", text.strip()).strip("。.,， ！!")
    try:
        name = normal_name(said)
    except NameInvalid:
        name = ""
    if not name or NOT_A_NAME.search(name) or LONGEST_HAN.search(name):
        raise Unclear("请发您的真实姓名，比如：王晓雨。（回复 取消 可以退出）")
    return name


def parse_phone(text: str) -> str:
    try:
        return normal_phone(text)
    except PhoneInvalid:
        if not re.search(r"\d", text):
            raise Unclear("还要您的11位手机号，用来联系您和投保，不公开。（回复 返回 改姓名，回复 取消 退出）") from None
        raise Unclear("这个号码好像不对，请发11位手机号，比如：13812345678。（回复 返回 改姓名，回复 取消 退出）") from None


def _registered(ctx: Context) -> str | None:
    """"" for somebody whose name and phone we already keep: nothing is asked, nothing is changed."""
    return "" if person_id(ctx) is not None else None


def _summary(ctx: Context, values: Values) -> str:
    it = activity_rules.detail(ctx.db, int(values["shift_id"]), ctx.now)
    who = _who(ctx, values)
    lines = [
        f"{it.code} {it.title}｜{span(it.starts_at, it.ends_at, ctx.zone)}｜{it.place}",
        f"风险提示：{it.risk}" if it.risk else "",
        it.insurance,
        "" if it.free else f"（名额已满，这次是排候补，您会是第{it.waiting + 1}位）",
        "" if not values["phone"] else _consent(ctx),
        f"用 {who} 报名，请回复 {choice_link('确认')}；要改资料回复 {choice_link('修改')}，不报了回复 取消。",
    ]
    return "\n".join(line for line in lines if line)


def _who(ctx: Context, values: Values) -> str:
    if values["phone"]:
        return f"{masked_name(values['name'])} {masked_phone(values['phone'])}"
    person = follower(ctx).person
    assert person is not None
    return f"{masked_name(person.name)} {people.phone_masked(ctx.cipher, person)}"


def _consent(ctx: Context) -> str:
    office = ctx.settings.organisation
    return (
        f"个人信息说明：{office.short_name}收集您的姓名和手机号，只用于本次及以后报名的联系、投保和志愿服务记录，不公开、不外传；"
        f"手机号加密保存，查询、更正、删除请拨 {office.phone}。回复 确认 即表示同意。"
    )


def _submit(ctx: Context, values: Values) -> Reply:
    """Rows for the person, the consent and the seat; what refuses the seat still keeps the person."""
    writing(ctx.db)
    row = follower(ctx)
    if values["phone"]:
        person = people.save_profile(ctx.db, ctx.cipher, row, values["name"], values["phone"], ctx.now)
        people.consent(ctx.db, person, CONSENT_PURPOSE, CONSENT_VERSION, ctx.now)
    assert row.person_id is not None
    shift_id = int(values["shift_id"])
    try:
        outcome = registrations.sign_up(
            ctx.db, shift_id, row.person_id, ctx.openid, ctx.now, rules=Rules.of(ctx.settings)
        )
    except Refused as refused:
        said = refusals.reply(ctx, refused)
        assert said is not None
        return said
    return Text(_outcome(ctx, shift_id, outcome))


def _outcome(ctx: Context, shift_id: int, outcome: registrations.Outcome) -> str:
    it = activity_rules.detail(ctx.db, shift_id, ctx.now)
    if outcome.state == "waiting":
        return (
            f"“{it.title}”已满，您已进入候补，排在第{outcome.place_in_line}位。有空位会通知您，请留意消息。\n"
            f"不想等了请回复 取消 {it.code}。"
        )
    near = outcome.close_by[0] if outcome.close_by else None
    lines = [
        f"✅ 报名成功：{it.title}",
        f"{span(it.starts_at, it.ends_at, ctx.zone)} {distance(it.starts_at, ctx.now, ctx.zone)}｜{it.place}",
        f"请带：{it.bring}" if it.bring else "",
        f"提醒：它和您报的“{near.title}”间隔不到1小时，注意安排路上的时间。" if near else "",
        f"还剩{outcome.free}个名额。" if outcome.free else "您占到了最后一个名额。",
        f"开始前会提醒您，去不了请尽早回复 取消 {it.code}。",
    ]
    return "\n".join(line for line in lines if line)


FORMS = Forms(
    (
        Form(
            name="sign_up",
            fields=(
                Field("name", "请留下您的姓名：", parse_name, known=_registered),
                Field("phone", "请留下您的手机号：", parse_phone, known=_registered),
            ),
            summary=_summary,
            done=_submit,
            left="好的，没有报名。想报的时候随时再来。",
        ),
    )
)
