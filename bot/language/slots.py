"""What a message names: time, activity code, place in a list, phone, name, how many people, how long."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from bot.language.numerals import NUMBER, parse
from bot.language.text import clean
from bot.language.times import Span, parse_when


@dataclass(frozen=True)
class Slots:
    """None where the message says nothing of the kind."""

    when: Span | None = None
    activity_code: str | None = None  # "A12"
    ordinal: int | None = None  # 2 for 第二个; -1 for the last
    recent: bool = False  # 刚才那个, 上次那个
    phone: str | None = None  # 11 digits
    name: str | None = None
    number: int | None = None  # a bare number in the text
    code: str | None = None  # six digits
    party_size: int | None = None  # with the speaker
    minutes: int | None = None  # a duration


_CODE = re.compile(r"(?<![a-z0-9])([a-z])\s?-?(\d{2,3})(?![a-z0-9])")
_SIX = re.compile(r"(?<!\d)\d{6}(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?(1[3-9]\d[-\s]?\d{4}[-\s]?\d{4})(?!\d)")
_ORDINAL = re.compile(
    rf"第\s*({NUMBER})\s*(?:个|场|项|条|行|号|次(?!来|参|做))|(?:报|选|看|取消|退)\s*({NUMBER})(?:号)?\s*$"
)
_LAST = re.compile(r"(?:最后|末)(?:一个|那个|一场|一项)")
_RECENT = re.compile(r"(?:刚才|刚刚|刚|上次|上回|之前)(?:说的|看的|那)?(?:个|场|次)?(?:活动|那个|那场|的)")
_NAME = re.compile(
    r"(?:我叫|我的名字是?|我名字叫?|姓名|名字|叫做)\s*[:：是叫为]?\s*([一-鿿·]{2,8}?)(?=$|[^一-鿿·]|[,，。]|今年|手机|电话|想|要|报)"
)
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭"
    "廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤施章葛柯翁应柴童楼骆项虞厉"
)
_BESIDE_PHONE = re.compile(rf"(?<![一-鿿])([{SURNAMES}][一-鿿·]{{1,3}})[\s,，、:：]*(?:电话|手机)?[\s:：]*$")
_PEOPLE = re.compile(rf"({NUMBER})\s*(?:个|名|位|来个)?\s*(?:人|名额|同学|同事|志愿者|队员|小朋友)")
_FAMILY = re.compile(rf"一家({NUMBER})口")
_COUPLE = re.compile(
    r"我们?(?:俩|两个)|我(?:和|跟|与|带)(?:我)?(?:一个)?(?:朋友|同学|室友|老公|老婆|爱人|妈妈?|爸爸?|儿子|女儿|孩子|娃|姐姐?|妹妹?|哥哥?|弟弟?|闺蜜|同事|对象)(?!们)"
)
_TOGETHER = re.compile(rf"我(?:和|跟|与|带着?)({NUMBER})个?(?:朋友|同学|室友|孩子|娃|同事|人)")
_NUMBER = re.compile(r"(?<![\d.a-z第])\d{1,6}(?![\d.:a-z])")

_HOURS = re.compile(
    rf"(?P<number>\d+\.\d+|{NUMBER}|半)\s*个?(?P<more>半)?\s*(?P<unit>小时|钟头|分钟|刻钟|天)(?P<half>半)?"
    rf"(?:\s*(?P<minutes>{NUMBER})\s*分钟?)?(?!后|之后|以后|前|之前)"
)
_UNIT_MINUTES = {"小时": 60, "钟头": 60, "分钟": 1, "刻钟": 15}


def minutes(text: str) -> int | None:
    """两个半小时 is 150, 一个钟头 60, 一刻钟 15; 半天 says too little: None."""
    found = _HOURS.search(clean(text))
    if not found or found.group("unit") == "天":
        return None
    said = found.group("number")
    if said == "半":
        amount = 0.5
    elif "." in said:
        amount = float(said)
    else:
        amount = float(parse(said) or 0)
    if found.group("more") or found.group("half"):
        amount += 0.5
    extra = parse(found.group("minutes") or "0") or 0
    return round(amount * _UNIT_MINUTES[found.group("unit")]) + extra


def phone(text: str) -> str | None:
    """A mobile number without country code, spaces and dashes."""
    found = _PHONE.search(clean(text))
    return re.sub(r"\D", "", found.group(1)) if found else None


def extract(text: str, now_local: datetime) -> Slots:
    """Everything named in a message; ``now_local`` is aware, in the zone people live in."""
    said = clean(text)
    code, six = _CODE.search(said), _SIX.search(said)
    without_phone = _PHONE.sub(" ", said)
    return Slots(
        when=parse_when(without_phone, now_local),
        activity_code=(code.group(1) + code.group(2)).upper() if code else None,
        ordinal=_ordinal(said),
        recent=bool(_RECENT.search(said)),
        phone=phone(said),
        name=_name(said),
        number=int(found.group()) if (found := _NUMBER.search(without_phone)) else None,
        code=six.group() if six else None,
        party_size=_party(said),
        minutes=minutes(said),
    )


def _ordinal(said: str) -> int | None:
    if _LAST.search(said):
        return -1
    found = _ORDINAL.search(said)
    return parse(found.group(1) or found.group(2)) if found else None


def _name(said: str) -> str | None:
    if found := _NAME.search(said):
        return found.group(1)
    if called := _PHONE.search(said):
        beside = _BESIDE_PHONE.search(said[: called.start()])
        after = re.match(rf"[\s,，、]*([{SURNAMES}][一-鿿·]{{1,3}})$", said[called.end() :])
        return beside.group(1) if beside else after.group(1) if after else None
    return None


def _party(said: str) -> int | None:
    if found := _FAMILY.search(said):
        return parse(found.group(1))
    if found := _TOGETHER.search(said):
        others = parse(found.group(1))
        return others + 1 if others else None
    if found := _PEOPLE.search(said):
        size = parse(found.group(1))
        return size if size and size < 1000 else None
    return 2 if _COUPLE.search(said) else None
