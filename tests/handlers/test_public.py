"""What anybody may read, and what is said to one person about others, in a county full of people (INV 20, 24)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from bot.push.notices import NOTICES
from bot.services.samples.history import load_history
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Follower, Person, Push
from tests.fixtures.storage import upgraded_file
from tests.fixtures.world import NOW, World
from tests.handlers.town import Town

NUMBER = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
WORDS = [
    "近期活动", "A12", "找队伍", "T01", "T02", "公示", "益币商城", "活动记录", "证明查验", "名单 A12",
    "我的活动", "我的时长", "我的积分", "我的星级", "我的证明", "我的资料", "我的队伍", "帮助", "我带的活动",
    "谁没签到", "待办", "补记公示",
]  # fmt: skip
LONGEST = 2048


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, cipher: Cipher) -> Iterator[Town]:
    """Made once: the tests only read, and ask what changes nothing."""
    path = tmp_path_factory.mktemp("county") / "qingsheng.db"
    path.write_bytes(upgraded_file())
    database = Database(f"sqlite:///{path}")
    town = Town(database, cipher)
    town.made(lambda world: load_history(world.db, cipher, NOW))
    town.made(lambda world: world.person("陌生来客", "o-stranger"))
    yield town
    database.dispose()


def test_a_stranger_reads_of_no_minor_and_no_number(town: Town) -> None:
    people = town.read(lambda db: [(row.name, row.birth_date) for row in db.query(Person) if row.name])
    minors = {name for name, born in people if born is not None and born.year > NOW.year - 18}
    assert minors
    for words in WORDS:
        said = town.say("o-stranger", words)
        assert len(said.encode()) <= LONGEST, words
        assert not NUMBER.search(said), words
        assert not [name for name in minors if name in said], words


def test_everybody_of_the_county_is_answered_within_the_limit(town: Town) -> None:
    """One follower in forty, whoever they are."""
    openids = town.read(lambda db: [row.openid for row in db.query(Follower).order_by(Follower.openid)])
    for openid in openids[::40]:
        for words in WORDS:
            assert len(town.say(openid, words).encode()) <= LONGEST, (openid, words)


def test_what_is_pushed_holds_no_number_and_nobody_elses_minor(town: Town, cipher: Cipher) -> None:
    def read(world: World) -> None:
        minors = {row.name: row.id for row in world.db.query(Person) if row.birth_date and row.birth_date.year > 2008}
        checked = 0
        for push in world.db.query(Push).filter(Push.kind == "notice"):
            said = NOTICES[push.payload["notice"]](world.db, cipher, push.payload, NOW, ZoneInfo("Asia/Shanghai")) or ""
            assert len(said.encode()) <= LONGEST and not NUMBER.search(said), push.key
            owner = world.db.get(Follower, push.openid)
            others = [name for name, id in minors.items() if owner is None or owner.person_id != id]
            assert not [name for name in others if name in said], (push.key, said)
            checked += bool(said)
        assert checked

    town.made(read)
