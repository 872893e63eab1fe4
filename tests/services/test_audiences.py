"""Whom a broadcast is for: each key, keys together, who is never meant, wrong rules by name, and no sorting."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from bot.services import audiences, follower_tags, guardians, people, teams
from bot.services.refusals.broadcasts import AudienceWrong
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Activity, AuditEntry, Follower, FollowerTag, Person, Registration, StarAward
from tests.fixtures.ledger import entry
from tests.fixtures.world import NOW, World
from tests.services.presence_world import came


def meant(db: Session, **rule: Any) -> list[str]:
    rule = audiences.check(db, rule)
    found = list(db.scalars(audiences.select_openids(db, rule, NOW)))
    assert found == sorted(found) and len(found) == audiences.size(db, rule, NOW)
    return found


def born(db: Session, person_id: int, day: date) -> None:
    db.get_one(Person, person_id).birth_date = day
    db.flush()


@pytest.fixture
def town(world: World, db: Session) -> World:
    """Six followers: 1 and 2 know us well, 3 is known by name, 4 left, 5 wants no broadcasts, 6 never said a name."""
    for name in "一二三四五":
        world.person(f"赵{name}{name}")
    people.follow(db, "o-6", "", NOW)
    people.unfollow(db, "o-4", NOW)
    world.write(FollowerTag(openid="o-1", name="骨干", given_at=NOW))
    world.write(FollowerTag(openid="o-5", name="骨干", given_at=NOW))
    db.execute(update(Person).where(Person.id.in_((1, 2))).values(area="城东街道"))
    db.execute(update(Follower).values(last_message_at=None, last_click_at=None))
    db.execute(update(Follower).where(Follower.openid == "o-2").values(last_message_at=NOW - timedelta(days=6)))
    db.execute(update(Follower).where(Follower.openid == "o-3").values(last_click_at=NOW - timedelta(days=9)))
    db.expire_all()
    db.get_one(Follower, "o-5").broadcasts = False
    team = teams.create(db, "城东队", NOW)
    teams.lead(db, team.id, 1, "system", NOW)
    teams.join(db, team.id, 3, NOW)  # applied, not a member yet
    shift = world.shift(starts_at=NOW)
    made = {person: world.sign_up(shift, person, now=NOW - timedelta(days=1)) for person in (1, 2, 3)}
    came(db, made[1].registration_id)
    db.get_one(Registration, made[1].registration_id).state = "completed"
    db.get_one(Registration, made[3].registration_id).state = "cancelled"
    entry(db, 1, 120, date(2026, 2, 20))
    entry(db, 2, 120, date(2025, 2, 20))
    world.write(StarAward(person_id=1, star=2, minutes=1, rule_since=NOW.date(), state="granted", state_since=NOW,
                          applied_at=NOW))  # fmt: skip
    world.write(StarAward(person_id=2, star=2, minutes=1, rule_since=NOW.date(), state="applied", state_since=NOW,
                          applied_at=NOW))  # fmt: skip
    return world


MEANT: list[tuple[dict[str, Any], str]] = [
    ({"all": True}, "1236"),
    ({"tag": "骨干"}, "1"),
    ({"area": "城东街道"}, "12"),
    ({"team": "t01"}, "1"),
    ({"registered": "A01"}, "12"),
    ({"attended": "a01"}, "1"),
    ({"not_yet": 90}, "236"),
    ({"not_yet": 3650}, "36"),
    ({"stars": 1}, "1"),
    ({"stars": "2"}, "1"),
    ({"stars": 3}, ""),
    ({"seen_within_days": 7}, "2"),
    ({"seen_within_days": 9}, "23"),
    ({"area": "城东街道", "not_yet": 90}, "2"),
    ({"registered": "A01", "seen_within_days": 3}, ""),
]


def test_each_key_and_keys_together(town: World, db: Session) -> None:
    found = [(rule, "".join(openid.removeprefix("o-") for openid in meant(db, **rule))) for rule, _ in MEANT]
    assert found == MEANT


def test_service_that_was_taken_back_is_no_service_and_an_earlier_record_counts(
    town: World, db: Session, cipher: Cipher
) -> None:
    entry(db, 3, 60, date(2026, 2, 1))
    entry(db, 3, -60, date(2026, 2, 1))
    assert meant(db, not_yet=90) == ["o-2", "o-3", "o-6"]
    twin = town.person("赵旧旧")
    entry(db, twin, 60, date(2026, 2, 1))
    people.save_profile(db, cipher, db.get_one(Follower, "o-6"), "赵旧旧", f"138{6:08d}", NOW)
    assert meant(db, not_yet=90) == ["o-2", "o-3"]


def test_under_fourteen_only_with_a_guardian_and_a_child_by_its_guardians_account(town: World, db: Session) -> None:
    """PIPL 31: what we know about a child is not used to address it unless a guardian agreed."""
    born(db, 2, NOW.date().replace(year=NOW.year - 14) + timedelta(days=1))
    assert meant(db, area="城东街道") == ["o-1"]
    assert "o-2" in meant(db, all=True), "that somebody follows is all this asks"
    born(db, 2, NOW.date().replace(year=NOW.year - 14))
    assert meant(db, area="城东街道") == ["o-1", "o-2"], "fourteen today"
    born(db, 2, date(2015, 1, 1))
    child = guardians.add_child(db, 3, "赵小小", date(2015, 1, 1), "母亲", NOW)
    shift = town.shift()
    town.write(Registration(shift_id=shift.id, person_id=child.id, openid="o-3", state="confirmed", state_since=NOW,
                            created_at=NOW))  # fmt: skip
    assert meant(db, registered=db.get_one(Activity, shift.activity_id).code) == ["o-3"]


WRONG: list[tuple[dict[str, Any], str, str, tuple[str, ...]]] = [
    ({}, "", "empty", audiences.KEYS),
    ({"sex": "f"}, "sex", "field", audiences.KEYS),
    ({"all": "yes"}, "all", "value", ()),
    ({"all": True, "stars": 1}, "all", "alone", ()),
    ({"stars": 6}, "stars", "value", ("1", "5")),
    ({"stars": True}, "stars", "value", ("1", "5")),
    ({"not_yet": "soon"}, "not_yet", "value", ("1", "3650")),
    ({"team": "T99"}, "team", "code", ("T01",)),
    ({"tag": "骨杆"}, "tag", "code", ("骨干",)),
    ({"area": "城冬"}, "area", "code", ("城东街道",)),
    ({"attended": "A99"}, "attended", "code", ("A01",)),
    ({"tag": " "}, "tag", "value", ()),
    ({"registered": 5}, "registered", "value", ()),
]


def test_a_wrong_rule_is_refused_by_its_field_with_what_could_stand_there(town: World, db: Session) -> None:
    for rule, *expected in WRONG:
        with pytest.raises(AudienceWrong) as refused:
            audiences.check(db, rule)
        assert [refused.value.field, refused.value.why, refused.value.known] == expected


def test_a_rule_is_kept_in_one_form_and_said_in_words(town: World, db: Session) -> None:
    rule = audiences.check(db, {"seen_within_days": "30", "team": " t01 "})
    assert list(rule.items()) == [("team", "T01"), ("seen_within_days", 30)]
    assert audiences.describe(rule) == "在 T01 队，并且30天内和公众号说过话或点过菜单"
    assert audiences.describe({"all": True}) == "全部关注者"
    assert set(audiences.SAID) == set(audiences.KEYS) == set(audiences.MEANS)


EVERY_KEY: dict[str, Any] = {
    "all": True, "tag": "骨干", "team": "T01", "area": "城东街道", "registered": "A01", "attended": "A01",
    "not_yet": 90, "stars": 1, "seen_within_days": 7,
}  # fmt: skip


SPARSE = ("team", "registered", "attended", "stars")
"""Keys that mean few: these few are looked up and sorted, instead of all followers being walked past."""


def test_a_page_begins_where_the_last_ended_and_nothing_large_is_sorted_or_scanned(
    sqlite_database: Database,
) -> None:
    """With 72,914 followers a page must cost its own rows only: a walk along the primary key from the last openid.

    On SQLite, whose plan does not depend on what the tables hold.
    """
    with sqlite_database.session() as db:
        for key in audiences.KEYS:
            page = audiences.select_openids(db, {key: EVERY_KEY[key]}, NOW).where(Follower.openid > "o-2").limit(1000)
            said = page.compile(db.get_bind(), compile_kwargs={"literal_binds": True})
            plan = [row[3] for row in db.execute(text(f"EXPLAIN QUERY PLAN {said}"))]
            assert not [line for line in plan if line.startswith("SCAN")], plan
            walks = "SEARCH followers USING INDEX sqlite_autoindex_followers_1 (openid>?)" in plan
            assert walks != ("USE TEMP B-TREE FOR ORDER BY" in plan), plan
            assert walks or key in SPARSE


def test_a_tag_is_given_to_whom_a_rule_means_once(town: World, db: Session) -> None:
    assert follower_tags.give(db, " 城东 ", {"area": "城东街道"}, "staff:1", NOW) == 2
    assert follower_tags.give(db, "城东", {"all": True}, "staff:1", NOW) == 2, "who has it has it"
    assert meant(db, tag="城东") == ["o-1", "o-2", "o-3", "o-6"]
    assert follower_tags.names(db) == [("城东", 4), ("骨干", 2)]
    row = db.get_one(FollowerTag, ("o-1", "城东"))
    assert (row.given_by, row.given_at) == ("staff:1", NOW)
    for name in ("", "长" * 31):
        with pytest.raises(AudienceWrong):
            follower_tags.give(db, name, {"all": True}, "staff:1", NOW)
    assert follower_tags.take(db, "城东", NOW) == 4
    with pytest.raises(AudienceWrong):
        meant(db, tag="城东")
    noted = [entry.reason for entry in db.query(AuditEntry).filter(AuditEntry.subject == "follower_tags:城东")]
    assert noted == ["给了2人", "给了2人", "从4人收回"]
