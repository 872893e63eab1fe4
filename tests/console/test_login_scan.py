"""Logging in by WeChat: the code is sent in chat by whom it lets in, confirmed there, and opens one browser once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.services import duty, scan_login, sign_in
from bot.storage.database import writing
from bot.storage.models import SignIn, Staff
from tests.console.conftest import Office, Visitor
from tests.handlers.town import Town


@pytest.fixture
def town(office: Office) -> Town:
    """Who speaks as o-1 is the editor."""

    def bind(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        db.scalars(select(Staff).where(Staff.username == "editor")).one().openid = "o-1"

    office.change(bind)
    return Town(office.database, office.cipher, office.now)


def code_of(visitor: Visitor) -> str:
    page = visitor.post("/login/scan", {"next": "/me"}).text
    assert 'src="data:image/svg+xml' in page
    return re.search(r"<code>登录 (\w{6})</code>", page)[1]  # type: ignore[index]


def waiting(visitor: Visitor) -> tuple[int, str]:
    answer = visitor.post("/login/scan/waiting", {"next": "/me"}, follow=False)
    return answer.status_code, answer.headers.get("HX-Redirect", "")


def test_the_browser_that_asked_goes_in_once(office: Office, town: Town) -> None:
    visitor, other = office.visitor(), office.visitor()
    code = code_of(visitor)
    assert waiting(visitor) == (204, "") and waiting(other) == (200, "/console/login")
    assert "127.0.0.1" in town.say("o-1", f"登录 {code.lower()}")
    assert waiting(visitor) == (204, ""), "shown is not confirmed"
    assert "两三秒就进去" in town.say("o-1", "确认登录")
    assert waiting(visitor) == (200, "/console/me")
    assert "陈编辑" in visitor.get("/me").text or "编辑" in visitor.get("/me").text
    assert "现在没有等您确认" in town.say("o-1", "确认登录")
    assert "不对" in town.say("o-1", f"登录 {code}")
    noted = office.read(lambda db: [(row.username, row.outcome) for row in db.scalars(select(SignIn))])
    assert noted == [("editor", "scanned")]
    with office.database.session() as db:
        request = scan_login.collect(db, office.cipher, "not its secret", office.now)
    assert request == ("over", None)


def test_strangers_and_those_with_a_second_factor_let_nobody_in(office: Office, town: Town) -> None:
    visitor = office.visitor()
    code = code_of(visitor)
    for words in (f"登录 {code}", "确认登录"):
        assert "登录码" not in town.say("o-2", words) and "两三秒" not in town.say("o-2", words)

    def enrol(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        db.scalars(select(Staff).where(Staff.username == "editor")).one().totp_encrypted = office.cipher.encrypt("S")

    office.change(enrol)
    assert "两步验证" in town.say("o-1", f"登录 {code}")
    assert waiting(visitor) == (204, "")


def test_after_two_minutes_or_when_shut_out_meanwhile_it_is_over(office: Office, town: Town) -> None:
    visitor = office.visitor()
    code = code_of(visitor)
    office.now = town.now = office.now + scan_login.LIVES
    assert "已经过了两分钟" in town.say("o-1", f"登录 {code}")
    assert waiting(visitor) == (200, "/console/login")
    code = code_of(visitor)
    town.say("o-1", f"登录 {code}")
    town.say("o-1", "确认登录")

    def unbind(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        duty.of_openid(db, "o-1").openid = None

    office.change(unbind)
    assert waiting(visitor) == (200, "/console/login")
    assert visitor.get("/").status_code == 303


def test_codes_are_not_made_without_end(office: Office) -> None:
    visitor = office.visitor()
    for _ in range(sign_in.MOST_FOR_ADDRESS):
        code_of(visitor)
    assert visitor.post("/login/scan").status_code == 429
    office.now += sign_in.WINDOW + timedelta(seconds=1)
    assert code_of(visitor)
    assert visitor.get("/login/scan").status_code == 303
