"""Guardians in chat: 同意 5F82K1 from the guardian's own WeChat, children under their account, 撤回同意."""

from __future__ import annotations

from datetime import date

from bot.conversation.context import Context
from bot.conversation.forms import Field, Form, Forms, Unclear, Values
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.services import ages, guardians, people
from bot.services.profiles import masked_name
from bot.services.refusals.people import CodeUnknown, GuardianUnfit
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.storage.models import Person
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import follower, person_id
from handlers.profile import me
from handlers.refusals.people import SENTENCES
from handlers.sign_up_form import CONSENT_PURPOSE, CONSENT_VERSION, parse_birth, parse_name, parse_phone

router = Router("guardians")

RELATIONS = ("母亲", "父亲", "爷爷", "奶奶", "外公", "外婆", "其他监护人")


@router.pattern(r"同意\s*[:：]?\s*(?P<code>[A-Za-z0-9]{6})")
def code_sent(ctx: Context) -> Reply:
    """What is collected, why and for how long, before anybody says yes. A wrong code is noted: nobody guesses."""
    try:
        link = guardians.asked_with(ctx.db, ctx.cipher, ctx.args["code"], ctx.openid, ctx.now)
    except CodeUnknown as unknown:
        return Text(SENTENCES[CodeUnknown](ctx, unknown))
    if person_id(ctx) == link.minor_id:
        raise GuardianUnfit("self")
    minor = ctx.db.get_one(Person, link.minor_id)
    ctx.session.expect([Choice("我是监护人", "guardians.agree", {"link_id": link.id})])
    office = ctx.settings.organisation
    return Text(
        f"您将同意 {masked_name(minor.name)}（{_age(ctx, minor)}岁）注册志愿者、参加适合其年龄的活动（危险类活动不能参加）。\n"
        f"{office.short_name}会收集孩子的姓名、手机号和出生日期，用途是核对年龄、联系和志愿服务记录，不公开、不外传；"
        "志愿服务记录依法保存，其余在孩子或您要求删除后10天内删除。\n"
        "您可随时回复 撤回同意。\n"
        f"请确认您是孩子的监护人：回复 {choice_link('我是监护人')}，再填写您的姓名和电话。"
    )


def _age(ctx: Context, person: Person) -> int:
    assert person.birth_date is not None
    return ages.on(ctx.now.astimezone(ctx.zone).date(), person.birth_date)


@router.intent("guardians.agree")
def agree(ctx: Context) -> Reply:
    return FORMS.start(ctx, "guardian", {"link_id": int(ctx.args["link_id"])})


def _registered(ctx: Context) -> str | None:
    return "" if person_id(ctx) is not None else None


def parse_relation(text: str) -> str:
    said = text.strip().strip("。.，, ")
    aliases = {"妈妈": "母亲", "爸爸": "父亲", "妈": "母亲", "爸": "父亲", "姥姥": "外婆", "姥爷": "外公"}
    relation = aliases.get(said, said)
    if relation not in RELATIONS:
        raise Unclear(f"请写您是孩子的：{'、'.join(RELATIONS)}。（回复 取消 可以退出）")
    return relation


def _agreed(ctx: Context, values: Values) -> Reply:
    writing(ctx.db)
    row = follower(ctx)
    if values["phone"]:
        person = people.save_profile(ctx.db, ctx.cipher, row, values["name"], values["phone"], ctx.now, Rules.of(ctx.settings))
        people.consent(ctx.db, person, CONSENT_PURPOSE, CONSENT_VERSION, ctx.now)
    assert row.person_id is not None
    link = guardians.agree(
        ctx.db, int(values["link_id"]), row.person_id, values["relation"], CONSENT_VERSION, ctx.now,
        Rules.of(ctx.settings),
    )  # fmt: skip
    minor = ctx.db.get_one(Person, link.minor_id)
    return Text(
        f"已记下您的同意，谢谢您支持 {masked_name(minor.name)}！我们会告诉孩子。\n"
        f"孩子每次报名、您都可以问我；想停下来，回复 {choice_link('撤回同意')}。"
    )


