"""An export holds every row about a person and nothing about others; after erasure nothing personal is left."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import (
    guardians,
    hours,
    identity_numbers,
    ledger,
    particulars,
    people,
    personal_data,
    points,
    tags,
    volunteers,
)
from bot.services.ledger import NewEntry
from bot.services.refusals.people import ErasureAsked, IdentityTaken, NothingToWithdraw
from bot.storage.crypto import Cipher, Undecipherable
from bot.storage.database import writing
from bot.storage.models import Base, Broadcast, Follower, FollowerTag, Person, Recipient, Registration, Volunteer
from tests.fixtures.world import NOW, World
from tests.services.presence_world import came

ID = "11010519491231002X"
MARKS = {"name": "欧阳独特", "phone": "13911112222", "id": ID, "email": "mark@example.com", "area": "独特镇"}


def marked(world: World, db: Session, cipher: Cipher) -> int:
    """A person with something in every table that may hold personal data."""
    follower = people.follow(db, "o-marked", "", NOW)
    person = people.save_profile(db, cipher, follower, MARKS["name"], MARKS["phone"], NOW)
    person.birth_date, person.area, person.skills = date(1990, 1, 1), MARKS["area"], ["急救"]
    person.id_type, person.id_hash = "id_card", identity_numbers.digest(cipher, ID)
    person.id_encrypted = cipher.encrypt(ID)
    people.consent(db, person, "sign_up", "v1", NOW)
    volunteers.apply(db, person.id, NOW)
    standing = volunteers.decide(db, person.id, True, "staff:1", NOW)
    standing.email_encrypted = cipher.encrypt(MARKS["email"])
    guardians.add_child(db, person.id, "小特别", date(2015, 1, 1), "父亲", NOW)
    made = world.sign_up(world.shift(starts_in=timedelta(days=20)), person.id)
    world.sign_up(world.shift(starts_in=timedelta(days=30)), person.id)
    came(db, made.registration_id)
    ledger.add(db, NewEntry(
        person_id=person.id, kind="credit", minutes=150, effective_on=date(2026, 3, 1), title="江滨公园清洁",
        entered_by="staff:1", detail={}, registration_id=made.registration_id, source="t", external_id="1",
    ), NOW)  # fmt: skip
    return person.id


def text_of_everything(db: Session, cipher: Cipher) -> str:
    """Every column of every row, what is encrypted opened."""
    said: list[str] = []
    for table in Base.metadata.sorted_tables:
        for row in db.execute(select(table)):
            for value in row:
                if isinstance(value, bytes):
                    try:
                        value = cipher.decrypt(value)
                    except Undecipherable:
                        value = repr(value)
                said.append(str(value))
    return "\n".join(said)


def test_the_export_holds_all_of_one_and_nothing_of_others(world: World, db: Session, cipher: Cipher) -> None:
    person_id, other = marked(world, db, cipher), world.person("李旁人")
    world.sign_up(world.shift(), other)
    found = personal_data.export(db, cipher, person_id)
    said = json.dumps(found, ensure_ascii=False)
    for mark in MARKS.values():
        assert mark in said
    assert "李旁人" not in said and "小特别" not in said
    assert len(found["报名"]) == 2 and len(found["时长"]) == 1 and len(found["志愿者身份"]) == 1
    assert found["益币"][0]["points"] == 2.5
    assert any(entry["what"].startswith("registrations:") for entry in found["谁处理过"])
    empty = personal_data.export(db, cipher, other)
    assert len(empty["报名"]) == 1 and empty["时长"] == []


def test_erasure_waits_may_be_withdrawn_and_leaves_nothing(world: World, db: Session, cipher: Cipher) -> None:
    person_id = marked(world, db, cipher)
    assert all(mark in text_of_everything(db, cipher) for mark in MARKS.values())
    first = personal_data.ask_erasure(db, person_id, "o-marked", NOW)
    with pytest.raises(ErasureAsked):
        personal_data.ask_erasure(db, person_id, "o-marked", NOW)
    personal_data.withdraw_erasure(db, person_id, NOW)
    with pytest.raises(NothingToWithdraw):
        personal_data.withdraw_erasure(db, person_id, NOW)
    assert not personal_data.erase(db, first.id, NOW + timedelta(days=11))
    asked = personal_data.ask_erasure(db, person_id, "o-marked", NOW)
    assert personal_data.due_erasures(db, NOW + timedelta(days=9)) == []
    assert personal_data.due_erasures(db, NOW + timedelta(days=10)) == [asked.id]
    assert personal_data.erase(db, asked.id, NOW + timedelta(days=10))
    db.flush()
    left = text_of_everything(db, cipher)
    assert [mark for mark in MARKS.values() if mark in left] == []
    assert hours.total(db, person_id).credit == 150 and points.balance(db, person_id) == 0
    assert db.get_one(Follower, "o-marked").person_id is None
    assert {row.state for row in db.query(Registration).filter(Registration.person_id == person_id)} == {"cancelled"}
    assert db.get_one(Volunteer, person_id).state == "left"
    assert personal_data.due_erasures(db, NOW + timedelta(days=30)) == []


def test_accounts_of_one_person_merge_without_losing_anything(world: World, db: Session, cipher: Cipher) -> None:
    first = marked(world, db, cipher)
    second_follower = people.follow(db, "o-second", "", NOW)
    second = people.save_profile(db, cipher, second_follower, "欧阳别名", "13933334444", NOW)
    second.birth_date = date(1990, 1, 1)
    volunteers.apply(db, second.id, NOW)
    made = world.sign_up(world.shift(starts_in=timedelta(hours=300)), second.id)
    came(db, made.registration_id)
    ledger.add(db, NewEntry(
        person_id=second.id, kind="credit", minutes=60, effective_on=date(2026, 3, 2), title="值班",
        entered_by="staff:1", detail={}, registration_id=made.registration_id, source="t", external_id="2",
    ), NOW)  # fmt: skip
    people.save_profile(db, cipher, second_follower, MARKS["name"], MARKS["phone"], NOW)
    writing(db)
    assert db.get_one(Person, second.id).merged_into == first
    assert hours.total(db, first).credit == 210 and points.balance(db, first) == 35
    assert db.get_one(Registration, made.registration_id).person_id == first
    assert db.get_one(Volunteer, first).state == "registered"
    assert len(personal_data.export(db, cipher, first)["时长"]) == 2


def test_the_older_standing_stays_when_both_have_one(world: World, db: Session, cipher: Cipher) -> None:
    """The newcomer is registered, the record merged into only applied: the registered standing moves."""
    first_follower = people.follow(db, "o-1", "", NOW)
    first = people.save_profile(db, cipher, first_follower, "赵一一", "13955556666", NOW)
    second_follower = people.follow(db, "o-2", "", NOW)
    second = people.save_profile(db, cipher, second_follower, "赵二二", "13977778888", NOW)
    for person in (first, second):
        person.birth_date = date(1990, 1, 1)
        volunteers.apply(db, person.id, NOW)
    number = volunteers.decide(db, second.id, True, "staff:1", NOW).number
    people.save_profile(db, cipher, second_follower, "赵一一", "13955556666", NOW)
    kept: Any = db.get(Volunteer, first.id, populate_existing=True)
    assert (kept.state, kept.number) == ("registered", number)


def test_a_guardian_who_goes_leaves_no_child_behind(world: World, db: Session, cipher: Cipher) -> None:
    """The child's record under their account goes with them; a minor with an account of their own loses the seat."""
    guardian, minor = world.person("王大雨"), world.person("王小雨")
    child = guardians.add_child(db, guardian, "王小宝", date(2015, 6, 1), "母亲", NOW)
    link = guardians.asked_with(db, cipher, guardians.ask(db, cipher, minor, NOW), "o", NOW)
    guardians.agree(db, link.id, guardian, "母亲", "v1", NOW)
    made = world.sign_up(world.shift(starts_in=timedelta(days=30)), minor)
    asked = personal_data.ask_erasure(db, guardian, "o-1", NOW)
    assert personal_data.erase(db, asked.id, NOW + timedelta(days=10))
    assert db.get_one(Registration, made.registration_id).state == "cancelled"
    gone, kept = db.get_one(Person, child.id), db.get_one(Person, minor)
    assert (gone.name, gone.birth_date, kept.name) == ("", None, "王小雨")


