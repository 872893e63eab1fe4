"""YAML text to nodes with places: 1.2 rules (every scalar is text), no aliases, no bombs, errors in plain Chinese."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.knowledge import yaml_slips
from bot.knowledge.entries import Mistake, Place

MAX_FILE_BYTES = 2_000_000
MAX_DEPTH = 12
MAX_MENDED = 200_000  # characters of a broken file that is still read entry by entry
MAX_PIECES = 500

_ENTRY = re.compile(r"^[ \t\u3000]*[-－][ \t]*(?:id|ask|answer|intent)\b", re.M)
# What YAML allows and an editor cannot show; the two line separators would count as line breaks.
_INVISIBLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_DENIED = {
    errno.EACCES: "没有读取权限；请让管理员给这个文件加上“可读”权限",
    errno.ENOENT: "文件不见了，或是一个指向别处的失效链接；请删掉它再建一次",
    errno.ELOOP: "是一个指向自己的链接；请删掉它",
}
_EXPLAINED = (
    ("cannot start any token", "这里有不能直接写的符号；缩进请用空格，内容请整段用英文引号括起来"),
    ("mapping values are not allowed", "多了一个冒号，或上一行缩进不对；内容里有“: ”时请把整段用英文引号括起来"),
    ("mapping keys are not allowed", "以 ? 开头的内容请整段用英文引号括起来"),
    (
        "could not find expected ':'",
        "不知道这一行属于谁：如果是上一段的下一行，请把上面写成“answer: |”，每行缩进一样多；否则写成“名称: 内容”",
    ),
    ("did not find expected ',' or ']'", "这个 [ 没有找到配对的 ]；方括号里的各项用英文逗号分开，最后写英文的 ]"),
    ("did not find expected ',' or '}'", "这个 { 没有找到配对的 }；以 { 开头的内容请整段用英文引号括起来"),
    ("did not find expected key", "缩进与上面的行不一致，请和同级的行对齐"),
    (
        "did not find expected '-' indicator",
        "这一行的缩进不对：同一条里的 id、ask、answer 要左对齐，每条以“- ”开头并对齐",
    ),
    ("block sequence entries are not allowed", "“- ”要另起一行，并比上一级多缩进两格"),
    ("block collections are not allowed", "这里不能直接写列表，请另起一行"),
    ("did not find expected comment or line break", "“|”或“>”后面不能直接写字；请换行，缩进后再写"),
    ("expected alphabetic or numeric character", "以 & 或 * 开头的内容请整段用英文引号括起来"),
    ("expected whitespace or line break", "以 ! 或 % 开头的内容请整段用英文引号括起来"),
    ("did not find expected node content", "这里少了内容，或多了一个标点；请对照上一条的写法"),
    ("found unexpected end of stream", "这里的引号没有成对，缺少结尾的英文引号"),
    ("found unexpected document indicator", "这里的引号没有成对，缺少结尾的英文引号"),
    ("escape", "双引号里的反斜杠写法不对；请改用单引号，或把 \\ 写成 \\\\"),
    ("directive", "以 % 开头的内容请整段用英文引号括起来"),
    ("expected <document start>", "一个文件里只能有一份内容，请删掉多出来的“---”或“...”"),
    ("expected a single document", "一个文件里只能有一份内容，请删掉多出来的“---”"),
)
_AT_THE_OPENING = ("flow sequence", "flow mapping", "quoted scalar", "simple key")


class Unreadable(Exception):
    """A text that is no YAML of ours; carries the one mistake that says why."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


