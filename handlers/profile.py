"""What we know of a follower, shown and corrected; registering as a volunteer; one's data taken along or erased."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE, Field, Form, Forms, Values
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import moment
from bot.services import documents, guardians, identity_numbers, people, personal_data, points, purposes, volunteers
from bot.services.profiles import masked_name
from bot.services.refusals.people import NeedsGuardian
from bot.services.rules import Rules
from bot.storage.database import locked, writing
from bot.storage.models import Person
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import follower, person_id
from handlers.sign_up_form import CONSENT_PURPOSE, CONSENT_VERSION, parse_birth, parse_name, parse_phone

router = Router("profile")

STANDING = {"applied": "审核中", "registered": "注册志愿者", "refused": "没有通过", "left": "已注销"}
GENDERS = {"male": "男", "female": "女"}
NOBODY = "我还不知道您是谁。报名活动或回复 我要当志愿者 的时候，会请您留下姓名和手机号。"


def me(ctx: Context) -> Person | None:
    id = person_id(ctx)
    return ctx.db.get(Person, id) if id is not None else None


# -- 我的资料 ----------------------------------------------------------------------------------------


@router.intent("profile.show")
@router.words("我的资料", "我的信息", "个人资料", "个人信息", "查看我的资料")
def show(ctx: Context) -> Reply:
    """Masked: whoever looks over the shoulder learns no number."""
    person = me(ctx)
    if person is None:
        return Text(NOBODY)
    standing = volunteers.of_person(ctx.db, person.id)
    number = ctx.cipher.decrypt(person.id_encrypted) if person.id_encrypted else ""
    rows = (
        ("姓名", masked_name(person.name) if person.name else ""),
        ("手机", people.phone_masked(ctx.cipher, person)),
        ("证件", identity_numbers.masked(number) if number else ""),
        ("出生日期", f"{person.birth_date.year}年{person.birth_date.month}月" if person.birth_date else ""),
        ("性别", GENDERS.get(person.gender, "")),
        ("所在", person.area),
        ("特长", "、".join(person.skills or [])),
        ("身份", f"{STANDING[standing.state]} {standing.number or ''}".strip() if standing else "还没有注册志愿者"),
    )
    lines = [f"{name}：{value}" for name, value in rows if value]
    return Text(
        "您的资料（只有您看得到，号码已打码）：\n" + "\n".join(lines) + "\n"
        f"要改请回复 {choice_link('修改资料')}；全部带走回复 {choice_link('导出我的数据')}；删掉回复 {choice_link('删除我的信息')}。"
    )  # fmt: skip


@router.intent("profile.edit")
@router.words("修改资料", "改资料", "修改我的资料", "更新资料", "改手机号", "换手机号", "改名字", "修改")
def edit(ctx: Context) -> Reply:
    if me(ctx) is None:
        return Text(NOBODY)
    return FORMS.start(ctx, "profile", {})


def _edited(ctx: Context, values: Values) -> Reply:
    writing(ctx.db)
    person = people.save_profile(ctx.db, ctx.cipher, follower(ctx), values["name"], values["phone"], ctx.now, Rules.of(ctx.settings))
    return Text(f"已更新：{masked_name(person.name)} {people.phone_masked(ctx.cipher, person)}。已报名的活动不受影响。")


# -- 我要当志愿者 ------------------------------------------------------------------------------------


@router.intent("profile.register")
@router.words(
    "我要当志愿者", "注册志愿者", "我要注册志愿者", "成为志愿者", "我想当志愿者", "注册成为志愿者", "申请志愿者"
)
def register(ctx: Context) -> Reply:
    return FORMS.start(ctx, "register", {})


def _known(name: str) -> Callable[[Context], str | None]:
    """Nothing is asked twice: what the person has given already is skipped."""

    def known(ctx: Context) -> str | None:
        person = me(ctx)
        if person is None:
            return None
        return {
            "name": "" if person.name else None,
            "phone": "" if person.phone_hash else None,
            "birthday": person.birth_date.isoformat() if person.birth_date else None,
        }[name]

    return known


def _register_summary(ctx: Context, values: Values) -> str:
    office = ctx.settings.organisation
    return (
        f"注册志愿者：{office.short_name}收集姓名、手机号和出生日期，用于核对年龄、联系您和志愿服务记录，不公开、不外传，"
        "您可以随时查看、更正、导出或删除。\n"
        f"同意请回复 {choice_link('确认')}，不注册了回复 取消。"
    )


def _register(ctx: Context, values: Values) -> Reply:
    writing(ctx.db)
    row = follower(ctx)
    person = me(ctx)
    if values["name"] or values["phone"] or person is None:
        person = people.save_profile(ctx.db, ctx.cipher, row, values["name"], values["phone"], ctx.now, Rules.of(ctx.settings))
        people.consent(ctx.db, person, CONSENT_PURPOSE, CONSENT_VERSION, ctx.now)
    locked(ctx.db, Person, person.id)
    person.birth_date = date.fromisoformat(values["birthday"])
    people.consent(ctx.db, person, guardians.PURPOSE, CONSENT_VERSION, ctx.now)
    try:
        volunteers.apply(ctx.db, person.id, ctx.now, Rules.of(ctx.settings))
    except NeedsGuardian:
        return Text(_ask_guardian(ctx, person))
    return Text("已提交，老师审核后会告诉您结果和志愿者编号。现在就可以先报名活动：回复 近期活动。")


def _ask_guardian(ctx: Context, person: Person) -> str:
    """Dialogue with a minor: what is possible, and one sentence to pass on."""
    code = guardians.ask(ctx.db, ctx.cipher, person.id, ctx.now, Rules.of(ctx.settings))
    hours = ctx.settings.volunteering.guardian_code_hours
    return (
        "可以的。14–17岁需要家长（监护人）同意，危险类活动（抢险、临水等）不能参加。\n"
        f"把下面这句话转给家长：请关注本号并发送 同意 {code}（{hours}小时有效）。\n"
        "家长同意以后会通知您，再回复 我要当志愿者 就能完成注册。"
    )


@router.words("注销志愿者", "注销志愿者身份", "退出志愿者", "不当志愿者了")
def leave_ask(ctx: Context) -> Reply:
    ctx.session.expect(
        [Choice("确认注销", "profile.leave", {}, [*AGREE]), Choice("不注销", "profile.stay", {}, [*DECLINE])],
        fleeting=True,
    )
    return Text(
        f"{purposes.PURPOSES[purposes.REGISTER].then}\n"
        f"确定请回复 {choice_link('确认注销')}，不注销回复 {choice_link('不注销')}。"
    )


@router.intent("profile.leave")
def leave(ctx: Context) -> Reply:
    person = me(ctx)
    if person is None:
        return Text(NOBODY)
    volunteers.leave(ctx.db, person.id, ctx.now)
    ctx.session.expect([])
    return Text("已注销志愿者身份，谢谢您一路的付出。时长和证明都在，想回来随时回复 我要当志愿者。")


@router.intent("profile.stay")
def stay(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text("好的，什么也没有改。")


# -- one's data --------------------------------------------------------------------------------------


@router.intent("profile.export")
@router.words("导出我的数据", "导出我的资料", "导出我的信息", "把我的数据导出来", "导出数据", "下载我的数据")
def export(ctx: Context) -> Reply:
    """A copy for the person alone: the link opens in this WeChat account only, for a day."""
    person = me(ctx)
    if person is None:
        return Text("我们没有保存您的姓名和手机号，除了微信给的帐号编号和最近的对话状态，没有别的可以导出。")
    content = json.dumps(personal_data.export(ctx.db, ctx.cipher, person.id), ensure_ascii=False, indent=2)
    rules = Rules.of(ctx.settings)
    token = documents.keep(
        ctx.db, ctx.cipher, openid=ctx.openid, person_id=person.id, kind="export", filename="我的数据.json",
        media_type="application/json", content=content.encode(), now=ctx.now, rules=rules,
    )  # fmt: skip
    return Text(
        "已生成您的个人信息副本（资料、报名、签到、时长、益币、同意记录、谁处理过）：\n"
        f"{documents.link(ctx.settings, token)}\n"
        f"链接{rules.volunteering.document_hours}小时有效，仅本微信可打开，请不要转发。"
    )


@router.intent("profile.erase")
@router.words("删除我的信息", "删除我的数据", "删除我的资料", "注销帐号", "注销账号", "删除账号", "清除我的信息")
def erase_ask(ctx: Context) -> Reply:
    person = me(ctx)
    if person is None:
        return Text("我们没有保存您的姓名和手机号，没有需要删除的。取消关注就可以了。")
    coming, tenths = personal_data.what_goes(ctx.db, person.id, ctx.now)
    also = [f"有{coming}个未来报名会先取消"] if coming else []
    also += [f"{points.shown(tenths)}益币将作废"] if tenths > 0 else []
    ctx.session.expect(
        [Choice("确认删除", "profile.erase_confirmed"), Choice("不删了", "profile.stay", {}, [*DECLINE])], fleeting=True
    )
    days = ctx.settings.volunteering.erasure_days
    return Text(
        f"{purposes.PURPOSES[purposes.SIGN_UP].then}\n"
        + (f"{'，'.join(also)}。\n" if also else "")
        + f"{days}天冷静期内可撤销。确认请回复 {choice_link('确认删除')}，不删回复 {choice_link('不删了')}。"
    )


@router.intent("profile.erase_confirmed")
def erase(ctx: Context) -> Reply:
    person = me(ctx)
    if person is None:
        return Text(NOBODY)
    erasure = personal_data.ask_erasure(ctx.db, person.id, ctx.openid, ctx.now, Rules.of(ctx.settings))
    ctx.session.expect([])
    return Text(
        f"收到，将在 {moment(erasure.due_at, ctx.zone)} 删除。在那之前改变主意，回复 {choice_link('撤销删除')} 就行。"
    )


@router.words("撤销删除", "不删除了", "取消删除", "撤销注销")
def keep(ctx: Context) -> Reply | None:
    person = me(ctx)
    if person is None:
        return None
    personal_data.withdraw_erasure(ctx.db, person.id, ctx.now)
    return Text("已撤销，您的资料和记录都还在。")


FORMS = Forms(
    (
        Form(
            name="profile",
            fields=(
                Field("name", "新的姓名（不改就再写一遍）：", parse_name),
                Field("phone", "新的手机号（不改就再写一遍）：", parse_phone),
            ),
            done=_edited,
            left="好的，没有修改。",
        ),
        Form(
            name="register",
            fields=(
                Field("name", "请留下您的姓名：", parse_name, known=_known("name")),
                Field("phone", "请留下您的手机号：", parse_phone, known=_known("phone")),
                Field(
                    "birthday",
                    "请发出生年月日，比如 2008-05-01（用来核对年龄）：",
                    parse_birth,
                    known=_known("birthday"),
                ),
            ),
            summary=_register_summary,
            done=_register,
            left="好的，没有注册。想注册的时候随时回复 我要当志愿者。",
        ),
    )
)