@router.intent("guardians.withdraw")
@router.words("撤回同意", "我要撤回同意", "不同意了", "取消同意", "撤销同意")
def withdraw(ctx: Context) -> Reply:
    """Never guessed: with several children, which one."""
    person = me(ctx)
    children = guardians.children_of(ctx.db, person.id) if person is not None else []
    chosen = [child for child in children if child.id == (ctx.args or {}).get("minor_id")] or children
    if person is None or not chosen:
        return Text("您没有为孩子办过同意。您自己的同意可以这样撤回：不再收提醒回复 提醒设置，删除资料回复 删除我的信息。")
    if len(chosen) > 1:
        ctx.session.expect(
            [Choice(masked_name(child.name), "guardians.withdraw", {"minor_id": child.id}) for child in chosen]
        )
        lines = [f"{number}. {masked_name(child.name)}" for number, child in enumerate(chosen, start=1)]
        return Text("要撤回对哪个孩子的同意？\n" + "\n".join(lines) + "\n回复序号即可。")
    name = masked_name(chosen[0].name)
    ended = guardians.withdraw(ctx.db, person.id, chosen[0].id, ctx.now, Rules.of(ctx.settings))
    ctx.session.expect([])
    also = f"{ended}个还没开始的报名已经取消，" if ended else ""
    return Text(f"已撤回对 {name} 的同意，{also}孩子会收到通知。以后想恢复，请让孩子重新拿同意码。")


@router.intent("guardians.children")
@router.words("我的孩子", "孩子", "我家孩子")
def children(ctx: Context) -> Reply:
    person = me(ctx)
    found = guardians.children_of(ctx.db, person.id) if person is not None else []
    if not found:
        return Text(
            f"还没有登记孩子。8–13岁、跟着您参加亲子活动的，回复 {choice_link('添加孩子')}；14岁起请孩子用自己的微信注册。"
        )
    lines = [f"· {masked_name(child.name)}（{_age(ctx, child)}岁）" for child in found if child.birth_date]
    return Text(
        "您名下的孩子：\n"
        + "\n".join(lines)
        + f"\n再加一个回复 {choice_link('添加孩子')}；不再同意回复 {choice_link('撤回同意')}。"
    )


@router.intent("guardians.add")
@router.words("添加孩子", "加孩子", "登记孩子", "添加小孩")
def add(ctx: Context) -> Reply:
    return FORMS.start(ctx, "child", {})


def _added(ctx: Context, values: Values) -> Reply:
    writing(ctx.db)
    row = follower(ctx)
    if values["phone"]:
        person = people.save_profile(ctx.db, ctx.cipher, row, values["name"], values["phone"], ctx.now, Rules.of(ctx.settings))
        people.consent(ctx.db, person, CONSENT_PURPOSE, CONSENT_VERSION, ctx.now)
    assert row.person_id is not None
    born = date.fromisoformat(values["birthday"])
    try:
        child = guardians.add_child(
            ctx.db, row.person_id, values["child"], born, values["relation"], ctx.now, Rules.of(ctx.settings)
        )
    except GuardianUnfit as unfit:  # who the parent is stays known: it was given and agreed to
        return Text(SENTENCES[GuardianUnfit](ctx, unfit))
    return Text(
        f"已登记 {masked_name(child.name)}（{_age(ctx, child)}岁）。报亲子活动时可以带上：回复 带孩子报名 加活动编号。"
    )


FORMS = Forms(
    (
        Form(
            name="guardian",
            fields=(
                Field("name", "请留下您（监护人）的姓名：", parse_name, known=_registered),
                Field("phone", "请留下您的手机号：", parse_phone, known=_registered),
                Field("relation", f"您是孩子的（{'、'.join(RELATIONS)}）：", parse_relation),
            ),
            done=_agreed,
            left="好的，没有办理。同意码24小时内还可以再发。",
        ),
        Form(
            name="child",
            fields=(
                Field("name", "请先留下您（家长）的姓名：", parse_name, known=_registered),
                Field("phone", "请留下您的手机号：", parse_phone, known=_registered),
                Field("child", "孩子的姓名：", parse_name),
                Field("birthday", "孩子的出生年月日，比如 2015-05-01：", parse_birth),
                Field("relation", f"您是孩子的（{'、'.join(RELATIONS)}）：", parse_relation),
            ),
            done=_added,
            left="好的，没有登记。",
        ),
    )
)
