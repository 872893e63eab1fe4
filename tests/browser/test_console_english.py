"""The console in English in a real browser: chosen with one click, and longer words break no page."""

from __future__ import annotations

from tests.browser.conftest import Enter

PAGES = {
    "today": "/",
    "activities": "/activities",
    "people": "/people",
    "hours": "/hours",
    "questions": "/questions",
    "broadcasts": "/broadcasts",
    "exports": "/exports",
    "health": "/health/pushes",
}


def test_english_is_one_click_and_fits_the_pages(enter: Enter) -> None:
    colleague = enter("admin")
    page = colleague.page
    page.get_by_role("button", name="English").click()
    page.locator(".nav-link-title", has_text="Activities").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    for name, path in PAGES.items():
        colleague.open(path)
        colleague.look(f"english-{name}")
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("today", "activities", "questions"):
        colleague.open(PAGES[name])
        colleague.look(f"english-{name}-phone")
