"""Birth dates: written in many ways, never guessed."""

from __future__ import annotations

from datetime import date

import pytest

from bot.language.birthdays import read


@pytest.mark.parametrize(
    "text",
    ["2008-05-01", "2008年5月1日", "20080501", "2008.5.1", "2008/05/01", "我是2008年5月1号生的", "２００８－５－１"],
)
def test_ways_of_typing(text: str) -> None:
    assert read(text) == date(2008, 5, 1)


@pytest.mark.parametrize("text", ["", "08年5月", "2008-13-01", "2008-02-30", "15岁", "13800001234", "五月一号"])
def test_no_whole_date(text: str) -> None:
    assert read(text) is None
