"""What is wrong with entries taken together: phrases that collide, answers too long, placeholders nobody fills."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from datetime import date, timedelta

from bot.knowledge import alike, placeholders
from bot.knowledge.entries import MAX_ANSWER_BYTES, Entry, Folder, Mistake, Phrase, Place
from bot.language.similarity import LARGE
from bot.language.text import normalise

_BARE_LINK = re.compile(
    r"(?<![\w/.@:-])(?:www\.[a-z0-9.-]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|org|net|gov|edu|top|vip|info|xyz|io|me))"
    r"\b(?:/[^\s，。；）)”]*)?",
    re.ASCII | re.IGNORECASE,
)
_BROKEN_SCHEME = re.compile(r"\bhttps?(?!://)\s*[:：]?\s*[/／]{1,2}\s*(?P<rest>[^\s，。；）)”]+)", re.IGNORECASE)
_IN_BRACES = re.compile(r"[{｛]+\s*(?P<name>[^{}｛｝\n]{1,30}?)\s*[}｝]+")
_UNCLOSED = re.compile(r"[{｛][a-z][a-z0-9_]*(?![a-z0-9_}｝])")
_SOON = timedelta(days=30)
FEW = 3
NEARLY = 0.95


def checked(
    folder: Folder, values: Mapping[str, str], today: date, intents: Set[str] | None = None, *, advise: bool = True
) -> Folder:
    """The folder with all mistakes, those of shape and those found here.

    ``intents`` are the names that have a handler; without them any name passes. Without ``advise`` only what keeps the
    folder from use is looked for.
    """
    known = {**folder.placeholders, **values}
    written = replace(folder, entries=folder.entries + folder.flawed)
    found = [
        *_same_phrases(written),
        *_colliding_keywords(written),
        *_unknown_intents(written, intents),
        *_placeholders(written, known),
        *(m for entry in written.entries for m in _answer(entry, known)),
    ]
    if advise:
        found += [
            *alike.nearly_same(written),
            *_useless_tests(written),
            *_too_many(written),
            *_overruled(written, values),
            *(m for entry in written.entries for m in _advice(entry, today)),
        ]
    return replace(folder, mistakes=tuple(sorted({*folder.mistakes, *found})))


def _unknown_intents(folder: Folder, intents: Set[str] | None) -> Iterator[Mistake]:
    for entry in folder.entries:
        if intents is not None and entry.intent is not None and entry.intent not in intents:
            near = difflib.get_close_matches(entry.intent, intents, 1)
            hint = f"是不是 {near[0]}？" if near else f"可用的有：{'、'.join(sorted(intents))}"
            yield Mistake(entry.intent_place or entry.place, f"没有叫 {entry.intent} 的功能；{hint}", "collision")


def _same_phrases(folder: Folder) -> Iterator[Mistake]:
    seen: dict[str, tuple[Entry, Phrase]] = {}
    for entry in folder.entries:
        for phrase in entry.ask:
            key = _key(phrase)
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
            key = _key(word)
            other = seen.setdefault(key, (entry, word))
            if other[0].id != entry.id:
                message = f"关键词“{word}”已经属于 {other[0].id}（{other[1].place}）；一个词只能决定一条"
                yield Mistake(word.place, message, "collision")
            if len(key) < 2:
                yield Mistake(word.place, f"关键词“{word}”太短，会误伤别的问题；请至少写两个字", "collision")


def _answer(entry: Entry, known: Mapping[str, str]) -> Iterator[Mistake]:
    if entry.answer is None or entry.answer_place is None:
        return
    yield from _braces(entry.answer, entry.answer_place, known)
    text = placeholders.fill(entry.answer, known)
    size = len(text.encode())
    if size > MAX_ANSWER_BYTES:
        over = (size - MAX_ANSWER_BYTES + 2) // 3
        message = f"回答有 {size} 字节，微信最多 {MAX_ANSWER_BYTES}；请删掉约 {over} 个汉字，或拆成两条"
        yield Mistake(entry.answer_place, message, "collision")
    for link in _BROKEN_SCHEME.finditer(text):
        message = f"链接“{link.group()}”的开头写错了，请写成 https://{link['rest']}"
        yield Mistake(entry.answer_place, message, "collision")
    for link in _BARE_LINK.finditer(_BROKEN_SCHEME.sub(" ", re.sub(r"https?://\S+", " ", text))):
        message = f"链接“{link.group()}”缺少开头，点不开；请写成 https://{link.group()}"
        yield Mistake(entry.answer_place, message, "collision")


def _braces(text: str, at: Place, known: Mapping[str, str]) -> Iterator[Mistake]:
    """Names in braces that nobody fills: followers would read the braces."""
    for found in _IN_BRACES.finditer(text):
        said, name = found.group(), found["name"]
        if said == f"{{{name}}}" and name in known:
            continue
        near = name if name in known else next(iter(difflib.get_close_matches(name.lower(), known, 1)), None)
        hint = f"请写成 {{{near}}}" if near else f"可用的有：{'、'.join(sorted(known)) or '（还没有）'}"
        yield Mistake(at, f"没有叫 {said} 的占位；{hint}", "collision")
    for found in _UNCLOSED.finditer(text):
        yield Mistake(at, f"占位 {found.group()} 缺少结尾的英文花括号 }}", "collision")


def _placeholders(folder: Folder, known: Mapping[str, str]) -> Iterator[Mistake]:
    for name, text in folder.placeholders.items():
        at = folder.places.get(name, Place("faq"))
        yield from _braces(text, at, known)
        if name in placeholders.used(text):
            yield Mistake(at, f"{{{name}}} 的内容里又写了 {{{name}}} 自己；请写出内容", "collision")


def _overruled(folder: Folder, values: Mapping[str, str]) -> Iterator[Mistake]:
    for name in folder.placeholders.keys() & values.keys():
        message = f"{name} 由 config.yaml 决定，这里写的不起作用；请删掉这一行，到 config.yaml 的 organisation 里改"
        yield Mistake(folder.places.get(name, Place("faq")), message, "advice")


def _useless_tests(folder: Folder) -> Iterator[Mistake]:
    """A test phrase that is itself a phrase is found word for word, whatever else was understood."""
    owners = {_key(phrase): entry.id for entry in folder.entries for phrase in entry.ask}
    for entry in folder.entries:
        for phrase in entry.tests:
            owner = owners.get(_key(phrase))
            if owner == entry.id:
                yield Mistake(phrase.place, f"“{phrase}”就在 ask 里，测不出什么；请换一句没写过的", "advice")
            elif owner:
                message = f"“{phrase}”是 {owner} 的问法，这个测试通不过；请删掉一处"
                yield Mistake(phrase.place, message, "advice")


def _too_many(folder: Folder) -> Iterator[Mistake]:
    """Said before it is too late: an index that is not taught answers less well."""
    number = sum(len(entry.ask) for entry in folder.entries)
    if number > NEARLY * LARGE:
        message = f"共有 {number} 种问法；超过 {LARGE} 种，小青就来不及学，只会比字面，答得不那么准。请合并相近的问法"
        yield Mistake(Place("faq"), message, "advice")


def _advice(entry: Entry, today: date) -> Iterator[Mistake]:
    if entry.valid_until is not None and entry.valid_until < today:
        yield Mistake(entry.place, f"{entry.id} 已在 {entry.valid_until} 过期，不再回答；请更新日期或删掉", "advice")
    elif entry.valid_until is not None and entry.valid_until - today <= _SOON:
        yield Mistake(entry.place, f"{entry.id} 将在 {entry.valid_until} 过期；请提前更新", "advice")
    if len(entry.ask) < FEW:
        message = f"{entry.id} 只有 {len(entry.ask)} 种问法；写到 {FEW} 种以上，其中一两句像聊天那样口语，才容易认出来"
        yield Mistake(entry.place, message, "advice")
    for phrase in entry.ask:
        parts = [part for part in re.split("[，、；]", phrase.text) if part]
        if len(parts) > 2 or (len(parts) > 1 and (len(entry.ask) < FEW or len(phrase.text) > 40)):
            message = f"“{phrase}”是一句还是 {len(parts)} 句？如果是几句，请用英文逗号分开，或每句另起一行写“- ”"
            yield Mistake(phrase.place, message, "advice")


def _key(phrase: Phrase) -> str:
    return normalise(phrase.text).replace(" ", "")
