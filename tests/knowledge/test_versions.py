"""Saving a file from the console: checked on a copy, written whole, the former version kept and given back."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from bot.knowledge import rewriting, versions
from bot.knowledge.library import Shelf
from bot.knowledge.rewriting import EditRefused, Fields
from tests.fixtures.world import NOW

TEXT = """topic: 停车
entries:
  - id: parking
    ask: [停车场在哪里, 车停哪儿好, 开车来有地方停吗]
    answer: 停在东门。
"""
OTHER = """entries:
  - id: meals
    ask: [管饭吗, 有午饭吗, 吃饭怎么办]
    answer: 管。
"""
NAME = "faq/a.yaml"


@pytest.fixture
def shelf(folder: Path) -> Shelf:
    (folder / "b.yaml").write_text(OTHER, "utf-8")
    return Shelf(folder, {})


def save(shelf: Shelf, change, after: float = 0, **more):  # type: ignore[no-untyped-def]
    told = {"by": "staff:1", "why": "改地点", "now": NOW + timedelta(seconds=after), **more}
    return versions.save(shelf.directory, shelf.directory.parent / "history", NAME, change, shelf.examine, **told)


def test_saved_whole_with_its_mode_and_taken_over(shelf: Shelf, folder: Path) -> None:
    path = folder / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    assert save(shelf, lambda text: text.replace("东门", "西门")).wrong == ()
    assert path.read_bytes() == b"\xef\xbb\xbf" + TEXT.replace("东门", "西门").replace("\n", "\r\n").encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(each.name for each in folder.iterdir()) == ["a.yaml", "b.yaml"], "nothing is left behind"
    assert shelf.refresh() and shelf.library.entries["parking"].answer == "停在西门。"


def test_what_stood_there_before_can_be_given_back(shelf: Shelf, folder: Path) -> None:
    history = folder.parent / "history"
    save(shelf, lambda text: text.replace("东门", "西门"))
    (folder / "a.yaml").write_text(TEXT.replace("东门", "北门"), "utf-8")  # by hand, on the disk: it is the truth
    save(shelf, lambda text: text.replace("北门", "南门"), after=1, by="staff:2")
    newest, oldest = versions.versions(history, NAME)
    assert (newest.by, newest.why, newest.at) == ("staff:2", "改地点", NOW + timedelta(seconds=1))
    assert "北门" in newest.text and oldest.text == TEXT
    save(shelf, lambda text: oldest.text, after=2)
    assert (folder / "a.yaml").read_text("utf-8") == TEXT and len(versions.versions(history, NAME)) == 3
    assert ("-", "    answer: 停在东门。") in versions.difference(oldest.text, newest.text)


def test_mistakes_keep_the_file_as_it_is(shelf: Shelf, folder: Path) -> None:
    for wrong in ("entries: 5\n", TEXT.replace("停车场在哪里", "管饭吗"), TEXT.replace("parking", "meals")):
        with pytest.raises(versions.Wrong) as refused:
            save(shelf, lambda text, wrong=wrong: wrong)
        assert refused.value.verdict.wrong
    assert (folder / "a.yaml").read_text("utf-8") == TEXT
    assert versions.versions(folder.parent / "history", NAME) == []
    assert save(shelf, lambda text: text) is None, "nothing to save is no version"


def test_mistakes_that_were_there_before_elsewhere_do_not_keep_one_from_saving(shelf: Shelf, folder: Path) -> None:
    (folder / "b.yaml").write_text("entries: 5\n", "utf-8")
    assert save(shelf, lambda text: text.replace("东门", "西门")) is not None


def test_a_form_that_would_change_another_entry_is_stopped(shelf: Shelf) -> None:
    fields = Fields("parking", ("停车场在哪里",), "停在西门。")
    assert save(shelf, lambda text: rewriting.with_fields(text, fields), touches=frozenset({"parking"}))
    with pytest.raises(EditRefused, match="parking"):
        save(shelf, lambda text: text.replace("西门", "东门"), touches=frozenset({"meals"}))


@pytest.mark.parametrize("name", ["../secret.yaml", "faq/../../etc/passwd", "faq/none.yaml", "/etc/passwd"])
def test_only_files_of_the_folder_are_read(shelf: Shelf, name: str) -> None:
    with pytest.raises(EditRefused):
        versions.read(shelf.directory, name)


def test_old_versions_are_cleared_away(shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "KEPT", 2)
    for number in range(4):
        save(shelf, lambda text, number=number: TEXT + f"# {number}\n", after=number)
    assert [each.text[-4:] for each in versions.versions(folder.parent / "history", NAME)] == ["# 2\n", "# 1\n"]
    assert len(list((folder.parent / "history" / NAME).iterdir())) == 4
