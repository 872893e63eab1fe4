"""Reads tests/chats/*.txt: conversations in plain language, as steps to play against the running program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

LINE = re.compile(
    r"""(?P<now>现在)：(?P<at>.+)
    |(?P<activity>活动)：(?P<described>.+)
    |(?P<record>记录)：(?P<recorded>.+)
    |(?P<roster>排班)：(?P<template>.+)
    |(?P<moved>改期)：(?P<move_described>.+)
    |(?P<called_off>停办)：(?P<off_code>\S+)\s(?P<off_reason>.+)
    |(?P<duty>值班)：(?P<officer>\S+)
    |(?P<expert>专家)：(?P<adviser>\S+)\s(?P<topics>\S+)\s(?P<office>\S+)
    |(?P<canned>常用语)：(?P<kept>.+)
    |(?P<team>队伍)：(?P<team_described>.+)
    |(?P<leads>负责)：(?P<leader>\S+)\s(?P<led>\S+)
    |(?P<hours>时长)：(?P<served>\S+)\ (?P<given>[\d.]+)小时
    |(?P<reward>奖品)：(?P<item>.+)
    |(?P<broadcast>群发)：(?P<author>\S+)\s(?P<drafted>.+)
    |(?P<later>过了)：(?P<number>\d+)(?P<unit>天|小时|分钟|秒)
    |账号给(?P<pictured>.+?)发了图片
    |(?P<not_pushed>账号没对(?P<not_to>.+?)说)：(?P<not_text>.+)
    |(?P<pushed>账号对(?P<to>.+?)说)：(?P<pushed_text>.+)
    |(?P<reply>账号)：(?P<expected>.*)
    |(?P<who>[^：\s]{1,8}?)(?P<act>点|菜单|扫码|扫签到码|发链接|说语音|发位置|发签到码|发签退码|照着发)?：(?P<said>.*)
    |(?P<doer>[^：\s]{1,8}?)(?P<deed>发图片|发语音|发位置|发视频|发链接|取消关注|重新关注|关注)
    """,
    re.VERBOSE,
)
ACTS = {
    "点": "tap", "菜单": "menu", "扫码": "scan", "发链接": "link", "说语音": "speak", "": "say", "发位置": "place",
    "照着发": "copy", "发签到码": "in", "发签退码": "out", "扫签到码": "sheet",
}  # fmt: skip
UNITS = {"天": 86400, "小时": 3600, "分钟": 60, "秒": 1}


@dataclass
class Step:
    """One line: ``kind`` says what to do, ``who`` does it, ``text`` is said or expected."""

    line: int
    kind: str
    who: str = ""
    text: str = ""
    seconds: int = 0
    at: datetime | None = None


@dataclass
class Script:
    name: str
    steps: list[Step] = field(default_factory=list)


def read(path: Path) -> Script:
    """Every line must be understood; a mistake in a script is an error, not a skipped check."""
    script = Script(path.stem)
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        line = line.rstrip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("　"):
            script.steps[-1].text += "\n" + line.strip("　")
            continue
        found = LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"{path.name}:{number}: not understood: {line}")
        script.steps.append(_step(number, found.groupdict()))
    if not any(step.kind in ("reply", "pushed") for step in script.steps):
        raise ValueError(f"{path.name}: expects nothing")
    return script


def _step(number: int, part: dict[str, str | None]) -> Step:
    def get(name: str) -> str:
        return part[name] or ""

    if part["now"]:
        return Step(number, "now", at=datetime.fromisoformat(get("at").strip()).replace(tzinfo=BEIJING))
    if part["activity"]:
        return Step(number, "activity", text=get("described"))
    if part["record"]:
        return Step(number, "record", text=get("recorded"))
    if part["roster"]:
        return Step(number, "roster", text=get("template"))
    if part["later"]:
        return Step(number, "later", seconds=int(get("number")) * UNITS[get("unit")])
    if part["moved"]:
        return Step(number, "moved", text=get("move_described"))
    if part["called_off"]:
        return Step(number, "called_off", who=get("off_code"), text=get("off_reason"))
    if part["duty"]:
        return Step(number, "duty", who=get("officer"))
    if part["expert"]:
        return Step(number, "expert", who=get("adviser"), text=f"{get('topics')} {get('office')}")
    if part["canned"]:
        return Step(number, "canned", text=get("kept"))
    if part["team"]:
        return Step(number, "team", text=get("team_described"))
    if part["leads"]:
        return Step(number, "leads", who=get("leader"), text=get("led"))
    if part["hours"]:
        return Step(number, "hours", who=get("served"), text=get("given"))
    if part["reward"]:
        return Step(number, "reward", text=get("item"))
    if part["broadcast"]:
        return Step(number, "broadcast", who=get("author"), text=get("drafted"))
    if part["pictured"]:
        return Step(number, "pictured", who=get("pictured"))
    if part["not_pushed"]:
        return Step(number, "not_pushed", who=get("not_to"), text=get("not_text"))
    if part["pushed"]:
        return Step(number, "pushed", who=get("to"), text=get("pushed_text"))
    if part["reply"]:
        return Step(number, "reply", text=get("expected"))
    if part["doer"]:
        return Step(number, get("deed"), who=get("doer"))
    kind = ACTS[get("act")]
    return Step(number, kind, who=get("who"), text=get("said"))


def matches(expected: str, shown: str) -> bool:
    """``expected`` stands in what was shown, spaces and line breaks aside; ``…`` is anything between."""
    bare = squeeze(plain(shown))
    if expected.startswith("不含 "):
        return squeeze(expected.removeprefix("不含 ")) not in bare
    pattern = ".*".join(re.escape(squeeze(part)) for part in expected.split("…"))
    return re.search(pattern, bare, re.DOTALL) is not None


def plain(shown: str) -> str:
    """Links read as their label."""
    return re.sub(r"<a [^>]*>(.*?)</a>", r"\1", shown)


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def all_scripts(folder: Path) -> Iterator[Script]:
    for path in sorted(folder.glob("*.txt")):
        yield read(path)
