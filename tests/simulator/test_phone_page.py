"""The phone page in a real browser: following, typing, tapping, the menu, scanning, pushes, the clock, faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from tests.fixtures.waiting import eventually
from tests.simulator.conftest import NOTICE, REMINDER, Client, Push, sealed, text_xml

pytestmark = pytest.mark.browser
WELCOME = (
    "你好，我是青声\n"
    '<a href="weixin://bizmsgmenu?msgmenucontent=%E6%88%91%E8%A6%81%E6%8A%A5%E5%90%8D&amp;msgmenuid=7">我要报名</a>\n'
    '<a href="https://example.com/a">官网</a> <a href="javascript:alert(1)">坏</a>'
    "<b>粗</b><img src=x onerror=alert(2)>"
)


@pytest.fixture
def page(chromium: Browser, sim: Client) -> Iterator[Page]:
    opened = chromium.new_page(viewport={"width": 1400, "height": 900}, locale="zh-CN")
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened.on("dialog", lambda dialog: _refuse(dialog, wrong))
    opened.on("request", lambda request: wrong.append(request.url) if not allowed(request.url, sim) else None)
    opened.goto(sim.base)
    yield opened
    opened.close()
    assert wrong == [], "errors, dialogs, or requests to other hosts"


def allowed(url: str, sim: Client) -> bool:
    return url.startswith((sim.base, "data:", "blob:"))


def _refuse(dialog: Dialog, wrong: list[str]) -> None:
    wrong.append(f"dialog: {dialog.message}")
    dialog.dismiss()


@pytest.fixture
def phone(page: Page, sim: Client) -> Locator:
    """The first follower's phone, just after following."""
    sim.hook.answer = answer
    page.get_by_test_id("add-first-follower").click()
    expect(page.get_by_test_id("bubble")).to_have_count(1)
    return page.get_by_test_id("phone")


def answer(push: Push) -> bytes:
    if push.text("Event") == "subscribe":
        return sealed(push.reply(text_xml(WELCOME)))
    if push.text("Content") == "坏":
        return b"{}"
    said = push.text("Content") or push.text("EventKey") or push.text("Event") or push.text("MsgType")
    tapped = f"（点了 {push.text('bizmsgmenuid')}）" if push.has("bizmsgmenuid") else ""
    return sealed(push.reply(text_xml(f"收到：{said}{tapped}")))


def last(phone: Locator) -> Locator:
    return phone.get_by_test_id("bubble").last


def test_the_welcome_is_text_and_only_two_things_are_links(phone: Locator, sim: Client) -> None:
    bubble = last(phone)
    expect(bubble).to_contain_text("<b>粗</b><img src=x onerror=alert(2)>")
    expect(bubble.get_by_test_id("msg-link")).to_have_text("我要报名")
    expect(bubble.get_by_test_id("web-link")).to_have_attribute("href", "https://example.com/a")
    expect(bubble.get_by_test_id("web-link")).to_have_attribute("rel", "noopener noreferrer")
    assert bubble.locator("a, button").count() == 2
    assert bubble.locator("b, .bubble img").count() == 0


def test_a_tap_on_a_link_sends_its_words(phone: Locator) -> None:
    phone.get_by_test_id("msg-link").click()
    expect(last(phone)).to_have_text("收到：我要报名（点了 7）")
    expect(phone.locator("[data-own=true] .bubble")).to_have_text("我要报名")


def test_typing_and_the_failure_line(phone: Locator) -> None:
    phone.get_by_test_id("input").fill("周末有什么活动？\n带孩子")
    phone.get_by_test_id("send").click()
    expect(last(phone)).to_have_text("收到：周末有什么活动？\n带孩子")
    phone.get_by_test_id("input").fill("坏")
    phone.get_by_test_id("input").press("Enter")
    expect(phone.get_by_test_id("failure-line")).to_have_text("该公众号暂时无法提供服务，请稍后再试")


