"""No table is forgotten when a person takes their data along, is merged or asks to be forgotten (INV 22)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Date, Integer, LargeBinary, String, Table, insert, select
from sqlalchemy.orm import Session

from bot.services import merging, people, personal_data, points, redemptions, rewards
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Base, Follower, Redemption, Registration, Reward, UTCDateTime
from tests.fixtures.world import NOW, World
from tests.services.merits import credit, ticket

MARK = "独特"
CODED = {
    "state", "kind", "code", "role", "purpose", "text_version", "how", "channel", "verdict", "source", "external_id",
    "nonce", "sha256", "evidence_sha256", "code_hash", "phone_hash", "id_hash", "token_hash", "verify_code", "number",
    "entered_by", "approved_by", "decided_by", "used_by", "vcode", "visibility", "key", "wechat_id", "leased_by",
    "openid", "id_type", "template_id",
}  # fmt: skip
"""Columns of words that a program chooses; every other holds words of people until proven otherwise."""
CODED_HERE = {
    "offers.answer", "invitations.answer", "alerts.kind", "activities.author", "activities.reviewer",
    "questions.category", "questions.topic", "questions.reviewer", "question_entries.by",
    "conversations.ended_by", "conversation_messages.direction",
    "question_pictures.problem",
}  # fmt: skip
STATES = {"registrations": "completed", "redemptions": "used", "guardianships": "withdrawn", "pushes": "sent"}
KEPT = {
    "ledger_entries.title": "what was done is the record itself (67号令 第7条); append only",
    "ledger_entries.reason": "why hours were entered or taken back; append only",
    "attendance_events.note": "why presence was entered by hand; append only",
    "manual_entries.reason": "what proves honour hours, audited for years",
    "certificates.snapshot_encrypted": "who holds the paper may still verify it; sealed",
    "certificates.revoked_reason": "why a paper in circulation no longer holds",
    "completions.organiser": "an organisation, and the training is part of the record",
    "redemptions.code_encrypted": "a code that is over, no word of a person",
    "pushes.error": "what WeChat answered", "broadcast_recipients.error": "what WeChat answered",
    "activities.title": "of the organisation", "activities.place": "of the organisation",
    "activities.content": "of the organisation", "activities.risk": "of the organisation",
    "activities.bring": "of the organisation", "activities.insurance": "of the organisation",
    "activities.organiser": "of the organisation", "activities.leader": "of the organisation, published by it",
    "activities.contact": "of the organisation, published by it", "activities.cancel_reason": "of the organisation",
    "activities.review_note": "of the organisation", "activities.area": "of the organisation",
}  # fmt: skip
NOT_EXPORTED = {
    "people.merged_into": "earlier records are exported with the person",
    "consents.given_by": "about the minor, in the minor's export",
    "invitations.party_of": "names of friends, who are other people",
    "reservations.person_id.names": "names of members, who are other people",
    "swaps.taken_by": "the same swap is in the export of whoever offered it",
    "registrations.party_of": "the companions' own rows", "manual_entries.shift_id": "",
    "saved_sessions.openid": "where a chat stands while Valkey is away; gone within the hour",
    "staff.openid": "a login of the organisation", "followers.openid": "",
}  # fmt: skip
NOT_MOVED = {
    "people.merged_into": "the merge itself", "followers.person_id": "the merge itself",
    "ledger_entries.person_id": "append only, read by identities.same",
    "attendance_events.person_id": "append only, read by identities.same",
    "registrations.person_id": "seats are given up on the way", "volunteers.person_id": "one standing stays",
}  # fmt: skip


def linking(target: str) -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if any(key.target_fullname == target for key in column.foreign_keys):
                yield table, column


def with_openid() -> Iterator[tuple[Table, Column[Any]]]:
    yield from ((table, table.c.openid) for table in Base.metadata.sorted_tables if "openid" in table.c)


OWNED = [
    *linking("people.id"), *linking("registrations.id"), *linking("questions.id"), *linking("conversations.id"),
    *with_openid(),
]
PERSONAL = {table.name for table, _ in OWNED} - {
    "people", "followers", "staff", "saved_sessions",
}  # fmt: skip


def value(column: Column[Any], ids: dict[str, int], cipher: Cipher) -> Any:
    """Something for any column: ids of the person's own rows, the mark wherever words of people may stand."""
    name, kind = f"{column.table.name}.{column.name}", column.type
    if column.name == "openid":
        return "o-marked"
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column.table.name
        if name in ("guardianships.guardian_id", "consents.given_by"):
            return ids["other"]
        if column.nullable and target not in ("people", "registrations"):
            return None
        return None if name in ("swaps.taken_by", "registrations.party_of") else ids[target]
    if isinstance(kind, String):
        if column.name == "state":
            return STATES.get(column.table.name, "ended")
        coded = column.name in CODED or name in CODED_HERE
        return f"{column.name}-{name}"[: kind.length or 50] if coded else MARK
    if isinstance(kind, LargeBinary):
        return cipher.encrypt(MARK)
    if isinstance(kind, JSON):
        return [ids["people"]] if column.name == "people" else {}
    if isinstance(kind, UTCDateTime):
        return NOW - timedelta(days=column.name.startswith(("starts", "valid_from", "claimed_in")))
    return NOW.date() if isinstance(kind, Date) else (False if isinstance(kind, Boolean) else 1)


