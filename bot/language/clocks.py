"""Parts of the day and times on the clock: 下午, 两点半, 14:30, 九点到十一点; never 三点建议."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.numerals import NUMBER, parse

# Minutes after midnight.
_MORNING, _NOON, _AFTERNOON, _EVENING = (360, 720), (660, 840), (720, 1080), (1080, 1440)
PARTS = {
    "凌晨": (0, 360),
    "清晨": (300, 540),
    "傍晚": (1020, 1140),
    **dict.fromkeys(("早晨", "早上", "一早", "上午", "早"), _MORNING),
    **dict.fromkeys(("中午", "正午"), _NOON),
    **dict.fromkeys(("午后", "下午"), _AFTERNOON),
    **dict.fromkeys(("晚上", "夜里", "夜间", "晚间", "晚", "夜"), _EVENING),
}
_LATE = {"午后", "下午", "傍晚", "晚上", "夜里", "夜间", "晚间", "晚", "夜"}
_PART = re.compile(
    r"凌晨|清晨|早晨|早上|上午|中午|正午|午后|下午|傍晚|晚上|夜里|夜间|晚间"
    r"|(?<=[今明昨天儿日])(?:一早|早|晚|夜)(?!一?点(?![半钟\d一二三四五]))"
)

_NOT_A_TIME = (
    r"(?!钟?(?:学校|课堂|半学校))"
    r"(?!(?:建议|意见|要求|问题|想法|疑问|看法|不足|注意|原因|理由|希望|说明|好处|收获|体会|感想|内容|积分|分值|水|东西|小|儿"
    r"|钱|吃|事|什么|点|心|赞|评|餐|菜|歌|名|击|开|外卖|五|多用|关系|信心|作用|意思|办法|经验|不明|不懂|不清楚))"
)
_ALONE = r"(?<![\d.:a-z第差快慢多少有近好大小高低远轻重点周期拜])(?<![^今明昨天儿日][晚早])(?<!^[晚早])"
_CLOCK = re.compile(
    _ALONE + rf"(?P<hour>{NUMBER})(?:点|时(?![间候长数光常段刻]))"
    rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute>{NUMBER})分?|钟|整)?" + _NOT_A_TIME
    + r"|(?<![\d:.])(?P<hour2>[01]?\d|2[0-4])[:：](?P<minute2>[0-5]\d)(?![\d:])"
)  # fmt: skip
_TO = re.compile(r"\s*(?:到|至|[-~—–])\s*")


@dataclass(frozen=True)
class Clock:
    """Minutes after midnight; ``end`` None for a point in time; ``ask``: morning or evening is unclear."""

    start: int
    end: int | None = None
    ask: bool = False


def part(text: str) -> str | None:
    """The part of the day in a cleaned text."""
    found = _PART.search(text)
    return found.group() if found else None


def find(text: str) -> Clock | None:
    """The first time on the clock, with the end of its range if there is one."""
    for found in _CLOCK.finditer(text):
        named = _named_part(text, found.start())
        first = _minutes(found, named)
        if first is None or ((named is None or named in {"早", "晚"}) and _doubtful(found, text)):
            continue
        ending = _TO.match(text, found.end())
        second = _CLOCK.match(text, _skip_part(text, ending.end())) if ending else None
        if ending and second:
            last = _minutes(second, _named_part(text, second.start()) or named)
            if last is not None:
                end = last[0] + (720 if last[0] <= first[0] <= 720 else 0)
                if end > first[0]:
                    return Clock(first[0], end, first[1])
        return Clock(first[0], None, first[1])
    return None


def _skip_part(text: str, position: int) -> int:
    found = _PART.match(text, position)
    return found.end() if found else position


def _named_part(text: str, before: int) -> str | None:
    """The part of the day said just before a time."""
    found = [m for m in _PART.finditer(text, 0, before) if before - m.end() <= 2]
    return found[-1].group() if found else None


def _doubtful(found: re.Match[str], text: str) -> bool:
    """一点 without anything around it is "a little"."""
    if found.group("hour") != "一" or any(found.group(k) for k in ("half", "quarter", "minute")):
        return False
    return not found.group().endswith(("钟", "整")) and not re.search(
        r"[今明后]天$|[周期拜][一二三四五六日天]$|[号日]$", text[: found.start()]
    )


def _hour(said: str) -> int | None:
    """两三点 is from two on."""
    return parse(said[0] if re.fullmatch(r"[一二两三四五六七八九]{2}", said) else said)


def _minutes(found: re.Match[str], named: str | None) -> tuple[int, bool] | None:
    written = found.group("hour2") is not None
    hour = _hour(found.group("hour2") or found.group("hour"))
    if hour is None or hour > 24:
        return None
    if written:
        minute = int(found.group("minute2"))
    elif found.group("half"):
        minute = 30
    elif found.group("quarter"):
        minute = 15 if found.group("quarter") == "一" else 45
    else:
        minute = parse(found.group("minute") or "0") or 0
    if minute > 59 or hour * 60 + minute > 1440:
        return None
    hour, ask = _of_day(hour, named, written and (hour == 0 or len(found.group("hour2")) == 2))
    return hour * 60 + minute, ask


def _of_day(hour: int, named: str | None, exact: bool) -> tuple[int, bool]:
    """两点 is 14:00, 九点 is 9:00, 七点 may be either."""
    if named in _LATE:
        return (24 if hour == 12 and named != "下午" and named != "午后" else hour + 12 if hour < 12 else hour), False
    if named in {"中午", "正午"}:
        return (hour + 12 if hour < 4 else hour), False
    if named or exact or hour == 0:
        return hour, False
    if 1 <= hour <= 5:
        return hour + 12, False
    return hour, hour in {6, 7}
