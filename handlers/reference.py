"""Which activity is meant: by code, by its place in the list just shown, by title, place, day or “刚才那个”."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.conversation.context import Context
from bot.language.numerals import choice as choice_number
from bot.language.text import clean, normalise
from bot.services import activities, registrations
from handlers.contact import person_id

CODE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]\d{2,3})(?![\dA-Za-z])")
ORDINAL = re.compile(r"第\s*([一二三四五六七八九十\d]+)\s*(?:个|项|场|条)?")
LAST = re.compile(r"最后(?:一?个|那个|一项|一场)")
THIS_ONE = re.compile(r"(?:刚才|刚刚|上面|这|那)(?:说的|看的|报的)?(?:那|这)?(?:个|场|次)|该活动|它")
LAST_TIME = re.compile(r"上(?:次|回|一次|一回)")
POINTED_AT = re.compile(r"[那这]个?(?P<what>[^\W那这]{2,6})的")
GENERIC = re.compile(
    r"(?:青年|志愿者?|服务|活动|公益|我要|我想|帮我|给我|报名?|参加|取消|一下|刚才|那个|这个|那场|这场|详情|看看?"
    r"|介绍|的|吧|呢|吗|了|请|想|要|去|我)+"
)
SHORTEST_PART = 2
SHORTEST_IN_A_LINK = 4
EVERYDAY = {
    "垃圾": ("清洁", "净滩", "环境", "河道", "环保"),
    "打扫": ("清洁", "卫生", "环境"),
    "环保": ("清洁", "环境", "河道", "垃圾"),
    "老人": ("敬老", "养老", "老人"),
    "老年": ("敬老", "养老", "老人"),
    "爷爷": ("敬老", "养老", "老人"),
    "奶奶": ("敬老", "养老", "老人"),
    "敬老": ("敬老", "养老"),
    "小孩": ("儿童", "亲子", "少儿", "辅导", "四点"),
    "孩子": ("儿童", "亲子", "少儿", "辅导", "四点"),
    "辅导": ("辅导", "功课", "作业", "四点"),
    "教书": ("辅导", "支教", "四点"),
    "看书": ("图书", "阅读"),
    "图书": ("图书",),
    "红绿灯": ("交通",),
    "马路": ("交通",),
    "献血": ("献血",),
    "种树": ("植树", "绿化"),
    "跑步": ("马拉松", "健步"),
    "义诊": ("义诊", "健康"),
    "剪辑": ("剪辑", "短视频"),
}
"""What people call an activity → what stands in its title."""


class Titled(Protocol):
    @property
    def shift_id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...


def meant(ctx: Context, text: str | None = None, *, own_first: bool = True) -> list[int]:
    """Shift ids that the message may mean: an argument already settled, a number in the list last shown, what is named.

    Of several that fit alike, those of the list come first, then one's own (not so for signing up), then the rest.
    """
    if "shift_id" in ctx.args:
        return [int(ctx.args["shift_id"])]
    said = clean(text if text is not None else ctx.text)
    by_number = in_list(ctx, said)
    if by_number is not None:
        return [by_number]
    known = coming(ctx)
    if named := _then(ctx, among(said, known), known):
        return named if CODE.search(said) else _nearest(ctx, named, own_first)
    if CODE.search(said):
        return []
    if on_that_day := _on_that_day(ctx, known):
        return _nearest(ctx, on_that_day, own_first)
    return _pointed_at(ctx, said, known)


def coming(ctx: Context) -> list[activities.Coming]:
    """What this follower may mean of all that has not begun."""
    return activities.coming(ctx.db, ctx.now, viewer=person_id(ctx))


def _then(ctx: Context, named: list[int], known: Sequence[Titled]) -> list[int]:
    """报名 A12 周六上午: of several shifts that are called alike, those at the time that was said, if there are any."""
    when = ctx.understanding.slots.when if len(named) > 1 and ctx.text else None
    if when is None:
        return named
    then = {one.shift_id for one in known if when.start <= one.starts_at < when.end}
    return [shift_id for shift_id in named if shift_id in then] or named


def among(text: str, known: Sequence[Titled]) -> list[int]:
    """The shifts of ``known`` that ``text`` names by code, title, part of the title or place; best first, ties kept.

    Only when none is named so, by what people call its kind: 捡垃圾.
    """
    text = clean(text)
    codes = {code.upper() for code in CODE.findall(text)}
    named = [one.shift_id for one in known if one.code.upper() in codes]
    if named or codes:
        return named
    scored = [(_overlap(text, one.title) * 2 + _overlap(text, one.place), one.shift_id) for one in known]
    best = max((score for score, _ in scored), default=0)
    return [shift_id for score, shift_id in scored if score == best] if best > 0 else _by_kind(text, known)


def titled(text: str, known: Sequence[Titled], shortest: int = SHORTEST_IN_A_LINK) -> list[int]:
    """Those whose code or title, or the longest part of a title, stands in a longer text: a forwarded article."""
    text = clean(text)
    codes = {code.upper() for code in CODE.findall(text)}
    if named := [one.shift_id for one in known if one.code.upper() in codes]:
        return named
    scored = [(_overlap(text, one.title), one.shift_id) for one in known]
    best = max((score for score, _ in scored), default=0)
    return [shift_id for score, shift_id in scored if score == best] if best >= shortest else []


def is_a_name(text: str, one: Titled) -> bool:
    """Whether a text is no more than what somebody calls this activity: 河道清洁那个, 那个捡垃圾的, 上次那个."""
    text = clean(text)
    rest = normalise(GENERIC.sub("", LAST_TIME.sub("", text))).replace(" ", "")
    return len(rest) <= max(_overlap(text, one.title), _overlap(text, one.place), SHORTEST_PART) + 1


def kinds(text: str) -> tuple[str, ...]:
    """What stands in the titles of the kind of activity that a text speaks of."""
    said = clean(text)
    return tuple(dict.fromkeys(kind for word, kinds in EVERYDAY.items() if word in said for kind in kinds))


def pointed_at(text: str, known: Sequence[Titled]) -> list[int]:
    """The activities of the kind that is pointed at: 捡垃圾那个几点, 那个捡垃圾的在哪."""
    said = clean(text)
    wanted = [
        kind
        for word, kinds in EVERYDAY.items()
        if re.search(f"{word}的?[那这][个场次]|[那这][个场次].?{word}", said)
        for kind in kinds
    ]
    return [one.shift_id for one in known if any(kind in one.title for kind in wanted)]


def in_list(ctx: Context, said: str) -> int | None:
    """The shift that a number, 第二个 or 最后一个 means in the list last shown."""
    shown = ctx.session.shown
    if not shown:
        return None
    if LAST.search(said):
        return shown[-1]
    found = ORDINAL.search(said)
    number = choice_number(found.group(1) if found else said.strip(), len(shown))
    return shown[number - 1] if number else None


def _nearest(ctx: Context, named: list[int], own_first: bool) -> list[int]:
    if len(named) < 2:
        return named
    shown = [shift_id for shift_id in named if shift_id in ctx.session.shown]
    ahead = {one.shift_id for one in own(ctx)} if own_first and not shown else set()
    return shown or [shift_id for shift_id in named if shift_id in ahead] or named


def _pointed_at(ctx: Context, said: str, coming: Sequence[Titled]) -> list[int]:
    """上次那个 is from one's own past, 刚才那个 what was just shown."""
    if LAST_TIME.search(said):
        past = _last_time(ctx)
        again = [one.shift_id for one in coming if past and one.title == past.title]
        return again or ([past.shift_id] if past else [])
    if found := POINTED_AT.search(said):
        viewer = person_id(ctx)
        mentioned = activities.listed(ctx.db, ctx.now, text=found.group("what"), viewer=viewer, limit=10)
        if mentioned:
            return [one.shift_id for one in mentioned]
    return [ctx.session.focus] if ctx.session.focus is not None and THIS_ONE.search(said) else []


