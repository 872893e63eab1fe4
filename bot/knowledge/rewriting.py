"""One entry of a YAML file changed in its own lines: all other lines, comments and the order stay as written."""

from __future__ import annotations

import difflib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString, PlainScalarString

from bot.knowledge.entries import Entry
from bot.knowledge.yaml_nodes import Unreadable, root

LISTS = ("ask", "keywords", "tests")
WIDE = 1 << 16  # lines are never broken anew: a follower's sentence stays on the line on which it was written


class EditRefused(Exception):
    """The file was not touched; ``str()`` says why and what to do."""


@dataclass(frozen=True)
class Fields:
    """What an entry says, as a form holds it: ``valid_until`` as 2027-06-30 or empty; an ``intent`` or an answer."""

    id: str
    ask: tuple[str, ...]
    answer: str = ""
    intent: str = ""
    keywords: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    valid_until: str = ""

    @classmethod
    def of(cls, entry: Entry) -> Fields:
        texts = {name: tuple(phrase.text for phrase in getattr(entry, name)) for name in LISTS}
        until = entry.valid_until.isoformat() if entry.valid_until else ""
        return cls(entry.id, answer=entry.answer or "", intent=entry.intent or "", valid_until=until, **texts)


@dataclass(frozen=True)
class Block:
    """The lines of one entry: from ``start`` up to ``end``, counted from 0; where its dash and its fields stand."""

    id: str
    start: int
    end: int
    dash: int
    column: int


def blocks(text: str) -> list[Block]:
    """Every entry of a file in its order. Raises EditRefused where the file must be mended as YAML first."""
    items = _entries(text)
    if items is None or not items.value:
        return []
    lines = text.split("\n")
    dash = items.start_mark.column
    starts = [_dash_line(lines, item.start_mark.line, dash) for item in items.value]
    # The end of a block is where the next token begins, which may stand in the middle of the last line.
    last = len(lines) if items.end_mark.index >= len(text) else items.end_mark.line
    ends = [*starts[1:], last]
    return [
        Block(_id(item), start, _trimmed(lines, start, end, dash), dash, item.start_mark.column)
        for item, start, end in zip(items.value, starts, ends, strict=True)
    ]


def block(text: str, id: str) -> Block:
    for each in blocks(text):
        if each.id == id:
            return each
    raise EditRefused(f"文件里已经没有 {id} 这一条了；可能刚被改名或删掉，请回到列表看看。")


def lines_of(text: str, id: str) -> str:
    """The entry as it is written."""
    at = block(text, id)
    return "\n".join(text.split("\n")[at.start : at.end]) + "\n"


def with_lines(text: str, id: str, written: str) -> str:
    """The entry's lines replaced by others, as somebody typed them."""
    at = block(text, id)
    return _put(text, at.start, at.end, written)


def without(text: str, id: str) -> str:
    at = block(text, id)
    if len(blocks(text)) == 1:
        raise EditRefused("这是文件里唯一的一条，删掉后文件就空了；请把它改成别的内容，或请管理员删掉整个文件。")
    return _put(text, at.start, at.end, "")


def with_fields(text: str, fields: Fields, id: str = "") -> str:
    """The entry ``id`` (by default that of the fields) says what the fields say; what is the same is not touched."""
    at = block(text, id or fields.id)
    writer = _writer(at)
    loaded = writer.load("\n".join(text.split("\n")[at.start : at.end]) + "\n")
    if not isinstance(loaded, CommentedSeq) or not isinstance(loaded[0], CommentedMap):
        raise EditRefused("这一条的写法太特别，表单改不了；请到 YAML 页改。")
    _fill(loaded[0], fields)
    return _put(text, at.start, at.end, _written(writer, loaded))


def with_new(text: str, fields: Fields) -> str:
    """A new entry behind the last one."""
    known = blocks(text)
    if not known:
        raise EditRefused("这个文件里还没有条目，表单不知道写在哪里；请换一个文件，或到 YAML 页写第一条。")
    at = known[-1]
    entry = CommentedMap(id=fields.id)
    _fill(entry, fields)
    if "ask" in entry:
        entry["ask"].fa.set_flow_style()  # as the neighbours are written
    return _put(text, at.end, at.end, _written(_writer(at), CommentedSeq([entry])))


