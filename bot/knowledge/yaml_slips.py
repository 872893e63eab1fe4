"""What a line that YAML cannot read was probably meant to be: the slips of people who type Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from bot.knowledge.entries import ENTRY_FIELDS, FILE_FIELDS, Mistake, Place

_KEY = rf"^ *(?:- *)?(?P<key>{'|'.join(dict.fromkeys((*FILE_FIELDS, *ENTRY_FIELDS)))})"
_BLOCK = re.compile(_KEY + r": *[|>][-+\d]*\s*(?:#.*)?$")

# (pattern, what to write instead); the mistake stands where the group ``here`` begins. The first that fits is told.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), message)
    for pattern, message in (
        (r"^[ \u3000\u00a0]*(?P<here>\t)", "这一行开头有 Tab；请删掉，改按空格键"),
        (r"^ *(?P<here>[\u3000\u00a0\u2002\u2003])", "这一行开头是全角空格；请删掉，在英文输入法下按空格键"),
        (r"^ *(?P<here>[－—–•●])", "这里要用英文的短横“-”，后面空一格"),
        (r"^ *(?P<here>-)(?=[^\s-])", "“-”后面要空一格"),
        (_KEY + r" *(?P<here>：)", "“{key}”后面是中文冒号；请改成英文冒号，再空一格，写成“{key}: …”"),
        (_KEY + r"(?P<here>:)(?=[^\s])", "冒号后面要空一格，写成“{key}: …”"),
        (_KEY + r": *(?P<here>【)", "【】是中文括号；请换成英文的 [ ]"),
        (_KEY + r": *\[[^\]]*(?P<here>】)\s*$", "】是中文括号；请换成英文的 ]"),
        (_KEY + r": *[\"'][^\"']*(?P<here>[”’])\s*$", "开头是英文引号，结尾是中文引号；请都换成英文引号"),
        (
            _KEY + r": *\"[^\"\\]*\" *(?P<here>[^\s#,\]}])",
            "引号后面还有文字；请让一对英文引号括住整段，里面的改用中文引号“”",
        ),
        (
            _KEY + r": *'[^']*' *(?P<here>[^\s#,\]}'])",
            "引号后面还有文字；请让一对英文引号括住整段，里面的改用中文引号“”",
        ),
        (_KEY + r": *[|>][-+\d]* *(?P<here>[^\s#\d+-])", "“|”后面不能直接写字；请换行，缩进后再写"),
        (_KEY + r": *(?P<here>[@`%*&!?](?=\S)|\{(?=[a-z_]+\}.))", "以 {here} 开头的内容，请整段用英文引号括起来"),
        (_KEY + r": +(?P<here>- )", "“- ”要另起一行并多缩进两格；如果只是一段话，请去掉开头的“- ”"),
        (
            _KEY + r": +[^\s\"'\[{|>].*?(?P<here>: )",
            "内容里有英文冒号加空格；请换成中文冒号“：”，或整段用英文引号括起来",
        ),
    )
)


# What stands at ``here`` as it should be written, where there is no doubt.
_MENDED = {"：": ": ", ":": ": ", "-": "- ", "－": "-"}


def slips(piece: str, name: str, lines_before: int) -> tuple[list[Mistake], str]:
    """The slips in a part of a file that could not be read, and the part as it was probably meant."""
    found = []
    lines = piece.split("\n")
    for number, line in _outside_texts(piece):
        for pattern, message in _RULES:
            if match := pattern.search(line):
                here = match["here"]
                at = Place(name, lines_before + number + 1, match.start("here") + 1)
                found.append(Mistake(at, message.format(**match.groupdict())))
                mended = _MENDED.get(here.strip(), here)
                lines[number] = line[: match.start("here")] + mended + line[match.end("here") :]
                break
    return found, "\n".join(lines)


def _outside_texts(piece: str) -> Iterator[tuple[int, str]]:
    """The lines where YAML's rules hold: comments and texts after ``|`` are free."""
    free_beyond: int | None = None
    for number, line in enumerate(piece.split("\n")):
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if free_beyond is not None and indent > free_beyond:
            continue
        block = _BLOCK.match(line)
        free_beyond = block.start("key") if block else None
        yield number, line


def not_text(node: yaml.Node, field: str, opening: str) -> str:
    """A list or mapping where a text belongs, told by the sign it began with."""
    if opening in ("{", "["):
        return f"{field} 应该是一段文字；以 {opening} 开头的内容请用英文引号括起整段"
    if isinstance(node, yaml.MappingNode):
        return f"{field} 应该是一段文字；这里有英文冒号加空格，请换成中文冒号“：”，或用英文引号括起整段"
    return f"{field} 应该是一段文字，不是列表；要分几行请先写“{field}: |”，下面每行缩进一样多，不用“- ”"


def list_as_text(text: str) -> str | None:
    """A list that YAML took for one text."""
    if text.startswith(("【", "［")):
        return "【】是中文括号，请换成英文的 [ ]"
    if re.match(r"-\S", text):
        return "“-”后面要空一格"
    if text.count("，") + text.count("、") > 1:
        return "几句话要放在英文方括号里，用英文逗号分开"
    return None
