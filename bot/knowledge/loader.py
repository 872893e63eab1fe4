"""YAML files to entries: every mistake at once, each with its place and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import yaml

from bot.knowledge.entries import ENTRY_FIELDS, FILE_FIELDS, Entry, Folder, Mistake, Phrase, Place
from bot.knowledge.yaml_nodes import Unreadable, place, read

_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_INTENT = re.compile(r"[a-z_]+\.[a-z_]+")
_PLACEHOLDER_NAME = re.compile(r"[a-z][a-z0-9_]*")
MAX_PHRASE = 100


def files(directory: Path) -> list[Path]:
    """The YAML files of a folder and its sub-folders, in a fixed order."""
    if directory.is_file():
        return [directory]
    return sorted(path for path in directory.rglob("*") if path.suffix in {".yaml", ".yml"} and path.is_file())


def load(directory: Path) -> Folder:
    """Everything that can be read, and all mistakes of shape; ``checks`` looks at what entries mean together."""
    reader = _Reader()
    found = files(directory)
    if not found:
        reader.mistakes.append(Mistake(Place(str(directory)), "这个文件夹里没有 .yaml 文件"))
    for path in found:
        name = str(path.relative_to(directory.parent)) if path != directory else path.name
        try:
            root = read(path, name)
        except Unreadable as unreadable:
            reader.mistakes.append(unreadable.mistake)
            continue
        if root is not None:
            reader.file(root, name)
    return reader.folder()


class _Reader:
    """Collects entries and mistakes over all files of one folder."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self._entries: list[Entry] = []
        self._ids: dict[str, Place] = {}
        self._maps: dict[str, dict[str, str]] = {"placeholders": {}, "synonyms": {}}
        self._lists: dict[str, list[str]] = {"words": [], "stop_phrases": []}

    def folder(self) -> Folder:
        return Folder(
            entries=tuple(self._entries),
            placeholders=self._maps["placeholders"],
            synonyms=self._maps["synonyms"],
            words=tuple(self._lists["words"]),
            stop_phrases=tuple(self._lists["stop_phrases"]),
            mistakes=tuple(sorted(self.mistakes)),
        )

    def file(self, root: yaml.Node, name: str) -> None:
        if not isinstance(root, yaml.MappingNode):
            chinese = isinstance(root, yaml.ScalarNode) and "：" in root.value
            hint = "；是不是把英文冒号打成了中文冒号“：”？" if chinese else ""
            self._wrong(root, name, f"文件开头应该是“topic: 主题”和“entries:”{hint}")
            return
        fields = dict(self._fields(root, name, FILE_FIELDS))
        topic = self._text(fields["topic"], name, "topic") if "topic" in fields else None
        for key in self._maps:
            if key in fields:
                self._mapping(fields[key], name, key)
        for key, values in self._lists.items():
            if key in fields:
                values.extend(p.text for p in self._phrases(fields[key], name, key))
        if "entries" in fields:
            self._list_of_entries(fields["entries"], name, topic or Path(name).stem)
        elif "topic" in fields:
            self._wrong(root, name, "有 topic 却没有 entries；请加上“entries:”，下面每条以“- id:”开头")

    def _list_of_entries(self, node: yaml.Node, name: str, topic: str) -> None:
        if isinstance(node, yaml.ScalarNode) and not node.value:
            return
        if not isinstance(node, yaml.SequenceNode):
            self._wrong(node, name, "entries 下面应该是列表，每条以“- id:”开头")
            return
        for item in node.value:
            if isinstance(item, yaml.MappingNode):
                self._entry(item, name, topic)
            else:
                self._wrong(item, name, "每条应该是“- id: …”，下面再写 ask 和 answer")

    def _entry(self, node: yaml.MappingNode, name: str, topic: str) -> None:
        before = len(self.mistakes)
        fields = dict(self._fields(node, name, ENTRY_FIELDS))
        id = self._id(fields.get("id"), node, name)
        ask = self._phrases(fields["ask"], name, "ask") if "ask" in fields else ()
        if not ask and "ask" not in fields:
            self._wrong(node, name, "这一条没有 ask；请写“ask: [问法一, 问法二, 问法三]”")
        answer = self._text(fields["answer"], name, "answer") if "answer" in fields else None
        intent = self._text(fields["intent"], name, "intent") if "intent" in fields else None
        if ("answer" in fields) == ("intent" in fields):
            both = "answer 和 intent 只能写一个" if "answer" in fields else "这一条没有 answer；请写“answer: 回答”"
            self._wrong(node, name, both)
        if intent is not None and not _INTENT.fullmatch(intent):
            self._wrong(fields["intent"], name, f"“{intent}”不是处理名，应该像 sign_up.start")
        keywords = self._phrases(fields["keywords"], name, "keywords") if "keywords" in fields else ()
        tests = self._phrases(fields["tests"], name, "tests") if "tests" in fields else ()
        until = self._date(fields["valid_until"], name) if "valid_until" in fields else None
        if id is None or not ask or len(self.mistakes) > before:
            return
        answer_place = place(fields["answer"], name) if "answer" in fields else None
        at = place(node, name)
        self._entries.append(Entry(id, topic, ask, answer, intent, keywords, tests, until, at, answer_place))

    def _fields(self, node: yaml.MappingNode, name: str, known: tuple[str, ...]) -> Iterator[tuple[str, yaml.Node]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value not in known:
                said = key.value if isinstance(key, yaml.ScalarNode) else "…"
                self._wrong(key, name, f"不认识“{said}”；这里可以写：{'、'.join(known)}")
            elif key.value in seen:
                self._wrong(key, name, f"“{key.value}”写了两次（第 {seen[key.value]} 行已有）；请合并或删掉一个")
            else:
                seen[key.value] = key.start_mark.line + 1
                yield key.value, value

    def _id(self, node: yaml.Node | None, entry: yaml.Node, name: str) -> str | None:
        if node is None:
            self._wrong(entry, name, "这一条没有 id；请写“id: 英文名”，例如 id: insurance")
            return None
        text = self._text(node, name, "id")
        if text is None:
            return None
        if not _ID.fullmatch(text):
            self._wrong(node, name, f"id “{text}”只能用英文字母、数字、- 和 _，最多 64 个")
        elif text in self._ids:
            self._wrong(node, name, f"id “{text}”已经用在 {self._ids[text]}；请换一个")
        else:
            self._ids[text] = place(node, name)
        return text

    def _text(self, node: yaml.Node, name: str, field: str) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            message = f"{field} 应该是一段文字，这里却是列表；以 {{ 或 [ 开头的文字请用英文引号括起来"
            self._wrong(node, name, message)
            return None
        text = str(node.value).strip()
        if not text or (node.style is None and text in {"null", "~"}):
            self._wrong(node, name, f"{field} 是空的，请填写内容")
            return None
        return text

    def _phrases(self, node: yaml.Node, name: str, field: str) -> tuple[Phrase, ...]:
        if isinstance(node, yaml.MappingNode):
            self._wrong(node, name, f"{field} 应该是列表，例如 {field}: [问法一, 问法二]")
            return ()
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not items:
            self._wrong(node, name, f"{field} 是空的，请至少写一句")
        phrases = []
        for item in items:
            text = self._text(item, name, field)
            if text is None:
                continue
            if len(text) > MAX_PHRASE * 4:
                self._wrong(item, name, f"这一句有 {len(text)} 个字，太长；{field} 写人们会发来的一句话")
            phrases.append(Phrase(text, place(item, name)))
        return tuple(phrases)

    def _mapping(self, node: yaml.Node, name: str, field: str) -> None:
        if not isinstance(node, yaml.MappingNode):
            if not (isinstance(node, yaml.ScalarNode) and not node.value):
                self._wrong(node, name, f"{field} 下面每行应该是“名称: 内容”")
            return
        target = self._maps[field]
        for key, value in node.value:
            text, said = self._text(value, name, field), self._text(key, name, field)
            if text is None or said is None:
                continue
            if field == "placeholders" and not _PLACEHOLDER_NAME.fullmatch(said):
                self._wrong(key, name, f"占位名“{said}”只能用小写英文字母、数字和 _")
            elif said in target:
                self._wrong(key, name, f"“{said}”写了两次；请删掉一个")
            else:
                target[said] = text

    def _date(self, node: yaml.Node, name: str) -> date | None:
        text = self._text(node, name, "valid_until")
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._wrong(node, name, f"日期“{text}”写法不对，请写成 2027-06-30")
            return None

    def _wrong(self, node: yaml.Node, name: str, message: str) -> None:
        self.mistakes.append(Mistake(place(node, name), message))