def test_the_menu_of_the_account(phone: Locator, sim: Client, page: Page) -> None:
    buttons = [
        {"name": "找活动", "sub_button": [{"type": "click", "name": "近期", "key": "soon"}]},
        {"type": "view", "name": "官网", "url": f"{sim.base}/s/none"},
        {"type": "scancode_waitmsg", "name": "签到", "key": "in"},
    ]
    sim.post("/cgi-bin/menu/create", {"button": buttons})
    expect(phone.get_by_test_id("menu-item")).to_have_count(3)
    expect(phone.get_by_test_id("submenu-item")).to_be_hidden()
    phone.get_by_test_id("menu-item").first.click()
    phone.get_by_test_id("submenu-item").click()
    expect(last(phone)).to_have_text("收到：soon")
    with page.context.expect_page() as opened:
        phone.get_by_test_id("menu-item").nth(1).click()
    opened.value.close()
    eventually(lambda: sim.hook.pushes[-1].text("Event") == "VIEW")  # the page opens before the account is told
    phone.get_by_test_id("menu-item").nth(2).click()
    phone.get_by_test_id("scan-input").fill("A12")
    phone.get_by_test_id("scan-go").click()
    expect(last(phone)).to_have_text("收到：in")
    assert sim.hook.pushes[-1].text("ScanCodeInfo/ScanResult") == "A12"
    phone.get_by_test_id("menu-toggle").click()
    expect(phone.get_by_test_id("input")).to_be_visible()


def test_the_panel_behind_the_plus(phone: Locator, sim: Client, tmp_path: Path) -> None:
    from bot.simulator.media import sample_png

    picture = tmp_path / "a.png"
    picture.write_bytes(sample_png(1))
    phone.get_by_test_id("image-file").set_input_files(picture)
    expect(last(phone)).to_have_text("收到：image")
    assert sim.http.get(sim.hook.pushes[-1].text("PicUrl")).content == sample_png(1)
    for name, pick, word in [("location", "place", "location"), ("voice", "", "voice")]:
        phone.get_by_test_id("plus").click()
        phone.get_by_test_id(f"plus-{name}").click()
        if pick:
            phone.get_by_test_id(pick).first.click()
        expect(last(phone)).to_have_text(f"收到：{word}")
    code = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "act_A12"}}}
    sim.post("/cgi-bin/qrcode/create", code)
    phone.get_by_test_id("plus").click()
    phone.get_by_test_id("plus-scan").click()
    phone.get_by_test_id("qr-code").click()
    expect(last(phone)).to_have_text("收到：act_A12")


def test_consent_then_a_notice_and_a_template_card(phone: Locator, sim: Client) -> None:
    openid = phone.get_attribute("data-openid") or ""
    phone.get_by_test_id("plus").click()
    phone.get_by_test_id("plus-notices").click()
    phone.get_by_test_id("notice-allow").click()
    expect(phone.get_by_test_id("notice-sheet")).to_have_count(0)
    data = {"thing1": {"value": "江滨公园清洁"}, "time2": {"value": "2026-11-28 13:00"}}
    notice = {"touser": openid, "template_id": NOTICE, "page": "https://example.com/a", "data": data}
    assert sim.post("/cgi-bin/message/subscribe/bizsend", notice)["errcode"] == 0
    card = phone.get_by_test_id("notice-card")
    expect(card).to_contain_text("江滨公园清洁")
    expect(card.get_by_test_id("web-link")).to_have_attribute("href", "https://example.com/a")
    sim.post("/cgi-bin/message/template/send", {"touser": openid, "template_id": REMINDER, "data": data})
    expect(phone.get_by_test_id("notice-card")).to_have_count(2)


def test_a_menu_message_and_a_news_card_by_customer_service(phone: Locator, sim: Client) -> None:
    openid = phone.get_attribute("data-openid") or ""
    menu = {"head_content": "满意吗？", "list": [{"id": "5", "content": "满意"}], "tail_content": ""}
    sim.post("/cgi-bin/message/custom/send", {"touser": openid, "msgtype": "msgmenu", "msgmenu": menu})
    expect(last(phone)).to_have_attribute("data-type", "msgmenu")
    last(phone).get_by_test_id("msg-link").click()
    expect(last(phone)).to_have_text("收到：满意（点了 5）")
    article = {"title": "清洁", "description": "周六", "url": "https://example.com/n", "picurl": ""}
    sim.post("/cgi-bin/message/custom/send", {"touser": openid, "msgtype": "news", "news": {"articles": [article]}})
    expect(phone.get_by_test_id("news-card")).to_contain_text("周六")


