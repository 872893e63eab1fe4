"""Rows of exports are asked for page by page: as many statements for many as for few, and each row as its person's."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.services import export_pages, exports, points
from bot.services.export_wishes import Reader, Wish
from bot.services.rules import USUAL
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Person
from tests.fixtures.world import NOW, World
from tests.services.merits import credit, volunteer


def rows(db: Session, cipher: Cipher, kind: str) -> list[list[Any]]:
    reader = Reader(Wish(kind, date(2026, 1, 1), date(2026, 12, 31)), cipher, USUAL, NOW)
    return list(exports.KINDS[kind].rows(db, reader))


def test_hours_and_points_of_merged_records_count_for_the_person(db: Session, world: World, cipher: Cipher) -> None:
    first, twin, other = world.person("王晓雨"), world.person("王小雨"), world.person("李清")
    for person, minutes in ((first, 90), (twin, 60), (other, 30)):
        credit(db, person, minutes)
        points.issue(db, person, NOW)
    credit(db, first, 600, on=date(2027, 1, 1))
    for person in (first, other):
        volunteer(db, person)
    db.get_one(Person, twin).merged_into = first
    db.commit()
    found = rows(db, cipher, "honours")
    assert [(row[1], row[2]) for row in found] == [("王晓雨", 2.5), ("李清", 0.5)], "until the last day"
    assert [row[4] for row in found] == [points.shown(points.balance(db, person)) for person in (first, other)]


@pytest.mark.parametrize("kind", sorted(set(exports.KINDS) - {"broadcasts"}))
def test_statements_do_not_grow_with_the_county(
    database: Database, db: Session, world: World, cipher: Cipher, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def more(people: int) -> tuple[int, int]:
        """(rows, statements)"""
        shift = world.shift()
        for person in world.people(people):
            volunteer(db, person)
            world.sign_up(shift, person)
            credit(db, person, 60)
        db.commit()
        asked.clear()
        return len(rows(db, cipher, kind)), len([one for one in asked if one.startswith("SELECT")])

    few, many = more(2), more(5)
    assert few[1] == many[1] > 0
    assert many[0] > few[0] or kind in ("teams", "questions")
    monkeypatch.setattr(export_pages, "PAGE", 2)
    whole = many[0]
    assert len(rows(db, cipher, kind)) == whole, "page by page it is the same"


def test_a_calendar_is_one_file_whatever_its_length(db: Session, world: World, cipher: Cipher, tmp_path: Path) -> None:
    for _ in range(3):
        world.shift()
    db.commit()
    writing(db)
    reader = Reader(Wish("activities", date(2026, 1, 1), date(2026, 12, 31)), cipher, USUAL, NOW)
    exports.write(db, reader, tmp_path / "a.ics", "ics")
    lines = (tmp_path / "a.ics").read_bytes().split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR" and lines[-2:] == [b"END:VCALENDAR", b""]
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == 3
