"""Two administrators make a third: one asks on the colleague's page, the other agrees; the clicks are counted."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.storage.database import writing
from bot.storage.models import Staff
from tests.browser.conftest import Enter, Town

pytestmark = pytest.mark.browser


def test_two_administrators_make_a_third(enter: Enter, desk_town: Town) -> None:
    with desk_town.database.session() as db:
        writing(db)
        known = db.scalars(select(Staff.password_hash).where(Staff.username == "demo-admin")).one()
        for username, name, role in (("demo-second", "林副书记", "admin"), ("demo-helper", "周助理", "editor")):
            db.add(Staff(username=username, name=name, role=role, password_hash=known, created_at=desk_town.now))
        db.commit()
    first, clicks = enter("admin"), 0
    first.open("/staff")
    first.page.get_by_role("link", name="周助理").click()
    first.page.get_by_label("角色").select_option("admin")
    first.page.get_by_role("button", name="换").click()
    first.page.get_by_role("dialog").get_by_role("button", name="确定").click()
    clicks += 4
    expect(first.page.get_by_text("已提出")).to_be_visible()
    first.look("staff-asked")
    second = enter("second")
    expect(second.page.get_by_text("等您同意的帐号改动")).to_be_visible()
    second.page.get_by_role("link", name="周助理").click()
    second.look("staff-pair")
    phone = enter("second", phone=True)
    phone.page.goto(second.page.url)
    phone.look("staff-pair-phone")
    second.page.get_by_role("button", name="同意", exact=True).click()
    second.page.get_by_role("dialog").get_by_role("button", name="确定").click()
    clicks += 3
    expect(second.page.get_by_text("已同意，马上生效")).to_be_visible()
    assert clicks == 7
    with desk_town.database.session() as db:  # what others need: the demo's own administrators
        writing(db)
        for row in db.scalars(select(Staff).where(Staff.username.in_(("demo-second", "demo-helper")))):
            row.disabled_at = desk_town.now
        db.commit()
