"""People and teams in the browser: found, told whole, a number revealed; as they look on a laptop and a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.storage.models import Team
from tests.browser.conftest import Enter, Town

pytestmark = pytest.mark.browser


def test_people_and_teams(enter: Enter, desk_town: Town) -> None:
    admin = enter("admin")
    page = admin.open("/people")
    admin.look("people")
    page.keyboard.press("/")
    page.keyboard.type("0023")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody a").last.click()
    page.get_by_role("button", name="看全号").click()
    expect(page.get_by_text("已记录是您看的")).to_be_visible()
    admin.look("person")
    with desk_town.database.session() as db:
        code = db.scalars(select(Team.code).order_by(Team.id)).first()
    admin.open("/teams")
    admin.look("teams")
    admin.open(f"/teams/{code}")
    admin.look("team")
    phone = enter("admin", phone=True)
    phone.open("/people")
    phone.look("people-phone")
    phone.page.locator("tbody a").last.click()
    phone.look("person-phone")
