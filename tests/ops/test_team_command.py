"""The team command as staff type it: registered, listed, led by who asked to be in it, closed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from bot.services import people, teams
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from tests.fixtures.world import NOW
from tests.ops.test_cli import Bot, bot, one_line

__all__ = ["bot"]


def test_a_team_from_its_registration_to_its_end(bot: Bot, tmp_path: Path) -> None:
    bot("db", "upgrade")
    made = bot(
        "team", "add", "城东小蜜蜂队", "--area", "城东街道", "--specialty", "急救", "--specialty", "交通", "--json"
    )
    assert json.loads(made.stdout) == {"code": "T01", "name": "城东小蜜蜂队"}
    assert "不能和别的队重名" in one_line(bot("team", "add", "城东小蜜蜂队"), 1)
    assert "编号写成 T05 这样" in one_line(bot("team", "add", "城西队", "--code", "T01"), 1)
    assert "T02  城西队  下沙镇  0人，还没有队长" in _after_adding_another(bot)
    listed = json.loads(bot("team", "list", "--area", "城东", "--json").stdout)
    assert [(row["code"], row["members"], row["leaders"]) for row in listed] == [("T01", 0, 0)]
    code = json.loads(bot("team", "appoint", "t01", "--json").stdout)["code"]
    assert f"负责 T01 {code}" in bot("team", "appoint", "T01").stdout
    file = tmp_path / "data" / "qingsheng.db"
    assert code.encode() not in file.read_bytes()
    assert "没有编号是 A99" in one_line(bot("team", "appoint", "A99"), 1)
    assert "其中一个" in one_line(bot("team", "leader", "T01"), 1)
    assert "还没有这个人" in one_line(bot("team", "leader", "T01", "--phone", "13900000001"), 1)
    assert "手机号应为 11 位" in one_line(bot("team", "leader", "T01", "--phone", "139"), 1)
    person_id = someone(file)
    assert "没有申请加入 T01" in one_line(bot("team", "leader", "T01", "--openid", "oA"), 1)
    add(file, lambda db: teams.join(db, 1, person_id, NOW))
    assert "王*雨 现在是 T01 城东小蜜蜂队 的队长" in bot("team", "leader", "T01", "--openid", "oA").stdout
    assert "T01 城东小蜜蜂队 已停止" in bot("team", "close", "T01").stdout
    assert "没有编号是 T01" in one_line(bot("team", "appoint", "T01"), 1)
    assert "没有编号是 T99 的队伍" in one_line(bot("team", "close", "T99"), 1)


def someone(file: Path) -> int:
    """A follower with a profile, as if they had said so in chat."""
    made: list[int] = []

    def say(db: Session) -> None:
        follower = people.follow(db, "oA", "", NOW)
        made.append(people.save_profile(db, Cipher(Cipher.generate_key()), follower, "王晓雨", "13900000001", NOW).id)

    add(file, say)
    return made[0]


def add(file: Path, make: Callable[[Session], object]) -> None:
    database = Database(f"sqlite:///{file}")
    with database.session() as db:
        make(db)
        db.commit()
    database.dispose()


def _after_adding_another(bot: Bot) -> str:
    said = bot("team", "add", "城西队", "--area", "下沙镇").stdout
    assert "python -m bot team appoint T02" in said
    return bot("team", "list").stdout
