"""What a follower sees on a phone: the problem list of a month, and the activity that a broadcast leads to."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import ProblemItem, ProblemList
from tests.browser.test_certificates import PHONE
from tests.browser.test_newcomer import SHOTS
from tests.fixtures.world import NOW
from tests.pages.conftest import Town, town
from tests.pages.test_broadcasts import CODES, begun

__all__ = ["town"]
pytestmark = pytest.mark.browser

ASKED = (
    ("网购退货商家一直拖着不退款，找谁？", "law", "先留好订单和聊天记录，再打12315投诉，一般60天内有结果。", 12),
    ("团组织关系怎么从学校转到社区？", "league", "在“智慧团建”里发起转接，转入的团支部选社区。", 5),
)


def signed(db: Session, _cipher: Cipher) -> None:
    writing(db)
    for month in ("2025-10", "2025-11"):
        row = ProblemList(month=month, state="signed", built_at=NOW)
        db.add(row)
        db.flush()
        for position, (asked, topic, answer, times) in enumerate(ASKED, 1):
            db.add(ProblemItem(list_id=row.id, position=position, asked=asked, topic=topic, answer=answer, times=times))


def test_they_fit_a_phone(town: Town, chromium: Browser) -> None:
    town.change(signed)
    town.change(begun)
    page = chromium.new_page(viewport=PHONE, device_scale_factor=2, locale="zh-CN")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "404" not in message.text else None)

    page.goto(f"{town.stack.web}/problems")
    expect(page.get_by_text(ASKED[0][2])).to_be_visible()
    _fits(page, "problems")
    page.get_by_role("link", name="2025-10").click()
    expect(page.get_by_role("heading", name="2025-10 问题清单")).to_be_visible()

    page.goto(f"{town.stack.web}/b/{CODES['activity']}")
    expect(page.get_by_text("江滨公园南门")).to_be_visible()
    _fits(page, "broadcast")
    assert not complaints


def _fits(page: Page, name: str) -> None:
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("document.styleSheets.length") > 0, "the style sheet is applied under the strict policy"
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
