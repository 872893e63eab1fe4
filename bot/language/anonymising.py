"""What tells who somebody is, taken out of a text before it is published; a person reads it once more all the same."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.language import screening
from bot.language.masking import mask
from bot.language.slots import SURNAMES

_TITLES = "老师|老板|经理|主任|校长|院长|书记|同学|先生|女士|医生|师傅|教练|总|哥|姐|叔叔|阿姨|某某?"
_TITLED = re.compile(
    rf"(?<![一-鿿])[{SURNAMES}][一-鿿]{{0,2}}?(?={_TITLES})|(?<=[的叫是找和跟被把让任师长板])[{SURNAMES}][一-鿿]{{0,2}}?(?={_TITLES})"
)
_CLASS = re.compile(
    r"(?:(?:小学|初中|高中|大学|[一二三四五六七八九高初大])?(?:[一二三四五六1-9]年级)?(?:[一二三四]?[（(]?\s?\d{1,2}\s?[)）]?\s?班)|\d{2,4}级[一-鿿]{0,8}?\d{1,2}班)"
)
_PLACE = r"[一-鿿A-Za-z]{2,8}?"
_OF = r"(?:(?<=[在从到去是的读上住和、，。])|(?<![一-鿿])(?![我你他她它在从住到去]))"
_SCHOOL = re.compile(rf"{_OF}{_PLACE}(?:大学|学院|中学|小学|一中|二中|三中|职高|中专|技校|技师学院|幼儿园)")
_FIRM = re.compile(
    rf"{_OF}{_PLACE}(?:有限公司|股份公司|公司|集团|工厂|厂|餐馆|饭店|酒店|宾馆|超市|健身房|培训班|门店|店)(?!长|员|里的人)"
)
_ADDRESS = re.compile(
    rf"{_OF}[一-鿿]{{2,10}}?(?:路|街|大道|巷|弄|村|小区|花园|公寓|新村|社区)(?:\s?\d+\s?(?:号|弄|幢|栋|单元|室|楼|层)?)+|\d+\s?(?:幢|栋|号楼)\s?\d+\s?(?:单元|室)?(?:\s?\d+\s?室)?"
)


def veil(text: str, abuse: Collection[str] = ()) -> str:
    """`mask`, and whatever screening finds: spaced-out and spoken numbers, ways to pay, words of abuse."""
    return mask(screening.masked(text, screening.screen(text, abuse)))


def anonymise(text: str, abuse: Collection[str] = ()) -> str:
    """`veil`, and names before titles, schools with classes, firms and addresses."""
    text = _ADDRESS.sub("〔地址〕", veil(text, abuse))
    text = _CLASS.sub("〔班级〕", _SCHOOL.sub("〔学校〕", text))
    text = _FIRM.sub("〔单位〕", text)
    return _TITLED.sub("〔姓名〕", text)


def tells(text: str, abuse: Collection[str] = ()) -> bool:
    """Whether something is still in it that `anonymise` would take out."""
    return anonymise(text, abuse) != text
