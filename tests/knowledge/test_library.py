"""The shelf: edits come into use whole, mistakes change nothing, whatever is written into the files."""

import os
import random
import time
from pathlib import Path

import pytest

from bot.knowledge.library import Shelf

GOOD = "topic: t\nentries:\n  - id: a\n    ask: [有保险吗, 买保险没有, 保险呢]\n    answer: '{organisation}投保'\n"
FAQ = Path(__file__).parents[2] / "faq"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "faq"
    path.mkdir()
    (path / "a.yaml").write_text(GOOD, "utf-8")
    return path


def test_match_and_render(folder):
    library = Shelf(folder, {"organisation": "团县委"}).library
    ranking = library.match("有保险吗")
    assert ranking.id == "a"
    assert library.render(library.entries["a"]) == "团县委投保"


def test_a_right_edit_replaces_a_wrong_one_does_not(folder):
    shelf = Shelf(folder, {"organisation": "团县委"})
    before = shelf.library
    (folder / "a.yaml").write_text(GOOD + "  - id: a\n", "utf-8")
    assert shelf.refresh() is False
    assert shelf.library is before
    assert "faq/a.yaml:6" in str(shelf.errors[0])
    (folder / "a.yaml").write_text(GOOD.replace("投保", "已投保"), "utf-8")
    assert shelf.refresh() is True
    assert shelf.errors == ()
    assert shelf.library.render(shelf.library.entries["a"]) == "团县委已投保"
    assert shelf.refresh() is False


def test_an_edit_is_noticed_within_two_seconds(folder):
    shelf = Shelf(folder, {"organisation": "团县委"}, every_s=0.1)
    shelf.start_watching()
    try:
        (folder / "b.yaml").write_text(GOOD.replace("id: a", "id: b").replace("保险", "盒饭"), "utf-8")
        deadline = time.monotonic() + 10
        while "b" not in shelf.library.entries and time.monotonic() < deadline:
            time.sleep(0.05)
        assert shelf.library.match("有盒饭吗").id == "b"
    finally:
        shelf.stop_watching()


def test_expired_entries_do_not_answer(folder):
    (folder / "a.yaml").write_text(GOOD + "    valid_until: 2020-01-01\n", "utf-8")
    assert Shelf(folder, {"organisation": "x"}).library.entries == {}


def _mutations(text: bytes):
    chance = random.Random(7)
    for number in range(190):
        data = bytearray(text)
        kind = number % 5
        at = chance.randrange(len(data))
        if kind == 0:
            data = data[:at]  # half-written
        elif kind == 1:
            data[at] = chance.randrange(256)
        elif kind == 2:
            data[at:at] = chance.choice(
                [b"\t", b"&a ", b"*a ", b"{", b"[", b"!x ", b"\x00", b": ", b"'", b'"', b"\n- "]
            )
        elif kind == 3:
            end = min(len(data), at + chance.randrange(200))
            data[at:end] = b""
        else:
            data += data[at:]  # written twice
        yield bytes(data)
    yield b"a: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a]\n" % (i, i) for i in range(30))
    yield b"[" * 100_000
    yield b"{a: " * 50_000
    yield b"- " * 20_000
    yield b"entries: 5\n"
    yield b"entries: [[[]]]\n"
    yield b"entries:\n  - 7\n  - {id: [], ask: {}, answer: []}\n"
    yield b"\xff\xfe" + "entries: []".encode("utf-16-le")
    yield b"---\na: b\n---\nc: d\n"
    yield b"topic: \xed\xa0\x80\n"


def test_two_hundred_broken_files_change_nothing_that_should_not_change(folder):
    (folder / "keep.yaml").write_text(GOOD.replace("id: a", "id: keep").replace("保险", "盒饭"), "utf-8")
    target = folder / "a.yaml"
    original = (FAQ / "hours.yaml").read_bytes()
    shelf = Shelf(folder, {"organisation": "团县委"})
    wrong = 0
    for content in _mutations(original[:4000]):
        target.write_bytes(content)
        before = shelf.library
        if not shelf.refresh() and shelf.errors:
            wrong += 1
            assert shelf.library is before
            assert all(m.message and m.place.line >= 1 for m in shelf.errors)
        assert shelf.library.match("有盒饭吗").id == "keep"
    with target.open("wb") as file:
        file.truncate(50_000_000)
    assert shelf.refresh() is False
    assert "MB" in shelf.errors[0].message
    os.remove(target)
    assert shelf.refresh() is True
    assert wrong > 120


def test_what_the_repository_ships_has_no_mistake():
    shelf = Shelf(FAQ, _organisation())
    assert shelf.errors == ()
    assert len(shelf.library.entries) > 40
    assert all(len(entry.ask) >= 4 for entry in shelf.library.entries.values())


def _organisation():
    from bot.knowledge.placeholders import of_organisation
    from bot.settings import Organisation

    return of_organisation(Organisation().model_dump())
