"""The ranking: exact words, keywords, trained similarity, and an honest none."""

import pytest

from bot.language.matcher import Matcher
from bot.language.phrases import Phrases
from bot.language.similarity import LARGE

ASKS = {
    "insurance": ["活动期间有保险吗", "志愿者有没有意外险", "受伤了怎么赔"],
    "hours": ["志愿时长怎么计算", "服务时间怎么算", "半天算几个小时"],
    "certificate": ["志愿服务证明怎么开", "哪里可以开证明", "学校要我的服务证明"],
    "age": ["多大年龄可以当志愿者", "未成年人能参加吗", "几岁能报名"],
    "human": ["人工", "转人工", "我要找工作人员"],
}


@pytest.fixture(scope="module")
def matcher():
    asks = [(id, text) for id, texts in ASKS.items() for text in texts]
    return Matcher(Phrases(asks, keywords=[("human", "人工"), ("certificate", "盖章")], intents=frozenset({"human"})))


def test_an_exact_phrase_is_certain(matcher):
    ranking = matcher.rank("活动期间，有保险吗？")
    assert (ranking.decision, ranking.id, ranking.confidence) == ("answer", "insurance", 1.0)


def test_a_keyword_decides_but_not_inside_another_word(matcher):
    assert matcher.rank("给我转到人工那里").id == "human"
    assert matcher.rank("给我转到人工那里").decision == "intent"
    assert matcher.rank("人工呼吸培训").confidence < 0.9


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("我想开个服务证明", "certificate"),
        ("受傷了怎麼賠償", "insurance"),
        ("志愿时常怎么记算", "hours"),
        ("15岁可以报名不", "age"),
    ],
)
def test_other_wordings_come_first_among_candidates(matcher, text, id):
    ranking = matcher.rank(text)
    assert ranking.candidates[0].id == id
    assert [c.confidence for c in ranking.candidates] == sorted(
        (c.confidence for c in ranking.candidates), reverse=True
    )


@pytest.mark.parametrize("text", ["", "？？", "今天吃什么好呢", "股票大涨了", "a" * 3000])
def test_what_nobody_can_answer_is_not_answered(matcher, text):
    assert matcher.rank(text).decision == "none"


def test_a_phrase_under_two_entries_decides_nothing_by_itself():
    matcher = Matcher(Phrases([("a", "怎么报名"), ("b", "怎么报名"), ("c", "在哪里集合")]))
    ranking = matcher.rank("怎么报名")
    assert {c.id for c in ranking.candidates[:2]} == {"a", "b"}
    assert ranking.confidence < 1


def test_none_and_one_entry_work():
    assert Matcher(Phrases([])).rank("你好").decision == "none"
    assert Matcher(Phrases([("a", "怎么报名")])).rank("怎么报名").id == "a"
    assert Matcher(Phrases([("a", "怎么报名")])).rank("如何报名呀").candidates[0].id == "a"


def test_a_large_index_answers_from_a_short_list():
    asks = [(f"e{i}", f"{topic}{place}的{thing}怎么办理") for i, (topic, place, thing) in enumerate(_many())]
    matcher = Matcher(Phrases(asks))
    assert len(asks) > LARGE
    assert all(matcher.rank(text + "呢").candidates[0].id == id for id, text in asks[::200])


def _many():
    return [
        (a, b, c)
        for a in "甲乙丙丁戊己庚辛壬癸子丑寅"
        for b in "东南西北中前后左右上下里外"
        for c in "证件票据书信卡本章单表册牌图照函档案簿"
    ]
