"""/verify over real HTTP: what it says, what it never says, and what hostile codes do."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from sqlalchemy import select

from bot.services import certificates
from bot.storage.models import Certificate, LedgerEntry
from tests.fixtures.ledger import reversal
from tests.fixtures.world import NOW
from tests.pages.conftest import IDENTITY, NAME, PHONE, Got, Town, get

TITLES = re.compile(r"<h1>(.*?)</h1>")


def look(town: Town, code: str, visitor: str = "10.0.0.1") -> Got:
    return get(f"{town.stack.web}/verify/{quote(code, safe='')}", **{"X-Forwarded-For": visitor})


def says(got: Got) -> str:
    return TITLES.findall(got.text)[0]


def test_valid_then_at_odds_then_revoked(town: Town) -> None:
    got = look(town, town.code)
    assert (got.status, says(got)) == (200, "证明有效")
    period, amount = "2025-09-06 至 2026-03-03", "4.9 小时（2 次）"
    for part in (town.number, "欧**雨", period, amount, "共青团青山县委员会"):
        assert part in got.text, part

    town.change(lambda db, cipher: reversal(db, db.scalars(select(LedgerEntry)).first()) and None)
    assert says(look(town, town.code)) == "与台账不一致"

    reason = f"{NAME} {PHONE} 重复开具<script>"
    town.change(lambda db, cipher: certificates.revoke(db, town.number, reason, "system", NOW) and None)
    got = look(town, town.code)
    assert (got.status, says(got)) == (200, "证明已作废")
    assert "重复开具" in got.text and "<script" not in got.text
    assert_nothing_private(got)


def test_a_row_changed_by_hand_is_not_vouched_for(town: Town) -> None:
    def more(db, cipher) -> None:
        from bot.storage.database import writing

        writing(db)
        db.scalars(select(Certificate)).one().minutes = 60_000

    town.change(more)
    got = look(town, town.code)
    assert says(got) == "与登记的内容不符" and "小时（" not in got.text


def assert_nothing_private(got: Got) -> None:
    """INV 20."""
    everything = got.text + repr(got.headers)
    for private in (NAME, "阳晓", PHONE, PHONE[3:], IDENTITY, IDENTITY[-4:], IDENTITY[:3] + "*", "2012", "江滨公园"):
        assert private not in everything, private
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", got.text)
    assert not re.search(r"(?<!\d)\d{17}[\dXx]", got.text)


def test_no_page_shows_a_name_a_number_or_a_place(town: Town) -> None:
    pages = [
        look(town, town.code), look(town, "2222-2222"), get(f"{town.stack.web}/verify"),
        get(f"{town.stack.web}/d/{town.token}"), get(f"{town.stack.web}/d/{town.token}/file"),
        get(f"{town.stack.web}/d/{'x' * 43}"), get(f"{town.stack.web}/pages/pages.css"),
    ]  # fmt: skip
    assert [page.status for page in pages] == [200, 404, 200, 302, 403, 404, 200]
    for page in pages:
        assert_nothing_private(page)
    chat = town.stack.follow()
    for text in (f"证明查验 {town.code}", f"证明查验 {town.code.lower().replace('-', ' ')}", town.code):
        shown = chat.say(text)
        assert "证明有效" in shown and "欧**雨" in shown
        assert_nothing_private(Got(200, {}, shown.encode()))


def test_a_code_is_taken_as_people_type_it(town: Town) -> None:
    for typed in (town.code.lower(), town.code.replace("-", ""), f" {town.code} ", town.code.replace("-", "—")):
        assert says(look(town, typed)) == "证明有效", typed
    typed = quote(f" {town.code.lower().replace('-', ' ')} ")
    got = get(f"{town.stack.web}/verify?code={typed}")
    assert (got.status, got.headers["location"]) == (303, f"/verify/{town.code}")
    got = get(f"{town.stack.web}/verify?code={quote('<b>x</b>')}")
    assert got.status == 200 and "8 位字母和数字" in got.text and "<b>" not in got.text


HOSTILE = ["7F3K-Q2M", "OOOO-1111", "' OR '1'='1", "../../etc/passwd", "<script>alert(1)</script>", "%00", "\x00",
           "🙂" * 8, "A" * 3000, "{{1337*1337}}", "a/b/c", "7F3K\r\nSet-Cookie: x=1"]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_codes_are_unknown_and_nothing_more(town: Town, number: int) -> None:
    got = look(town, HOSTILE[number], visitor=f"10.9.0.{number}")
    assert got.status == 404, got.text
    assert "set-cookie" not in got.headers
    assert "<script" not in got.text and "1787569" not in got.text and "passwd" not in got.text
    assert says(got) in ("没有这张证明", "打不开", "Not Found")


def test_headers_leave_nothing_open(town: Town) -> None:
    got = look(town, town.code)
    assert got.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in got.headers["content-security-policy"]
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "noindex" in got.headers["x-robots-tag"]
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", got.text), "nothing from elsewhere"
    assert "style=" not in got.text and "<script" not in got.text
    css = get(f"{town.stack.web}/pages/pages.css")
    assert len(css.body) + len(got.body) < 20_000


def test_guessing_is_slowed_down(town: Town) -> None:
    answers = [look(town, f"2222-22{n:02d}".replace("0", "9").replace("1", "8"), "10.7.7.7").status for n in range(70)]
    assert answers.count(429) >= 5, "two web processes, thirty a minute in each"
    assert look(town, town.code, "10.7.7.8").status == 200, "others are not slowed down"
    town.stack.advance(61)
    assert look(town, town.code, "10.7.7.7").status == 200


def test_the_command_line_says_the_same(town: Town) -> None:
    done = town.stack.command("certificate", "verify", town.code)
    assert done.returncode == 0 and f"{town.number} 有效：欧**雨" in done.stdout and NAME not in done.stdout
    done = town.stack.command("certificate", "revoke", town.number, "--reason", "开错了期间")
    assert done.returncode == 0 and "已作废" in done.stdout
    done = town.stack.command("certificate", "verify", town.code)
    assert done.returncode == 1 and "已作废（开错了期间）" in done.stdout
    assert town.stack.command("certificate", "revoke", "ZM-2026-000999", "--reason", "没有").returncode == 1
