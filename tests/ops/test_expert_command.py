"""expert and question at the console: who answers 青年之声, and which promises were not kept."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.services.questions import asking
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from tests.ops.test_cli import Bot, bot, one_line

__all__ = ["bot"]


@pytest.fixture
def office(bot: Bot, upgraded_data: Path) -> Bot:
    assert bot("staff", "add", "zhang", "--name", "张律师", "--role", "expert").returncode == 0
    return bot


def test_an_expert_comes_goes_away_and_is_back(office: Bot) -> None:
    assert "没有叫 li 的帐号" in one_line(office("expert", "add", "li", "--topic", "法律"), 1)
    done = office("expert", "add", "zhang", "--topic", "法律", "--topic", "维权", "--title", "法律顾问")
    assert "登记为专家" in done.stdout and "staff bind zhang" in done.stdout
    assert "止日比起日早" in one_line(
        office("expert", "away", "zhang", "--from", "2026-10-08", "--until", "2026-10-01"), 1
    )
    assert office("expert", "away", "zhang", "--from", "2026-10-01", "--until", "2026-10-08").returncode == 0
    listed = json.loads(office("expert", "list", "--json").stdout)
    assert listed == [{
        "username": "zhang", "title": "法律顾问", "topics": ["法律", "维权"], "weight": 1, "open": 0,
        "away_from": "2026-10-01", "away_until": "2026-10-08",
    }]  # fmt: skip
    assert "2026-10-01 至 2026-10-08不派" in office("expert", "list").stdout
    assert office("expert", "back", "zhang").returncode == 0
    assert json.loads(office("expert", "list", "--json").stdout)[0]["away_from"] is None
    office("staff", "add", "shang", "--role", "merchant")
    assert "不能答复" in one_line(office("expert", "add", "shang", "--topic", "法律"), 1)
    assert "还不是专家" in one_line(office("expert", "back", "shang"), 1)


def test_late_questions_are_listed(office: Bot, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'data' / 'qingsheng.db'}")
    asked = datetime.now(timezone.utc) - timedelta(hours=4)
    with database.session() as db:
        number = asking.ask(db, Cipher(Cipher.generate_key()), "o-1", "league", "团费怎么交", asked).number
        asking.ask(db, Cipher(Cipher.generate_key()), "o-2", "league", "团费怎么交", asked + timedelta(hours=2))
        db.commit()
    database.dispose()
    shown = office("question", "late").stdout
    assert f"{number}　审核" in shown and "还没完成" in shown and "超时 1 条" in shown
    assert [row["number"] for row in json.loads(office("question", "late", "--json").stdout)] == [number]
    assert "超时 0 条" in office("question", "late", "--from", "2020-01-01", "--until", "2020-01-31").stdout


def test_kept_words_and_figures(office: Bot, tmp_path: Path) -> None:
    wage = ("--topic", "维权", "--title", "欠薪")
    assert "不认识 {labor}" in one_line(office("question", "canned", "add", *wage, "--text", "拨 {labor}"), 1)
    assert "编号 1" in office("question", "canned", "add", *wage, "--text", "拨 {labour}").stdout
    assert "同名" in one_line(office("question", "canned", "add", *wage, "--text", "再来一条"), 1)
    assert office("question", "canned", "change", "1", "--text", "拨 {labour} 或 {legal}").returncode == 0
    (kept,) = json.loads(office("question", "canned", "list", "--json").stdout)
    assert (kept["topic"], kept["text"], kept["used"]) == ("维权", "拨 {labour} 或 {legal}", 0)
    assert "只有管理员和审核员" in one_line(office("question", "canned", "retire", "1", "--by", "zhang"), 1)
    assert "停用了" in office("question", "canned", "retire", "1").stdout
    database = Database(f"sqlite:///{tmp_path / 'data' / 'qingsheng.db'}")
    with database.session() as db:
        asking.ask(db, Cipher(Cipher.generate_key()), "o-1", "league", "团费", datetime.now(timezone.utc))
        db.commit()
    database.dispose()
    assert "新提问 1，答复 0" in office("question", "figures").stdout
    found = json.loads(office("question", "figures", "--json").stdout)
    assert (found["asked"], found["waiting"], found["topics"]) == (1, 1, {"league": 1})
    assert found["review"] == {"due": 0, "kept": 0, "share": None, "median_hours": 0.0}
