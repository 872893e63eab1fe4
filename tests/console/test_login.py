"""Logging in: by password and second factor, limited, ended; where one lands, and what strangers see."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from bot import console
from bot.services import sign_in
from bot.storage.database import writing
from bot.storage.models import SignIn, Staff
from tests.console.conftest import PASSWORD, Office, Visitor


def log_in(visitor: Visitor, username: str = "editor", password: str = PASSWORD, **more: str) -> tuple[int, str]:
    answer = visitor.post("/login", {"username": username, "password": password, **more}, follow=False)
    return answer.status_code, answer.headers.get("Location", "") or answer.text


def test_strangers_are_sent_to_the_login_and_back_to_where_they_wished(office: Office) -> None:
    stranger = office.visitor()
    sent = stranger.get("/?page=2")
    assert sent.status_code == 303 and sent.headers["Location"] == "/console/login?next=/?page%3D2"
    assert log_in(stranger, next="/?page=2") == (303, "/console/?page=2")
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example", "evil", ""])
def test_the_login_leads_to_no_other_site(office: Office, wanted: str) -> None:
    assert log_in(office.visitor(), next=wanted) == (303, "/console/")


def test_a_wrong_password_and_an_unknown_login_read_alike(office: Office) -> None:
    wrong, unknown = log_in(office.visitor(), password="no" * 8), log_in(office.visitor(), username="nobody")
    assert wrong[0] == unknown[0] == 401
    assert "登录名或密码不对" in wrong[1] and "登录名或密码不对" in unknown[1]


def test_five_wrong_ones_are_enough_for_a_quarter_of_an_hour(office: Office) -> None:
    visitor = office.visitor()
    for _ in range(sign_in.MOST_FOR_LOGIN_AND_ADDRESS):
        assert log_in(visitor, password="wrong-wrong-wrong")[0] == 401
    status, text = log_in(visitor)
    assert status == 429 and "10:15" in text
    assert log_in(visitor, username="admin")[0] == 303, "another login from there is not yet limited"
    office.now += sign_in.WINDOW
    assert log_in(visitor)[0] == 303
    outcomes = office.read(lambda db: list(db.scalars(select(SignIn.outcome).order_by(SignIn.id))))
    assert outcomes == ["password"] * 5 + ["limited", "in", "in"]


def test_many_logins_from_one_address_are_limited_too(office: Office) -> None:
    visitor = office.visitor()
    for number in range(sign_in.MOST_FOR_ADDRESS):
        log_in(visitor, username=f"guess-{number}")
    assert log_in(visitor, username="admin")[0] == 429


def test_the_second_factor(office: Office) -> None:
    secret = pyotp.random_base32()

    def enrol(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        db.scalars(select(Staff).where(Staff.username == "editor")).one().totp_encrypted = office.cipher.encrypt(secret)

    office.change(enrol)
    visitor = office.visitor()
    status, page = log_in(visitor)
    assert status == 200 and "六位数字" in page
    assert log_in(visitor, code="000000")[0] == 401
    now = pyotp.TOTP(secret).at(office.now)
    assert log_in(visitor, code="六位数字")[0] == 401
    assert log_in(visitor, code=f"{now[:3]} {now[3:]}")[0] == 303
    status, page = log_in(office.visitor(), code=now)
    assert status == 401 and "用过了" in page, "whoever read it over a shoulder comes too late"
    office.now += timedelta(seconds=30)
    earlier = pyotp.TOTP(secret).at(office.now - timedelta(seconds=30))
    assert log_in(office.visitor(), code=earlier)[0] == 401, "nor what was shown before"
    assert log_in(office.visitor(), code=pyotp.TOTP(secret).at(office.now))[0] == 303
    assert log_in(office.visitor(), password="wrong-wrong-wrong", code=now)[0] == 401


def test_a_session_ends_by_itself_and_with_the_password(office: Office) -> None:
    editor = office.as_("editor")
    office.now += timedelta(hours=1, minutes=59)
    assert editor.get("/").status_code == 200
    office.now += timedelta(hours=2, minutes=1)
    assert editor.get("/").status_code == 303, "idle"

    reviewer = office.visitor()
    log_in(reviewer, "reviewer")

    def shut(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        db.scalars(select(Staff).where(Staff.username == "reviewer")).one().disabled_at = office.now

    office.change(shut)
    assert reviewer.get("/").status_code == 303, "shut out while logged in"
    assert "已停用" in log_in(reviewer, "reviewer")[1]


def test_a_page_that_asks_by_itself_keeps_no_desk_open(office: Office) -> None:
    editor, asks = office.as_("editor"), {"HX-Request": "true"}
    for _ in range(3):
        office.now += timedelta(minutes=45)
        answer = editor.get("/exports/jobs", headers=asks)
    assert answer.status_code == 401 and "/login" in answer.headers["HX-Redirect"]

    admin = office.as_("admin")
    for _ in range(3):
        office.now += timedelta(minutes=45)
        assert admin.get("/exports/jobs", headers=asks).status_code == 200
        assert admin.get("/exports").status_code == 200, "somebody is there"


def test_every_page_that_asks_by_itself_is_known_for_it(office: Office) -> None:
    """By the templates; the wait for a scan stands before the login."""
    folder = Path(console.__file__).parent / "html"
    texts = [path.read_text("utf-8") for path in folder.glob("*.html")]
    asking = [re.search(r"url_for\('(\w+)'[^}]*}}\" hx-trigger=\"every", text) for text in texts if "every " in text]
    found = {match[1] for match in asking if match} - {"scan_waiting"}
    known = office.app.wsgi_app.mounts["/console"].jinja_env.globals["polled"]  # type: ignore[attr-defined]
    assert len(found) > 5 and found == known


def test_an_answer_that_comes_late_brings_no_session_back(office: Office) -> None:
    answer = office.as_("editor").get("/exports/jobs", headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers


def test_logging_out_and_forms_without_a_token(office: Office) -> None:
    admin = office.as_("admin")
    assert admin.client.post("/console/logout").status_code == 400
    assert admin.get("/").status_code == 200, "somebody else's page cannot log one out"
    admin.post("/logout")
    assert admin.get("/").status_code == 303


def test_headers_and_cookie(office: Office) -> None:
    answer = office.visitor().get("/login")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/console" in cookie
    assert 'style="' not in answer.text and "<style" not in answer.text and "onclick" not in answer.text
