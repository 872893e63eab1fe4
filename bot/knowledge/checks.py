"""What is wrong with entries taken together: phrases that collide, answers too long, placeholders nobody fills."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from bot.knowledge import alike, placeholders
from bot.knowledge.entries import MAX_ANSWER_BYTES, Entry, Folder, Mistake, Phrase
from bot.language.text import normalise

_BARE_LINK = re.compile(
    r"(?<![\w/.@:-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|org|net|gov)\b(?:/[^\s，。）)]*)?", re.ASCII
)
_SOON = timedelta(days=30)
FEW = 3


def checked(folder: Folder, values: Mapping[str, str], today: date) -> Folder:
    """The folder with all mistakes, those of shape and those found here."""
    known = {**folder.placeholders, **values}
    found = [
        *_same_phrases(folder),
        *_colliding_keywords(folder),
        *alike.nearly_same(folder),
        *(m for entry in folder.entries for m in _answer(entry, known)),
        *(m for entry in folder.entries for m in _advice(entry, today)),
    ]
    return replace(folder, mistakes=tuple(sorted({*folder.mistakes, *found})))


def _same_phrases(folder: Folder) -> Iterator[Mistake]:
    seen: dict[str, tuple[Entry, Phrase]] = {}
    for entry in folder.entries:
        for phrase in entry.ask:
            key = normalise(phrase.text).replace(" ", "")
            if not key:
                yield Mistake(phrase.place, f"“{phrase}”里没有文字，永远不会被问到；请删掉", "collision")
                continue
            other = seen.setdefault(key, (entry, phrase))
            if other[0].id != entry.id:
                message = f"“{phrase}”已经写在 {other[0].id}（{other[1].place}）；同一句话只能属于一条，请删掉一处"
                yield Mistake(phrase.place, message, "collision")
            elif other[1] is not phrase:
                yield Mistake(phrase.place, f"“{phrase}”在这一条里写了两次，删掉一个就好", "advice")


def _colliding_keywords(folder: Folder) -> Iterator[Mistake]:
    seen: dict[str, tuple[Entry, Phrase]] = {}
    for entry in folder.entries:
        for word in entry.keywords:
            key = normalise(word.text).replace(" ", "")
            other = seen.setdefault(key, (entry, word))
            if other[0].id != entry.id:
                message = f"关键词“{word}”已经属于 {other[0].id}（{other[1].place}）；一个词只能决定一条"
                yield Mistake(word.place, message, "collision")
            if len(key) < 2:
                yield Mistake(word.place, f"关键词“{word}”太短，会误伤别的问题；请至少写两个字", "collision")


def _answer(entry: Entry, known: Mapping[str, str]) -> Iterator[Mistake]:
    if entry.answer is None or entry.answer_place is None:
        return
    for name in dict.fromkeys(placeholders.used(entry.answer)):
        if name not in known:
            names = "、".join(sorted(known)) or "（还没有）"
            yield Mistake(entry.answer_place, f"没有叫 {{{name}}} 的占位；可用的有：{names}", "collision")
    text = placeholders.fill(entry.answer, known)
    size = len(text.encode())
    if size > MAX_ANSWER_BYTES:
        over = (size - MAX_ANSWER_BYTES + 2) // 3
        message = f"回答有 {size} 字节，微信最多 {MAX_ANSWER_BYTES}；请删掉约 {over} 个汉字"
        yield Mistake(entry.answer_place, message, "collision")
    for link in _BARE_LINK.finditer(re.sub(r"https?://\S+", " ", text)):
        message = f"链接“{link.group()}”缺少开头，请写成 https://{link.group()}"
        yield Mistake(entry.answer_place, message, "collision")


def _advice(entry: Entry, today: date) -> Iterator[Mistake]:
    if entry.valid_until is not None and entry.valid_until < today:
        yield Mistake(entry.place, f"{entry.id} 已在 {entry.valid_until} 过期，不再回答；请更新日期或删掉", "advice")
    elif entry.valid_until is not None and entry.valid_until - today <= _SOON:
        yield Mistake(entry.place, f"{entry.id} 将在 {entry.valid_until} 过期；请提前更新", "advice")
    if len(entry.ask) < FEW:
        message = f"{entry.id} 只有 {len(entry.ask)} 种问法；写到 {FEW} 种以上，其中一两句像聊天那样口语，才容易认出来"
        yield Mistake(entry.place, message, "advice")
    for phrase in entry.ask:
        if "，" in phrase.text and len(phrase.text) > 40:
            message = "这一句里有中文逗号；如果本来是几句话，请用英文逗号分开，或每句另起一行写“- ”"
            yield Mistake(phrase.place, message, "advice")
