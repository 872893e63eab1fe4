"""Exports at the console: masked unless revealed, inert, at once or by the worker; the report as its PDF."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import select

from bot.push import jobs_exports
from bot.services import exports, fonts, month_paper, month_report, months, posters
from bot.services.refusals.certificates import CannotBePrinted
from bot.services.rules import USUAL
from bot.settings import Settings
from bot.storage.database import writing
from bot.storage.models import AuditEntry, ExportJob, ExportPart, Person
from tests.console.conftest import Office
from tests.fixtures.ledger import entry, reversal
from tests.fixtures.world import NOW, World

MARCH = {"first": "2026-03-01", "last": "2026-03-31"}
LATER = NOW + timedelta(hours=24)


@pytest.fixture
def town(office: Office) -> Office:
    def fill(db: Any, world: World) -> None:
        person = world.person("王晓雨")
        shift = world.shift(starts_at=NOW - timedelta(hours=20), lasts=2.5)
        world.sign_up(shift, person, now=NOW - timedelta(hours=30))
        entry(db, person, 150, date(2026, 3, 2), shift=shift, detail={"place": "=cmd|' /C calc'!A0"})
        reversal(db, entry(db, person, 60, date(2026, 3, 1)))
        entry(db, person, 90, date(2026, 2, 20))

    office.change(fill)
    return office


def cells(content: bytes) -> str:
    """Everything that stands in an xlsx file."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


def made(office: Office, kind: str, role: str = "admin", **more: str) -> Any:
    return office.as_(role).post(f"/exports/{kind}", {**MARCH, "form": "csv", **more}, follow=False)


def test_hours_as_a_table_without_formulas(town: Office) -> None:
    answer = made(town, "hours")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    lines = answer.data.decode("utf-8").split("\r\n")
    assert lines[0].startswith("\ufeff姓名,证件号码,活动名称"), "Excel knows UTF-8 by its mark"
    assert lines[1].startswith("王晓雨,,江滨公园清洁,'=cmd|' /C calc'!A0,2.5,2026-03-02"), lines
    assert len(lines) == 3, "what was taken back and what is of February is not there"
    book = cells(made(town, "hours", form="xlsx").data)
    assert "=cmd|" in book and "<f>" not in book and "2.5" in book


def test_numbers_are_masked_unless_an_administrator_asks(town: Office) -> None:
    assert "138****0001" in made(town, "registrations").text
    assert made(town, "registrations", "editor", whole="1").status_code == 303, "refused, and said on the page"
    assert "13800000001" in made(town, "registrations", whole="1").text
    noted = select(AuditEntry.actor, AuditEntry.reason).where(AuditEntry.subject.like("exports:%"))
    notes = town.read(lambda db: db.execute(noted.order_by(AuditEntry.id)).all())
    assert [(actor, "whole numbers" in why) for actor, why in notes] == [("staff:1", False), ("staff:1", True)]


@pytest.mark.parametrize("kind", sorted(exports.KINDS))
def test_every_table_has_as_many_cells_as_columns(town: Office, kind: str) -> None:
    lines = made(town, kind).data.decode("utf-8-sig").splitlines()
    assert lines[0] == ",".join(exports.KINDS[kind].columns)
    assert {line.count(",") for line in lines} == {len(exports.KINDS[kind].columns) - 1}


def test_the_calendar(town: Office) -> None:
    text = made(town, "activities", form="ics").data.decode()
    assert "SUMMARY:江滨公园清洁" in text and "DTSTART:20260302T060000Z" in text and text.count("BEGIN:VEVENT") == 1


@pytest.mark.parametrize(
    ("role", "kind", "more", "told"),
    [
        ("auditor", "volunteers", {}, "不在您的权限里"),
        ("auditor", "questions", {}, "不在您的权限里"),
        ("admin", "hours", {"last": "2026-02-01"}, "结束不能早于开始"),
        ("admin", "hours", {"first": "三月"}, "结束不能早于开始"),
        ("admin", "hours", {"form": "exe"}, "没有这份文件"),
        ("admin", "gold", {}, "没有这份文件"),
    ],
)
def test_what_cannot_be_exported_is_said(town: Office, role: str, kind: str, more: dict[str, str], told: str) -> None:
    page = town.as_(role).post(f"/exports/{kind}", {**MARCH, "form": "csv", **more}).text
    assert told in page


