"""YAML files to entries: every mistake at once, each with its place and what to write instead."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import yaml

from bot.knowledge.entries import ENTRY_FIELDS, FILE_FIELDS, Entry, Folder, Mistake, Phrase, Place, Severity
from bot.knowledge.paths import files, misnamed, name_of
from bot.knowledge.yaml_nodes import Page, place, read
from bot.knowledge.yaml_slips import list_as_text, not_text

_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_INTENT = re.compile(r"[a-z_]+\.[a-z_]+")
_PLACEHOLDER_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DATE = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?")
_IN_CHINESE = {
    "主题": "topic", "问法": "ask", "问题": "ask", "问": "ask", "回答": "answer", "答案": "answer", "答": "answer",
    "编号": "id", "关键词": "keywords", "测试": "tests", "有效期": "valid_until", "question": "ask", "条目": "entries",
}  # fmt: skip
_EXAMPLES = {"keywords": "[词一, 词二]", "words": "[词一, 词二]", "stop_phrases": "[请问, 麻烦您]"}
MAX_PHRASE = 400


def load(directory: Path) -> Folder:
    """Everything that can be read, and all mistakes of shape; ``checks`` looks at what entries mean together."""
    reader = _Reader()
    found = files(directory)
    if not found:
        reader.mistakes.append(Mistake(Place(str(directory)), "这个文件夹里没有 .yaml 文件"))
    for path in found:
        name = name_of(path, directory)
        page = read(path, name)
        reader.mistakes += page.mistakes
        reader.begin(name, page)
        for root in page.roots:
            reader.file(root, name)
    reader.mistakes += misnamed(directory)
    folder = reader.folder()
    if found and not folder.entries and not folder.refused():
        # A folder that says nothing is a slip, not a wish to say nothing.
        empty = Mistake(Place(str(directory)), "一条问答也没有；请至少写一条“- id: …”，下面写 ask 和 answer")
        return replace(folder, mistakes=(empty, *folder.mistakes))
    return folder


class _Reader:
    """Collects entries and mistakes over all files of one folder."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self._entries: list[Entry] = []
        self._flawed: list[Entry] = []
        self._ids: dict[str, Place] = {}
        self._maps: dict[str, dict[str, str]] = {"placeholders": {}, "synonyms": {}}
        self._lists: dict[str, list[str]] = {"words": [], "stop_phrases": []}
        self._places: dict[str, Place] = {}
        self._topic, self._lines, self._told = "", tuple[str, ...](), set[Place]()

    def begin(self, name: str, page: Page) -> None:
        """A new file: what stands in its roots has this topic until one says otherwise."""
        self._topic, self._lines = Path(name).stem, page.lines
        self._told = {mistake.place for mistake in page.mistakes}

    def folder(self) -> Folder:
        return Folder(
            entries=tuple(self._entries),
            flawed=tuple(self._flawed),
            placeholders=self._maps["placeholders"],
            places=self._places,
            synonyms=self._maps["synonyms"],
            words=tuple(self._lists["words"]),
            stop_phrases=tuple(self._lists["stop_phrases"]),
            mistakes=tuple(sorted(self.mistakes)),
        )

    def file(self, root: yaml.Node, name: str) -> None:
        if not isinstance(root, yaml.MappingNode):
            hint = ""
            if isinstance(root, yaml.ScalarNode) and "：" in root.value:
                hint = "；是不是把英文冒号打成了中文冒号“：”？"
            elif isinstance(root, yaml.SequenceNode):
                hint = "，下面才是“- id: …”"
            self._wrong(root, name, f"文件开头应该是“topic: 主题”和“entries:”{hint}")
            return
        fields = dict(self._fields(root, name, FILE_FIELDS))
        if "topic" in fields:
            self._topic = self._text(fields["topic"], name, "topic") or self._topic
        for key in self._maps:
            if key in fields:
                self._mapping(fields[key], name, key)
        for key, values in self._lists.items():
            if key in fields:
                values.extend(p.text for p in self._phrases(fields[key], name, key))
        if "entries" in fields:
            self._list_of_entries(fields["entries"], name)
        elif "topic" in fields:
            self._wrong(root, name, "有 topic 却没有 entries；请加上“entries:”，下面每条以“- id:”开头")

    def _list_of_entries(self, node: yaml.Node, name: str) -> None:
        if isinstance(node, yaml.ScalarNode) and not node.value:
            return
        if not isinstance(node, yaml.SequenceNode):
            forgotten = isinstance(node, yaml.MappingNode) and any(key.value == "id" for key, _ in node.value)
            hint = "；这里的 id 前面少了“- ”" if forgotten else ""
            self._wrong(node, name, f"entries 下面应该是列表，每条以“- id:”开头{hint}")
            return
        for item in node.value:
            if isinstance(item, yaml.MappingNode):
                self._entry(item, name)
            else:
                self._wrong(item, name, "每条应该是“- id: …”，下面再写 ask 和 answer")

    def _entry(self, node: yaml.MappingNode, name: str) -> None:
        before = len(self.mistakes)
        fields = dict(self._fields(node, name, ENTRY_FIELDS))
        misspelt = {near for key, _ in node.value if (near := _nearest(str(key.value), ENTRY_FIELDS))}
        id = self._id(fields.get("id"), node, name, "id" in misspelt)
        ask = self._phrases(fields["ask"], name, "ask") if "ask" in fields else ()
        if not {"ask"} & (fields.keys() | misspelt):
            self._wrong(node, name, "这一条没有 ask；请写“ask: [问法一, 问法二, 问法三]”")
        answer = self._text(fields["answer"], name, "answer") if "answer" in fields else None
        intent = self._text(fields["intent"], name, "intent") if "intent" in fields else None
        if "answer" in fields and "intent" in fields:
            self._wrong(fields["intent"], name, "answer 和 intent 只能写一个；普通问答请删掉 intent 这一行")
        elif not {"answer", "intent"} & (fields.keys() | misspelt):
            self._wrong(node, name, "这一条没有 answer；请写“answer: 回答”")
        if intent is not None and not _INTENT.fullmatch(intent):
            self._wrong(fields["intent"], name, f"“{intent}”不是功能的名字，应该像 sign_up.start；普通问答请写 answer")
        keywords = self._phrases(fields["keywords"], name, "keywords") if "keywords" in fields else ()
        tests = self._phrases(fields["tests"], name, "tests") if "tests" in fields else ()
        until = self._date(fields["valid_until"], name) if "valid_until" in fields else None
        flawed = id is None or not ask or len(self.mistakes) > before
        for field in ("answer", "intent"):
            written = fields.get(field)
            if isinstance(written, yaml.ScalarNode):
                self._swallowed(written, name, field)
        at, answer_at, intent_at = place(node, name), fields.get("answer"), fields.get("intent")
        (self._flawed if flawed else self._entries).append(
            Entry(
                id or "（没有 id）", self._topic, ask, answer, intent, keywords, tests, until, at,
                place(answer_at, name) if answer_at else None, place(intent_at, name) if intent_at else None,
            )
        )  # fmt: skip

    def _swallowed(self, node: yaml.ScalarNode, name: str, field: str) -> None:
        """``answer: 请按 #1``: what follows the # is a comment and would silently be lost."""
        line = self._lines[node.end_mark.line] if node.end_mark.line < len(self._lines) else ""
        rest = line[node.end_mark.column :]
        if not node.style and rest.lstrip().startswith("#") and not rest.lstrip()[1:2].isspace():
            column = node.end_mark.column + len(rest) - len(rest.lstrip()) + 1
            message = f"“#”后面的字是注释，不会出现在 {field} 里；要留下它，请用英文引号括起整段"
            self.mistakes.append(Mistake(Place(name, node.end_mark.line + 1, column), message, "advice"))

    def _fields(self, node: yaml.Node, name: str, known: tuple[str, ...]) -> Iterator[tuple[str, yaml.Node]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value not in known:
                said = key.value if isinstance(key, yaml.ScalarNode) else "…"
                self._wrong(key, name, _unknown(said, known))
            elif key.value in seen and key.value == "id" and known is ENTRY_FIELDS:
                self._wrong(key, name, f"这一条里有两个 id（第 {seen['id']} 行已有）；如果是新的一条，请写成“- id:”")
                return
            elif key.value in seen:
                self._wrong(key, name, f"“{key.value}”写了两次（第 {seen[key.value]} 行已有）；请合并或删掉一个")
            else:
                seen[key.value] = key.start_mark.line + 1
                yield key.value, value

    def _id(self, node: yaml.Node | None, entry: yaml.Node, name: str, misspelt: bool) -> str | None:
        if node is None:
            if not misspelt:
                self._wrong(entry, name, "这一条没有 id；请写“id: 英文名”，例如 id: insurance")
            return None
        text = self._text(node, name, "id")
        if text is None:
            return None
        if not _ID.fullmatch(text):
            self._wrong(
                node, name, f"id 只能用英文字母、数字、- 和 _，最多 64 个，例如 id: insurance；这里是“{text[:70]}”"
            )
        elif text in self._ids:
            self._wrong(node, name, f"id “{text}”已经用在 {self._ids[text]}；请换一个")
        else:
            self._ids[text] = place(node, name)
        return text

    def _text(self, node: yaml.Node, name: str, field: str) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            opening = self._lines[node.start_mark.line][node.start_mark.column :][:1]
            self._wrong(node, name, not_text(node, field, opening))
            return None
        text = str(node.value).strip()
        if not text or (not node.style and text in {"null", "~"}):
            self._wrong(node, name, f"{field} 是空的，请填写内容，或删掉这一行")
            return None
        return text

    def _phrases(self, node: yaml.Node, name: str, field: str) -> tuple[Phrase, ...]:
        example = f"{field}: {_EXAMPLES.get(field, '[问法一, 问法二]')}"
        if isinstance(node, yaml.MappingNode):
            self._wrong(node, name, f"{field} 应该是列表，例如 {example}")
            return ()
        if isinstance(node, yaml.ScalarNode) and not node.style and (wrong := list_as_text(str(node.value))):
            self._wrong(node, name, f"{wrong}；{field} 应该写成 {example}")
            return ()
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not items:
            self._wrong(node, name, f"{field} 是空的，请至少写一句，或删掉这一行")
        phrases = []
        for item in items:
            text = self._text(item, name, field)
            if text is None:
                continue
            if len(text) > MAX_PHRASE:
                self._wrong(item, name, f"这一句有 {len(text)} 个字，太长；{field} 写人们会发来的一句话")
            phrases.append(Phrase(text, place(item, name)))
        return tuple(phrases)

    def _mapping(self, node: yaml.Node, name: str, field: str) -> None:
        if not isinstance(node, yaml.MappingNode):
            if not (isinstance(node, yaml.ScalarNode) and not node.value):
                self._wrong(node, name, f"{field} 下面每行应该是“名称: 内容”，冒号是英文的，后面空一格")
            return
        target = self._maps[field]
        for key, value in node.value:
            said = self._text(key, name, f"{field} 里的名称")
            text = self._text(value, name, said or field)
            if text is None or said is None:
                continue
            if field == "placeholders" and not _PLACEHOLDER_NAME.fullmatch(said):
                self._wrong(key, name, f"占位的名字只能用小写英文字母、数字和 _，例如 meal_note；这里是“{said}”")
            elif said in target:
                self._wrong(key, name, f"“{said}”写了两次；请删掉一个")
            else:
                target[said] = text
                if field == "placeholders":
                    self._places[said] = place(value, name)

    def _date(self, node: yaml.Node, name: str) -> date | None:
        text = self._text(node, name, "valid_until")
        if text is None:
            return None
        found = _DATE.fullmatch(unicodedata.normalize("NFKC", text))
        try:
            day = date(*map(int, found.groups())) if found else None
        except ValueError:
            self._wrong(node, name, f"日历上没有“{text}”这一天；请改成有的日期，例如 2027-06-30")
            return None
        if day is None or text != day.isoformat():
            self._wrong(node, name, f"日期“{text}”写法不对，请写成 {day or '2027-06-30'}")
            return None
        return day

    def _wrong(self, node: yaml.Node, name: str, message: str, severity: Severity = "error") -> None:
        if place(node, name) not in self._told:
            self.mistakes.append(Mistake(place(node, name), message, severity))


def _nearest(said: str, known: tuple[str, ...]) -> str | None:
    """The field that was meant: in Chinese, misspelt, in capitals, or with a space that cannot be seen."""
    plain = unicodedata.normalize("NFKC", said).strip().lower()
    meant = _IN_CHINESE.get(plain, plain)
    if said in known:
        return None
    return meant if meant in known else next(iter(difflib.get_close_matches(meant, known, 1, 0.7)), None)


def _unknown(said: str, known: tuple[str, ...]) -> str:
    near = _nearest(said, known)
    if said != said.strip() and (near or said.strip() in ENTRY_FIELDS):
        return f"“{said.strip()}”前面有全角空格；请删掉，在英文输入法下按空格键，和上一行对齐"
    if near:
        return f"不认识“{said}”；请写成 {near}"
    hint = "" if "：" not in said else "；中文冒号“：”要改成英文冒号加空格"
    return f"不认识“{said[:20]}”；这里可以写：{'、'.join(known)}{hint}"
