"""/me, /consents and /privacy: the record as a picture, the stars, what was agreed to and taken back; the notice."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone

import pytest

from bot.pages import bars
from bot.services import certificates, people, places, purposes
from bot.services.rules import USUAL
from bot.services.snapshots import Scope
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Consent, Erasure, Person, Volunteer
from tests.fixtures.ledger import entry
from tests.fixtures.world import NOW, World
from tests.pages.visitor import Site, mark


@pytest.fixture
def site(database: Database, cipher: Cipher) -> Site:
    return Site(database, cipher)


def volunteer(database: Database, cipher: Cipher) -> int:
    """王晓雨, registered long ago, with 98.5 hours, some of them last year and 2 hours of honour."""
    with database.session() as db:
        world = World(db, cipher)
        person = world.person("王晓雨", "o-wang")
        people.consent(db, db.get_one(Person, person), purposes.SIGN_UP, purposes.VERSION, NOW)
        world.write(
            Volunteer(person_id=person, state="registered", number="QS2020000001", applied_at=NOW,
                      registered_at=datetime(2020, 1, 1, tzinfo=timezone.utc))
        )  # fmt: skip
        for minutes, on in ((5000, date(2025, 5, 4)), (610, date(2026, 1, 9)), (300, date(2026, 2, 1))):
            entry(db, person, minutes, on)
        entry(db, person, 120, date(2026, 2, 2), kind="honour")
        certificates.issue(db, cipher, person, Scope(), NOW, issuer="青山团县委", rules=USUAL)
        db.commit()
    return person


def test_the_record_of_a_year(site: Site, database: Database, cipher: Cipher) -> None:
    volunteer(database, cipher)
    phone = site.browser()
    page = phone.enter("o-wang").text
    assert "<b>100.5</b>累计小时" in page and "<b>17.1</b>2026年小时" in page and "其中荣誉时长 2.0 小时" in page
    assert 'aria-label="2026年每个月的服务时长：1月10.1小时，2月7.0小时"' in page
    assert page.count("<rect ") == 2
    assert "王*雨" in page and "王晓雨" not in page and not re.search(r"1[3-9]\d{9}", page)
    assert "离一星还差 <b>1.5</b> 小时" in page and '<progress value="98" max="100"' in page
    assert "ZM-2026-000001" in page
    before = phone.get("/me?year=2025").text
    assert "5月83.3小时" in before and before.count("<rect ") == 1 and "<b>83.3</b>2025年小时" in before
    for strange in ("1900", "x", "２０２５", ""):
        assert "2026年每月时长" in phone.get(f"/me?year={strange}").text
    opened = phone.post("/me/certificate", mark=mark(phone.get("/me")), number="ZM-2026-000001")
    assert "下载 PDF" in phone.follow(opened).text, "who was let in here is not asked again"
    assert phone.post("/me/certificate", mark=mark(phone.get("/me")), number="ZM-2026-000002").status_code == 404
    for row in ("9" * 10, "9" * 30, "-1", "x"):
        cancelled = phone.post("/me/cancel", mark=mark(phone.get("/me")), registration=row, reason="病了")
        assert cancelled.status_code == 400, "a number that no row can have"
    other = site.browser()
    other.enter("o-other")
    assert other.post("/me/certificate", mark=mark(phone.get("/me")), number="ZM-2026-000001").status_code == 403
    assert phone.get("/verify/" + re.findall(r'href="/verify/([^"]+)"', page)[0]).status_code == 200


def test_a_stranger_and_one_without_a_record(site: Site, database: Database, cipher: Cipher) -> None:
    with database.session() as db:
        people.follow(db, "o-new", "", NOW)
        db.commit()
    for openid in ("o-new", "o-never-seen"):
        phone = site.browser()
        assert "还没有您的记录" in phone.enter(openid).text
        assert "没有同意过什么" in phone.get("/consents").text


def test_a_consent_is_taken_back_and_given_by_a_button(site: Site, database: Database, cipher: Cipher) -> None:
    person = volunteer(database, cipher)
    with database.session() as db:
        people.consent(db, db.get_one(Person, person), purposes.INSURER, purposes.VERSION, NOW)
        db.commit()

    def in_force() -> set[str]:
        with database.session() as db:
            return set(purposes.in_force(db, person))

    phone = site.browser()
    page = phone.enter("o-wang", "/consents")
    assert "证件号交给保险公司投保" in page.text and "同意于 2026-03-03" in page.text and "志愿汇平台" in page.text
    told = {"mark": mark(page), "purpose": purposes.INSURER, "to": "withdraw"}
    assert phone.post("/consents", **{**told, "mark": "0" * 32}).status_code == 403
    for _ in range(2):
        assert "已撤回" in phone.follow(phone.post("/consents", **told)).text
    assert in_force() == {purposes.SIGN_UP}
    for purpose in (places.PURPOSE, purposes.ZHIYUANHUI):
        assert phone.post("/consents", mark=mark(page), purpose=purpose, to="give").status_code == 303
    assert in_force() == {purposes.SIGN_UP, places.PURPOSE, purposes.ZHIYUANHUI}
    assert phone.post("/consents", mark=mark(page), purpose=places.PURPOSE, to="withdraw").status_code == 303
    with database.session() as db:
        assert places.consent(db, person) == "refused"
    for nonsense in (purposes.INSURER, purposes.SIGN_UP, "admin", ""):  # the insurer's is given with the number
        assert phone.post("/consents", mark=mark(page), purpose=nonsense, to="give").status_code == 400
    assert phone.post("/consents", mark=mark(page), purpose=purposes.SIGN_UP, to="withdraw").status_code == 400


def test_leaving_and_being_forgotten_are_asked_about(site: Site, database: Database, cipher: Cipher) -> None:
    person = volunteer(database, cipher)
    with database.session() as db:
        world = World(db, cipher)
        world.sign_up(world.shift(), person)
        writing(db)
        db.add(Consent(person_id=person, purpose=purposes.REGISTER, text_version="2026-11", given_at=NOW))
        db.commit()
    phone = site.browser()
    assert "不再同意：注销志愿者身份" in phone.enter("o-wang", "/consents").text
    asked = phone.get("/consents/end?purpose=register")
    assert "已有的时长和证明都保留" in asked.text
    assert phone.post("/consents/end", mark=mark(asked), purpose="register").status_code == 303
    again = phone.post("/consents/end", mark=mark(asked), purpose="register")
    assert again.status_code == 409 and "您还不是注册志愿者" in again.text
    asked = phone.get("/consents/end?purpose=sign_up")
    assert "有1个未来报名会先取消" in asked.text and "10天冷静期" in asked.text
    done = phone.follow(phone.post("/consents/end", mark=mark(asked), purpose="sign_up"))
    assert "您申请了删除" in done.text
    with database.session() as db:
        assert db.query(Erasure).one().openid == "o-wang"
        assert db.get_one(Volunteer, person).state == "left"
    assert phone.get("/consents/end?purpose=place").status_code == 404


def test_the_notice_says_what_the_settings_say(sqlite_database: Database, cipher: Cipher) -> None:
    site = Site(
        sqlite_database, cipher, attendance={"keep_places_days": 3}, understanding={"keep_gaps_days": 99},
        volunteering={"erasure_days": 15, "document_hours": 5}, organisation={"name": "某县团委", "phone": "0571-1"},
    )  # fmt: skip
    page = site.browser("any").get("/privacy").text
    for said in ("坐标3天", "99天", "15天", "5小时", "某县团委", "0571-1", "版本 2026-11", "敏感个人信息"):
        assert said in page, said
    with sqlite_database.session() as db:
        people.follow(db, "o-new", "", NOW)
        code = World(db, cipher).shift().activity.code
        db.commit()
    phone = site.browser()
    assert 'href="/privacy"' in phone.enter("o-new", f"/a/{code}/sign-up").text, "before anything is asked"


def test_bars_are_read_against_their_lines() -> None:
    picture = bars.of_year(2026, [600, 0, -60, *[0] * 9])
    assert [bar.height for bar in picture.bars[:4]] == [112.0, 0.0, 0.0, 0.0]
    assert picture.lines == ((82.0, "5"), (26.0, "10"))
    assert picture.said == "2026年每个月的服务时长：1月10.0小时，3月-1.0小时"
    assert bars.of_year(2026, [0] * 12).said.endswith("还没有")
    assert max(bar.height for bar in bars.of_year(2026, [60 * 5000] + [0] * 11).bars) <= 112