def test_large_tables_are_made_by_the_worker(town: Office, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    editor = town.as_("editor")
    for _ in range(2):
        page = editor.post("/exports/hours", {**MARCH, "form": "csv"}).text
    assert "排队中" in page and page.count("list-group-item") == 1 and "every 2s" in page
    settings = Settings(data_dir=tmp_path)
    work = lambda: jobs_exports.make_due(town.database, town.cipher, "here", lambda: NOW, settings)  # noqa: E731
    assert jobs_exports._claim(town.database, "gone/0/0/0", 60) == (1, 1)
    assert work() == 0, "somebody has it"

    def expired(db: Any) -> None:
        writing(db)
        db.get_one(ExportJob, 1).leased_until = None

    town.change(lambda db, world: expired(db))
    assert work() == 1 and list((tmp_path / "exports").iterdir()) == []
    with pytest.raises(jobs_exports.LeaseLost):  # whoever was given up comes too late
        jobs_exports._still(town.database, 1, 1, 5, 60)
    assert town.read(lambda db: b"\xe7\x8e\x8b" not in db.get_one(ExportPart, (1, 0)).content_encrypted)
    page = editor.get("/exports/jobs").text
    assert "可以下载" in page and "every 2s" not in page
    assert "王晓雨" in editor.get("/exports/jobs/1/file").text
    assert "王晓雨" in town.as_("admin").get("/exports/jobs/1/file").text
    assert town.as_("reviewer").get("/exports/jobs/1/file").status_code == 404
    assert "导好的文件" not in town.as_("reviewer").get("/exports").text
    assert jobs_exports.expire(town.database, NOW + timedelta(hours=25), settings) == 1
    assert town.read(lambda db: db.scalars(select(ExportPart.number)).all()) == []
    assert editor.get("/exports/jobs/1/file").status_code == 404


def test_why_a_file_was_not_made_is_said_in_the_list(town: Office) -> None:
    def failed(db: Any, world: World) -> None:
        asked = {"kind": "hours", "form": "csv", "asked_by": 1, "asked_at": NOW, "expires_at": LATER}
        for error in ("disk", "refused", "gone", "broken"):
            said = {**MARCH, "code": "", "whole": False}
            world.write(ExportJob(**asked, parameters=said, state="failed", error=error))

    town.change(failed)
    page = town.as_("admin").get("/exports").text
    assert page.count("没有导成") == 4 and "every 2s" not in page
    for words in ("磁盘满了", "角色变了", "重启了好几次", "试了三次"):
        assert words in page


def test_the_report_and_its_paper_say_the_same(town: Office) -> None:
    page = town.as_("auditor").get("/exports/report/figures?month=2026-03").text
    assert "记录服务时长2.5小时（比上月多1.0）" in page and "还没有过完" in page
    report = town.read(lambda db: month_report.of(db, date(2026, 3, 1), NOW, USUAL))
    for label, here, *_ in month_paper.rows(report):
        assert f'<td>{label}</td><td class="text-end fw-medium text-nowrap">{here}</td>' in page, label
    try:
        fonts.find()
    except CannotBePrinted:
        pytest.skip("no Chinese font here: apt install fonts-noto-cjk")
    drawn = town.as_("auditor").get("/exports/report.pdf?month=2026-03").data
    text = text_of(drawn)
    for row in month_paper.rows(report):
        assert "".join("".join(row).split()) in text, row
    assert "2026年3月工作月报" in text and "记录服务时长2.5小时" in text


def test_months_without_anything_and_those_that_are_none(office: Office) -> None:
    assert "现有队伍0支" in office.as_("editor").get("/exports/report/figures?month=2026-02").text
    for month in ("2026-13", "x", "1999-01"):
        for address in ("/exports/report", "/exports/report/figures"):
            assert office.as_("editor").get(f"{address}?month={month}").status_code == 404
    assert months.before(date(2026, 1, 31)) == date(2025, 12, 1) and months.last_of(date(2028, 2, 1)).day == 29


def test_the_sign_in_sheet_shows_no_phone_and_no_minor(town: Office) -> None:
    def child(db: Any, world: World) -> None:
        writing(db)
        db.get_one(Person, 1).birth_date = date(2012, 1, 1)

    try:
        fonts.find()
    except CannotBePrinted:
        pytest.skip("no Chinese font here: apt install fonts-noto-cjk")
    assert "王晓雨" in text_of(town.as_("editor").get("/shifts/1/sheet.pdf").data)
    town.change(child)
    text = text_of(town.as_("editor").get("/shifts/1/sheet.pdf").data)
    assert "王*雨" in text and "王晓雨" not in text and "138" not in text and "江滨公园清洁签到表" in text
    assert town.as_("auditor").get("/shifts/1/sheet.pdf").status_code == 403
    assert town.as_("editor").get("/shifts/99/sheet.pdf").status_code == 404


def test_the_sign_in_sheet_carries_the_code_of_its_shift_or_what_to_type(office: Office) -> None:
    try:
        fonts.find()
    except CannotBePrinted:
        pytest.skip("no Chinese font here: apt install fonts-noto-cjk")
    url = "http://weixin.qq.com/q/02abcDEF"

    def asked(db: Any, world: World) -> int:
        return posters.ask(db, world.shift(starts_in=timedelta(hours=20)).id, "staff:1", NOW).id

    poster = office.change(asked)
    typed = office.as_("editor").get("/shifts/1/sheet.pdf").data
    assert "六位签到码" in text_of(typed) and codes_of(typed) == []
    office.change(lambda db, world: posters.got(db, poster, url, NOW + timedelta(days=3)))
    scanned = office.as_("editor").get("/shifts/1/sheet.pdf").data
    assert codes_of(scanned) == [url]
    assert "微信扫码签到" in text_of(scanned) and "六位签到码" not in text_of(scanned)


def codes_of(content: bytes) -> list[str]:
    with pypdfium2.PdfDocument(content) as document:
        return [found.text for found in zxingcpp.read_barcodes(document[0].render(scale=2).to_pil())]


def text_of(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        return "".join("".join(page.get_textpage().get_text_range() for page in document).split())
