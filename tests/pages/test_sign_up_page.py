"""/a/<code>/sign-up: asks what is missing, says the chat's own refusals, twice is once, and nobody acts for another."""

from __future__ import annotations

from datetime import date

import pytest

from bot.services import page_links, people, registrations
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Agreement, Consent, Person, Registration
from tests.fixtures.world import NOW, World, hours
from tests.pages.visitor import Site, mark


@pytest.fixture
def site(database: Database, cipher: Cipher) -> Site:
    return Site(database, cipher)


def rows(database: Database) -> list[tuple[str, str]]:
    with database.session() as db:
        return [(row.openid, row.state) for row in db.query(Registration).order_by(Registration.id)]


def prepared(database: Database, cipher: Cipher, **more: object) -> str:
    """A shift, and somebody who follows and has said nothing yet (``o-new``); returns the activity's code."""
    with database.session() as db:
        code = World(db, cipher).shift(**more).activity.code
        people.follow(db, "o-new", "", NOW)
        db.commit()
    return code


def test_a_newcomer_signs_up(site: Site, database: Database, cipher: Cipher) -> None:
    code = prepared(database, cipher)
    phone = site.browser()
    page = phone.get(f"/a/{code}")
    assert f'href="/a/{code}/sign-up?shift=' in page.text and "临水，请穿防滑鞋" in page.text
    form = phone.enter("o-new", f"/a/{code}/sign-up")
    assert form.status_code == 200 and "真实姓名" in form.text and "只用于本次及以后报名的联系" in form.text
    assert "身份证号" not in form.text and "出生日期" not in form.text
    wrong = phone.post(f"/a/{code}/sign-up", mark=mark(form), name="王晓雨", phone="138", consent="1")
    assert wrong.status_code == 422 and "这个号码好像不对" in wrong.text and 'value="王晓雨"' in wrong.text
    no = phone.post(f"/a/{code}/sign-up", mark=mark(form), name="王晓雨", phone="13800001234")
    assert no.status_code == 422 and "不同意就不能报名" in no.text and rows(database) == []
    told = {"mark": mark(form), "name": "王晓雨", "phone": "138 0000 1234", "consent": "1"}
    sent = phone.post(f"/a/{code}/sign-up", **told)
    assert sent.status_code == 303 and site.woken == 1
    done = phone.follow(sent)
    assert "报名成功" in done.text and rows(database) == [("o-new", "confirmed")]
    again = phone.post(f"/a/{code}/sign-up", **told)
    assert again.headers["Location"] == sent.headers["Location"] and len(rows(database)) == 1, "sent twice is once"
    with database.session() as db:
        person = db.query(Person).one()
        assert (person.name, cipher.decrypt(person.phone_encrypted or b"")) == ("王晓雨", "13800001234")
        assert [row.purpose for row in db.query(Consent)] == ["sign_up"]
        assert db.query(Registration).one().source == "page"
    assert "您已报名" in phone.get(f"/a/{code}").text


def test_only_what_the_shift_needs_is_asked(site: Site, database: Database, cipher: Cipher) -> None:
    code = prepared(database, cipher, min_age=18, agreement_required=True)
    phone = site.browser()
    form = phone.enter("o-new", f"/a/{code}/sign-up")
    assert "出生日期" in form.text and "第二十一条" in form.text
    told = {"mark": mark(form), "name": "王晓雨", "phone": "13800001234", "consent": "1", "birth_date": "2000-01-01"}
    assert "不同意协议" in phone.post(f"/a/{code}/sign-up", **told).text
    assert "出生年月日" in phone.post(f"/a/{code}/sign-up", **{**told, "birth_date": "昨天", "agreed": "1"}).text
    assert phone.post(f"/a/{code}/sign-up", **told, agreed="1").status_code == 303
    with database.session() as db:
        assert db.query(Agreement).count() == 1 and db.query(Person).one().birth_date == date(2000, 1, 1)
    assert rows(database) == [("o-new", "confirmed")]


