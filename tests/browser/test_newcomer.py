"""The newcomer's path on the phone page, in a real browser: from following to the reminder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.crowd import publish
from tests.fixtures.stack import ROOT, Stack, start_stack

SHOTS = Path(os.environ.get("BOT_TEST_SCREENSHOTS", ROOT / "tests" / "screenshots"))

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = start_stack(tmp_path_factory.mktemp("newcomer"))
    yield running
    running.stop()


@pytest.fixture
def page(chromium: Browser, fresh: Stack) -> Iterator[Page]:
    complaints: list[str] = []
    opened = chromium.new_page(viewport={"width": 1440, "height": 940}, locale="zh-CN")
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(fresh.simulator)
    yield opened
    opened.close()
    assert complaints == []


class Phone:
    """One follower's phone on the page."""

    def __init__(self, page: Page, number: int) -> None:
        self.phone = page.get_by_test_id("phone").nth(number)

    def say(self, text: str) -> None:
        if not self.phone.get_by_test_id("input").is_visible():
            self.phone.get_by_test_id("menu-toggle").click()
        self.phone.get_by_test_id("input").fill(text)
        self.phone.get_by_test_id("send").click()

    def bubbles(self) -> Locator:
        return self.phone.get_by_test_id("bubble")

    def sees(self, *parts: str) -> Locator:
        """A bubble with all of these, scrolled to."""
        found = self.bubbles()
        for part in parts:
            found = found.filter(has_text=re.compile(part))
        expect(found.last).to_be_visible()
        return found.last

    def tap(self, label: str) -> None:
        self.phone.get_by_test_id("msg-link").filter(has_text=label).last.click()


def coming_morning() -> datetime:
    """Ten o'clock in the follower's zone, today or tomorrow."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    ten = now.replace(hour=10, minute=0, second=0, microsecond=0)
    return (ten if ten > now else ten + timedelta(days=1)).astimezone(UTC)


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(900)  # scrolling comes to rest
    page.screenshot(path=SHOTS / f"{name}.png")


def test_from_following_to_the_reminder(page: Page, fresh: Stack) -> None:
    morning = coming_morning()  # in the night an offered seat waits for the day
    fresh.set_clock(morning)
    publish(fresh, "Z01", capacity=1, days=2, now=morning)

    page.get_by_test_id("add-first-follower").click()
    wang = Phone(page, 0)
    wang.sees("欢迎关注")
    shot(page, "1-welcome")

    wang.say("志愿者要是受伤了 有没有保险啊")
    wang.sees("意外险")

    wang.tap("周末有什么活动") if wang.phone.get_by_test_id("msg-link").count() else wang.say("周末有什么活动")
    wang.sees("活动", "回复序号看详情")
    shot(page, "2-weekend")

    wang.say("报名 Z01")
    wang.sees("姓名")
    wang.say("王晓雨")
    wang.sees("手机号")
    wang.say("13800001234")
    wang.sees("个人信息说明", r"王\*雨 138\*\*\*\*1234")
    wang.tap("确认")
    wang.sees("报名成功")
    shot(page, "3-signed-up")

    page.get_by_test_id("add-follower").click()
    li = Phone(page, 1)
    li.sees("欢迎关注")
    li.say("报名 Z01")
    li.sees("名额已满", "第1位")
    li.tap("排队")
    li.sees("姓名")
    li.say("李小红")
    li.sees("手机号")
    li.say("13900005678")
    li.sees("候补", "确认")
    li.say("确认")
    li.sees("已进入候补", "第1位")
    shot(page, "4-in-line")

    wang.say("取消 Z01")
    wang.sees("已取消", "让给候补")
    expect(li.phone.get_by_test_id("notice-card").filter(has_text="候补名额")).to_be_visible()
    li.say("确认")
    li.sees("报名成功")
    shot(page, "5-offered")

    page.get_by_test_id("clock-advance-day").click()
    reminder = li.phone.get_by_test_id("notice-card").filter(has_text="城市马拉松服务")
    expect(reminder.nth(1)).to_be_visible()
    shot(page, "6-reminded")


def test_menu_pictures_and_places(page: Page) -> None:
    with page.expect_response("**/messages"):  # the new follower follows: their phone lies there, the last of all
        page.get_by_test_id("add-follower").first.click()
    phone = Phone(page, page.get_by_test_id("phone").count() - 1)
    phone.sees("欢迎关注")
    phone.phone.get_by_test_id("menu-item").first.click()
    phone.phone.get_by_test_id("submenu-item").first.click()
    phone.sees("活动")
    shot(page, "7-menu")


def test_it_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_test_id("phone").first).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    shot(page, "8-narrow")
