"""The console's frame in a browser: the login, the menu on a laptop and a phone, dark, English, the keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter

pytestmark = pytest.mark.browser


def test_the_frame(enter: Enter) -> None:
    admin = enter("admin")
    page = admin.page
    expect(page.get_by_role("heading", level=1)).to_have_text("今天")
    admin.look("today")
    page.get_by_role("button", name="深色或浅色").click()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    admin.look("today-dark")
    page.get_by_role("button", name="深色或浅色").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    admin.look("login")


def test_the_frame_on_a_phone(enter: Enter) -> None:
    admin = enter("admin", phone=True)
    expect(admin.page.get_by_role("link", name="今天")).to_be_hidden()
    admin.look("today-phone")
    admin.page.get_by_role("button", name="打开菜单").click()
    expect(admin.page.get_by_role("link", name="今天")).to_be_visible()
    admin.look("menu-phone")
