"""Small things of a morning: a gap put aside, a topic, a push sent again, a leader, an expert, a talk taken over."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from bot.storage.database import writing
from bot.storage.models import Activity, Conversation, Follower, Push, Staff
from tests.browser.conftest import Enter, Town

pytestmark = pytest.mark.browser


def count_clicks(page: Page) -> None:
    page.add_init_script(
        "addEventListener('click', (event) => { if (event.isTrusted)"
        " sessionStorage.clicks = 1 + Number(sessionStorage.clicks || 0) }, true)"
    )


def clicks(page: Page) -> str:
    found = str(page.evaluate("sessionStorage.clicks"))
    page.evaluate("sessionStorage.clicks = 0")
    return found


def unsent(town: Town) -> int:
    """Somebody whom the last notice did not reach; returns the person."""
    with town.database.session() as db:
        writing(db)
        follower = db.scalars(select(Follower).where(Follower.person_id.is_not(None))).first()
        assert follower is not None
        follower.followed = True  # the demo's people have no phones
        for number, (state, error) in enumerate((("failed", "45047 out of response count limit"), ("unknown", ""))):
            db.add(
                Push(
                    key=f"workshop:{number}", openid=follower.openid, kind="notice",
                    payload={"notice": "hours.settled"}, due_at=town.now, created_at=town.now, state=state, error=error,
                )
            )  # fmt: skip
        db.commit()
        return follower.person_id or 0


def test_a_gap_put_aside_and_a_topic_of_its_own(enter: Enter) -> None:
    editor = enter("editor")
    page = editor.page
    count_clicks(page)
    editor.open("/faq")
    page.get_by_role("link", name="没答上来", exact=True).click()
    group = page.locator("form", has=page.get_by_role("heading", name="公众号的头像是谁画的"))
    group.get_by_role("button", name="不必回答").click()
    editor.look("faq-dismiss")
    group.get_by_role("button", name="闲聊").click()
    expect(page.get_by_text("记成了不必回答（闲聊）")).to_be_visible()
    assert clicks(page) == "3", "the gaps, not needed, why"
    expect(page.get_by_role("heading", name="附近有没有共享图书角")).to_be_visible()
    expect(page.get_by_role("heading", name="公众号的头像是谁画的")).to_have_count(0)
    editor.look("faq-dismissed-now")
    page.get_by_role("link", name="不必回答的 1 组").click()
    editor.look("faq-dismissed")
    page.get_by_role("button", name="还是要答").click()
    expect(page.get_by_role("heading", name="公众号的头像是谁画的")).to_be_visible()
    group = page.locator("form", has=page.get_by_role("heading", name="附近有没有共享图书角"))
    group.get_by_role("link", name="新建一条").click()
    page.get_by_role("link", name="都不合适？新建一个主题").click()
    page.get_by_label("主题", exact=True).fill("图书和自习")
    page.get_by_label("文件名").fill("Books")
    expect(page.get_by_text("文件名用小写英文字母开头")).to_be_visible()
    page.get_by_label("文件名").fill("books")
    page.get_by_label("编号").fill("book-corner")
    page.get_by_label("回答").fill("图书角在青年之家二楼，{organisation}的老师在。")
    expect(page.get_by_text("检查过了，没有错误")).to_be_visible()
    editor.look("faq-topic")
    page.get_by_role("button", name="新建", exact=True).click()
    expect(page.get_by_text("学会了：这句话现在由这一条回答")).to_be_visible()
    editor.open("/faq/history")
    page.locator("tr", has_text="book-corner").get_by_role("link").first.click()
    page.get_by_role("button", name="撤回新建").click()
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_text("已撤回新建")).to_be_visible()


def test_pushes_leaders_and_experts(enter: Enter, desk_town: Town) -> None:
    person = unsent(desk_town)
    with desk_town.database.session() as db:
        code = db.scalars(select(Activity.code).where(Activity.state == "open").order_by(Activity.id)).first()
    admin = enter("admin")
    page = admin.page
    admin.open("/health/pushes")
    page.get_by_role("link", name="一条一条看").click()
    admin.look("pushes-unsent")
    admin.open(f"/people/{person}")
    card = page.locator("#unsent")
    expect(card.get_by_role("button", name="再发一次")).to_have_count(2)
    card.locator("tr", has_text="不知道发成没有").get_by_role("button", name="再发一次").click()
    expect(page.get_by_text("对方可能收到两遍")).to_be_visible()
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_text("已排上，马上再发一次")).to_be_visible()
    expect(card.get_by_role("button", name="再发一次")).to_have_count(1)
    admin.look("person-unsent")

    count_clicks(page)
    admin.open(f"/activities/{code}")
    clicks(page)
    page.get_by_role("link", name="请人带队").click()
    page.get_by_role("button", name="做任命码").click()
    expect(page.locator("code", has_text=f"负责 {code}")).to_be_visible()
    assert clicks(page) == "2"
    admin.look("activity-leader")
    page.get_by_role("button", name="作废这个码").click()
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_text("任命码作废了")).to_be_visible()

    admin.open("/questions")
    page.get_by_role("link", name="专家和假期").click()
    page.get_by_label("同事").select_option(label="陈编辑")
    page.locator("form", has=page.get_by_label("同事")).get_by_label("法律").check()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("陈编辑登记好了")).to_be_visible()
    row = page.locator(".list-group-item", has_text="陈编辑")
    row.get_by_text("修改或请假").click()
    admin.look("question-experts")
    row.get_by_label("份量").fill("0")
    row.get_by_role("button", name="存").click()
    expect(row.get_by_text("暂时不派")).to_be_visible()
    page.get_by_role("button", name="深色或浅色").click()
    admin.look("question-experts-dark")


def test_a_talk_is_taken_over(enter: Enter, desk_town: Town) -> None:
    admin = enter("admin")
    page = admin.page
    count_clicks(page)
    admin.open("/conversations")
    page.locator(".list-group-item", has_text="周老师").get_by_role("link").click()
    expect(page.get_by_text("志愿者证明上名字打错了")).to_be_visible()
    expect(page.get_by_text("接手要先开始值班。")).to_be_visible()
    admin.look("conversation-read")
    page.get_by_role("button", name="开始值班").click()
    page.locator(".list-group-item", has_text="周老师").get_by_role("link").click()
    clicks(page)
    page.get_by_role("button", name="由我接手").click()
    admin.look("conversation-take-over")
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_label("回话")).to_be_visible()
    assert clicks(page) == "2"
    with desk_town.database.session() as db:  # as others found it
        writing(db)
        row = db.scalars(select(Conversation).where(Conversation.state == "open")).one()
        by_name = {staff.username: staff for staff in db.scalars(select(Staff))}
        assert row.taken_by == by_name["demo-admin"].id
        row.taken_by, by_name["demo-admin"].on_duty = by_name["demo-reviewer"].id, False
        db.commit()


def test_on_a_phone(enter: Enter, desk_town: Town) -> None:
    admin = enter("admin", phone=True)
    for path, name in (
        ("/faq/topics/new", "faq-topic-phone"), ("/health/pushes/unsent", "pushes-unsent-phone"),
        ("/activities/A12/leader", "activity-leader-phone"), ("/questions/experts", "question-experts-phone"),
    ):  # fmt: skip
        admin.open(path)
        admin.look(name)
    admin.open("/faq/gaps")
    expect(admin.page.get_by_role("button", name="不必回答").first).to_be_visible()
    admin.look("faq-dismiss-phone")
