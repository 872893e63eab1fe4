"""An activity from the first word to the first check-in, by clicking; and what the pages look like."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Colleague, Enter, Town

pytestmark = pytest.mark.browser

CLICKS = """addEventListener("click", (event) => {
  // A label's click is followed by its field's, which is the same hand.
  if (event.isTrusted && event.detail) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true)"""
"""Counts what a hand does; kept over the pages of one colleague."""


def clicks(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.clicks || 0)"))


def counted(colleague: Colleague) -> Page:
    colleague.page.add_init_script(CLICKS)
    return colleague.open("/")


def test_publish_and_fill_an_activity(enter: Enter, desk_town: Town) -> None:
    editor, reviewer = enter("editor"), enter("reviewer")
    page = counted(editor)
    page.get_by_role("link", name="新建活动").click()
    page.get_by_label("标题").fill("清溪河道清洁日")
    page.get_by_label("地点", exact=True).fill("清溪桥头停车场")
    page.get_by_label("内容").fill("清理两岸白色垃圾，记录排污口。")
    expect(page.locator("#preview")).to_contain_text("风险提示")
    editor.look("activity-new")
    page.get_by_label("风险提示").fill("河边湿滑，两人一组。")
    page.get_by_role("textbox", name="负责人").fill("何队长")
    expect(page.locator("#preview .bubble")).to_contain_text("清溪河道清洁日")
    expect(page.locator("#preview")).to_contain_text("齐了")
    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.get_by_role("status")).to_contain_text("等另一位审核员通过")
    assert clicks(page) == 2, "new, hand in"
    page = counted(reviewer)
    page.get_by_role("link", name="清溪河道清洁日").first.click()
    reviewer.look("activity-review")
    page.get_by_role("button", name="通过并发布").click()
    expect(page.get_by_role("status")).to_contain_text("已发布")
    assert clicks(page) == 2, "open, publish"


def test_fill_it_at_the_door(enter: Enter, desk_town: Town) -> None:
    admin = enter("admin")
    page = counted(admin)
    admin.look("today")
    page.get_by_role("link", name="便民服务集市").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("便民服务集市")
    page.get_by_role("textbox", name="姓名").fill("钱多多")
    page.get_by_role("textbox", name="手机号").fill("139 9876 5432")
    page.get_by_label("本人同意").check()
    page.get_by_role("button", name="加上并签到").click()
    expect(page.get_by_role("status")).to_contain_text("已加上并签到")
    row = page.get_by_role("row").filter(has_text="钱多多")
    expect(row).to_contain_text("在场")
    page.get_by_role("button", name=re.compile("^签到 ")).first.click()
    expect(page.locator("#roster")).to_contain_text("7 人在场")
    assert clicks(page) == 4, "the shift, agreed, entered, one more checked in"
    row.get_by_role("button", name="号码").click()
    expect(row).to_contain_text("13998765432")
    admin.look("shift")


def test_what_the_pages_look_like(enter: Enter, desk_town: Town) -> None:
    admin = enter("admin")
    page = admin.open("/activities")
    admin.look("activities")
    page.get_by_role("link", name="月历").click()
    admin.look("calendar")
    page = admin.open("/activities?q=急救体验课")
    page.get_by_role("link", name="急救体验课").click()
    admin.look("activity")
    page.get_by_role("button", name="深色或浅色").click()
    admin.look("activity-dark")
    page.get_by_role("link", name="名单").click()
    admin.look("shift-line-dark")
    admin.open("/activities?q=日常值班").get_by_role("link", name="微笑驿站日常值班").click()
    page.get_by_role("link", name="按模板排班").click()
    admin.look("rosters-dark")
    admin.open("/activities/calendar")
    admin.look("calendar-dark")
    admin.open("/")
    expect(page.get_by_text("注册人数")).to_be_visible()
    admin.look("today-all-dark")


def test_on_a_phone(enter: Enter, desk_town: Town) -> None:
    admin = enter("admin", phone=True)
    page = admin.page
    expect(page.get_by_text("注册人数")).to_be_visible()
    admin.look("today-phone")
    admin.open("/activities")
    admin.look("activities-phone")
    admin.open("/activities/calendar")
    admin.look("calendar-phone")
    admin.open("/activities/new")
    expect(page.locator("#preview .bubble")).to_be_visible()
    admin.look("activity-new-phone")
    admin.open("/")
    page.get_by_role("link", name="便民服务集市").first.click()
    admin.look("shift-phone")
    page.get_by_role("link", name="签到码").click()
    expect(page.get_by_text("秒后换新")).to_be_visible()
    admin.look("shift-code-phone")
    page.go_back()
    page.get_by_role("link", name="签到二维码").click()
    admin.look("poster-phone")
