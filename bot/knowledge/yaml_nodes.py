"""YAML text to nodes with places: 1.2 rules (every scalar is text), no aliases, no bombs, errors in plain Chinese."""

from __future__ import annotations

from pathlib import Path

import yaml

from bot.knowledge.entries import Mistake, Place

MAX_FILE_BYTES = 2_000_000
MAX_DEPTH = 12

_EXPLAINED = (
    ("cannot start any token", "缩进里有 Tab 或这里有不能直接写的符号；缩进请用空格，内容请用英文引号括起来"),
    ("mapping values are not allowed", "多了一个冒号，或上一行缩进不对；内容里有“: ”时请把整段用英文引号括起来"),
    ("could not find expected ':'", "这里应该是“名称: 内容”，缺少英文冒号和空格；多行文字先写“|”，各行缩进一致"),
    ("did not find expected ',' or ']'", "方括号里的各项用英文逗号分开，最后要有 ]"),
    ("did not find expected ',' or '}'", "花括号里的各项用英文逗号分开，最后要有 }；以 { 开头的内容请用英文引号括起来"),
    ("did not find expected key", "缩进与上面的行不一致，请和同级的行对齐"),
    ("did not find expected '-' indicator", "列表的各项要用“- ”开头并对齐"),
    ("block sequence entries are not allowed", "“- ”要另起一行，并比上一级多缩进两格"),
    ("block collections are not allowed", "这里不能直接写列表，请另起一行"),
    ("found unexpected end of stream", "引号没有成对，缺少结尾的引号"),
    ("found unexpected document indicator", "引号没有成对，缺少结尾的引号"),
    ("unknown escape character", "双引号里的反斜杠写法不对；请改用单引号，或把 \\ 写成 \\\\"),
    ("control characters are not allowed", "有看不见的控制字符，请删掉后重新输入"),
    ("expected a single document", "一个文件里只能有一份内容，请删掉多出来的“---”"),
)


class Unreadable(Exception):
    """A file that cannot be read at all; carries the one mistake that says why."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


class _TextLoader(yaml.CSafeLoader):
    """Every plain scalar is text: ``no``, ``12:30`` and ``0123`` stay what was written."""

    yaml_implicit_resolvers = {}


def read(path: Path, name: str) -> yaml.Node | None:
    """The root node of a file, None if it holds nothing; raises Unreadable."""
    text = _text(path, name)
    try:
        _refuse_bombs(text, name)
        loader = _TextLoader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise Unreadable(_explained(error, text, name)) from error


def place(node: yaml.Node, name: str) -> Place:
    return Place(name, node.start_mark.line + 1, node.start_mark.column + 1)


def _text(path: Path, name: str) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1_000_000
            raise Unreadable(Mistake(Place(name), f"文件有 {size / 1e6:.1f} MB，超过 {limit} MB；请按主题拆成几个文件"))
        raw = path.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(Mistake(Place(name), f"读不了这个文件：{error.strerror}")) from error
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        at = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise Unreadable(Mistake(at, "不是 UTF-8 编码；请在编辑器里“另存为”，编码选 UTF-8")) from error


def _refuse_bombs(text: str, name: str) -> None:
    """Aliases and deep nesting are refused while reading events, before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=_TextLoader):
        mark = event.start_mark
        at = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(Mistake(at, "不能用 & 和 * 引用别处的内容；以 & 或 * 开头的文字请用英文引号括起来"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise Unreadable(Mistake(at, f"嵌套超过 {MAX_DEPTH} 层；条目里只有文字和一层列表"))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if getattr(event, "tag", None) and not getattr(event, "implicit", True):
            raise Unreadable(Mistake(at, "以 ! 开头的文字请用英文引号括起来"))


def _explained(error: yaml.YAMLError, text: str, name: str) -> Mistake:
    said = " ".join(str(part) for part in (getattr(error, "context", ""), getattr(error, "problem", ""), error) if part)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        at = Place(name, mark.line + 1, mark.column + 1)
    else:
        position = min(getattr(error, "position", 0) or 0, len(text))
        before = text[:position]
        at = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
    for sign, meaning in _EXPLAINED:
        if sign in said:
            return Mistake(at, meaning)
    problem = getattr(error, "problem", None) or "invalid"
    return Mistake(at, f"YAML 写法有误（{problem}）；请检查这一行和上一行的缩进、冒号和引号")