def first(topic: str, fields: Fields, header: str) -> str:
    """A file of its own for a new topic: its comments, its topic, its first entry."""
    entry = CommentedMap(id=fields.id)
    _fill(entry, fields)
    if "ask" in entry:
        entry["ask"].fa.set_flow_style()
    written = _written(_writer(Block(fields.id, 0, 0, 2, 4)), CommentedMap(topic=topic, entries=CommentedSeq([entry])))
    return header + written


def _entries(text: str) -> yaml.SequenceNode | None:
    try:
        top = root(text, "")
    except Unreadable:
        raise EditRefused("这个文件有写法错误，表单读不懂；请先到 YAML 页照提示改好。") from None
    for key, value in top.value if isinstance(top, yaml.MappingNode) else ():
        if key.value == "entries" and isinstance(value, yaml.SequenceNode):
            if value.flow_style:
                raise EditRefused("这个文件的条目写在方括号里，表单改不了；请到 YAML 页改。")
            return value
    return None


def _id(item: yaml.Node) -> str:
    pairs = item.value if isinstance(item, yaml.MappingNode) else ()
    return next((str(value.value) for key, value in pairs if key.value == "id"), "")


def _dash_line(lines: Sequence[str], line: int, dash: int) -> int:
    """The line of the entry's dash, which may stand alone above its fields."""
    while line > 0 and lines[line][dash : dash + 1] != "-":
        line -= 1
    return line


def _trimmed(lines: Sequence[str], start: int, end: int, dash: int) -> int:
    """Blank lines and comments behind an entry belong to what follows; deeper ones may be a part of its answer."""
    while end > start + 1:
        bare = lines[end - 1].lstrip()
        indent = len(lines[end - 1]) - len(bare)
        if bare and not (bare.startswith("#") and indent <= dash):
            break
        end -= 1
    return end


def _put(text: str, start: int, end: int, written: str) -> str:
    lines = text.split("\n")
    new = written.rstrip("\n").split("\n") if written.strip() else []
    return "\n".join([*lines[:start], *new, *lines[end:]])


def _writer(at: Block) -> YAML:
    writer = YAML(typ="rt")
    writer.preserve_quotes, writer.width, writer.allow_unicode = True, WIDE, True
    writer.indent(mapping=2, sequence=at.column, offset=at.dash)
    return writer


def _written(writer: YAML, loaded: CommentedSeq | CommentedMap) -> str:
    out = io.StringIO()
    writer.dump(loaded, out)
    return out.getvalue()


def _fill(entry: CommentedMap, fields: Fields) -> None:
    if str(entry.get("id", "")) != fields.id:
        entry["id"] = fields.id
    for name in LISTS:
        _fill_list(entry, name, getattr(fields, name))
    for name, text in (("answer", fields.answer), ("intent", fields.intent)):
        text = text.replace("\r\n", "\n").strip()
        if text != str(entry.get(name) or "").strip():
            _set(entry, name, _styled(text, entry.get(name)))
    if fields.valid_until != str(entry.get("valid_until") or ""):
        _set(entry, "valid_until", _day(fields.valid_until))


def _set(entry: CommentedMap, name: str, value: Any) -> None:
    if value:
        entry[name] = value
    else:
        entry.pop(name, None)


def _styled(text: str, before: Any) -> str:
    """Several lines below a “|”; one line beside its name, quoted where it was."""
    if "\n" in text:
        literal: str = LiteralScalarString(text + "\n")
        return literal
    plain: str = PlainScalarString(text) if isinstance(before, LiteralScalarString | FoldedScalarString) else text
    return plain


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text  # the check says what is wrong with it


def _fill_list(entry: CommentedMap, name: str, wanted: Sequence[str]) -> None:
    """Only what differs is taken out and put in: comments beside the other sentences stay."""
    if not wanted:
        entry.pop(name, None)
        return
    there = entry.get(name)
    if not isinstance(there, CommentedSeq):
        entry[name] = CommentedSeq(wanted)
        return
    steps = difflib.SequenceMatcher(None, [str(text) for text in there], list(wanted), autojunk=False).get_opcodes()
    for what, start, end, first, last in reversed(steps):
        if what != "equal":
            for _ in range(start, end):
                del there[start]
            for number, text in enumerate(wanted[first:last]):
                there.insert(start + number, text)