def test_leaving_and_coming_back(phone: Locator, sim: Client) -> None:
    phone.get_by_test_id("profile").click()
    phone.get_by_test_id("unfollow").click()
    expect(phone.get_by_test_id("follow")).to_be_visible()
    assert sim.hook.pushes[-1].text("Event") == "unsubscribe"
    phone.get_by_test_id("follow").click()
    expect(phone.get_by_test_id("input")).to_be_visible()


def test_phones_side_by_side(phone: Locator, page: Page) -> None:
    page.get_by_test_id("add-follower").click()
    phones = page.get_by_test_id("phone")
    expect(phones).to_have_count(2)
    first, second = phones.nth(0).bounding_box(), phones.nth(1).bounding_box()
    assert first and second and second["x"] >= first["x"] + first["width"] and first["y"] == second["y"]
    expect(phones.nth(1).get_by_test_id("bubble")).to_have_count(1)
    expect(page.get_by_test_id("follower-chip")).to_have_count(2)
    phones.nth(0).get_by_test_id("close-phone").click()
    expect(phones).to_have_count(1)
    page.get_by_test_id("follower-chip").last.click()
    expect(phones).to_have_count(2)
    page.reload()
    expect(phones).to_have_count(2)


def test_the_clock(phone: Locator, page: Page, sim: Client) -> None:
    page.get_by_test_id("clock-advance-hour").click()
    expect(page.get_by_test_id("clock-offset")).to_have_text("比真实时间快 1 小时")
    page.get_by_test_id("clock-morning").click()
    expect(page.get_by_test_id("clock-now")).to_contain_text("08:00")
    page.get_by_test_id("clock-input").fill("2027-03-04T09:30")
    page.get_by_test_id("clock-set").click()
    expect(page.get_by_test_id("clock-date")).to_have_text("2027年3月4日 星期四")
    assert sim.control("clock")["now"].startswith("2027-03-04T01:30")
    phone.get_by_test_id("input").fill("新的一天")
    phone.get_by_test_id("send").click()
    expect(phone.get_by_test_id("time-stamp").last).to_have_text("09:30")


def test_faults_and_calls(phone: Locator, page: Page, sim: Client) -> None:
    page.get_by_test_id("fault-busy").check()
    openid = phone.get_attribute("data-openid") or ""
    assert sim.custom(openid) == -1
    row = page.locator('[data-testid=call-row][data-path="/cgi-bin/message/custom/send"]')
    expect(row.first).to_contain_text("-1")
    page.get_by_test_id("faults-clear").click()
    expect(page.get_by_test_id("fault-busy")).not_to_be_checked()
    assert sim.custom(openid) == 0
    page.get_by_test_id("verify").click()
    expect(page.get_by_test_id("push-state")).to_have_text("回调地址：验证通过")


def test_on_a_narrow_screen_the_phone_fills_it(chromium: Browser, sim: Client) -> None:
    openid = sim.follow()
    narrow = chromium.new_page(viewport={"width": 390, "height": 844})
    narrow.goto(sim.base)
    phone = narrow.get_by_test_id("phone")
    expect(phone).to_have_attribute("data-openid", openid)
    box = phone.bounding_box()
    assert box and box["width"] == 390 and box["y"] + box["height"] == 844
    assert narrow.evaluate("document.documentElement.scrollWidth") == 390
    expect(narrow.get_by_test_id("tools")).to_be_hidden()
    narrow.get_by_test_id("show-tools").click()
    expect(narrow.get_by_test_id("clock-now")).to_be_visible()
    narrow.close()


def test_everything_can_be_named_and_reached_by_keyboard(phone: Locator, page: Page) -> None:
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, textarea, a")]
        .filter((e) => e.offsetParent && !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length
          || e.querySelector("svg[aria-label]")))
        .map((e) => e.outerHTML)"""
    )
    assert nameless == []
    phone.get_by_test_id("plus").focus()
    page.keyboard.press("Enter")
    phone.get_by_test_id("plus-scan").focus()
    page.keyboard.press("Enter")
    expect(phone.get_by_role("dialog", name="扫一扫")).to_be_visible()
    page.keyboard.press("Escape")
    expect(phone.get_by_role("dialog")).to_have_count(0)
