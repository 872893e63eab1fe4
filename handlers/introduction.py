"""Who one is, asked once: the fields for name and phone, what they are kept for, and keeping them."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.forms import Field, Values
from bot.services import people
from bot.services.profiles import masked_name, masked_phone
from bot.services.refusals import ProfileMissing
from bot.services.rules import Rules
from bot.storage.database import writing
from handlers.contact import follower, person_id
from handlers.sign_up_form import parse_name, parse_phone

CONSENT_PURPOSE = "team"
CONSENT_VERSION = "2026-11"


def fields(why: str = "") -> tuple[Field, Field]:
    """Skipped for somebody whose name and phone are kept already."""
    return (
        Field("name", f"{why}请留下您的姓名：", parse_name, known=_known),
        Field("phone", "请留下您的手机号：", parse_phone, known=_known),
    )


def _known(ctx: Context) -> str | None:
    return "" if person_id(ctx) is not None else None


def who(ctx: Context, values: Values) -> str:
    """王*雨 138****0000: as typed, or as kept."""
    if values["phone"]:
        return f"{masked_name(values['name'])} {masked_phone(values['phone'])}"
    person = follower(ctx).person
    assert person is not None
    return f"{masked_name(person.name)} {people.phone_masked(ctx.cipher, person)}"


def consent(ctx: Context) -> str:
    office = ctx.settings.organisation
    return (
        f"个人信息说明：{office.short_name}收集您的姓名和手机号，只用于队伍联系和志愿服务记录，不公开、不外传；"
        f"手机号加密保存，查询、更正、删除请拨 {office.phone}。回复 确认 即表示同意。"
    )


def keep_profile(ctx: Context, values: Values) -> int:
    """The person of this follower, kept with their consent if they were only now asked."""
    writing(ctx.db)
    row = follower(ctx)
    if values["phone"]:
        person = people.save_profile(ctx.db, ctx.cipher, row, values["name"], values["phone"], ctx.now, Rules.of(ctx.settings))
        people.consent(ctx.db, person, CONSENT_PURPOSE, CONSENT_VERSION, ctx.now)
    if row.person_id is None:
        raise ProfileMissing(("name", "phone"))
    return row.person_id
