"""This month's hours as a spreadsheet and the month's report in the browser: the clicks are counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_hours_are_exported_and_the_report_is_opened(enter: Enter) -> None:
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
    phone.look("month-report-phone")
