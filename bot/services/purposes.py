"""What personal data is kept for, in words: the notice before anything is collected, and each purpose agreed to.

个人信息保护法 第14、15、17、23、29条. The chat and the pages say it from here: they cannot say different things.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.services import guardians, people, places, policies
from bot.services.rules import Rules
from bot.settings import Organisation, Settings
from bot.storage.database import writing
from bot.storage.models import Consent, Person

SIGN_UP, VERSION = "sign_up", "2026-11"
REGISTER = guardians.PURPOSE
ZHIYUANHUI, TEAM, PHOTOS = "zhiyuanhui", "team", "photos"
INSURER = policies.CONSENT
WITHDRAW_INSURER = "撤回投保同意"


@dataclass(frozen=True)
class Purpose:
    """``what``: what it is for. ``back``: what takes it back in chat; without it, whoever answers the phone does.

    ``then``: what is different afterwards. ``asks``: what is said before somebody agrees; empty where agreeing is part
    of doing the thing itself (signing up, registering).
    """

    what: str
    back: str = ""
    then: str = ""
    asks: str = ""


PURPOSES = {
    SIGN_UP: Purpose(
        "姓名和手机号用于报名、签到和联系", "删除我的数据",
        "会删除：姓名、手机、证件等资料，提醒、位置和导出的文件。\n"
        "依法须保留：志愿服务记录和已开证明（去掉姓名等标识，仅限查验）。",
    ),
    REGISTER: Purpose(
        "登记为志愿者", "注销志愿者", "注销后不再是注册志愿者，已有的时长和证明都保留，以后想回来可以重新注册。"
    ),
    TEAM: Purpose("把您介绍给志愿队队长"),
    places.PURPOSE: Purpose(
        "签到时看一眼位置", "不用位置", "以后签到不看您的位置，由负责人当面确认。",
        "只看您签到时发来的那一次位置，算出离集合点多远，不会跟踪您；坐标{days}天后删除，只留距离和结果。不同意也能参加。",
    ),
    INSURER: Purpose(
        "证件号交给保险公司投保", WITHDRAW_INSURER,
        "以后的投保名单不再写您的证件号。按名单投保的活动要有证件号才保得上，老师会先问您的意思。",
    ),
    ZHIYUANHUI: Purpose(
        "时长同步到志愿汇", "撤回志愿汇同步", "以后不再同步。已经在志愿汇里的记录，请在志愿汇里申请删除。",
        "{office}会把您的姓名、证件号、手机号和服务时长提供给志愿汇平台，用来在那边累计时长；不同意也不影响在这里报名和开证明。",
    ),
    PHOTOS: Purpose("活动照片用于宣传"),
}  # fmt: skip
AT_ONCE = (places.PURPOSE, INSURER, ZHIYUANHUI)
"""What a single step takes back. SIGN_UP and REGISTER end all data or a standing, and are asked about first."""


def before_first(office: Organisation) -> str:
    """Said where name and phone are asked for the first time (第17条)."""
    return (
        f"个人信息说明：{office.short_name}收集您的姓名和手机号，只用于本次及以后报名的联系、投保和志愿服务记录，不公开、不外传；"
        f"手机号加密保存，查询、更正、删除请拨 {office.phone}。"
    )


def asks(purpose: str, settings: Settings) -> str:
    """What is said before somebody agrees to this purpose alone."""
    office, days = settings.organisation.short_name, settings.attendance.keep_places_days
    return PURPOSES[purpose].asks.format(office=office, days=days)


def in_force(db: Session, person_id: int) -> dict[str, Consent]:
    return {given.purpose: given for given in people.consents(db, person_id)}


def give(db: Session, person: Person, purpose: str, now: datetime) -> None:
    """One that is asked about by itself."""
    writing(db)
    if purpose == places.PURPOSE:
        places.agree(db, person.id, now)
    else:
        people.consent(db, person, purpose, VERSION, now)


def withdraw(db: Session, person_id: int, purpose: str, now: datetime) -> None:
    """One of those in AT_ONCE."""
    if purpose == places.PURPOSE:
        places.refuse(db, person_id, now)
    else:
        people.withdraw_consent(db, person_id, purpose, now)


@dataclass(frozen=True)
class Kept:
    """One line of the notice: what is kept, what for, how, and how long."""

    what: str
    why: str
    how: str
    until: str


def kept(settings: Settings) -> tuple[Kept, ...]:
    """By the very settings that the sweeps obey."""
    rules = Rules.of(settings).volunteering
    erased = f"您申请删除后{rules.erasure_days}天"
    return (
        Kept("姓名、手机号", "报名、签到、联系您和投保", "加密保存，显示时打码", erased),
        Kept("出生日期", "核对年龄、未成年人的监护人同意", "只在活动有年龄要求或注册志愿者时问", erased),
        Kept("身份证号（敏感个人信息）", "按名单投保、写进证明", "单独征得同意，加密保存，显示时打码", erased),
        Kept(
            "签到时的位置（敏感个人信息）", "核对您到了集合点", "单独征得同意，只看您发来的那一次",
            f"坐标{settings.attendance.keep_places_days}天，之后只留距离和结果",
        ),
        Kept(
            "未满14岁孩子的姓名、出生日期（敏感个人信息）", "跟着家长参加亲子活动", "由监护人填写并同意",
            f"监护人申请删除后{rules.erasure_days}天",
        ),
        Kept(
            "报名、签到、时长、益币、证明", "志愿服务记录与证明（67号令）", "只追加、不改写",
            "依法长期保存；您申请删除后去掉姓名等标识，仅供查验",
        ),
        Kept("发给青年之声的话", "答复您的提问", "加密保存，公布问题清单时去掉个人信息", erased),
        Kept("有危险时说的话", "请值班老师帮您", "加密保存，只给值班老师看", "作为处置记录保存"),
        Kept(
            "聊到一半的状态", "接着填没填完的表", "加密保存", f"{settings.conversation.session_minutes}分钟"
        ),
        Kept(
            "没听懂的话", "让回答更准", "去掉号码和姓名后保存，不记是谁说的",
            f"{settings.understanding.keep_gaps_days}天",
        ),
        Kept("导出文件、证明的链接", "给您本人下载", "加密保存", f"{rules.document_hours}小时"),
        Kept(
            "微信给的帐号编号（openid）", "认出您、给您发提醒", "不知道您的昵称、头像和好友",
            f"关注期间；{erased}不再与您的资料相连",
        ),
    )  # fmt: skip
