"""docs/broadcasts.md: every word it tells staff to type is taken by a command, and every command line exists."""

from __future__ import annotations

import re
from pathlib import Path

from bot.services import audiences
from bot.services.broadcasts import ARTICLE_BODY, BODY, TITLE
from bot.services.mass_quotas import CALLS, PER_FOLLOWER
from tests.handlers.test_volunteering_page import commands_exist, taken

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "broadcasts.md").read_text("utf-8")


def test_what_the_page_says_to_type_is_a_command() -> None:
    typed = [
        said
        for line in PAGE.splitlines()
        if line.startswith("| `")
        for said in re.findall(r"`([^`]+)`", line.split("|")[1])
        if not said.startswith("--")
    ]
    assert len(typed) == 10
    assert [said for said in typed if not any(each.startswith("broadcasts.") for each in taken(said))] == []


def test_every_command_line_of_the_page_exists() -> None:
    assert commands_exist(PAGE) > 12


def test_every_key_of_an_audience_is_explained_and_the_numbers_are_the_programs() -> None:
    assert set(re.findall(r"^\| `--to (\w+)=", PAGE, re.MULTILINE)) == set(audiences.KEYS)
    assert f"标题最多 {TITLE} 个字；正文最多 {BODY} 个字" in PAGE and ARTICLE_BODY == 20_000
    assert CALLS["verified_service"] == (4, "month") and CALLS["verified_subscription"] == (1, "day")
    assert f"每个人每月最多收到 {PER_FOLLOWER} 条" in PAGE
