"""The followers' pages on a phone: what fits, what is read aloud, the way from the list to the seat, light and dark."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from bot.services import certificates, people, purposes, registrations
from bot.services.rules import USUAL
from bot.services.snapshots import Scope
from bot.storage.crypto import Cipher
from bot.storage.database import Database
from bot.storage.models import Person, Volunteer
from tests.browser.conftest import AXE, SERIOUS
from tests.browser.test_certificates import PHONE
from tests.browser.test_newcomer import SHOTS
from tests.fixtures.ledger import entry
from tests.fixtures.npm import installed
from tests.fixtures.stack import ROOT, free_ports
from tests.fixtures.world import NOW, World, hours
from tests.pages.visitor import PHONE as AGENT
from tests.pages.visitor import Site

pytestmark = pytest.mark.browser

SCRIPT = (ROOT / "bot" / "simulator" / "static" / "js" / "jweixin.js").read_text("utf-8")
MONTHS = (190, 0, 420, 150, 300, 615, 90, 0, 240, 480, 150, 360)


class Pages:
    """A site of this process, and a phone that notes what its console complains of."""

    def __init__(self, site: Site, url: str, browser: Browser) -> None:
        self.site, self.url, self._browser = site, url, browser
        self.complaints: list[str] = []
        self.codes: dict[str, str] = {}

    def phone(self, openid: str, **more: Any) -> Page:
        """In this follower's WeChat, which says who they are and has a script of its own."""
        usual = {"viewport": PHONE, "device_scale_factor": 2, "locale": "zh-CN", "user_agent": AGENT}
        context = self._browser.new_context(**{**usual, **more})  # type: ignore[arg-type]
        page = context.new_page()

        self.site.wechat.holder = openid
        open_ = "https://res.wx.qq.com/open"
        anybody = {"Access-Control-Allow-Origin": "*"}
        context.route(f"{open_}/js/**", lambda route: route.fulfill(body=SCRIPT, content_type="text/javascript"))
        context.route(f"{open_}/jsapi?**", lambda route: route.fulfill(json={"errMsg": "config:ok"}, headers=anybody))
        context.route(f"{open_}/subscribe?**", lambda route: route.fulfill(body="asked", content_type="text/html"))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def fits(self, page: Page, name: str, width: int = PHONE["width"]) -> None:
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.evaluate((installed(AXE) / "node_modules" / "axe-core" / "axe.min.js").read_text())
        findings = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        serious = [(one["id"], one["nodes"][0]["html"][:200]) for one in findings if one["impact"] in SERIOUS]
        assert serious == [], name
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"pages-{name}.png", full_page=True)


@pytest.fixture
def pages(sqlite_database: Database, cipher: Cipher, chromium: Browser) -> Iterator[Pages]:
    url = f"http://127.0.0.1:{free_ports()}"
    templates = {"reminder": {"subscribe": "T1"}, "offer": {"subscribe": "T2"}}
    more = {"push": {"templates": templates}, "wechat": {"app_id": "wx0123456789abcdef"}}
    site = Site(sqlite_database, cipher, web={"public_url": url}, **more)
    server = make_server("127.0.0.1", int(url.rpartition(":")[2]), site.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = Pages(site, url, chromium)
    with sqlite_database.session() as db:
        _county(World(db, cipher), made)
        db.commit()
    yield made
    server.shutdown()
    assert made.complaints == []


def _county(world: World, made: Pages) -> None:
    """A weekend of a county, and 王晓雨 with a year behind her."""
    db = world.db
    shifts = {
        "park": world.shift(
            title="江滨公园清洁", area="城东街道", bring="水杯、遮阳帽", insurance="主办方统一投保意外险",
            content="沿江捡拾垃圾、劝导不文明行为，分三组，每组一位老队员带着。", min_age=14, contact="0571-12345678",
            latitude=28.9, longitude=120.4,
        ),
        "station": world.shift(
            title="客运中心微笑驿站", place="客运中心一楼大厅", area="城西街道", risk="人多，看好随身物品",
            starts_in=hours(122),
        ),
        "talk": world.shift(
            title="应急救护员公益培训（第三期·周末班）", place="县红十字会三楼培训教室", kind="training", risk="无",
            starts_in=hours(100), lasts=7, capacity=2, area="城东街道",
        ),
        "later": world.shift(
            title="敬老院包饺子", place="石桥镇敬老院", area="石桥镇", risk="厨房地滑", starts_in=timedelta(days=12)
        ),
        "overlap": world.shift(
            title="敬老院表演", place="石桥镇敬老院", area="石桥镇", risk="无", starts_in=timedelta(days=12)
        ),
    }  # fmt: skip
    made.codes = {name: shift.activity.code for name, shift in shifts.items()}
    world.fill(shifts["talk"], waiting=3)
    people.follow(db, "o-new", "", NOW)
    wang = world.person("王晓雨", "o-wang")
    people.consent(db, db.get_one(Person, wang), purposes.SIGN_UP, purposes.VERSION, NOW)
    people.consent(db, db.get_one(Person, wang), purposes.INSURER, purposes.VERSION, NOW)
    world.write(
        Volunteer(person_id=wang, state="registered", number="QS2020000001", applied_at=NOW,
                  registered_at=datetime(2020, 1, 1, tzinfo=timezone.utc))
    )  # fmt: skip
    for month, minutes in enumerate(MONTHS, start=1):
        if minutes:
            entry(db, wang, minutes, date(2025, month, 8))
    entry(db, wang, 4600, date(2024, 10, 1))
    entry(db, wang, 255, date(2026, 1, 17))
    entry(db, wang, 390, date(2026, 2, 7))
    certificates.issue(db, world.cipher, wang, Scope(), NOW, issuer="青山团县委", rules=USUAL)
    world.sign_up(shifts["later"], wang)
    offered = world.shift(title="图书馆整理上架", place="县图书馆", capacity=1, starts_in=hours(78), risk="搬书小心腰")
    first = world.fill(offered)[0]
    world.sign_up(offered, wang)
    registrations.cancel(db, first, NOW)
    world.tell()


def test_from_the_list_to_the_seat(pages: Pages) -> None:
    page = pages.phone("o-new")
    page.goto(f"{pages.url}/activities")
    expect(page.get_by_role("heading", name="近期活动")).to_be_visible()
    pages.fits(page, "activities")
    page.get_by_role("link", name="周末", exact=True).click()
    page.get_by_text("按日期、片区、类型找").click()
    page.get_by_label("片区").select_option("城东街道")
    page.get_by_label("只看还有名额的").check()
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".list li")).to_have_count(1)
    assert "when=weekend" in page.url and "free=1" in page.url
    pages.fits(page, "activities-narrowed")
    page.get_by_role("link", name="江滨公园清洁").click()
    map_ = page.get_by_role("link", name="地图").get_attribute("href") or ""
    assert map_.startswith("https://apis.map.qq.com/uri/v1/marker?marker=coord:28.900000,120.400000")
    pages.fits(page, "activity")
    page.get_by_role("link", name="报名", exact=True).click()
    expect(page.get_by_role("heading", name="报名 江滨公园清洁")).to_be_visible()
    pages.fits(page, "sign-up")
    page.get_by_label("姓名", exact=True).fill("李小红")
    page.get_by_label("手机号", exact=True).fill("13900005678")
    page.get_by_label("出生日期").fill("1999-05-01")
    page.get_by_label("我同意").check()
    page.get_by_role("button", name="确认报名").click()
    expect(page.get_by_role("heading", name="报名成功")).to_be_visible()
    expect(page.get_by_role("button", name="开启活动提醒")).to_be_visible()
    pages.fits(page, "signed-up")
    with page.expect_popup() as asked:
        page.get_by_role("button", name="开启活动提醒").click()
    assert "template=T1%2CT2" in asked.value.url
    expect(page.get_by_text("您的选择微信已经告诉我们了")).to_be_visible()
    page.get_by_role("link", name="取消报名").click()
    pages.fits(page, "cancel")
    page.get_by_role("button", name="确认取消").click()
    expect(page.get_by_text("已取消，名额会给候补的人。")).to_be_visible()

    page.goto(f"{pages.url}/a/{pages.codes['talk']}/sign-up")
    expect(page.get_by_text("您会是第4位")).to_be_visible()
    pages.fits(page, "sign-up-line")
    page.get_by_role("button", name="排候补").click()
    expect(page.get_by_text("您在候补，排在第4位")).to_be_visible()
    page.goto(f"{pages.url}/activities?area=石桥镇&when=today")
    expect(page.get_by_text("没有找到合适的活动")).to_be_visible()
    pages.fits(page, "activities-none")


