"""Holidays and moved weekends, as pages list them; years that nobody announced yet have none."""

from __future__ import annotations

from datetime import date

from bot.services.working_days import KNOWN_UNTIL, Span, is_working, special


def test_spans_of_a_year() -> None:
    found = special(date(2025, 9, 20), date(2025, 12, 31))
    assert found == [
        Span(date(2025, 9, 28), date(2025, 9, 28), True, "国庆节"),
        Span(date(2025, 10, 1), date(2025, 10, 8), False, "国庆节、中秋"),
        Span(date(2025, 10, 11), date(2025, 10, 11), True, "国庆节"),
    ]
    for span in special(date(2024, 1, 1), date(2026, 12, 31)):
        assert is_working(span.first) is is_working(span.last) is span.working


def test_a_year_that_nobody_announced_yet() -> None:
    assert special(date(KNOWN_UNTIL + 1, 1, 1), date(KNOWN_UNTIL + 1, 12, 31)) == []
    assert is_working(date(KNOWN_UNTIL + 1, 10, 1)) == (date(KNOWN_UNTIL + 1, 10, 1).weekday() < 5)
