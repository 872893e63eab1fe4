"""Every line of crisis.txt is what its heading says, alone and in the places where people hide such a line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.language.crisis import assess, examine
from bot.language.places import names_place

NEEDS = ("mind", "medical", "fire", "violence")
LETTER = (
    "尊敬的老师您好，冒昧打扰您，我是今年刚到县里上班的，平时也参加过几次志愿服务，活动办得特别好，一直想谢谢你们。"
    "前阵子单位忙，周末的活动没有赶上，想问问下一次净滩活动是什么时候，要不要自己带手套，几点集合，有没有车接送。"
)


def lines() -> dict[str, list[str]]:
    read: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("crisis.txt").read_text("utf-8").splitlines():
        if line.startswith("## "):
            said = read.setdefault(line[3:], [])
        elif line and not line.startswith("#"):
            said.append(line)
    return read


LINES = lines()
DANGER = [(need, line) for need in NEEDS for line in LINES[need]]


def test_there_are_enough_lines() -> None:
    assert len(DANGER) >= 150 and len(LINES["none"]) >= 200
    everything = [line for said in LINES.values() for line in said]
    assert len(everything) == len(set(everything))


@pytest.mark.parametrize("need", NEEDS)
def test_nobody_in_danger_is_missed_and_the_right_help_is_named(need: str) -> None:
    found = {line: examine(line) for line in LINES[need]}
    assert [line for line, finding in found.items() if finding.risk != "crisis"] == []
    assert [(line, finding.need) for line, finding in found.items() if finding.need != need] == []


def test_figures_of_speech_topics_games_and_complaints_are_none() -> None:
    assert [(line, assess(line)) for line in LINES["none"] if assess(line)] == []


def test_a_sigh_is_asked_about_gently() -> None:
    assert [(line, assess(line)) for line in LINES["soft"] if assess(line) != "soft"] == []


PLACED = ("{letter}{line}", "{letter}\n{line}\n{letter}", "{letter}{letter}{letter}{letter}{line}。谢谢")


@pytest.mark.parametrize("letter", PLACED)
def test_one_line_in_a_long_polite_letter_is_enough(letter: str) -> None:
    missed = [line for _, line in DANGER if assess(letter.format(letter=LETTER, line=line)) != "crisis"]
    assert missed == []
    assert assess(LETTER * 5) is None


def test_traditional_script_full_width_and_spaces_change_nothing() -> None:
    ways = ("我不想活瞭", "我想結束生命", "我　想　死", "我想\u200b死", "我想死！！！", "【我想死】", "我想自殺")
    assert [text for text in ways if assess(text) != "crisis"] == []


def test_it_costs_little() -> None:
    """Every message passes here; the longest that WeChat lets through must not be felt either."""
    texts = [line for said in LINES.values() for line in said]
    started = time.perf_counter()
    for text in texts:
        examine.__wrapped__(text)
    assert (time.perf_counter() - started) / len(texts) < 0.002
    started = time.perf_counter()
    for text in (LETTER * 8, "我" * 2000, "被" * 2000, "死" * 2000, "真的也还都" * 400, "有人" * 1000):
        examine.__wrapped__(text)
    assert time.perf_counter() - started < 1.5


PLACES = """我在人民路 我在人民路12号 在城关中学 我现在在家 我在桥上 人在宿舍楼顶 我们在县医院门口 坐标万达广场
地址是西街巷3号 3栋502 城关中学后面的小树林 我一个人在河边 滨江公园南门 我在教学楼天台
在学校厕所里 我在阳光小区2幢""".split()
NOWHERE = """在吗 我在想什么时候报名 图书馆几点开门 我在忙 你在哪 怎么报名 我在等通知 我不在乎 没有人 嗯
周末有什么活动 我在哭""".split()


@pytest.mark.parametrize("text", PLACES)
def test_a_place(text: str) -> None:
    assert names_place(text)


@pytest.mark.parametrize("text", NOWHERE)
def test_no_place(text: str) -> None:
    assert not names_place(text)
