"""What a list is asked to be narrowed to: a kind, a part of the county, an age, free seats, how long; and in words."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from bot.conversation.context import Context
from bot.language.numerals import NUMBER, parse
from bot.language.text import clean
from bot.services import activities, spoken
from bot.services.activities import Wanted
from handlers import reference

KINDS = {
    "training": ("培训", re.compile("培训|讲座|必修课|上课|课程|学习班|夜校")),
    "entertainment": ("文体", re.compile("文体|运动会|晚会|联谊|趣味赛")),
    "selection": ("选拔", re.compile("选拔|招募面试|海选")),
}
AGE = re.compile(rf"({NUMBER})\s*(?:周)?岁")
PUPILS = {"小学生": 10, "初中生": 14, "高中生": 16, "大学生": 19}
FREE = re.compile("有名额|有空位|有位[置子]|没报?满|还剩名额|没有?报满")
SIDE = re.compile(r"城[东南西北中](?!路|街|小学|中学|社区)")
GENERAL = {"镇上": "镇", "乡镇": "镇", "乡下": "乡", "农村": "村", "村里": "村", "城里": "城", "县城": "城"}
NEARBY = re.compile(r"(?:在|去|到|有|找)?(?P<where>[一-鿿]{2,5}?)(?:附近|那边|这边|一带|那一片)")
NO_PLACE = re.compile("我家|学校|单位|公司|我们|你们|这里|那里|最近")


def wanted(ctx: Context) -> Wanted:
    """Nothing is narrowed that the text does not say; a menu button or a bare 活动 says nothing."""
    if not ctx.text:
        return Wanted()
    text, said = clean(ctx.text), ctx.understanding.slots
    kind = next((kind for kind, (_, words) in KINDS.items() if words.search(text)), "")
    return Wanted(
        kind=kind,
        area=_area(ctx, text),
        age=_age(text),
        seats=said.party_size or (1 if FREE.search(text) else 0),
        minutes=said.minutes,
        titles=() if kind else reference.kinds(text),
    )


def _age(text: str) -> int | None:
    if found := AGE.search(text):
        return parse(found.group(1))
    return next((age for word, age in PUPILS.items() if word in text), None)


def _area(ctx: Context, text: str) -> str:
    """An area by its name (石桥 is 石桥镇), a side of the town, 镇上, or what is said to be near: 汽车站附近."""
    for area in activities.areas(ctx.db, ctx.now):
        stem = area.rstrip("镇乡区村") if len(area) > 2 else area
        if area in text or (len(stem) > 1 and stem in text):
            return area
    if side := SIDE.search(text):
        return side.group()
    if found := NEARBY.search(text):
        where = found.group("where")
        return "" if NO_PLACE.search(where) else where
    return next((part for word, part in GENERAL.items() if word in text), "")


def described(wanted: Wanted) -> str:
    """（城东、15岁能参加、有名额）; empty when nothing was asked for that needs repeating."""
    said = [
        wanted.area,
        spoken.KINDS.get(wanted.kind, ""),
        f"{wanted.age}岁能参加" if wanted.age is not None else "",
        "有名额" if wanted.seats == 1 else f"能报{wanted.seats}个人" if wanted.seats else "",
    ]
    told = "、".join(word for word in said if word)
    return f"（{told}）" if told else ""


def stored(wanted: Wanted) -> dict[str, Any]:
    return asdict(wanted)


def restored(value: dict[str, Any] | None) -> Wanted:
    known = {**(value or {})}
    return Wanted(**{**known, "titles": tuple(known.get("titles", ()))})