def test_one_identity_number_is_one_person(world: World, db: Session, cipher: Cipher) -> None:
    first, twin, other = world.person("赵一一"), world.person("赵一一"), world.person("钱二二")
    particulars.note(db, cipher, first, NOW, id_number=ID)
    with pytest.raises(IdentityTaken):
        particulars.note(db, cipher, other, NOW, id_number=ID)
    assert particulars.note(db, cipher, twin, NOW, id_number=ID).id == first
    assert db.get_one(Person, twin).merged_into == first


def test_who_is_forgotten_gets_no_broadcast_and_no_trace_of_reading_one(
    world: World, db: Session, cipher: Cipher
) -> None:
    """That a broadcast was sent stays counted; whether it was read, and what staff called them, goes."""
    person_id = marked(world, db, cipher)
    for number in (1, 2):
        world.write(Broadcast(code=f"B{number}", title="开学", author="staff:1", created_at=NOW, updated_at=NOW))
    world.write(FollowerTag(openid="o-marked", name="骨干", given_at=NOW))
    world.write(FollowerTag(openid="o-marked", name="老队员", given_at=NOW, told_at=NOW))
    world.write(Recipient(broadcast_id=1, openid="o-marked", state="delivered", clicked_at=NOW, settled_at=NOW))
    world.write(Recipient(broadcast_id=2, openid="o-marked"))
    found = personal_data.export(db, cipher, person_id)
    assert [len(found[title]) for title in ("标签", "群发")] == [2, 2]
    asked = personal_data.ask_erasure(db, person_id, "o-marked", NOW)
    assert personal_data.erase(db, asked.id, asked.due_at)
    db.expire_all()
    rows = db.query(Recipient).order_by(Recipient.broadcast_id).all()
    assert [(row.state, row.clicked_at) for row in rows] == [("delivered", None), ("stopped", None)]
    assert not tags.counted(db)
    assert tags.untold(db, 10) == {("老队员", False): ["o-marked"]}, "WeChat is still to hear of it"
    tags.told(db, "老队员", False, ["o-marked"], NOW)
    assert db.query(FollowerTag).count() == 0
