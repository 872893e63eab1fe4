"""What a school sees on a phone: the certificate's page, and the follower's own page with the picture."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from bot.services import certificates
from tests.browser.test_newcomer import SHOTS
from tests.fixtures.world import NOW
from tests.pages.conftest import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}


def test_the_pages_on_a_phone(town: Town, chromium: Browser) -> None:
    page = chromium.new_page(viewport=PHONE, device_scale_factor=2, locale="zh-CN")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "404" not in message.text else None)
    SHOTS.mkdir(parents=True, exist_ok=True)

    page.goto(f"{town.stack.web}/verify")
    page.get_by_label("验证码").fill(town.code.lower().replace("-", " "))
    page.get_by_role("button", name="查验").click()
    expect(page.get_by_role("heading", name="证明有效")).to_be_visible()
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    colour = page.evaluate("getComputedStyle(document.querySelector('.mark')).backgroundColor")
    assert colour == "rgb(6, 160, 80)", "the style sheet is applied under the strict policy"
    page.screenshot(path=SHOTS / "verify-valid.png", full_page=True)

    page.goto(f"{town.stack.web}/d/{town.token}")  # on a real phone WeChat knows who it is
    page.get_by_role("link", name=town.follower.openid).or_(page.locator("main a, form button")).first.click()
    expect(page.get_by_role("link", name="下载 PDF")).to_be_visible()
    expect(page.get_by_alt_text("志愿服务记录证明")).to_have_js_property("complete", True)
    assert page.evaluate("document.images[0].naturalWidth") > 1000
    page.screenshot(path=SHOTS / "document.png", full_page=True)

    town.change(lambda db, cipher: certificates.revoke(db, town.number, "期间开错了，已重开", "system", NOW) and None)
    page.goto(f"{town.stack.web}/verify/{town.code}")
    expect(page.get_by_role("heading", name="证明已作废")).to_be_visible()
    page.screenshot(path=SHOTS / "verify-revoked.png", full_page=True)
    page.goto(f"{town.stack.web}/verify/2222-2222")
    expect(page.get_by_role("heading", name="没有这张证明")).to_be_visible()
    page.screenshot(path=SHOTS / "verify-unknown.png", full_page=True)
    assert complaints == []