def test_a_minor_is_kept_and_told_how_a_guardian_agrees(site: Site, database: Database, cipher: Cipher) -> None:
    code = prepared(database, cipher, min_age=14)
    phone = site.browser()
    form = phone.enter("o-new", f"/a/{code}/sign-up")
    sent = phone.post(
        f"/a/{code}/sign-up", mark=mark(form), name="王小雨", phone="13800001234", consent="1", birth_date="2011-01-01"
    )
    assert sent.status_code == 409 and "“监护人同意怎么办理”" in sent.text and rows(database) == []
    refused = phone.get(f"/a/{code}/sign-up")
    assert refused.status_code == 409 and "要监护人同意才能报名" in refused.text, "said before anything is asked again"


def test_the_line_an_overlap_and_whoever_does_not_follow(site: Site, database: Database, cipher: Cipher) -> None:
    with database.session() as db:
        world = World(db, cipher)
        full = world.shift(capacity=1)
        world.fill(full)
        same_time = world.shift(title="图书馆整理")
        code, other = full.activity.code, same_time.activity.code
        person = world.person("王晓雨", "o-wang")
        world.sign_up(same_time, person)
        world.person("李小红", "o-li")
        people.unfollow(db, "o-li", NOW)
        db.commit()
    phone = site.browser()
    refused = phone.enter("o-wang", f"/a/{code}/sign-up")
    assert refused.status_code == 409 and f"“取消 {other}”" in refused.text and "时间重叠" in refused.text
    left = site.browser()
    assert "请先关注公众号" in left.enter("o-li", f"/a/{code}/sign-up").text
    with database.session() as db:
        writing(db)
        people.follow(db, "o-li", "", NOW)
        db.commit()
    form = left.get(f"/a/{code}/sign-up")
    assert "报名人：李*红 138****" in form.text and "您会是第1位" in form.text
    assert "候补" in left.follow(left.post(f"/a/{code}/sign-up", mark=mark(form), auto="1")).text
    with database.session() as db:
        row = db.query(Registration).filter(Registration.state == "waiting").one()
        assert row.auto_accept


def test_nobody_acts_for_another(site: Site, database: Database, cipher: Cipher) -> None:
    code = prepared(database, cipher)
    with database.session() as db:
        world = World(db, cipher)
        world.person("王晓雨", "o-wang")
        world.person("李小红", "o-li")
        db.commit()
    wang, li = site.browser(), site.browser()
    form = wang.enter("o-wang", f"/a/{code}/sign-up")
    li.enter("o-li")
    assert li.post(f"/a/{code}/sign-up", mark=mark(form)).status_code == 403, "a form of somebody else's visit"
    for forged in ("", "0" * 32, "ä"):
        assert wang.post(f"/a/{code}/sign-up", mark=forged).status_code == 403
    stranger = site.browser()
    assert stranger.post(f"/a/{code}/sign-up", mark=mark(form)).status_code == 403
    assert rows(database) == []
    wang.post(f"/a/{code}/sign-up", mark=mark(form))
    with database.session() as db:
        registration = db.query(Registration).one().id
    page = li.get(f"/a/{code}/sign-up")
    assert li.get(f"/me/cancel?registration={registration}").status_code == 409
    for path in ("/me/cancel", "/me/offer"):
        refused = li.post(path, mark=mark(page), registration=str(registration), answer="take")
        assert refused.status_code == 409 and "您没有报这个活动" in refused.text
    assert rows(database) == [("o-wang", "confirmed")]


def test_cancelling_twice_is_once_and_late_is_said(site: Site, database: Database, cipher: Cipher) -> None:
    with database.session() as db:
        world = World(db, cipher)
        shift = world.shift(starts_in=hours(5))
        registration = world.sign_up(shift, world.person("王晓雨", "o-wang")).registration_id
        db.commit()
    phone = site.browser()
    assert f"registration={registration}" in phone.enter("o-wang").text
    asked = phone.get(f"/me/cancel?registration={registration}")
    assert "不到24小时" in asked.text
    for _ in range(2):
        sent = phone.post("/me/cancel", mark=mark(asked), registration=str(registration), reason="发烧")
        assert "已取消" in phone.follow(sent).text
    with database.session() as db:
        row = db.query(Registration).one()
        assert (row.state, row.reason) == ("cancelled_late", "发烧")


