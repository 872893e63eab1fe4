"""/activities and /a/<code>: filters in the address, what is over, the calendar file, and no title is ever markup."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.pages.activities import Filters
from bot.services import activities
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from tests.fixtures.world import NOW, World, hours
from tests.pages.visitor import Site

EVIL = '<script>alert(1)</script>"><img src=x>'


@pytest.fixture
def site(sqlite_database: Database, cipher: Cipher) -> Site:
    return Site(sqlite_database, cipher)


def titles(site: Site, query: str = "") -> list[str]:
    page = site.browser().get(f"/activities{query}")
    assert page.status_code == 200
    return re.findall(r"<b>([^<]+)</b>\n<span>", page.text)


def test_the_list_is_narrowed_by_its_address(site: Site, sqlite_database: Database, cipher: Cipher) -> None:
    with sqlite_database.session() as db:
        world = World(db, cipher)
        world.shift(title="明天清洁", starts_in=hours(24), area="城东街道")
        world.shift(title="周六讲座", starts_in=hours(99), kind="training", area="城西街道")
        world.fill(world.shift(title="周日满员", starts_in=hours(123), capacity=1, area="城东街道"))
        world.shift(title="下月活动", starts_in=timedelta(days=30), area="石桥镇")
        db.commit()
    assert titles(site) == ["明天清洁", "周六讲座", "周日满员", "下月活动"]
    assert titles(site, "?when=tomorrow") == ["明天清洁"]
    assert titles(site, "?when=weekend") == ["周六讲座", "周日满员"]
    assert titles(site, "?when=week&area=城东街道") == ["明天清洁", "周日满员"]
    assert titles(site, "?when=week&free=1") == ["明天清洁", "周六讲座"]
    assert titles(site, "?on=2026-03-07") == ["周六讲座"]
    assert titles(site, "?kind=training") == ["周六讲座"]
    assert titles(site, "?when=never&kind=x&on=2026-99-99&page=-1&area=%20") == titles(site), "nonsense narrows nothing"
    empty = site.browser().get("/activities?area=石桥镇&when=today").text
    assert "没有找到合适的活动" in empty and 'href="/activities"' in empty
    wider = Filters(when="week", area="石桥镇").address(free=True)
    assert wider == "/activities?when=week&area=%E7%9F%B3%E6%A1%A5%E9%95%87&free=1"


def test_pages_are_turned(site: Site, sqlite_database: Database, cipher: Cipher) -> None:
    with sqlite_database.session() as db:
        world = World(db, cipher)
        for number in range(12):
            world.shift(title=f"活动{number:02d}", starts_in=hours(24 + number))
        db.commit()
    first = site.browser().get("/activities?when=week").text
    assert 'rel="next" href="/activities?when=week&amp;page=2"' in first and 'rel="prev"' not in first
    assert titles(site, "?when=week&page=2") == ["活动10", "活动11"]
    assert "后面没有了" in site.browser().get("/activities?page=3").text


def test_an_activity_says_everything_before_one_decides(site: Site, sqlite_database: Database, cipher: Cipher) -> None:
    with sqlite_database.session() as db:
        shift = World(db, cipher).shift(
            bring="手套, 水杯;帽子", min_age=14, insurance="统一投保意外险", latitude=28.9, longitude=120.4
        )
        code = shift.activity.code
        another = activities.NewShift(starts_at=NOW + hours(200), ends_at=NOW + hours(202), capacity=3)
        activities.add_shift(db, shift.activity_id, another, NOW)
        db.commit()
    page = site.browser().get(f"/a/{code.lower()}")
    for said in ("3月7日（周六）13:00", "余20/20", "满14岁", "手套, 水杯;帽子", "统一投保意外险", "记2.0小时", "余3"):
        assert said in page.text, said
    assert "marker=coord:28.900000,120.400000" in page.text
    assert '<meta property="og:description" content="3月7日' in page.text
    second = re.findall(rf'href="/a/{code}\?shift=(\d+)"', page.text)[1]
    assert "余3/3" in site.browser().get(f"/a/{code}?shift={second}").text
    calendar = site.browser().get(f"/a/{code}.ics?shift={second}")
    assert calendar.mimetype == "text/calendar" and "attachment" in calendar.headers["Content-Disposition"]
    lines = calendar.data.decode().replace("\r\n ", "").split("\r\n")
    assert "DTSTART:20260311T100000Z" in lines and "SUMMARY:江滨公园清洁" in lines
    assert any(line.startswith("DESCRIPTION:请带：手套\\, 水杯\\;帽子\\n") for line in lines)
    assert all(len(line) <= 75 for line in calendar.data.split(b"\r\n"))
    qr = site.browser().get(f"/a/{code}.svg")
    assert qr.mimetype == "image/svg+xml" and b"<script" not in qr.data
    computer = site.browser("Mozilla/5.0 (Windows NT 10.0) Chrome/130").get(f"/a/{code}").text
    assert f'src="/a/{code}.svg"' in computer and f"回复 <b>报名 {code}</b>" in computer and "/sign-up" not in computer


def test_what_is_over_or_hidden(site: Site, sqlite_database: Database, cipher: Cipher) -> None:
    with sqlite_database.session() as db:
        world = World(db, cipher)
        gone = world.shift(title="取消的").activity
        activities.cancel(db, gone.id, "台风", NOW)
        draft, team = world.shift(title="草稿").activity, world.shift(title="队内").activity
        past = world.shift(title="从前", starts_at=NOW - hours(30)).activity
        later = world.shift(title="还没开", signup_opens_at=NOW + hours(1)).activity
        draft.state, team.visibility = "draft", "team"
        db.commit()
        codes = {one.title: one.code for one in (gone, draft, team, past, later)}
    look = site.browser()
    assert "活动已取消：台风" in look.get(f"/a/{codes['取消的']}").text
    assert "不能再报名" in look.get(f"/a/{codes['从前']}").text
    assert "还没开始报名，3月3日（周二）11:00开放" in look.get(f"/a/{codes['还没开']}").text
    assert "connect/oauth2/authorize" in look.get(f"/a/{codes['队内']}").headers["Location"], "perhaps a member"
    assert site.browser().enter("o-stranger", f"/a/{codes['队内']}").status_code == 404
    for hidden in (codes["草稿"], "Z99", "..", "%00", "A' OR 1=1", "A" * 300):
        assert look.get(f"/a/{hidden}").status_code == 404
        assert look.get(f"/a/{hidden}.ics").status_code == 404
    for strange in ("x", "-1", "9" * 30, "٣", ""):
        assert look.get(f"/a/{codes['还没开']}?shift={strange}").status_code == 200


def test_no_word_of_staff_or_followers_is_markup(site: Site, sqlite_database: Database, cipher: Cipher) -> None:
    with sqlite_database.session() as db:
        world = World(db, cipher)
        activity = world.shift(area="城东").activity
        activity.title = activity.place = activity.content = activity.leader = EVIL
        activity.area = EVIL[:32]
        world.sign_up(activity.shifts[0], world.person("王晓雨", "o-wang"))
        code = activity.code
        db.commit()
    phone = site.browser()
    me = phone.enter("o-wang")
    looked = [
        me, phone.get("/activities"), phone.get(f"/activities?area={EVIL}&on={EVIL}"), phone.get(f"/a/{code}"),
        phone.get(f"/a/{code}/signed-up"), phone.get(f"/me?year={EVIL}&said={EVIL}"), phone.get("/consents"),
    ]  # fmt: skip
    for page in looked:
        assert page.status_code == 200
        assert "<script" not in page.text and "<img src=x" not in page.text, page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"
        assert "style=" not in page.text and "javascript:" not in page.text
    calendar = phone.get(f"/a/{code}.ics").data
    assert calendar.count(b"BEGIN:VEVENT") == 1


def test_a_page_is_light(site: Site, sqlite_database: Database, cipher: Cipher) -> None:
    """Over the wire, uncompressed: well below 60 kB with everything a page needs."""
    with sqlite_database.session() as db:
        world = World(db, cipher)
        for number in range(12):
            shift = world.shift(title=f"河道清洁{number:02d}", content="捡拾垃圾。" * 60, starts_in=hours(24 + number))
        world.sign_up(shift, world.person("王晓雨", "o-wang"))
        code = shift.activity.code
        db.commit()
    phone = site.browser()
    phone.enter("o-wang")
    for path in ("/activities", f"/a/{code}", "/me", "/consents", "/privacy", f"/a/{code}/signed-up"):
        page = phone.get(path)
        assert page.status_code == 200
        parts = set(re.findall(r'(?:src|href)="(/pages/[^"]+|/a/[^"]+\.svg)"', page.text))
        assert len(parts) >= 2
        loaded = {part: phone.get(part) for part in parts}
        assert all(part.status_code == 200 for part in loaded.values())
        assert all("immutable" in part.headers["Cache-Control"] for path, part in loaded.items() if path[1] == "p")
        assert len(page.data) + sum(len(part.data) for part in loaded.values()) < 40_000, path
