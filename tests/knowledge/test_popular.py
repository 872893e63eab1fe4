"""What is asked most and what nobody asks: a table for people, JSON for programs."""

import io
import json
from datetime import date

from bot.knowledge import commands
from bot.knowledge.counts import Tally

TEXT = """topic: 停车
entries:
  - id: insurance
    ask: [活动期间有保险吗, 志愿者有没有意外险]
    answer: 有的
  - id: certificate
    ask: ["[证明]怎么开才能让学校认可并且盖章还要快一点", 哪里可以开证明]
    answer: 免费
  - id: parking
    ask: [停车场在哪里, 能停车吗]
    answer: 门口
  - id: sign-up
    intent: sign_up.start
    ask: [我要报名, 帮我报个名]
"""
ASKED = [
    Tally("insurance", 12, 3, 2, 1, date(2026, 3, 3)),
    Tally("certificate", 4, 10, 1, 8, date(2026, 2, 28)),
    Tally("gone", 1, 0, 0, 0, date(2026, 2, 1)),
]


def printed(tallies, folder, **options):
    out = io.StringIO()
    assert commands.most_asked(tallies, 30, folder, out, **options) == 0
    return out.getvalue()


def test_a_line_for_each_entry_and_what_to_do_next(folder):
    said = printed(ASKED, folder)
    lines = [line.split() for line in said.splitlines()]
    assert ["insurance", "活动期间有保险吗", "12", "3", "2", "67%", "1", "3月3日"] in lines
    assert ["gone", "（已删除）", "1", "0", "0", "–", "0", "2月1日"] in lines
    assert "[证明]怎么开" in said
    assert "常被列出、却少有人选：certificate。" in said
    assert "1 条从没被问到" in said
    assert "  停车：parking\n" in said
    assert "sign-up" not in said, "a wish is reached in other ways too"
    assert "faq gaps" in said


def test_as_json(folder):
    found = json.loads(printed(ASKED, folder, json_only=True))
    assert found["never"] == ["parking"]
    assert found["days"] == 30
    assert found["entries"][1] == {
        "entry": "certificate",
        "phrase": "[证明]怎么开才能让学校认可并且盖章还要快一点",
        "answered": 4,
        "offered": 10,
        "chosen": 1,
        "rejected": 8,
        "share": 0.1,
        "last": "2026-02-28",
    }


def test_nothing_counted_yet(folder):
    assert "还没有人问过" in printed([], folder)
    assert json.loads(printed([], folder, json_only=True))["entries"] == []