def test_an_offered_seat_is_taken_on_the_page(site: Site, database: Database, cipher: Cipher) -> None:
    with database.session() as db:
        world = World(db, cipher)
        shift = world.shift(capacity=1)
        first = world.fill(shift)[0]
        world.sign_up(shift, world.person("王晓雨", "o-wang"))
        registrations.cancel(db, first, NOW)
        world.tell()
        registration = db.query(Registration).filter(Registration.state == "offered").one().id
        db.commit()
    phone = site.browser()
    page = phone.enter("o-wang")
    assert "有空位正等您确认" in page.text
    sent = phone.post("/me/offer", mark=mark(page), registration=str(registration), answer="take")
    assert "名额是您的了" in phone.follow(sent).text
    assert rows(database)[-1][1] == "confirmed"


def test_links_from_accounts_without_web_login(database: Database, cipher: Cipher) -> None:
    site = Site(database, cipher, wechat={"account": "unverified"})
    code = prepared(database, cipher)
    phone = site.browser()
    assert phone.get(f"/a/{code}/sign-up").status_code == 403 and "请从公众号打开" in phone.get("/me").text
    assert f"回复 <b>报名 {code}</b>" in phone.get(f"/a/{code}").text
    inside = phone.by_link("o-new", f"/a/{code}")
    assert inside.status_code == 303 and inside.headers["Location"] == f"/a/{code}", "nothing private goes on"
    assert "真实姓名" in phone.get(f"/a/{code}/sign-up").text
    late = site.browser()
    site.advance(hours=3)
    assert late.by_link("o-new", "/me", NOW).status_code == 403
    assert late.by_link("o-new", f"/a/{code}", NOW).headers["Location"] == f"/a/{code}", "anybody may read it"
    assert late.get(f"/a/{code}/sign-up").status_code == 403
    assert phone.get(f"/a/{code}/sign-up").status_code == 403, "a visit is over after two hours"
    sealed = page_links.ticket(cipher, "o-new", site.now)
    visit = page_links.seal(cipher, "visit", "o-new", "n", until=site.now + hours(1))
    for t in (sealed[:-2], "x", "ä", "a" * 5000, visit):
        assert late.get(f"/enter?to=/me&t={t}").status_code == 403
    assert late.get(f"/enter?t={sealed}&to=//evil.example").headers["Location"] == "/activities"
    assert late.get(f"/enter?t={sealed}&to=https://evil.example/me").headers["Location"] == "/activities"


def test_wechat_says_who_it_is_once_and_no_snapshot(site: Site, database: Database, cipher: Cipher) -> None:
    phone = site.browser()
    first = phone.get("/me")
    assert first.headers["Location"].startswith("https://open.weixin.qq.com/connect/oauth2/authorize?")
    assert "scope=snsapi_base" in first.headers["Location"]
    state = first.headers["Location"].partition("state=")[2].partition("#")[0]
    site.wechat.codes["virtual"] = ""
    snapshot = phone.get(f"/enter?code=virtual&state={state}")
    assert snapshot.status_code == 403 and "使用完整服务" in snapshot.text
    site.wechat.codes["mine"] = "o-evil"
    assert site.browser().get(f"/enter?code=mine&state={state}").status_code == 403, "begun in another browser"
    assert phone.get("/enter?code=mine&state=").status_code == 403
    assert phone.get("/enter?code=mine&state=" + "0" * 32).status_code == 403
    phone.enter("o-new")
    assert phone.get("/enter?code=code&state=" + "0" * 32).status_code == 403
    for name in ("visit",):
        cookie = phone.client.get_cookie(name, domain="qs.example.gov.cn")
        assert cookie and cookie.http_only and cookie.secure and cookie.same_site == "Lax"
        assert "o-new" not in cookie.value
    assert phone.post("/leave").status_code == 303 and phone.get("/me").status_code == 302
    outside = site.browser("Mozilla/5.0 (Windows NT 10.0) Chrome/130")
    assert outside.get("/me").status_code == 403, "only WeChat's own browser can say it"
