"""/d/<token> over real HTTP: WeChat says who opens it; nobody else gets it, and the link is never logged."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pypdfium2
from sqlalchemy.orm import Session

from bot.logs import Redaction
from bot.services import certificates, documents
from bot.services.questions import asking, pictures
from bot.services.questions.cleaning import Cleaned
from bot.services.rules import USUAL
from bot.settings import Settings
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import AuditEntry, Question, Staff
from tests.fixtures.stack import Follower
from tests.fixtures.waiting import eventually
from tests.fixtures.world import NOW
from tests.pages.conftest import IDENTITY, NAME, Got, Town, get


def opened_by(town: Town, follower: Follower, token: str = "", **more: str) -> Got:
    """Tapped in this follower's WeChat: to WeChat's page, back with a code."""
    first = get(f"{town.stack.web}/d/{token or town.token}")
    assert first.status == 302, first.text
    asked = first.headers["location"].partition("#")[0]
    assert asked.startswith(f"{town.stack.simulator}/connect/oauth2/authorize?") and "scope=snsapi_base" in asked
    back = get("&".join([asked, f"openid={follower.openid}", *(f"{k}={v}" for k, v in more.items())]))
    assert back.status == 302, back.text
    return get(back.headers["location"])


def test_its_follower_gets_the_page_the_picture_and_the_file(town: Town) -> None:
    passed = opened_by(town, town.follower)
    assert passed.status == 303
    page = get(town.stack.web + passed.headers["location"])
    assert page.status == 200 and "下载 PDF" in page.text
    assert page.headers["cache-control"] == "no-store"
    shown = parse_qs(urlsplit(passed.headers["location"]).query)["pass"][0]
    picture = get(f"{town.stack.web}/d/{town.token}/picture?pass={shown}")
    assert (picture.status, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.body.startswith(b"\xff\xd8\xff")
    file = get(f"{town.stack.web}/d/{town.token}/file?pass={shown}")
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%BF%97")
    assert file.headers["cache-control"] == "no-store" and "sandbox" in file.headers["content-security-policy"]
    with pypdfium2.PdfDocument(file.body) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)
    assert NAME in text and "330***********1234" in text and IDENTITY not in text and town.code in text
    log = town.stack.log.read_text("utf-8")
    assert town.token not in log and NAME not in log

    town.stack.advance(601)
    assert get(f"{town.stack.web}/d/{town.token}/file?pass={shown}").status == 403
    assert opened_by(town, town.follower).status == 303, "tapped again in the chat it opens again"


def test_nobody_else_gets_it(town: Town) -> None:
    other = town.stack.follow()
    refused = opened_by(town, other)
    assert refused.status == 403 and "只有本人能打开" in refused.text and NAME not in refused.text
    assert opened_by(town, town.follower, snapshot="1").status == 403, "a snapshot page lends a virtual openid"
    for query in ("?code=made-up&state=x", "?pass=1.2", "?code=&state=", f"?pass={'9' * 3000}"):
        assert get(f"{town.stack.web}/d/{town.token}{query}").status in (302, 403)
    for path in ("/file", "/picture", "/file?pass=", "/picture?code=1"):
        assert get(f"{town.stack.web}/d/{town.token}{path}").status == 403


def test_a_code_works_once(town: Town) -> None:
    first = get(f"{town.stack.web}/d/{town.token}").headers["location"].partition("#")[0]
    back = get(f"{first}&openid={town.follower.openid}").headers["location"]
    assert get(back).status == 303
    assert get(back).status == 403
    stolen = back.replace("state=", "state=0")
    assert get(stolen).status == 403


def test_over_or_unknown_or_revoked(town: Town) -> None:
    for token in ("x" * 43, "x", town.token[:-1], "%F0%9F%99%82", "a" * 4000):
        got = get(f"{town.stack.web}/d/{token}")
        assert got.status == 404 and "链接无效或已过期" in got.text
    location = opened_by(town, town.follower).headers["location"]
    town.change(lambda db, cipher: certificates.revoke(db, town.number, "开错了", "system", NOW) and None)
    got = get(town.stack.web + location.replace("?", "/file?"))
    assert got.status == 410 and "已作废" in got.text
    town.stack.set_clock(NOW + timedelta(hours=24))
    assert get(f"{town.stack.web}/d/{town.token}").status == 404


def test_a_file_of_another_kind_is_given_as_it_was_kept(town: Town) -> None:
    tokens: list[str] = []
    content = b"<script>alert(1)</script>"

    def keep(db, cipher) -> None:
        tokens.append(
            documents.keep(
                db, cipher, openid="", person_id=None, kind="export", filename='数"据\r\n.html', media_type="text/html",
                content=content, now=NOW, rules=USUAL,
            )
        )  # fmt: skip

    town.change(keep)
    passed = get(f"{town.stack.web}/d/{tokens[0]}")
    assert passed.status == 303, "without an openid the link alone opens it"
    file = get(town.stack.web + passed.headers["location"].replace("?", "/file?"))
    assert file.body == content
    assert file.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in file.headers["content-security-policy"]
    assert get(town.stack.web + passed.headers["location"].replace("?", "/picture?")).status == 404


def test_from_the_chat_to_the_paper(town: Town) -> None:
    """What the follower is told works: the link, the code, the picture in the chat."""
    for text in ("开志愿服务证明", "1"):
        town.follower.say(text)
    told = str(town.follower.send(type="text", content="确认")["reply"])
    link = re.search(r"(http://[^\s\"'<>]+/d/[\w-]{43})", told)
    code = re.search(r"验证码 ([0-9A-Z]{4}-[0-9A-Z]{4})", told)
    assert link and code and len(told.encode()) < 2048, told
    assert link[1].startswith(f"{town.stack.web}/d/")
    passed = opened_by(town, town.follower, token=link[1].rpartition("/")[2])
    assert passed.status == 303
    assert "ZM-2026-000002" in get(town.stack.web + passed.headers["location"]).text
    assert "证明有效" in get(f"{town.stack.web}/verify/{code[1]}").text
    eventually(lambda: any(item.get("type") == "image" for item in town.follower.inbox()), "the picture")


def test_an_address_that_reaches_a_log_shows_no_secret() -> None:
    token = "7zAvXzuKwGzeJvB6Mloywr93EsZE-z4CXibdcawCSA0"
    said = Redaction(Settings()).text(f"GET /d/{token}/file?pass=1772503200.abcdef&x=1 Referer http://h/d/{token}")
    assert token not in said and "abcdef" not in said and "/d/***" in said
    assert "/d/short" in Redaction(Settings()).text("GET /d/short")


def test_a_picture_of_a_question_opens_for_the_colleague_it_was_made_for(town: Town) -> None:
    """Each look is noted; once the question is another's, the link opens nothing."""
    colleague, tokens = town.stack.follow(), [""]

    def made(db: Session, cipher: Cipher) -> None:
        writing(db)
        staff = Staff(username="zhang", password_hash="", role="expert", openid=colleague.openid, created_at=NOW)
        db.add(staff)
        db.flush()
        row = asking.ask(db, cipher, town.follower.openid, "rights", "拖欠工资", NOW)
        row.assignee_id = staff.id
        asking.add(db, cipher, row.id, town.follower.openid, "", NOW, media_id="m1")
        (picture,) = pictures.of_question(db, row.id)
        pictures.keep(db, cipher, picture.id, Cleaned(b"\xff\xd8\xff pixels"), NOW)
        tokens[0] = pictures.link_token(db, cipher, picture, staff, NOW)

    town.change(made)
    assert opened_by(town, town.follower, tokens[0]).status == 403
    page = opened_by(town, colleague, tokens[0])
    assert page.status == 303 and "提问人发来的图片" in get(town.stack.web + page.headers["location"]).text
    shown = parse_qs(urlsplit(page.headers["location"]).query)["pass"][0]
    picture = f"{town.stack.web}/d/{tokens[0]}/picture"
    got = get(f"{picture}?pass={shown}")
    assert (got.status, got.headers["content-type"], got.body) == (200, "image/jpeg", b"\xff\xd8\xff pixels")
    assert got.headers["cache-control"] == "no-store"
    assert get(picture).status == 403

    def passed_on(db: Session, _: Cipher) -> None:
        noted = db.query(AuditEntry).filter(AuditEntry.subject.startswith("question_pictures:"))
        assert [entry.reason for entry in noted] == ["viewed"]
        writing(db)
        db.query(Question).one().assignee_id = None

    town.change(passed_on)
    assert get(f"{picture}?pass={shown}").status == 404
