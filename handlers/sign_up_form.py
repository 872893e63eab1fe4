"""The form of signing up: only what this shift needs to know, what is agreed to, and what became of it."""

from __future__ import annotations

import re
from datetime import date

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, Field, Form, Unclear, Values
from bot.language import birthdays
from bot.language.dates import distance, span
from bot.services import (
    activities,
    agreements,
    identity_numbers,
    invitations,
    newcomers,
    people,
    purposes,
    registrations,
    reservations,
)
from bot.services.profiles import masked_name, masked_phone, normal_name, normal_phone
from bot.services.refusals import IdentityInvalid, NameInvalid, PhoneInvalid, ProfileMissing, Refused
from bot.services.refusals.registrations import AgreementRequired
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text, choice_link
from handlers import pages, refusals
from handlers.contact import follower, person_id

CONSENT_PURPOSE, CONSENT_VERSION = purposes.SIGN_UP, purposes.VERSION

NOT_A_NAME = re.compile(r"[吗呢么吧啊呀？?]$|什么|怎么|多少|几点|哪|为啥|报名|取消|活动|人工|帮助|[我你]|了$|[不想][报去想要用知填行能会是给问参看]|[这那]个|还有|儿子|女儿|孩子|有没|没有|保险|时长|证明|可以|同意|撤回|名单|签到|签退|申诉|待办|益币|兑换|队伍|退队|星级|志愿者")
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


def parse_birth(text: str) -> str:
    day = birthdays.read(text)
    if day is None:
        raise Unclear("请发出生年月日，比如：2008-05-01。（回复 返回 改前面的，回复 取消 退出）")
    return day.isoformat()


def parse_id(text: str) -> str:
    try:
        return identity_numbers.normal(text)
    except IdentityInvalid:
        raise Unclear("这个身份证号好像不对，请核对18位号码再发一次。（回复 返回 改前面的，回复 取消 退出）") from None


def parse_agreement(text: str) -> str:
    if re.sub(r"[\W_]", "", text) not in (*AGREE, "我同意", "同意签", "已阅读并同意"):
        raise Unclear("同意请回复 同意；不同意回复 取消，就不报了。")
    return "同意"


def _registered(ctx: Context) -> str | None:
    """"" for somebody whose name and phone we already keep: nothing is asked, nothing is changed."""
    return "" if person_id(ctx) is not None else None


def _wanted(ctx: Context, refusal: type[Refused]) -> list[Refused]:
    opened = ctx.session.form
    if opened is None:
        return []
    found = registrations.objections(ctx.db, int(opened.values["shift_id"]), person_id(ctx), ctx.now)
    return [one for one in found if isinstance(one, refusal)]


def _missing(ctx: Context) -> tuple[str, ...]:
    return tuple(name for one in _wanted(ctx, ProfileMissing) if isinstance(one, ProfileMissing) for name in one.fields)


def _id_known(ctx: Context) -> str | None:
    return None if "id" in _missing(ctx) else ""


def _birth_known(ctx: Context) -> str | None:
    """The identity number says it, too."""
    missing = _missing(ctx)
    return None if "birth_date" in missing and "id" not in missing else ""


def _agreed(ctx: Context) -> str | None:
    if person_id(ctx) is not None:
        return None if _wanted(ctx, AgreementRequired) else ""
    opened = ctx.session.form
    shift_id = int(opened.values["shift_id"]) if opened else 0
    return None if registrations.needs_agreement(ctx.db, shift_id) else ""


def _summary(ctx: Context, values: Values) -> str:
    it = activities.detail(ctx.db, int(values["shift_id"]), ctx.now)
    held = values.get("code") or values.get("reservation_id")
    size, approval = _party(values).size, registrations.needs_approval(ctx.db, it.shift_id)
    lines = [
        f"{it.code} {it.title}｜{span(it.starts_at, it.ends_at, ctx.zone)}｜{it.place}",
        f"风险提示：{it.risk}" if it.risk else "",
        it.insurance,
        "（负责人审核后才算报上，结果会通知您）" if approval else "",
        f"（名额已满，这次是排候补，您会是第{it.waiting + 1}位）" if it.free < size and not held and not approval else "",
        _about_party(values),
        "" if not values["phone"] else _consent(ctx),
        f"用 {_who(ctx, values)} 报名，请回复 {choice_link('确认')}；要改资料回复 {choice_link('修改')}，不报了回复 取消。",
    ]
    return "\n".join(line for line in lines if line)


