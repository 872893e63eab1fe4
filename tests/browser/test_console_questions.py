"""青年之声 in the browser: a question from review to the answer sent, clicks counted; its pages looked at."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.services import conversations
from bot.services.questions import asking
from bot.storage.database import writing
from bot.storage.models import Conversation, Expert, Staff
from tests.browser.conftest import Enter, Town
from tests.browser.test_console_activities import clicks, counted

pytestmark = pytest.mark.browser


def test_answer_a_question(enter: Enter, desk_town: Town) -> None:
    with desk_town.database.session() as db:
        writing(db)
        db.get_one(Expert, db.scalars(select(Staff.id).where(Staff.username == "demo-expert")).one()).weight = 9
        asked = asking.ask(
            db, desk_town.cipher, "sample-h200", "law", "厂里拖欠工资三个月，没有签合同，怎么要？", desk_town.now
        )
        number = asked.number
        db.commit()
    reviewer, expert = enter("reviewer"), enter("expert")
    page = counted(reviewer)
    page.get_by_role("link", name="青年之声").click()
    reviewer.look("questions")
    page.get_by_role("link", name=number).click()
    expect(page.get_by_text("请您审核")).to_be_visible()
    page.get_by_label("派给谁").first.select_option("demo-expert")
    reviewer.look("question-review")
    page.get_by_role("button", name="受理并派给专家").click()
    expect(page.get_by_role("status")).to_contain_text("派给方律师")
    assert clicks(page) == 3, "the section, the question, accept and assign"
    page = counted(expert)
    page.get_by_role("link", name=number).click()
    page.locator("[data-canned]").first.click()
    expect(page.get_by_label("答复", exact=True)).not_to_have_value("")
    expert.look("question-draft")
    page.get_by_role("button", name="交去核对").click()
    expect(page.get_by_role("status")).to_contain_text("另一位老师核对")
    assert clicks(page) == 3, "the question from the first page, kept words, hand in"
    page = reviewer.open(f"/questions/{number}")
    page.evaluate("sessionStorage.clicks = 0")
    reviewer.look("question-check")
    page.get_by_role("button", name="没问题，发给提问人").click()
    expect(page.get_by_role("status")).to_contain_text("正在发给提问人")
    assert clicks(page) == 1, "send"


def test_talk_with_a_follower(enter: Enter, desk_town: Town) -> None:
    reviewer = enter("reviewer")
    page = reviewer.page
    page.get_by_role("link", name="人工").click()
    page.get_by_role("button", name="接待 H").first.click()
    expect(page.get_by_role("status")).to_contain_text("由您接待了")
    page.get_by_label("回话").fill("改到桥北了，公交站旁边。")
    page.get_by_label("回话").press("Control+Enter")
    expect(page.get_by_role("log")).to_contain_text("改到桥北了")
    page.get_by_label("回话").fill("还没写完")
    number = int(page.url.rsplit("/", 1)[1])
    with desk_town.database.session() as db:
        openid = db.get_one(Conversation, number).openid
        conversations.receive(db, desk_town.cipher, openid, "text", "收到，谢谢老师", desk_town.now)
        db.commit()
    expect(page.get_by_role("log")).to_contain_text("收到，谢谢老师")
    expect(page.get_by_label("回话")).to_have_value("还没写完")
    reviewer.look("conversation")
    page.get_by_role("button", name="深色或浅色").click()
    reviewer.look("conversation-dark")


def test_what_the_pages_look_like(enter: Enter, desk_town: Town) -> None:
    admin = enter("admin")
    page = admin.open("/questions/figures")
    expect(page.locator("[data-chart] svg").first).to_be_visible()
    admin.look("question-figures")
    admin.open("/questions/canned")
    admin.look("canned")
    page = admin.open("/questions/lists")
    admin.look("problem-lists")
    page.get_by_role("row").filter(has_text="草稿").get_by_role("link").first.click()
    admin.look("problem-list")
    page = admin.open("/questions?part=all")
    page.get_by_role("row").filter(has_text="紧急").get_by_role("link").first.click()
    expect(page.get_by_text("人的安全第一")).to_be_visible()
    page.get_by_role("button", name="深色或浅色").click()
    admin.look("question-urgent-dark")
    admin.open("/questions")
    admin.look("questions-dark")


def test_on_a_phone(enter: Enter, desk_town: Town) -> None:
    reviewer = enter("reviewer", phone=True)
    page = reviewer.open("/questions")
    reviewer.look("questions-phone")
    page.get_by_role("row").nth(1).get_by_role("link").click()
    reviewer.look("question-phone")
    reviewer.open("/conversations")
    reviewer.look("conversations-phone")
    reviewer.open("/questions/figures")
    reviewer.look("question-figures-phone")
