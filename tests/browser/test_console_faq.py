"""The FAQ workshop in a browser: a gap mended with two clicks, an edit checked as it is typed, one given back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter

pytestmark = pytest.mark.browser


def count_clicks(page: Page) -> None:
    page.add_init_script(
        "addEventListener('click', (event) => { if (event.isTrusted)"
        " sessionStorage.clicks = 1 + Number(sessionStorage.clicks || 0) }, true)"
    )


def test_a_gap_is_mended_and_an_entry_edited(enter: Enter) -> None:
    editor = enter("editor")
    page = editor.page
    count_clicks(page)
    editor.open("/faq")
    editor.look("faq")
    page.get_by_role("link", name="没答上来", exact=True).click()
    group = page.locator("form", has=page.get_by_role("heading", name="团委能借音响吗"))
    expect(group).to_be_visible()
    editor.look("faq-gaps")
    group.get_by_label("加到哪一条").fill("bring")
    group.get_by_role("button", name="加进这一条").click()
    expect(page.get_by_text("学会了：这句话现在由这一条回答")).to_be_visible()
    assert page.evaluate("sessionStorage.clicks") == "2", "open the gaps, put it where it belongs"
    editor.look("faq-tried")

    page.get_by_role("link", name="参加活动要带什么", exact=True).first.click()
    expect(page.get_by_text("检查过了，没有错误")).to_be_visible()
    page.get_by_label("回答").fill("带水杯和帽子，有事打 {fone}。")
    expect(page.get_by_text("没有叫 {fone} 的占位")).to_be_visible()
    page.get_by_label("回答").fill("带水杯和帽子，{organisation}备了遮阳伞。")
    expect(page.get_by_text("带水杯和帽子，青山团县委备了遮阳伞。")).to_be_visible()
    editor.look("faq-entry")
    page.get_by_label("为什么改").fill("天热了")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存，几秒后生效")).to_be_visible()
    page.get_by_role("link", name="YAML", exact=True).click()
    expect(page.get_by_label("这一条在文件里的样子")).to_have_value("""  - id: bring
    ask: [参加活动要带什么, 需要自己带水吗, 去活动要准备什么, 团委能借音响吗]
    answer: 带水杯和帽子，{organisation}备了遮阳伞。
""")
    editor.look("faq-yaml")
    page.get_by_role("link", name="历史").click()
    editor.look("faq-history")
    page.locator("tr", has_text="天热了").get_by_role("link").first.click()
    editor.look("faq-version")
    page.get_by_role("button", name="恢复到这次之前").click()
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_text("已恢复，几秒后生效")).to_be_visible()
    page.get_by_role("button", name="深色或浅色").click()
    editor.open("/faq/entries/bring")
    expect(page.get_by_text("检查过了，没有错误")).to_be_visible()
    editor.look("faq-entry-dark")


def test_the_workshop_on_a_phone(enter: Enter) -> None:
    editor = enter("editor", phone=True)
    editor.open("/faq")
    editor.look("faq-phone")
    editor.open("/faq/gaps")
    expect(editor.page.get_by_role("button", name="加进这一条").first).to_be_visible()
    editor.look("faq-gaps-phone")
    editor.open("/faq/entries/insurance")
    expect(editor.page.get_by_text("检查过了，没有错误")).to_be_visible()
    editor.look("faq-entry-phone")


def test_staff_and_ones_own_account(enter: Enter) -> None:
    admin = enter("admin")
    admin.open("/staff")
    admin.look("staff")
    admin.page.get_by_role("link", name="陈编辑").click()
    admin.look("staff-one")
    admin.open("/me")
    admin.look("me")
    admin.open("/me/factor")
    admin.look("me-factor")
    phone = enter("admin", phone=True)
    phone.open("/staff")
    phone.look("staff-phone")


def test_the_machine_room(enter: Enter) -> None:
    admin = enter("admin")
    for path in ("health", "health/pushes", "health/settings", "health/audit", "health/sign-ins"):
        admin.open(f"/{path}")
        admin.look(path.replace("/", "-"))
    admin.page.get_by_role("button", name="深色或浅色").click()
    admin.open("/health")
    admin.look("health-dark")
    phone = enter("admin", phone=True)
    phone.open("/health")
    phone.look("health-phone")
    phone.open("/health/audit")
    phone.look("health-audit-phone")
