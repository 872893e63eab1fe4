"""Check-in through the running program: deliveries that WeChat repeats, and the poster at the entrance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.services import check_in
from bot.storage.models import AttendanceEvent, Registration, Shift
from tests.chat_script import read
from tests.fixtures.stack import Stack, call
from tests.test_chats import Player, wipe

SIGNED_UP = """现在：2026-03-07 11:40
活动：A12 江滨公园清洁｜3月7日 13:00-15:30｜江滨公园南门｜名额 20
王晓雨：报名A12
账号：姓名
王晓雨：王晓雨
账号：手机号
王晓雨：13800001234
账号：确认
王晓雨：确认
账号：报名成功
现在：2026-03-07 12:58
"""


@pytest.fixture
def player(stack: Stack, tmp_path: Path) -> Player:
    """王晓雨 has a seat, and check-in is open."""
    wipe(stack)
    (tmp_path / "signed_up.txt").write_text(SIGNED_UP, "utf-8")
    playing = Player(stack, read(tmp_path / "signed_up.txt"))
    playing.play()
    return playing


def stored(stack: Stack) -> tuple[Shift, list[tuple[str, str]], str]:
    """The shift, every event's kind and verdict, and the registration's state."""
    database = stack.database()
    with database.session() as db:
        events = db.scalars(select(AttendanceEvent).order_by(AttendanceEvent.id)).all()
        found = db.scalars(select(Shift)).one(), [(e.kind, e.verdict) for e in events], db.scalars(select(Registration))
        result = found[0], found[1], found[2].one().state
    database.dispose()
    return result


def test_a_code_delivered_three_times_is_one_check_in_and_one_answer(player: Player) -> None:
    stack, follower = player.stack, player.stack.followers["王晓雨"]
    shift, _, _ = stored(stack)
    code = check_in.current_code(stack.cipher(), shift, player.now)
    sent: dict[str, Any] = follower.send(type="text", content=code, repeat=3)
    assert "签到成功 12:58" in str(sent["shown"])
    assert len(sent["replies"]) == 3
    said = {json.dumps(one["reply"], sort_keys=True) for one in sent["replies"] if one.get("reply")}
    assert len(said) == 1
    assert stored(stack)[1:] == ([("in", "accepted")], "checked_in")


def test_the_poster_lets_in_whoever_scans_it(player: Player, tmp_path: Path) -> None:
    stack, follower = player.stack, player.stack.followers["王晓雨"]
    done = stack.command("poster", "a12", str(tmp_path / "a12.png"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a12.png").stat().st_size > 100
    assert "没有写集合点的坐标" in done.stdout
    scene = check_in.scene(stack.cipher(), stored(stack)[0].id)
    assert scene in json.dumps(call(f"{stack.simulator}/sim/calls?path=/cgi-bin/qrcode/create"))
    assert "签到成功 12:58" in str(follower.send(type="event", event="SCAN", key=scene)["shown"])
    scanned = follower.send(type="event", event="scancode_waitmsg", key="scan", result=scene)
    assert "已签到 12:58" in str(scanned["shown"])
    assert stored(stack)[1:] == ([("in", "accepted"), ("in", "repeated")], "checked_in")
    assert stack.command("poster", "B07", str(tmp_path / "b07.png")).returncode == 1