def _on_that_day(ctx: Context, coming: Sequence[Titled]) -> list[int]:
    when = ctx.understanding.slots.when if ctx.text else None
    if when is None or when.ask or when.moved:
        return []  # which day is meant is asked, or said, with the list
    return [one.shift_id for one in coming if when.start <= one.starts_at < when.end]


def own(ctx: Context) -> list[registrations.Mine]:
    """What this follower has ahead."""
    person = person_id(ctx)
    return registrations.mine(ctx.db, person, ctx.now) if person is not None else []


def _last_time(ctx: Context) -> registrations.Past | None:
    person = person_id(ctx)
    return registrations.last_attended(ctx.db, person, ctx.now) if person is not None else None


def _by_kind(text: str, known: Sequence[Titled]) -> list[int]:
    wanted = kinds(text)
    return [one.shift_id for one in known if any(kind in one.title for kind in wanted)]


def _overlap(text: str, title: str) -> int:
    """Length of the longest part of ``title`` that stands in ``text``, generic words aside; 0 below two characters."""
    bare = GENERIC.sub(" ", clean(title))
    best = 0
    for part in bare.split():
        for start in range(len(part)):
            end = start + max(best + 1, SHORTEST_PART)
            while end <= len(part) and part[start:end] in text:
                best, end = end - start, end + 1
    return best
