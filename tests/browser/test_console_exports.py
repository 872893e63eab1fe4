"""This month's hours as a spreadsheet and the month's report in the browser: the clicks are counted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.services import export_jobs
from bot.services.export_wishes import Wish
from bot.storage.database import writing
from bot.storage.models import Staff
from tests.browser.conftest import Enter, Town

pytestmark = pytest.mark.browser


def test_hours_are_exported_and_the_report_is_opened(enter: Enter, desk_town: Town) -> None:
    with desk_town.database.session() as db:  # two large ones of this morning: ready, and on a full disk
        writing(db)
        by = db.scalars(select(Staff.id).where(Staff.username == "demo-auditor")).one()
        wish, now = Wish("hours", date(2026, 1, 1), date(2026, 3, 31)), desk_town.now
        export_jobs.ask(db, wish, "xlsx", by, now).state = "ready"
        failed = export_jobs.ask(db, wish, "csv", by, now)
        failed.state, failed.error = "failed", "disk"
        db.commit()
    auditor = enter("auditor")
    page, clicks = auditor.page, 0
    page.get_by_role("link", name="导出月报").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel 表格").first.click()
    clicks += 2
    assert clicks == 2, "this month is chosen already"
    assert download.value.suggested_filename.startswith("服务时长_")
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"
    with page.expect_download():
        page.get_by_role("button", name="Excel 表格").first.click()
    auditor.look("exports")
    page.get_by_role("link", name="上月月报").click()
    clicks += 1
    expect(page.get_by_role("heading", name="全部数字")).to_be_visible()
    assert clicks == 3
    expect(page.locator(".chart svg").first).to_be_visible()
    auditor.look("month-report")
    page.get_by_role("button", name="深色或浅色").click()
    auditor.look("month-report-dark")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Exports and reports").first).to_be_visible()
    phone = enter("admin", phone=True)
    phone.open("/exports")
    phone.look("exports-phone")
    phone.open("/exports/report")
    expect(phone.page.locator(".chart svg").first).to_be_visible()
    phone.look("month-report-phone")
