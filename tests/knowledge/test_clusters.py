"""Unanswered messages become YAML that can be pasted, whatever they hold and however many they are."""

import io
import json
import random
import time
from datetime import timedelta

from bot.knowledge import commands, gaps
from bot.knowledge.clusters import SHOWN, Cluster, as_yaml, cluster
from bot.knowledge.gaps import Asked, unanswered
from bot.knowledge.library import Shelf
from bot.storage.database import Database, writing
from tests.fixtures.world import NOW

TEXT = """topic: t
entries:
  - id: insurance
    ask: [活动期间有保险吗, 志愿者有没有意外险, 受伤了怎么赔]
    answer: 有的
  - id: new-1
    ask: [志愿服务证明怎么开, 哪里可以开证明, 学校要我的服务证明]
    answer: 免费
  - id: sign-up
    intent: sign_up.start
    ask: [我要报名, 帮我报个名, 报第一个]
"""

HOSTILE = [
    "带'狗'去: 行吗",
    '他说"可以"#真的吗',
    "- id: x\n    answer: 坏",
    "{{7*7}}",
    "{organisation} 在哪",
    "[微笑]怎么弄",
    "&a *a !!python/object",
    "a\x00b\x07c\x1b[2J",
    "行\u2028分\u2029隔\x85线",
    "\ufeff开头",
    "👩\u200d👩\u200d👧 带娃行不",
    "%YAML 1.2",
    "---",
    "yes",
    "null",
    "~",
    "''",
    "\\",
    "\t制表\t",
    "很长" * 120,
    "我想问，" * 60,
    "\U0010ffff\ue000私用",
    "'",
    "：：：",
    "# 注释",
    "? ",
    "| 多行",
    "> 折叠",
    "@at `tick`",
    "2027-06-30",
    "12:30:45",
    "𠮷野家在哪",
    "ا ل ع ر ب ي ة",
    "<script>alert(1)</script>",
    "';DROP TABLE gaps;--",
    "带狗去行吗！！！",
    "带狗去，行吗",
]


def printed(folder, asked, **options):
    out = io.StringIO()
    assert commands.unanswered(asked, folder, out, **options) == 0
    return out.getvalue()


def test_what_is_printed_passes_the_check_once_answers_are_there(folder):
    said = printed(folder, [Asked(text) for text in HOSTILE])
    assert commands.check(folder, io.StringIO()) == 0
    (folder / "pasted.yaml").write_text(said.replace("answer: ''", "answer: 好的"), "utf-8")
    out = io.StringIO()
    assert commands.check(folder, out) == 0, out.getvalue()
    read = commands.read(folder, {})
    phrases = {phrase.text for entry in read.entries for phrase in entry.ask}
    for text in (
        "带'狗'去: 行吗",
        '他说"可以"#真的吗',
        "{{7*7}}",
        "- id: x answer: 坏",
        "ab" + "c[2J",
        "yes",
        "12:30:45",
    ):
        assert text in phrases, text
    assert len(read.entries) > 10


def test_before_answers_are_there_the_check_says_what_is_missing(folder):
    (folder / "pasted.yaml").write_text(printed(folder, [Asked("能不能带狗去")]), "utf-8")
    out = io.StringIO()
    assert commands.check(folder, out) == 1
    assert "answer 是空的" in out.getvalue()


def test_the_same_question_is_one_cluster_counted_as_often_as_it_was_sent(folder):
    library = Shelf(folder, {}).library
    asked = [
        Asked("能不能带狗去", times=5),
        Asked("能不能带狗去？", times=2),
        Asked("可以带狗去不"),
        Asked("食堂几点开门", times=2),
    ]
    found, left_out = cluster(asked, library)
    assert [(one.texts, one.count) for one in found] == [
        (("能不能带狗去", "可以带狗去不"), 8),
        (("食堂几点开门",), 2),
    ]
    assert left_out == 0


def test_what_finds_an_answer_by_now_is_left_out(folder):
    assert printed(folder, [Asked("哪里可以开证明", times=9)]) == "# 这段时间没有没答上来的问题。\n"


def test_the_entry_that_followers_chose_is_suggested_with_its_place(folder):
    said = printed(folder, [Asked("摔了咋弄", "insurance", 3), Asked("摔了咋弄", "sign-up")])
    assert "# 问了 4 次，建议加到 insurance（faq/a.yaml 第 3 行，“活动期间有保险吗”）" in said
    assert "- id: new-2\n" in said, "new-1 is an entry already"


def test_an_entry_that_is_gone_is_not_suggested(folder):
    assert "可以新建一条" in printed(folder, [Asked("摔了咋弄", "no-longer-there")])


def test_the_largest_clusters_are_shown_and_the_rest_is_named(folder):
    asked = [Asked("食堂几点开门", times=2), Asked("能不能带狗去", times=3), Asked("停车场在哪里呀")]
    said = printed(folder, asked, limit=1)
    assert "带狗" in said and "食堂" not in said
    assert "还有 2 组" in said
    found = json.loads(printed(folder, asked, limit=2, json_only=True))
    assert [one["count"] for one in found["clusters"]] == [3, 2]
    assert found["more"] == 1


def test_a_cluster_of_many_shows_some(folder):
    found = [Cluster(tuple(f"问{n}" for n in range(40)), 40, "")]
    said = as_yaml(found, {})
    assert said.count("      - '") == SHOWN
    assert "还有 28 种差不多的说法" in said


def test_twenty_thousand_messages_take_seconds_and_tell_how_far_they_are(folder):
    chance = random.Random(11)
    signs = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜"
    asked = [Asked("".join(chance.choices(signs, k=9))) for _ in range(20_000)]
    steps = []
    started = time.monotonic()
    said = printed(folder, asked, progress=lambda done, of: steps.append((done, of)))
    assert time.monotonic() - started < 60
    assert "种问得最少的说法没有看" in said
    assert steps[-1][0] == steps[-1][1] > 0
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_gaps_are_read_from_the_time_asked_for(database: Database) -> None:
    with database.session() as db:
        writing(db)
        for text, days in (("新", 1), ("新", 2), ("旧", 40), ("选", 1)):
            gap = gaps.record(db, text, "offer", ["a"], NOW - timedelta(days=days))
        gaps.chosen(db, gap.id, "a")
        gaps.chosen(db, 4711, "a")
        db.commit()
        found = unanswered(db, NOW - timedelta(days=30))
    assert found == [Asked("新", "", 2), Asked("选", "a", 1)]
