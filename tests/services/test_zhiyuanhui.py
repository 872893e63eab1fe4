"""What comes from 志愿汇 goes in once, to the minute; what is wrong is named; the same totals go out again."""

from __future__ import annotations

import csv
from datetime import date, datetime, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import hours, identity_numbers
from bot.services.rules import USUAL
from bot.services.zhiyuanhui import arrivals, departures
from bot.services.zhiyuanhui.tables import COLUMNS, TableRefused
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import LedgerEntry, Person, Team, Volunteer
from tests.fixtures import county
from tests.fixtures.campaign import CAMPAIGN
from tests.fixtures.world import NOW, World

SMALL = county.County(people=300, teams=12, tenths=4_321)
BULLETIN = county.County() if CAMPAIGN else county.County(people=7_291, tenths=168_903)
GOOD = "11010519491231002X"


def take_in(db: Session, cipher: Cipher, folder: Path) -> arrivals.Report:
    return arrivals.take_in(db, cipher, folder, "staff:1", NOW, rules=USUAL, progress=lambda *_: None)


def total(db: Session) -> int:
    return int(db.scalars(select(func.coalesce(func.sum(LedgerEntry.minutes), 0))).one())


def write(folder: Path, table: str, *rows: list[str]) -> None:
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([list(COLUMNS[table]), *rows])


def person_row(name: str = "王晓雨", number: str = GOOD, phone: str = "13800000001") -> list[str]:
    return ["V1", name, "身份证", number, phone, "", "", "", "", ""]


def test_a_county_goes_in_and_out_with_the_same_totals(db: Session, cipher: Cipher, tmp_path: Path) -> None:
    county.write(tmp_path / "in", SMALL)
    report = take_in(db, cipher, tmp_path / "in")
    assert report.refusals == []
    assert (report.taken["volunteer"], report.taken["department"]) == (300, 12)
    assert report.minutes == total(db) == 4_321 * 6
    written = departures.write_out(db, cipher, tmp_path / "out", USUAL.timezone)
    assert (written.rows["volunteer"], written.rows["department"], written.minutes) == (300, 12, 4_321 * 6)
    assert _sum(tmp_path / "out") == _sum(tmp_path / "in") == pytest.approx(432.1)
    for table in ("volunteer", "duration"):
        assert _rows(tmp_path / "out" / f"{table}.csv") == _rows(tmp_path / "in" / f"{table}.csv")


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return sorted(csv.reader(stream))


def _sum(folder: Path) -> float:
    rows = [row for table in ("duration", "hisduration") for row in _rows(folder / f"{table}.csv")]
    return sum(float(row[4]) for row in rows if row[4][0].isdigit())


def test_again_changes_nothing_and_after_a_stop_it_goes_on(db: Session, cipher: Cipher, tmp_path: Path) -> None:
    county.write(tmp_path, SMALL)

    class Stopped(Exception):
        pass

    def stop(table: str, read: int) -> None:
        if table == "duration":
            raise Stopped

    with pytest.raises(Stopped):
        arrivals.take_in(db, cipher, tmp_path, "staff:1", NOW, rules=USUAL, progress=stop)
    db.rollback()
    begun = db.query(LedgerEntry).count()
    assert 0 < begun
    rest = take_in(db, cipher, tmp_path)
    assert rest.known["volunteer"] == 300 and rest.known["duration"] == begun
    assert total(db) == 4_321 * 6
    again = take_in(db, cipher, tmp_path)
    assert again.taken.total() == again.minutes == 0
    assert db.query(Person).count() == 300


WRONG = [
    ("volunteer", person_row(number="110105194912310021"), "id_number"),
    ("volunteer", person_row(name="<b>"), "name"),
    ("volunteer", person_row(phone="12345"), "phone"),
    ("volunteer", ["V1", "王晓雨", "工作证", GOOD, "", "", "", "", "", ""], "id_type"),
    ("duration", ["李四", GOOD, "清洁", "", "2", "2017-01-01 08:00", ""], "person_unknown"),
    ("duration", ["王晓雨", GOOD, "清洁", "", "两", "2017-01-01 08:00", ""], "value"),
    ("duration", ["王晓雨", GOOD, "清洁", "", "-1", "2017-01-01 08:00", ""], "value"),
    ("duration", ["王晓雨", GOOD, "清洁", "", "25", "2017-01-01 08:00", ""], "value"),
    ("duration", ["王晓雨", GOOD, "清洁", "", "NaN", "2017-01-01 08:00", ""], "value"),
    ("duration", ["王晓雨", GOOD, "清洁", "", "2", "昨天", ""], "time"),
    ("duration", ["王晓雨", GOOD, "清洁", "", "2", "2017-01-01 08:00", "2017-01-01 07:00"], "time"),
    ("duration", ["王晓雨", GOOD, "清洁", "", "2", "2027-01-01 08:00", ""], "future"),
]


@pytest.mark.parametrize(("table", "row", "rule"), WRONG, ids=[f"{rule}-{n}" for n, (_, _, rule) in enumerate(WRONG)])
def test_a_wrong_row_is_named_and_the_others_go_in(
    db: Session, cipher: Cipher, tmp_path: Path, table: str, row: list[str], rule: str
) -> None:
    right = ["王晓雨", GOOD, "清洁", "江边", "1.5", "2017-01-02 08:00", "2017-01-02 09:30"]
    write(tmp_path, "volunteer", *([row] if table == "volunteer" else []), person_row())
    write(tmp_path, "duration", *([row] if table == "duration" else []), right)
    report = take_in(db, cipher, tmp_path)
    assert [(refusal.table, refusal.line, refusal.rule) for refusal in report.refusals] == [(table, 2, rule)]
    assert total(db) == 90
    assert GOOD not in report.refusals[0].text


