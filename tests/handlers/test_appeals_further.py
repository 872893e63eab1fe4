"""申请复核 goes on with whatever was refused: a check-in or hours; with neither it says so."""

from __future__ import annotations

import pytest

from bot.services import disputes
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Appeal
from tests.fixtures.world import NOW, World
from tests.handlers.town import Town


@pytest.mark.parametrize("word", ["申请复核", "请团委复核", "继续申诉"])
def test_refused_hours_go_to_the_committee_by_any_of_the_words(database: Database, cipher: Cipher, word: str) -> None:
    town = Town(database, cipher)

    def refused(world: World) -> int:
        person, shift = world.person("王晓雨", "oA"), world.shift()
        registration = world.sign_up(shift, person).registration_id
        appeal = Appeal(
            person_id=person, registration_id=registration, kind=disputes.KIND, state="refused", state_since=NOW,
            asked_at=NOW, due_at=NOW, decided_by="person:99", text="我两点就到了",
        )  # fmt: skip
        world.db.add(appeal)
        world.db.flush()
        return appeal.id

    id = town.made(refused)
    assert "已转给团县委复核" in town.say("oA", word)
    assert town.read(lambda db: db.get_one(Appeal, id).state) == "escalated"


def test_with_nothing_refused_it_says_so(database: Database, cipher: Cipher) -> None:
    town = Town(database, cipher)
    town.made(lambda world: world.person("王晓雨", "oA"))
    assert "已转给" not in town.say("oA", "请团委复核")
