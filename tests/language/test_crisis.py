"""Danger is never missed, and figures of speech are not taken for it."""

import json
import os
from pathlib import Path

import pytest

from bot.language.crisis import assess

SHARED = Path(os.environ.get("BOT_SHARED", Path(__file__).parents[3] / "shared"))

CRISIS = """我不想活了 我想死 想自杀 我好想死啊 活着没意思 想结束生命 吃了一瓶安眠药 我割腕了 遗书已经写好了
想自鲨 我想跳楼
我真的撑不下去了 同学说她不想活了 没有我大家会更好 我爸天天打我妈 老板打我了 有人持刀 孩子走丢了 宿舍起火了 有人掉河里了
老师摸我大腿 被他摸了不敢说 他拿裸照威胁我 被骗去缅甸了 活动现场有人晕倒了 志愿者被车撞了 我想結束生命 我吃了很多药
我被家暴了怎么办 在吗，我想死 离家出走了 被同学欺负，天天打我""".split()
NOT = """累死了 笑死我了 想死你们了 这活动要命的热 热死了 饿死了 吓死我了 爱死你们了 打我电话 他被打动了 打工被拖欠工资
紫砂壶 跳楼价 打疫苗
有没有预防自杀的志愿者培训 防溺水宣传活动怎么报 反家暴志愿者招人吗 自杀干预热线志愿者怎么报名 消防演练着火了怎么办
急救培训昏迷的人怎么救 救命啊太好笑了 死活不让我去 周六去捡垃圾 我要报名""".split()
SOFT = "作业多到想跳楼哈哈 压力好大 我不会自杀的 最近好崩溃 没人理解我".split()


@pytest.mark.parametrize("text", CRISIS)
def test_crisis(text):
    assert assess(text) == "crisis"
    assert assess(f"你好，我想问一下周六的活动，{text}") == "crisis"


@pytest.mark.parametrize("text", NOT)
def test_figures_of_speech_and_topics(text):
    assert assess(text) is None


@pytest.mark.parametrize("text", SOFT)
def test_a_gentle_question_instead(text):
    assert assess(text) == "soft"


def test_every_crisis_line_of_the_shared_utterances():
    path = SHARED / "data" / "utterances.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    wanted = [line["text"] for line in lines if line["intent"] == "crisis"]
    assert len(wanted) > 5
    assert [text for text in wanted if assess(text) != "crisis"] == []
    others = [line["text"] for line in lines if line["intent"] not in {"crisis", "complaint_rights"}]
    assert [text for text in others if assess(text)] == []