def test_one_number_is_one_person(db: Session, cipher: Cipher, tmp_path: Path) -> None:
    write(tmp_path, "volunteer", person_row(), person_row(), person_row(name="李小四"))
    report = take_in(db, cipher, tmp_path)
    assert [refusal.rule for refusal in report.refusals] == ["twice_in_file", "twice_in_file"]
    report = take_in(db, cipher, tmp_path)
    assert [refusal.rule for refusal in report.refusals] == ["twice_in_file", "id_twice"]
    assert db.query(Person).count() == 1


def test_who_signed_up_here_already_is_joined_and_keeps_their_own(
    world: World, db: Session, cipher: Cipher, tmp_path: Path
) -> None:
    person_id = world.person("王晓雨")
    phone = cipher.decrypt(db.get_one(Person, person_id).phone_encrypted or b"")
    db.commit()
    write(tmp_path, "volunteer", person_row(phone=phone))
    write(tmp_path, "hisduration", ["王晓雨", GOOD, "清洁", "", "2.3", "2017-01-02"])
    report = take_in(db, cipher, tmp_path)
    assert report.known["volunteer"] == 1 and db.query(Person).count() == 1
    person = db.get_one(Person, person_id, populate_existing=True)
    assert person.id_hash == identity_numbers.digest(cipher, GOOD) and person.birth_date == date(1949, 12, 31)
    assert db.get_one(Volunteer, person_id).vcode == "V1"
    assert hours.total(db, person_id).imported == 138


def test_what_our_own_check_in_has_counted_is_not_counted_twice(db: Session, cipher: Cipher, tmp_path: Path) -> None:
    write(tmp_path, "volunteer", person_row())
    take_in(db, cipher, tmp_path)
    person_id = db.scalars(select(Person.id)).one()
    writing(db)
    begins = datetime(2026, 3, 1, 1, tzinfo=timezone.utc)
    detail = {"in": begins.isoformat(), "out": begins.replace(hour=3).isoformat()}
    db.add(LedgerEntry(
        person_id=person_id, kind="credit", minutes=120, effective_on=date(2026, 3, 1), detail=detail,
        rule_since=date(2017, 1, 1), entered_by="system", created_at=NOW,
    ))  # fmt: skip
    db.commit()
    write(tmp_path, "duration",
          ["王晓雨", GOOD, "清洁", "", "1", "2026-03-01 10:30", "2026-03-01 11:30"],
          ["王晓雨", GOOD, "清洁", "", "1", "2026-03-01 11:00", "2026-03-01 12:00"])  # fmt: skip
    report = take_in(db, cipher, tmp_path)
    assert [(refusal.line, refusal.rule) for refusal in report.refusals] == [(2, "overlap")]
    assert hours.total(db, person_id).total == 180


def test_who_did_not_agree_is_not_sent(world: World, db: Session, cipher: Cipher, tmp_path: Path) -> None:
    person_id = world.person("王晓雨")
    writing(db)
    person = db.get_one(Person, person_id)
    person.id_type, person.id_encrypted = "id_card", cipher.encrypt(GOOD)
    person.id_hash = identity_numbers.digest(cipher, GOOD)
    db.add(Volunteer(person_id=person_id, state="registered", number="QS1", applied_at=NOW, registered_at=NOW))
    db.commit()
    written = departures.write_out(db, cipher, tmp_path, USUAL.timezone)
    assert (written.rows["volunteer"], written.left_out) == (0, 1)
    assert GOOD not in (tmp_path / "volunteer.csv").read_text("utf-8-sig")


def test_a_table_of_excel_here_and_one_that_lacks_a_column(db: Session, cipher: Cipher, tmp_path: Path) -> None:
    heading = ",".join(COLUMNS["department"].values())
    (tmp_path / "department.csv").write_bytes(f"{heading}\r\nD1,小蜜蜂一队,,李老师\r\n".encode("gb18030"))
    assert take_in(db, cipher, tmp_path).taken["department"] == 1
    assert db.scalars(select(Team)).one().name == "小蜜蜂一队"
    (tmp_path / "volunteer.csv").write_text("姓名,手机\n", "utf-8")
    with pytest.raises(TableRefused, match="证件号码"):
        take_in(db, cipher, tmp_path)
    with pytest.raises(TableRefused, match="没有"):
        arrivals.found(tmp_path / "nowhere")


def test_the_county_of_the_bulletin(sqlite_database: Database, cipher: Cipher, tmp_path: Path) -> None:
    """江山 to the end of November 2017: 72,914 people, 213 teams, 168,902.9 h; the short form has a tenth."""
    county.write(tmp_path, BULLETIN)
    hours_done = f"{BULLETIN.tenths / 10:.1f}"
    with sqlite_database.session() as db:
        report = take_in(db, cipher, tmp_path)
        assert report.refusals == []
        assert (report.taken["volunteer"], report.taken["department"]) == (BULLETIN.people, 213)
        assert hours.shown(report.minutes) == hours.shown(total(db)) == hours_done
        written = departures.write_out(db, cipher, tmp_path / "out", USUAL.timezone)
    assert hours.shown(written.minutes) == hours_done
    assert _sum(tmp_path / "out") == pytest.approx(BULLETIN.tenths / 10)