def test_the_record_and_the_consents(pages: Pages) -> None:
    page = pages.phone("o-wang")
    page.goto(f"{pages.url}/me")
    expect(page.get_by_text("有空位正等您确认")).to_be_visible()
    pages.fits(page, "me")
    page.get_by_role("link", name="2025").click()
    expect(page.get_by_role("img", name="2025年每个月的服务时长")).to_be_visible()
    pages.fits(page, "me-2025")
    page.get_by_role("button", name="我去").click()
    expect(page.get_by_text("已确认，名额是您的了。")).to_be_visible()
    page.get_by_role("link", name="我的授权").click()
    pages.fits(page, "consents")
    page.get_by_role("button", name=re.compile("^撤回.*证件号交给保险公司投保")).click()
    expect(page.get_by_text("已撤回。")).to_be_visible()
    page.goto(f"{pages.url}/consents/end?purpose=sign_up")
    pages.fits(page, "end")
    page.get_by_role("link", name="个人信息说明").click()
    pages.fits(page, "privacy")


def test_what_cannot_be_and_what_a_computer_shows(pages: Pages) -> None:
    page = pages.phone("o-wang")
    page.goto(f"{pages.url}/a/{pages.codes['overlap']}/sign-up")
    pages.complaints.clear()  # the browser notes the status of a refusal
    expect(page.get_by_text("时间重叠")).to_be_visible()
    pages.fits(page, "refused")
    computer = pages.phone("", user_agent="Mozilla/5.0 Chrome/130", viewport={"width": 1280, "height": 800})
    computer.goto(f"{pages.url}/a/{pages.codes['park']}")
    expect(computer.get_by_alt_text("本页地址的二维码")).to_have_js_property("complete", True)
    assert computer.evaluate("document.images[0].naturalWidth") > 100
    expect(computer.get_by_role("link", name="报名", exact=True)).to_have_count(0)
    pages.fits(computer, "activity-computer", 1280)
    computer.goto(f"{pages.url}/me")
    pages.complaints.clear()
    expect(computer.get_by_role("heading", name="请从公众号打开")).to_be_visible()
    pages.fits(computer, "outside", 1280)


def test_in_the_dark_and_with_large_letters(pages: Pages) -> None:
    night = pages.phone("o-wang", color_scheme="dark")
    for name, path in (("activities", "/activities"), ("activity", f"/a/{pages.codes['park']}"), ("me", "/me")):
        night.goto(pages.url + path)
        pages.fits(night, f"{name}-dark")
    large = pages.phone("o-wang")
    for name, path in (("activities", "/activities"), ("activity", f"/a/{pages.codes['park']}"), ("me", "/me")):
        large.goto(pages.url + path)
        large.evaluate("document.documentElement.style.setProperty('font-size', '24px')")
        pages.fits(large, f"{name}-large")
