"""Which activity is meant: by code, by its place in the list just shown, by title, place or “刚才那个”."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from bot.conversation.context import Context
from bot.language.numerals import choice as choice_number
from bot.services import activities

CODE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]\d{2,3})(?!\d)")
ORDINAL = re.compile(r"第\s*([一二三四五六七八九十\d]+)\s*(?:个|项|场|条)?")
THAT_ONE = ("刚才那个", "刚刚那个", "这个", "那个", "上面那个", "它", "该活动")
GENERIC = re.compile(r"(?:青年|志愿者?|服务|活动|公益|我要|我想|帮我|给我|报名?|参加|取消|一下|那个|这个|的|吧|呢|吗|了|请|想|要)+")
SHORTEST_PART = 2


class Titled(Protocol):
    @property
    def shift_id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def place(self) -> str: ...


def among(text: str, known: Sequence[Titled]) -> list[int]:
    """The shifts of ``known`` that ``text`` names by code, title, part of the title or place; best first, ties kept."""
    codes = {code.upper() for code in CODE.findall(text)}
    named = [one.shift_id for one in known if one.code.upper() in codes]
    if named or codes:
        return named
    scored = [(_overlap(text, one.title) * 2 + _overlap(text, one.place), one.shift_id) for one in known]
    best = max((score for score, _ in scored), default=0)
    return [shift_id for score, shift_id in scored if score == best] if best > 0 else []


def meant(ctx: Context, text: str | None = None) -> list[int]:
    """Shift ids that the message may mean, in the order of domain §6.9: an argument already settled, the list last
    shown, the activity just talked about, then everything that is coming up."""
    if "shift_id" in ctx.args:
        return [int(ctx.args["shift_id"])]
    said = text if text is not None else ctx.text
    by_number = _in_list(ctx, said)
    if by_number is not None:
        return [by_number]
    named = among(said, activities.listed(ctx.db, ctx.now, limit=500))
    if named:
        shown = [shift_id for shift_id in named if shift_id in ctx.session.shown]
        return shown if len(shown) == 1 else named
    if ctx.session.focus is not None and any(word in said for word in THAT_ONE):
        return [ctx.session.focus]
    return []


def _in_list(ctx: Context, said: str) -> int | None:
    shown = ctx.session.shown
    if not shown:
        return None
    found = ORDINAL.search(said)
    number = choice_number(found.group(1) if found else said.strip(), len(shown))
    return shown[number - 1] if number else None


def _overlap(text: str, title: str) -> int:
    """Length of the longest part of ``title`` that stands in ``text``, generic words aside; 0 below two characters."""
    bare = GENERIC.sub(" ", title)
    best = 0
    for part in bare.split():
        for start in range(len(part)):
            end = start + max(best + 1, SHORTEST_PART)
            while end <= len(part) and part[start:end] in text:
                best, end = end - start, end + 1
    return best
