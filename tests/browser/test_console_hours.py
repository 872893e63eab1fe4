"""Hours in the browser: the tabs of what waits, one settled and one approved; the clicks are counted."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter

pytestmark = pytest.mark.browser


def test_what_waits_is_settled_and_decided(enter: Enter) -> None:
    reviewer = enter("reviewer")
    page, clicks = reviewer.page, 0
    page.get_by_role("link", name="时长荣誉").click()
    reviewer.look("hours-settle")
    page.get_by_role("button", name="结算").first.click()
    clicks += 2
    expect(page.get_by_text("的时长").first).to_be_visible()
    page.get_by_role("link", name="补录").click()
    clicks += 1
    expect(page.get_by_text("录入").first).to_be_visible()
    reviewer.look("hours-manual")
    for tab in ("申诉", "异常", "星级", "盖章"):
        page.get_by_role("navigation", name="哪一类").get_by_role("link", name=tab).click()
        reviewer.look(f"hours-{tab}")
    assert clicks == 3, "to settle a shift and to see what was entered by hand"
    reviewer.open("/hours/certificates")
    reviewer.look("certificates")
    reviewer.open("/hours/new?q=雨桐")
    reviewer.look("hours-new")
    phone = enter("reviewer", phone=True)
    phone.open("/hours?tab=manual")
    phone.look("hours-phone")
