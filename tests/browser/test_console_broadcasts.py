"""A broadcast in the browser: written by the editor, decided by the reviewer, its report; the clicks are counted."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.services import broadcasts, people
from bot.storage.database import writing
from bot.storage.models import Broadcast, Staff
from tests.browser.conftest import Enter, Town

pytestmark = pytest.mark.browser


def test_a_broadcast_from_writing_to_the_decision(enter: Enter, desk_town: Town) -> None:
    with desk_town.database.session() as db:
        writing(db)
        db.scalars(select(Staff).where(Staff.username == "demo-editor")).one().openid = "sample-h150"
        for openid in ("sample-h150", "sample-h151"):
            people.follow(db, openid, "sample", desk_town.now)
        db.commit()
    editor = enter("editor")
    page, clicks = editor.page, 0

    def click(role: str, name: str) -> None:
        nonlocal clicks
        page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]
        clicks += 1

    click("link", "群发")
    editor.look("broadcasts")
    click("link", "写一条")
    page.get_by_label("标题").fill("周末去江边")
    page.get_by_label("正文").fill("周六下午一点，江滨公园南门集合。\n想来的回复 报名。")
    click("radio", "符合下面全部条件的人")
    page.get_by_label("地区").select_option("石桥镇")
    expect(page.locator(".phone .bubble")).to_contain_text("江滨公园南门集合")
    expect(page.get_by_text("全部关注者 2 人")).to_be_visible()
    editor.look("broadcast-writing")
    click("radio", "全部关注者")
    click("button", "存成草稿")
    expect(page.get_by_text("已存成草稿")).to_be_visible()
    click("button", "发到我的手机")
    expect(page.get_by_text("马上发到您的微信")).to_be_visible()
    id = int(page.url.rsplit("/", 1)[1])
    with desk_town.database.session() as db:  # the worker shows it on the phone
        broadcasts.preview_done(db, id, desk_town.now)
        db.commit()
    click("button", "提交审核")
    expect(page.get_by_text("等另一位审核员同意").first).to_be_visible()

    reviewer = enter("reviewer")
    page = reviewer.open(f"/broadcasts/{id}")
    reviewer.look("broadcast-review")
    click("button", "同意")
    expect(page.get_by_text("已同意")).to_be_visible()
    click("button", "停止")
    expect(page.get_by_role("dialog")).to_be_visible()
    click("button", "确定")
    expect(page.get_by_text("已停止，不会再发给别人。")).to_be_visible()
    assert clicks == 10, "eight from the menu to the decision, two to take it back"


def test_the_report_of_one_that_was_sent(enter: Enter, desk_town: Town) -> None:
    with desk_town.database.session() as db:
        id = db.scalars(select(Broadcast.id).where(Broadcast.state == "done")).one()
    admin = enter("admin")
    page = admin.open(f"/broadcasts/{id}")
    expect(page.locator("[data-chart] svg")).to_be_visible()
    admin.look("broadcast-report")
    phone = enter("admin", phone=True)
    phone.open("/broadcasts")
    phone.look("broadcasts-phone")
    phone.open(f"/broadcasts/{id}")
    phone.look("broadcast-report-phone")