def everywhere(world: World, db: Session, cipher: Cipher) -> int:
    """A person with a row, full of marks, in every table that can belong to a person."""
    follower = people.follow(db, "o-marked", "", NOW)
    person = people.save_profile(db, cipher, follower, f"欧阳{MARK}", "13911112222", NOW)
    reward = ticket(db)
    shift = world.shift(starts_in=timedelta(hours=-4))
    ids = {"people": person.id, "other": world.person(), "shifts": shift.id, "activities": shift.activity_id}
    ids |= {"rewards": reward.id, "staff": reward.merchant_id}
    writing(db)
    for table in Base.metadata.sorted_tables:
        if table.name not in PERSONAL | {"teams", "courses", "points_transactions", "insurance_rosters", "broadcasts"}:
            continue
        columns = [
            column for column in table.columns
            if not (column.primary_key and column.autoincrement is not False and isinstance(column.type, Integer)
                    and not column.foreign_keys)
        ]  # fmt: skip
        row = {column.name: value(column, ids, cipher) for column in columns}
        made = db.execute(insert(table).values(row))
        ids[table.name] = (made.inserted_primary_key or (0,))[0]
    db.flush()
    return person.id


def marked(db: Session, cipher: Cipher) -> set[str]:
    """table.column wherever the mark still stands."""
    found: set[str] = set()
    for table in Base.metadata.sorted_tables:
        if table.name not in PERSONAL | {"people", "followers"}:
            continue
        for row in db.execute(select(table)).mappings():
            for name, said in row.items():
                said = cipher.decrypt(said) if isinstance(said, bytes) else said
                if MARK in json.dumps(said, ensure_ascii=False, default=str):
                    found.add(f"{table.name}.{name}")
    return found


def test_every_table_of_a_person_is_exported_or_it_is_said_why_not(world: World, db: Session, cipher: Cipher) -> None:
    exported = {f"{model.__tablename__}.{column}" for model, column in personal_data.OF_PERSON.values()}
    exported |= {f"{model.__tablename__}.openid" for model in personal_data.OF_ACCOUNT.values()}
    exported |= {f"{model.__tablename__}.registration_id" for model in personal_data.OF_REGISTRATION.values()}
    whole = {name.split(".")[0] for name in exported if name.endswith(("person_id", ".minor_id"))}
    for table, column in [*linking("people.id"), *linking("registrations.id"), *with_openid()]:
        name = f"{table.name}.{column.name}"
        others = column.name in ("openid", "registration_id") and table.name in whole
        assert name in exported or others or name in NOT_EXPORTED or name == "followers.person_id", name
    found = personal_data.export(db, cipher, everywhere(world, db, cipher))
    empty = {title for title, rows in found.items() if not rows}
    assert empty <= {"益币", "监护（监护人）", "谁处理过"}, "what was inserted past the ORM is in no audit log"


def test_what_is_left_after_an_erasure_is_what_the_law_keeps(world: World, db: Session, cipher: Cipher) -> None:
    person_id = everywhere(world, db, cipher)
    before = marked(db, cipher)
    assert set(KEPT) <= before, "a column that is gone needs no reason"
    asked = personal_data.ask_erasure(db, person_id, "o-marked", NOW)
    assert personal_data.erase(db, asked.id, asked.due_at)
    db.flush()
    assert marked(db, cipher) == set(KEPT)


def test_every_reference_to_a_person_is_moved_by_a_merge_or_it_is_said_why_not() -> None:
    moved = {f"{column.class_.__tablename__}.{column.key}" for column in merging.MOVED}
    moved |= {f"{model.__tablename__}.person_id" for model, _ in merging.ONCE}
    assert {f"{table.name}.{column.name}" for table, column in linking("people.id")} == moved | set(NOT_MOVED)


def test_erasure_makes_points_and_open_orders_void(world: World, db: Session, cipher: Cipher) -> None:
    person_id, reward = world.person(), ticket(db, cost=20, stock=1)
    credit(db, person_id, 300)
    points.issue(db, person_id, NOW)
    ordered = redemptions.order(db, cipher, reward.id, person_id, "o-1", NOW)
    asked = personal_data.ask_erasure(db, person_id, "o-1", NOW)
    assert personal_data.erase(db, asked.id, asked.due_at)
    assert db.get_one(Redemption, ordered.redemption_id).state == "cancelled"
    assert rewards.left(db, db.get_one(Reward, reward.id)) == 1
    assert points.balance(db, person_id) == 0
    assert points.issue(db, person_id, asked.due_at) == 0, "and they do not come back"


def test_remainders_of_two_records_bring_their_points_when_they_become_one(
    world: World, db: Session, cipher: Cipher
) -> None:
    first, second = world.person("赵一一"), world.person("赵二二")
    for person_id in (first, second):
        credit(db, person_id, 63)
        points.issue(db, person_id, NOW)
    follower = db.scalars(select(Follower).where(Follower.person_id == second)).one()
    people.save_profile(db, cipher, follower, "赵一一", "13800000001", NOW)
    assert points.balance(db, first) == 21


@pytest.mark.parametrize("state", ["waiting", "confirmed"])
def test_one_human_with_two_accounts_has_one_place(world: World, db: Session, cipher: Cipher, state: str) -> None:
    """INV 02: signed up from both before anybody knew that they are one."""
    shift = world.shift(capacity=3 if state == "confirmed" else 1)
    if state == "waiting":
        world.sign_up(shift, world.person())
    first, second = world.person("赵一一"), world.person("赵二二")
    number = 1 if state == "confirmed" else 2
    for person_id in (first, second):
        assert world.sign_up(shift, person_id).state == state
    follower = db.scalars(select(Follower).where(Follower.person_id == second)).one()
    people.save_profile(db, cipher, follower, "赵一一", f"138{number:08d}", NOW)
    live = select(Registration.person_id).where(Registration.shift_id == shift.id, Registration.state == state)
    assert db.scalars(live.where(Registration.person_id.in_((first, second)))).all() == [first]
