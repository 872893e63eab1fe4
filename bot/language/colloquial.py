"""A phrase as somebody else might type it in a hurry: swaps, slips, chatter around it. For calibration and training."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bot.language import pinyin

_SWAPS = tuple(
    (old, new)
    for old, new in (
        pair.split(">")
        for pair in (
            "如何>咋 怎么>咋 什么>啥 没有>没 是否>是不是 可以>能 志愿者>义工 哪里>哪 吗>不 吗>伐 多少>几 需要>要 "
            "时候>时 我们>咱 能不能>能不 知道>晓得 为什么>为啥 现在>这会儿 申请>弄 办理>办 这个>这 参加>去"
        ).split()
    )
)
_BEFORE = (
    "你好 您好请问 请问一下 想问问 老师 小青 那个 在吗 问下 麻烦问下 不好意思打扰了 就是 哎 我想咨询一下 帮我看看 "
    "有个事 你好呀 老师您好 喂"
).split()
_AFTER = "呀 啊 呢 哦 谢谢 急 哈 捏 呗 嘛 老师 谢谢老师 在线等 求解 麻烦了 啦 吧".split()
_ASIDE = (
    "我是新来的 我在外地 刚看到你们公众号 同学推荐我来的 我问了好几个人都不清楚 我不太会用手机 昨天打电话没人接 "
    "我们学校要求的 我看群里说的 上次来过一次 朋友圈看到的 有点着急 我妈让我问的 我下班才看到 我是大二的学生"
).split()

_SPOKEN = re.compile("[我你您咱俺吗呢吧啊呀嘛咋啥想去了呗么哪]|可以|能不能|有没有")

Alike = Mapping[str, Sequence[str]]


def homophones(texts: Iterable[str]) -> dict[str, list[str]]:
    """The characters of the texts by sound, so that typing mistakes are likely ones."""
    table = pinyin.table()
    groups: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for character in text:
            if character in table:
                groups[table[character]].add(character)
    return {c: sorted(group - {c}) for group in groups.values() if len(group) > 1 for c in group}


def noisy(text: str, chance: random.Random, alike: Alike, level: float = 0.6) -> str:
    """Changed with probability ``level``, else the text itself."""
    if chance.random() > level:
        return text
    for old, new in _SWAPS:
        if old in text and chance.random() < 0.3:
            text = text.replace(old, new)
    if len(text) > 4 and chance.random() < 0.4:
        text = _slip(text, chance, alike)
    if chance.random() < 0.4:
        text = chance.choice(_BEFORE) + text
    if chance.random() < 0.4:
        text += chance.choice(_AFTER)
    if chance.random() < 0.3:
        text = chance.choice(_ASIDE) + chance.choice(("，", " ", "")) + text
    return text


def _slip(text: str, chance: random.Random, alike: Alike) -> str:
    """One character dropped, typed as a homophone, or swapped with its neighbour."""
    at = chance.randrange(len(text) - 1)
    kind = chance.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1 and text[at] in alike:
        return text[:at] + chance.choice(alike[text[at]]) + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def formal(texts: Sequence[str]) -> float:
    """The share of texts without anything that people say when they ask: 志愿服务时长查询流程."""
    return sum(not _SPOKEN.search(text) for text in texts) / max(1, len(texts))