@dataclass(frozen=True)
class Page:
    """What could be read of a file: one root, or after a mistake one for each part that is whole."""

    roots: tuple[yaml.Node, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    lines: tuple[str, ...] = ()


class _TextLoader(yaml.CSafeLoader):
    """Every plain scalar is text: ``no``, ``12:30`` and ``0123`` stay what was written."""

    yaml_implicit_resolvers = {}


def read(path: Path, name: str) -> Page:
    """Everything readable of a file and all mistakes of its writing; never raises over what stands in it."""
    try:
        text = _text(path, name)
    except Unreadable as unreadable:
        return Page(mistakes=(unreadable.mistake,))
    if not text.strip():
        return Page(mistakes=(Mistake(Place(name), "文件是空的；请写上内容，不要它就删掉这个文件"),))
    invisible = tuple(_invisible(text, name))
    if invisible:
        return Page(mistakes=invisible)
    lines = tuple(text.splitlines())
    try:
        top = root(text, name)
        return Page(() if top is None else (top,), (), lines)
    except Unreadable as unreadable:
        if len(text) > MAX_MENDED:
            return Page(mistakes=(unreadable.mistake,), lines=lines)
        roots, mistakes = _in_pieces(text, name)
        return Page(roots, mistakes or (unreadable.mistake,), lines)


def place(node: yaml.Node, name: str) -> Place:
    return Place(name, node.start_mark.line + 1, node.start_mark.column + 1)


def _text(path: Path, name: str) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1_000_000
            raise Unreadable(Mistake(Place(name), f"文件有 {size / 1e6:.1f} MB，超过 {limit} MB；请按主题拆成几个文件"))
        raw = path.read_bytes()
    except OSError as error:
        why = _DENIED.get(error.errno or 0, f"读不了这个文件（{error.strerror}）；请检查磁盘和权限")
        raise Unreadable(Mistake(Place(name), why)) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        at = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        what = f"文件的编码{_encoding(raw)}不是 UTF-8；请在编辑器里“另存为”，编码选 UTF-8"
        raise Unreadable(Mistake(at, what)) from error


def _encoding(raw: bytes) -> str:
    """What Windows probably saved: Notepad's “Unicode” and “ANSI”."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw[:200].count(0) > len(raw[:200]) // 4:
        return "是 UTF-16（记事本里叫 Unicode），"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return "是 GBK（记事本里叫 ANSI），"


def _invisible(text: str, name: str) -> Iterator[Mistake]:
    for count, found in enumerate(_INVISIBLE.finditer(text)):
        if count == 20:
            return
        before = text[: found.start()]
        at = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        yield Mistake(at, f"这里有一个看不见的字符（U+{ord(found.group()):04X}）；请把这几个字删掉重新输入")


def root(text: str, name: str) -> yaml.Node | None:
    """The root node, None if the text holds nothing; raises Unreadable."""
    try:
        _refuse_bombs(text, name)
        loader = _TextLoader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise Unreadable(_explained(error, text, name)) from error


def _in_pieces(text: str, name: str) -> tuple[tuple[yaml.Node, ...], tuple[Mistake, ...]]:
    """Each entry read on its own, so that one slip hides neither the other mistakes nor the good entries."""
    starts = [found.start() for found in _ENTRY.finditer(text)][:MAX_PIECES]
    roots: list[yaml.Node | None] = []
    mistakes: list[Mistake] = []
    for start, end in zip([0, *starts], [*starts, len(text)], strict=True):
        before, piece = text.count("\n", 0, start), text[start:end]
        try:
            roots.append(_piece(piece, name, before))
        except Unreadable as unreadable:
            slips, meant = yaml_slips.slips(piece, name, before)
            mistakes += slips or [unreadable.mistake]
            if slips:
                # Read as it was meant, for what else is wrong with it.
                with suppress(Unreadable):
                    roots.append(_piece(meant, name, before))
    return tuple(root for root in roots if root is not None), tuple(mistakes)


def _piece(text: str, name: str, lines_before: int) -> yaml.Node | None:
    """A part of a file on its own; blank lines before it keep its places true."""
    return root("entries:" + "\n" * lines_before + text if lines_before else text, name)


def _refuse_bombs(text: str, name: str) -> None:
    """Aliases and deep nesting are refused while reading events, before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=_TextLoader):
        mark = event.start_mark
        at = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(Mistake(at, "不能用 & 和 * 引用别处的内容；以 & 或 * 开头的文字请用英文引号括起来"))
        if getattr(event, "tag", None) is not None:
            raise Unreadable(Mistake(at, "以 ! 开头的文字请用英文引号括起来"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise Unreadable(Mistake(at, f"嵌套超过 {MAX_DEPTH} 层；条目里只有文字和一层列表"))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _explained(error: yaml.YAMLError, text: str, name: str) -> Mistake:
    context = str(getattr(error, "context", None) or "")
    said = f"{context} {getattr(error, 'problem', None) or ''} {error}"
    marks = [getattr(error, "problem_mark", None), getattr(error, "context_mark", None)]
    if any(opening in context for opening in _AT_THE_OPENING):
        marks.reverse()  # what was never closed is found at the end, and mended where it begins
    mark = next((mark for mark in marks if mark is not None), None)
    at = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
    for sign, meaning in _EXPLAINED:
        if sign in said:
            return Mistake(at, meaning)
    return Mistake(at, "这里写法有误；请检查这一行和上一行的缩进、冒号和引号")
