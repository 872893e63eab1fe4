"""Every code that the platform's document names is in the table, with the action the document gives it."""

from __future__ import annotations

import re
from pathlib import Path

from bot.wechat.errors import TABLE, Action, Reach, meaning_of
from bot.wechat.failures import ApiError

LETTERS = {
    "R": {Action.RETRY, Action.NEXT_MINUTE, Action.SERIAL},
    "T": {Action.REFRESH},
    "U": {Action.DROP},
    "P": {Action.PAYLOAD},
    "S": {Action.STOP, Action.MIDNIGHT},
    "OK": {Action.DONE},
    "ignore": {Action.DONE},
    "bug": {Action.PAYLOAD},
}
# What the document says in a sentence instead of a letter.
SENTENCES = {40007: Action.PAYLOAD, 42007: Action.STOP, 61023: Action.STOP}


def documented(shared: Path) -> list[tuple[list[int], str]]:
    """Each row of the table in §4: its codes, ranges written out, and what the document says to do."""
    text = (shared / "wechat-platform.md").read_text("utf-8")
    section = text.partition("## 4. Error codes")[2].partition("\nSources:")[0]
    rows = []
    for line in section.splitlines():
        cells = [cell.strip().replace("**", "") for cell in line.strip("|").split("|")]
        if not line.startswith("|") or not re.match(r"-?\d", cells[0]):
            continue
        codes: list[int] = []
        for first, last in re.findall(r"(?<![\d.])(-?\d+)(?:-(\d+))?(?![\d.])", cells[0]):
            codes += range(int(first), int(last or first) + 1)
        rows.append((codes, cells[2]))
    return rows


def letters(action: str) -> set[Action]:
    """``R ×3 (1,3,9 s)`` → retry; ``P / S`` → either."""
    heads = re.findall(r"(?:^|/ |; )(OK|ignore|bug|[RTUPS])(?=[\s,:(;]|$)", action)
    return set().union(*(LETTERS[head] for head in heads)) if heads else set()


def test_every_documented_code_has_its_action(shared: Path) -> None:
    rows = documented(shared)
    codes = [code for row, _ in rows for code in row]
    assert len(rows) >= 59 and len(codes) > 150
    assert [code for code in codes if code not in TABLE] == []
    judged = 0
    for row, action in rows:
        allowed = letters(action)
        for code in row:
            if code in SENTENCES:
                assert TABLE[code].action is SENTENCES[code]
            elif allowed:
                judged += 1
                assert TABLE[code].action in allowed, (code, action, TABLE[code])
    assert judged > 120


def test_each_meaning_can_be_shown_to_an_operator() -> None:
    names = [meaning.name for meaning in TABLE.values()]
    assert len(set(names)) > 90
    for meaning in TABLE.values():
        assert re.fullmatch(r"[a-z_]+", meaning.name)
        assert re.search(r"[\u4e00-\u9fff]", meaning.text) and meaning.text.endswith("。")
        if meaning.action is Action.STOP:
            assert meaning.reach in (Reach.TEMPLATE, Reach.CHANNEL, Reach.ACCOUNT)


def test_an_unlisted_code_is_retried_and_named() -> None:
    meaning = meaning_of(99999)
    assert (meaning.action, meaning.name) == (Action.RETRY, "unlisted")
    assert "99999" in meaning.text


def test_the_rid_is_found_for_support() -> None:
    error = ApiError(40013, "invalid appid rid: 6aac005a-01bfdbee-79769285", "/cgi-bin/stable_token")
    assert error.rid == "6aac005a-01bfdbee-79769285"
    assert ApiError(40013, "invalid appid", "/x").rid == ""
    assert "bad_app_id" in str(error)
