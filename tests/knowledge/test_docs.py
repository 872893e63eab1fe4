"""docs/faq.md: its example loads, its pictures exist, and what it says that one sees is what one sees."""

import re
from datetime import date
from pathlib import Path

from bot.knowledge.checks import checked
from bot.knowledge.loader import load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faq.md").read_text("utf-8")


def messages(tmp_path, lines):
    folder = tmp_path / "faq"
    folder.mkdir(exist_ok=True)
    (folder / "a.yaml").write_text(lines, "utf-8")
    return checked(load(folder), {"phone": "0571"}, date(2026, 3, 3), {"sign_up.start"})


def test_the_example_has_no_mistake(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.S)
    assert example
    found = messages(tmp_path, example[1])
    assert found.mistakes == ()
    assert [entry.id for entry in found.entries] == ["parking"]


def test_pictures_exist_and_are_small():
    pictures = re.findall(r"\]\((images/[\w-]+\.png)\)", PAGE)
    assert len(pictures) == 4
    assert all((ROOT / "docs" / picture).stat().st_size < 150_000 for picture in pictures)


def test_the_table_tells_what_is_told(tmp_path):
    """Each row whose slip is one line of an entry: writing it gives the message of the first column."""
    rows = re.findall(r"^\| ([^|]+?) \| [^|]*?`((?:answer|-)[^`|]+)`[^|]*\| .* \|$", PAGE, re.M)
    assert len(rows) >= 5
    for told, written in rows:
        line = f"    {written}" if written.startswith("answer") else f"    ask:\n      {written}\n    answer: 有"
        ask = "" if "ask:" in line else "    ask: [有保险吗, 买保险没有, 保险呢]\n"
        found = messages(tmp_path, f"entries:\n  - id: x\n{ask}{line}\n").mistakes
        assert any(told.split("；")[0] in mistake.message for mistake in found), (told, written, found)
