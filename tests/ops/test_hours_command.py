"""The hours command as staff type it: entered by one, decided by another, listed with masked names; what is overdue."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot.services import people
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Activity, Registration, Shift
from tests.ops.test_cli import Bot, one_line
from tests.ops.test_cli import bot as plain
from tests.ops.test_team_command import add

__all__ = ["office", "plain"]

KEY = Cipher.generate_key()
NOW = datetime.now(timezone.utc).replace(second=0, microsecond=0)
LONG_AGO = ("--from", "2020-03-07 09:00", "--to", "2020-03-07 11:30")


@pytest.fixture
def office(plain: Bot, upgraded_data: Path) -> Bot:
    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return plain(*words, BOT_SECURITY__KEY=KEY, **more)

    for login, role in (("wang", "admin"), ("li", "reviewer"), ("zhao", "merchant"), ("sun", "editor")):
        assert run("staff", "add", login, "--role", role).returncode == 0
    add(upgraded_data / "qingsheng.db", _people)
    return run


def _people(db: Session) -> None:
    for number, name in ((1, "王晓雨"), (2, "李明")):
        follower = people.follow(db, f"o{number}", "", NOW)
        people.save_profile(db, Cipher(KEY), follower, name, f"1390000000{number}", NOW)


def _shift(days_ago: int, code: str = "A12") -> Callable[[Session], None]:
    """One activity that ended so many days ago, with 王晓雨 on the list."""

    def make(db: Session) -> None:
        writing(db)
        ends = NOW - timedelta(days=days_ago)
        activity = Activity(code=code, title="河道清洁", place="桥头", state="open", created_at=NOW, updated_at=NOW)
        shift = Shift(activity=activity, starts_at=ends - timedelta(hours=2), ends_at=ends, capacity=9)
        db.add_all([activity, shift])
        db.flush()
        db.add(
            Registration(
                shift_id=shift.id, person_id=1, openid="o1", state="confirmed", state_since=NOW, created_at=NOW
            )
        )

    return make


def test_two_people_and_the_list_of_the_month(office: Bot, tmp_path: Path) -> None:
    paper = tmp_path / "签到表.jpg"
    paper.write_bytes(b"paper")
    person = ("hours", "propose", "王晓雨", "0001", "--minutes", "150", "--reason", "手机没电")
    assert "要附证明材料" in one_line(office(*person, *LONG_AGO, "--by", "wang"), 1)
    entered = office(*person, *LONG_AGO, "--by", "wang", "--evidence", str(paper))
    assert "已录入 1 号" in entered.stdout, entered.stderr
    assert "不能自己批" in one_line(office("hours", "decide", "1", "yes", "--by", "wang"), 1)
    assert "只有管理员和审核员" in one_line(office("hours", "decide", "1", "yes", "--by", "sun"), 1)
    assert "要写明原因" in one_line(office("hours", "decide", "1", "no", "--by", "li"), 1)
    assert "已记入时长" in office("hours", "decide", "1", "yes", "--by", "li").stdout
    assert "已经审过了" in one_line(office("hours", "decide", "1", "yes", "--by", "li"), 1)

    listed = json.loads(office("hours", "manual", "--json").stdout)["entries"]
    assert [(row["person"], row["minutes"], row["entered_by"], row["decided_by"]) for row in listed] == [
        ("王*雨", 150, "wang", "li")
    ]
    assert listed[0]["evidence_sha256"] == hashlib.sha256(b"paper").hexdigest()
    text = office("hours", "manual").stdout
    assert "王*雨" in text and "王晓雨" not in text and "已通过的共 2.5 小时" in text
    assert json.loads(office("hours", "manual", "--month", "2020-12", "--json").stdout)["entries"] == []


def test_the_same_paper_twice_is_told_and_needs_words(office: Bot, tmp_path: Path) -> None:
    paper = tmp_path / "签到表.jpg"
    paper.write_bytes(b"paper")
    rest = ("--minutes", "60", "--reason", "补记", "--evidence", str(paper), "--by", "wang", *LONG_AGO)
    assert "注意" not in office("hours", "propose", "王晓雨", "0001", *rest).stdout
    assert "同一份证明材料用过不止一次" in office("hours", "propose", "李明", "0002", *rest).stdout
    assert "要写明原因" in one_line(office("hours", "decide", "2", "yes", "--by", "li"), 1)
    assert office("hours", "decide", "2", "yes", "--by", "li", "--reason", "一张表上两个人").returncode == 0


def test_slips_are_one_line(office: Bot) -> None:
    rest = ("--reason", "补记", *LONG_AGO, "--by")
    asked = ("hours", "propose", "王晓雨")
    assert "没有尾号 0002 的 王晓雨" in one_line(office(*asked, "0002", "--minutes", "60", *rest, "wang"), 1)
    assert "最后 4 位" in one_line(office(*asked, "1", "--minutes", "60", *rest, "wang"), 1)
    assert "不能比这段时间长" in one_line(office(*asked, "0001", "--minutes", "151", *rest, "wang"), 1)
    with_code = ("0001", "--minutes", "60", "--activity", "A99")
    assert "没有这个活动" in one_line(office(*asked, *with_code, *rest, "wang"), 1)
    assert "不能录入时长" in one_line(office(*asked, "0001", "--minutes", "60", *rest, "zhao"), 1)


def test_of_an_activity_no_more_than_was_planned(office: Bot, tmp_path: Path) -> None:
    add(tmp_path / "data" / "qingsheng.db", _shift(days_ago=3))
    local = NOW.astimezone(timezone(timedelta(hours=8))) - timedelta(days=3)
    times = ("--from", f"{local - timedelta(hours=3):%Y-%m-%d %H:%M}", "--to", f"{local:%Y-%m-%d %H:%M}")
    rest = ("--reason", "补记", "--by", "wang", "--activity", "a12", *times)
    asked = ("hours", "propose", "王晓雨", "0001", "--minutes")
    assert "最多还可以记 2.0 小时" in one_line(office(*asked, "180", *rest), 1)
    assert "已录入 1 号" in office(*asked, "120", *rest).stdout


def test_what_is_not_settled_in_time(office: Bot, tmp_path: Path) -> None:
    assert "没有到期的" in office("hours", "due").stdout
    add(tmp_path / "data" / "qingsheng.db", _shift(days_ago=1))
    add(tmp_path / "data" / "qingsheng.db", _shift(days_ago=40, code="A13"))
    done = office("hours", "due", "--json")
    assert [(row["code"], row["stage"]) for row in json.loads(done.stdout)] == [("A13", "breach")]
    assert done.returncode == 1
