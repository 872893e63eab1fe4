"""Certificates: what they count, their numbers, what a code proves, and what becomes of them."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.services import certificates, hours, snapshots
from bot.services.certificates import Issued
from bot.services.refusals.certificates import (
    CertificateRevoked,
    CertificateUnknown,
    NameMissing,
    NothingToCertify,
)
from bot.services.rules import USUAL
from bot.services.snapshots import Scope
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError, retrying, unguarded, writing
from bot.storage.models import AuditEntry, Certificate, Follower, LedgerEntry, ManualEntry, Person, Push, Staff
from tests.fixtures.ledger import entry, reversal
from tests.fixtures.world import NOW, World

ISSUER = "共青团青山县委员会"


def issue(db: Session, cipher: Cipher, person: int, scope: Scope = Scope(), **more: bool) -> Issued:
    return certificates.issue(db, cipher, person, scope, NOW, issuer=ISSUER, rules=USUAL, **more)


@pytest.fixture
def served(db: Session, world: World) -> int:
    """王晓雨, five live entries of three kinds (888 minutes) and one that was reversed."""
    person = world.person("王晓雨")
    shift = world.shift()
    entry(db, person, 148, date(2025, 9, 6), shift=shift)
    entry(db, person, 150, date(2025, 10, 18), shift=shift)
    entry(db, person, 200, date(2025, 8, 30), shift=shift)
    entry(db, person, 240, date(2026, 1, 10), kind="honour", title="春运服务", detail={"place": "客运站"})
    entry(db, person, 150, date(2026, 3, 2), kind="import", title="志愿汇的一次")
    reversal(db, entry(db, person, 300, date(2025, 12, 1), shift=shift))
    return person


def test_all_of_it_equals_the_ledger(db: Session, cipher: Cipher, served: int) -> None:
    made = issue(db, cipher, served)
    assert made.number == "ZM-2026-000001"
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", made.code)
    said = made.snapshot
    assert said.minutes == hours.total(db, served).total == 888
    assert (said.of_kind("credit"), said.of_kind("honour"), said.of_kind("import")) == (498, 240, 150)
    assert (said.first, said.last, said.issued_on) == ("2025-08-30", "2026-03-03", "2026-03-03")
    first = said.lines[0]
    told = (first.title, first.served_on, first.place, first.content, first.minutes, first.organiser, first.leader)
    assert told == ("江滨公园清洁", "2025-08-30", "江滨公园南门", "沿江捡拾垃圾", 200, "青山团县委", "王老师")
    assert (said.lines[3].place, said.lines[3].organiser) == ("客运站", ISSUER)
    assert said.lines[4].organiser == "志愿汇"
    assert certificates.mine(db, cipher, served) == [made]


def test_a_period_and_one_activity(db: Session, cipher: Cipher, served: int) -> None:
    autumn = issue(db, cipher, served, Scope(date(2025, 9, 1), date(2025, 12, 31))).snapshot
    assert (autumn.first, autumn.last, autumn.minutes, len(autumn.lines)) == ("2025-09-01", "2025-12-31", 298, 2)
    assert autumn.minutes == hours.total(db, served, date(2025, 9, 1), date(2025, 12, 31)).total
    (activity,) = snapshots.activities_served(db, served)
    assert (activity[2], activity[4]) == ("江滨公园清洁", 498)
    one = issue(db, cipher, served, Scope(activity_id=activity[0])).snapshot
    assert (one.minutes, one.first, one.last) == (498, "2025-08-30", "2025-10-18")
    with pytest.raises(NothingToCertify):
        issue(db, cipher, served, Scope(date(2020, 1, 1), date(2020, 12, 31)))


def test_hours_entered_by_hand_for_an_activity_name_who_held_it(db: Session, cipher: Cipher, world: World) -> None:
    person, shift = world.person("王晓雨"), world.shift()
    row = entry(db, person, 60, date(2026, 1, 10), kind="honour", title="江滨公园清洁")
    db.add(
        ManualEntry(
            person_id=person, activity_id=shift.activity_id, minutes=60, starts_at=NOW, ends_at=NOW, reason="手机没电",
            entered_by="staff:1", entered_at=NOW, state="approved", entry_id=row.id,
        )
    )  # fmt: skip
    db.flush()
    (line,) = issue(db, cipher, person).snapshot.lines
    assert (line.organiser, line.leader, line.place, line.kind) == ("青山团县委", "王老师", "江滨公园南门", "honour")


def test_refusals_use_no_number(db: Session, cipher: Cipher, world: World, served: int) -> None:
    nameless = world.person()
    writing(db)
    db.get_one(Person, nameless).name = ""
    with pytest.raises(NameMissing):
        issue(db, cipher, nameless)
    with pytest.raises(NothingToCertify):
        issue(db, cipher, world.person("李明"))
    assert issue(db, cipher, served).number == "ZM-2026-000001"


def test_the_identity_number_is_masked_and_only_if_wanted(db: Session, cipher: Cipher, served: int) -> None:
    writing(db)
    db.get_one(Person, served).id_encrypted = cipher.encrypt("330102200501011234")
    made = issue(db, cipher, served)
    assert made.snapshot.identity == "330***********1234"
    assert issue(db, cipher, served, with_identity=False).snapshot.identity == ""
    kept = db.get_one(Certificate, made.id).snapshot_encrypted
    assert b"330102200501011234" not in kept and "0501" not in cipher.decrypt(kept)


@pytest.mark.parametrize(
    ("number", "shown"), [("E12345678", "E*****678"), ("H1234567890", "H*******890"), ("123", ""), ("", "")]
)
def test_other_papers_show_less(cipher: Cipher, number: str, shown: str) -> None:
    assert snapshots.identity_masked(cipher, Person(id_encrypted=cipher.encrypt(number))) == shown


def test_a_merged_persons_old_hours_count(db: Session, cipher: Cipher, world: World, served: int) -> None:
    twin = world.person("王小雨")
    entry(db, twin, 60, date(2026, 2, 1))
    db.get_one(Person, twin).merged_into = served
    db.flush()
    assert issue(db, cipher, twin).snapshot.minutes == 948


def test_valid_revoked_and_at_odds_with_the_ledger(db: Session, cipher: Cipher, served: int) -> None:
    made = issue(db, cipher, served)
    typed = f" {made.code.lower().replace('-', ' — ')} "
    found = certificates.status(db, cipher, typed)
    assert (found.state, found.name, found.minutes, found.times) == ("valid", "王*雨", 888, 5)
    assert found.issuer == ISSUER and found.number == made.number
    reversal(db, db.get_one(LedgerEntry, made.snapshot.lines[0].entry_id))
    assert certificates.status(db, cipher, made.code).state == "disagrees"
    certificates.revoke(db, made.number, "王晓雨 13800001234 的记录有误，重新开具", "staff:3", NOW)
    gone = certificates.status(db, cipher, made.code)
    assert gone.state == "revoked" and "王晓雨" not in gone.reason and "13800001234" not in gone.reason
    assert "重新开具" in gone.reason
    noted = db.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"certificates:{made.id}").order_by(AuditEntry.id)
    )
    assert [row.actor for row in noted][-1] == "staff:3"
    assert db.scalars(select(Push).where(Push.key.startswith("certificates.revoked:"))).one().payload == {
        "notice": "certificates.revoked", "certificate_id": made.id,
    }  # fmt: skip
    later = issue(db, cipher, served)
    assert (later.number, later.snapshot.minutes) == ("ZM-2026-000002", 888 - 200)


@pytest.mark.parametrize(
    "typed",
    ["", "7F3K-Q2M", "7F3K-Q2MXX", "OOOO-1111", "' OR 1=1 --", "%25%00", "七" * 8, "A" * 10_000, "ＡＡＡＡ－ＡＡＡＡ"],
)
def test_what_no_code_is_is_unknown(db: Session, cipher: Cipher, typed: str) -> None:
    assert certificates.status(db, cipher, typed).state == "unknown"


def test_a_tampered_row_shows(db: Session, cipher: Cipher, served: int, world: World) -> None:
    one, other = issue(db, cipher, served), issue(db, cipher, served, Scope(date(2025, 9, 1)))
    row, twin = db.get_one(Certificate, one.id), db.get_one(Certificate, other.id)
    text_, sha, minutes = row.snapshot_encrypted, row.sha256, row.minutes

    def state() -> str:
        db.flush()
        return certificates.status(db, cipher, one.code).state

    row.minutes = 9999
    assert state() == "damaged"
    row.minutes, row.sha256 = minutes, "0" * 64
    assert state() == "damaged"
    row.sha256, row.snapshot_encrypted = sha, text_[:-1] + bytes([text_[-1] ^ 1])
    assert state() == "damaged"
    row.snapshot_encrypted, row.sha256, row.minutes = twin.snapshot_encrypted, twin.sha256, twin.minutes
    assert state() == "damaged", "another certificate's snapshot has another number"
    row.snapshot_encrypted, row.sha256, row.minutes = text_, sha, minutes
    assert state() == "valid"
    db.execute(text(f"DELETE FROM certificate_entries WHERE entry_id = {one.snapshot.lines[0].entry_id}"))
    assert state() == "damaged"
    with pytest.raises(CertificateUnknown):
        certificates.get(db, cipher, 99999)


def test_the_seal_is_asked_for_once_and_fetched(db: Session, cipher: Cipher, served: int, world: World) -> None:
    made = issue(db, cipher, served)
    for role, openid in (("admin", "o-li"), ("editor", "o-editor"), ("reviewer", None)):
        db.add(Staff(username=f"{role}", role=role, password_hash="x", openid=openid, created_at=NOW))
    db.flush()
    with pytest.raises(CertificateUnknown):
        certificates.ask_seal(db, made.id, world.person("别人"), NOW)
    certificates.ask_seal(db, made.id, served, NOW)
    certificates.ask_seal(db, made.id, served, NOW + timedelta(hours=1))
    asked = db.scalars(select(Push).where(Push.key.startswith("certificates.seal_asked"))).all()
    assert [push.openid for push in asked] == ["o-li"]
    certificates.sealed(db, made.number.lower().replace("-", ""), "staff:3", NOW)
    theirs = db.scalars(select(Follower.openid).where(Follower.person_id == served)).one()
    assert db.scalars(select(Push).where(Push.key.startswith("certificates.sealed"))).one().openid == theirs
    certificates.revoke(db, made.number, "重开", "staff:3", NOW)
    with pytest.raises(CertificateRevoked):
        certificates.ask_seal(db, made.id, served, NOW)
    with pytest.raises(CertificateUnknown):
        certificates.revoke(db, "ZM-2026-999999", "没有这张", "staff:3", NOW)


Changes = st.lists(
    st.tuples(st.sampled_from(["credit", "honour", "import", "reverse"]), st.integers(1, 900)), max_size=8
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=Changes)
def test_the_total_is_the_ledgers_at_that_moment(db: Session, cipher: Cipher, world: World, changes: list) -> None:
    """INV 10: whatever was added and reversed, and whatever comes afterwards."""
    db.rollback()
    person, live = world.person("王晓雨"), []
    for kind, number in changes:
        if kind == "reverse" and live:
            reversal(db, live.pop(number % len(live)))
        elif kind != "reverse":
            live.append(entry(db, person, number, date(2025, 1, 1) + timedelta(days=number % 400), kind=kind))
    if not live:
        with pytest.raises(NothingToCertify):
            issue(db, cipher, person)
        return
    made = issue(db, cipher, person)
    counted = hours.total(db, person)
    assert made.snapshot.minutes == counted.total == sum(line.minutes for line in made.snapshot.lines)
    assert (made.snapshot.of_kind("credit"), made.snapshot.of_kind("honour")) == (counted.credit, counted.honour)
    assert certificates.status(db, cipher, made.code).state == "valid"
    entry(db, person, 77, date(2026, 3, 2))
    assert certificates.status(db, cipher, made.code).minutes == counted.total


THREADS = 16


@pytest.fixture
def several(database: Database, cipher: Cipher) -> list[int]:
    with database.session() as db:
        world = World(db, cipher)
        people = [world.person(f"王晓{chr(0x4E00 + n)}") for n in range(THREADS)]
        for person in people:
            entry(db, person, 120, date(2026, 2, 1))
        db.commit()
    return people


def rush(database: Database, cipher: Cipher, people: list[int], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All at once; between taking a number and writing it down there is time for others."""
    before = certificates._new_code
    monkeypatch.setattr(certificates, "_new_code", lambda db: time.sleep(0.02) or before(db))

    def one(person: int) -> str:
        def transaction() -> str:
            with database.session() as db:
                number = issue(db, cipher, person).number
                if person % 4 == 0:
                    return "rolled back"
                db.commit()
                return number

        try:
            return retrying(transaction, times=8, within_s=30)
        except (IntegrityError, StorageError) as error:
            return type(error).__name__

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, people))


def test_numbers_run_without_gaps(
    database_url: str, cipher: Cipher, several: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Database(database_url, wait_s=20)
    numbers = sorted(number for number in rush(patient, cipher, several, monkeypatch) if number != "rolled back")
    assert numbers == [f"ZM-2026-{n:06d}" for n in range(1, len(numbers) + 1)]
    assert len(numbers) == sum(person % 4 != 0 for person in several)
    patient.dispose()


def test_without_the_guard_two_get_one_number(
    database_url: str, cipher: Cipher, several: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Database(database_url, wait_s=20)
    with patient.session() as db:  # the year's row is there: what is tried is counting, not its first making
        issue(db, cipher, several[0])
        db.commit()
    with unguarded():
        outcomes = rush(patient, cipher, several, monkeypatch)
    assert any(not outcome.startswith(("ZM", "rolled")) for outcome in outcomes), outcomes
    patient.dispose()


def test_a_snapshot_cannot_be_had_by_reading_the_database(db: Session, cipher: Cipher, served: int) -> None:
    made = issue(db, cipher, served)
    assert "王晓雨".encode() not in db.get_one(Certificate, made.id).snapshot_encrypted
