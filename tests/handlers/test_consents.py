"""What the form of signing up asks for the insurer goes to the insurer, and only because it was asked for that."""

from __future__ import annotations

from bot.services import policies
from bot.services.policies import NewPolicy
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from tests.fixtures.world import NOW, World, hours
from tests.handlers.town import Town

NUMBER = "330102200001010018"


def test_the_number_given_for_the_policy_is_on_its_list(database: Database, cipher: Cipher) -> None:
    town = Town(database, cipher)

    def insured(world: World) -> tuple[str, int]:
        shift = world.shift(capacity=9)
        policies.add(world.db, NewPolicy(insurer="人保", number="P1", valid_from=NOW, valid_until=NOW + hours(24 * 30)))
        policies.attach(world.db, shift.activity_id, "P1", NOW)
        return shift.activity.code, shift.id

    code, shift_id = town.made(insured)
    town.say("oA", f"报名 {code}")
    town.say("oA", "王晓雨")
    assert "发来就是同意" in town.say("oA", "13800001234")
    town.say("oA", NUMBER)
    assert "报名成功" in town.say("oA", "确认")
    listed = town.made(lambda world: policies.hand_out(world.db, cipher, [shift_id], "staff:1", NOW))
    assert (listed.people, listed.without) == (1, 0) and NUMBER in listed.text
