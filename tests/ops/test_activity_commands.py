"""Staff at the console: draft, submit, approve, reject, cancel; rosters, policies and the insurer's list."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.services.announcements import BEIJING
from tests.ops.test_cli import Bot, bot, one_line

__all__ = ["bot"]

TODAY = datetime.now(BEIJING).date()  # where the activities are: a machine may still have yesterday
DAY = TODAY + timedelta(days=30)
HEAD = "编号,标题,地点,开始,结束,名额,内容,风险提示,主办,负责人,危险,保单"


@pytest.fixture
def office(bot: Bot, upgraded_data: Path) -> Bot:
    for login, role in (("wang", "editor"), ("li", "reviewer")):
        assert bot("staff", "add", login, "--role", role).returncode == 0
    return bot


def table(tmp_path: Path, *rows: str) -> str:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([HEAD, *rows]), "utf-8")
    return str(path)


def said(bot: Bot, *words: str) -> str:
    done = bot(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_from_a_draft_to_what_followers_see(office: Bot, tmp_path: Path) -> None:
    bot = office
    row = f"A12,河道清洁,桥头,{DAY} 09:00,{DAY} 11:30,9,捡垃圾,湿滑,团县委,何队长,,"
    assert "1 份草稿：A12" in said(bot, "import", table(tmp_path, row), "--draft", "--by", "wang")
    assert "没有等审核" in said(bot, "activity", "pending")
    assert "已提交" in said(bot, "activity", "submit", "A12", "--by", "wang")
    assert "A12\t河道清洁\twang" in said(bot, "activity", "pending")
    assert "只有管理员和审核员" in one_line(bot("activity", "approve", "A12", "--by", "wang"), 1)
    assert "已驳回" in said(bot, "activity", "reject", "a12", "--by", "li", "--reason", "写清风险")
    assert "已提交" in said(bot, "activity", "submit", "A12", "--by", "wang")
    assert "已发布" in said(bot, "activity", "approve", "A12", "--by", "li")
    assert "现在的状态不能这样做" in one_line(bot("activity", "approve", "A12", "--by", "li"), 1)
    assert "已取消" in said(bot, "activity", "cancel", "A12", "--reason", "台风")
    assert one_line(bot("activity", "cancel", "A99", "--reason", "x"), 1) == "没有这个活动，请核对编号。"
    assert "没有叫 nobody 的帐号" in one_line(bot("activity", "submit", "A12", "--by", "nobody"), 1)


def test_nobody_approves_their_own_at_the_console_either(office: Bot, tmp_path: Path) -> None:
    row = f"A12,河道清洁,桥头,{DAY} 09:00,{DAY} 11:30,9,捡垃圾,湿滑,团县委,何队长,,"
    said(office, "import", table(tmp_path, row), "--draft", "--by", "li")
    said(office, "activity", "submit", "A12", "--by", "li")
    assert one_line(office("activity", "approve", "A12", "--by", "li"), 1) == "自己写的活动要由另一个人来审。"


def test_a_roster_and_the_list_for_the_insurer(office: Bot, tmp_path: Path) -> None:
    bot, today = office, datetime.now(BEIJING).date()  # not when the run began: it may pass midnight
    day = today + timedelta(days=30)
    until = day + timedelta(days=400)
    policy = ["P1", "--insurer", "人保", "--from", "2020-01-01", "--to", str(until)]
    assert "已登记" in said(bot, "policy", "add", *policy)
    assert "已经登记过" in one_line(bot("policy", "add", *policy), 1)
    tomorrow = today + timedelta(days=1)
    row = f"A15,微笑驿站,驿站,{day} 09:00,{day} 11:30,1,茶水,无,团县委,陈站长,,"
    said(bot, "import", table(tmp_path, row))
    assert "承保" in said(bot, "policy", "attach", "P1", "A15")
    days = ["--from", str(tomorrow), "--to", str(day)]
    assert "时段应像" in one_line(bot("activity", "roster", "add", "A15", "--slot", "九点", *days), 1)
    assert "还没有排班" in one_line(bot("activity", "roster", "extend", "A15"), 1)
    slots = ["--slot", "9:00-11:30", "--slot", "13:00-15:30x2"]
    assert "排到" in said(bot, "activity", "roster", "add", "A15", *slots, *days)
    assert said(bot, "activity", "roster", "extend", "A15") == "新排了 0 个班次。\n"
    # The last day's first slot is the shift that was imported: it is not made twice.
    assert said(bot, "activity", "roster", "extend", "A15", "--to", str(day)) == f"新排了 {2 * 16 - 1} 个班次。\n"
    out = tmp_path / "list.csv"
    told = json.loads(said(bot, "export", "insurance", "A15", "--out", str(out), "--by", "li", "--json"))
    assert told == {"people": 0, "without_number": 0, "sha256": hashlib.sha256(out.read_bytes()).hexdigest()}
    assert next(csv.reader(out.read_text("utf-8-sig").splitlines()))[:3] == ["姓名", "证件类型", "证件号码"]
    assert "没有班次" in one_line(
        bot("export", "insurance", "A15", "--on", "2020-01-01", "--out", str(out), "--by", "li"), 1
    )