def _about_party(values: Values) -> str:
    party = _party(values)
    if party.children:
        return f"您带{len(party.children)}个孩子一起，共占{party.size}个名额。"
    if party.friends:
        return f"您和{party.friends}位同伴一起，先留{party.size}个名额；每个人要自己确认才算报名，报好后给您邀请码。"
    return ""


def _party(values: Values) -> registrations.Party:
    return registrations.Party(tuple(values.get("children", ())), int(values.get("friends", 0)))


def _who(ctx: Context, values: Values) -> str:
    if values["phone"]:
        return f"{masked_name(values['name'])} {masked_phone(values['phone'])}"
    person = follower(ctx).person
    assert person is not None
    return f"{masked_name(person.name)} {people.phone_masked(ctx.cipher, person)}"


def _consent(ctx: Context) -> str:
    full = pages.public_link(ctx, "/privacy", "全文")
    return f"{purposes.before_first(ctx.settings.organisation)}{full}{' ' if full else ''}回复 确认 即表示同意。"


def _submit(ctx: Context, values: Values) -> Reply:
    """Rows for the person, the consent and the seat; what refuses the seat still keeps the person."""
    writing(ctx.db)
    row, shift_id = follower(ctx), int(values["shift_id"])
    person = newcomers.keep(ctx.db, ctx.cipher, row, shift_id, _told(values), ctx.now, Rules.of(ctx.settings))
    try:
        return Text(_signed_up(ctx, shift_id, person, values))
    except Refused as refused:
        said = refusals.reply(ctx, refused)
        assert said is not None
        return said


def _told(values: Values) -> newcomers.Told:
    born = date.fromisoformat(values["birth"]) if values.get("birth") else None
    known = {name: values.get(name) or "" for name in ("name", "phone")}
    return newcomers.Told(**known, birth=born, id_number=values.get("id", ""), agreed=bool(values.get("agreed")))


def _signed_up(ctx: Context, shift_id: int, person: int, values: Values) -> str:
    rules, party = Rules.of(ctx.settings), _party(values)
    if values.get("reservation_id"):
        outcome = reservations.join(
            ctx.db, int(values["reservation_id"]), person, ctx.openid, ctx.now, rules=rules
        )  # fmt: skip
    elif values.get("code"):
        outcome = invitations.join(ctx.db, ctx.cipher, values["code"], person, ctx.openid, ctx.now, rules=rules)
    else:
        outcome = registrations.sign_up(
            ctx.db, shift_id, person, ctx.openid, ctx.now, party=party, auto_accept=bool(values.get("auto")), rules=rules
        )
    said = outcome_text(ctx, shift_id, outcome, auto=bool(values.get("auto")))
    if party.friends:
        code = invitations.invite(ctx.db, ctx.cipher, outcome.registration_id, party.friends, ctx.now)
        said += (
            f"\n给同伴留了{party.friends}个名额：请把这句话转给对方——关注本号，回复 加入 {code}。"
            "24小时内没有确认的名额会放出来。"
        )
    return said


def outcome_text(ctx: Context, shift_id: int, outcome: registrations.Outcome, *, auto: bool = False) -> str:
    it = activities.detail(ctx.db, shift_id, ctx.now)
    if outcome.state == "pending":
        return f"已提交“{it.title}”的报名，等负责人审核，结果会通知您。不想报了请回复 取消 {it.code}。"
    if outcome.state == "waiting":
        then = "一有空位就直接帮您报上，报上了会通知您" if auto else "有空位会通知您，请留意消息"
        more = "" if auto else f"要有空位就直接帮您报上吗？回复 {choice_link('直接报上')}。\n"
        return (
            f"“{it.title}”已满，您已进入候补，排在第{outcome.place_in_line}位。{then}。\n{more}"
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


FORM = Form(
    name="sign_up",
    fields=(
        Field("name", "请留下您的姓名：", parse_name, known=_registered),
        Field("phone", "请留下您的手机号：", parse_phone, known=_registered),
        Field("id", "这场活动按名单投保，请发您的18位身份证号（加密保存，只交给保险公司投保用；发来就是同意，不想给请回复 取消）：", parse_id, known=_id_known, editable=False),
        Field(
            "birth", "这场活动有年龄要求，请发出生日期，比如 2008-05-01：", parse_birth, known=_birth_known, editable=False
        ),
        Field(
            "agreed",
            f"按{agreements.LAW}，参加这场活动要先签协议：{agreements.TEXT}\n同意请回复 同意，不同意回复 取消。",
            parse_agreement,
            known=_agreed,
            editable=False,
        ),
    ),
    summary=_summary,
    done=_submit,
    left="好的，没有报名。想报的时候随时再来。",
)
