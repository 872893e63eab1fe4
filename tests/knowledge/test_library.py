"""The shelf: edits come into use whole, mistakes change nothing, whatever is written into the files."""

import fcntl
import os
import pwd
import threading
import time
from pathlib import Path

import pytest

from bot.knowledge.library import Mind, Shelf

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


def test_an_edit_says_who_changed_what_and_what_it_did(folder, caplog):
    caplog.set_level("INFO")
    shelf = Shelf(folder, {"organisation": "团县委"})
    more = GOOD + GOOD.split("entries:\n")[1].replace("id: a", "id: b").replace("保险", "盒饭")
    (folder / "a.yaml").write_text(more.replace("投保", "已投保"), "utf-8")
    os.utime(folder / "a.yaml", (1_772_503_200, 1_772_503_200))
    shelf.refresh()
    who = pwd.getpwuid(os.geteuid()).pw_name
    assert "faq reloaded: 2 entries; added 1: b; changed 1: a; because of a.yaml" in caplog.messages[-1]
    assert f"a.yaml ({who}, 2026-03-03 02:00:00 UTC)" in caplog.messages[-1]
    (folder / "b.yaml").write_text("topic：错\n", "utf-8")
    shelf.refresh()
    assert f"1 mistakes; because of b.yaml ({who}, " in caplog.messages[-1]
    assert "faq/b.yaml:1:1: " in caplog.messages[-1]
    os.remove(folder / "b.yaml")
    shelf.refresh()
    assert caplog.messages[-1] == "faq is again as it is in use; because of b.yaml removed"
    assert shelf.errors == ()
    (folder / "a.yaml").write_text("# 只加了一行注释\n" + (folder / "a.yaml").read_text("utf-8"), "utf-8")
    shelf.refresh()
    assert "no entry changed; because of a.yaml (" in caplog.messages[-1]


@pytest.mark.parametrize("shared", [True, False])
def test_only_one_process_of_a_machine_learns_at_a_time(folder, tmp_path, shared):
    """With a folder to keep what was learnt in, a second process waits for it instead of learning the same."""
    cache = tmp_path / "index"
    shelf = Shelf(folder, {"organisation": "团县委"}, Mind(cache=cache if shared else None))
    cache.mkdir(exist_ok=True)
    (folder / "a.yaml").write_text(GOOD.replace("投保", "已投保"), "utf-8")
    with (cache / "learning.lock").open("w") as elsewhere:
        fcntl.flock(elsewhere, fcntl.LOCK_EX)
        refreshing = threading.Thread(target=shelf.refresh)
        refreshing.start()
        refreshing.join(1)
        assert refreshing.is_alive() == shared
        assert shelf.library.match("有保险吗").id == "a"  # answers do not wait
        assert shelf.library.render(shelf.library.entries["a"]) == "团县委已投保"
    refreshing.join(10)
    assert shelf.library.render(shelf.library.entries["a"]) == "团县委已投保"


def test_while_the_new_phrases_are_learnt_the_new_content_answers_to_what_is_written(folder, tmp_path, monkeypatch):
    other = GOOD.split("entries:\n")[1].replace("id: a", "id: gone").replace("保险", "盒饭")
    (folder / "a.yaml").write_text(GOOD + other, "utf-8")
    shelf = Shelf(folder, {"organisation": "团县委"})
    seen = []

    def learn(read):
        library = shelf.library
        asked = ("有保险吗", "有保险么", "车停哪儿", "有盒饭吗", "有盒饭么")
        seen.append({text: library.match(text).id for text in asked})
        seen.append({library.match(text).decision for text in ("有盒饭吗", "有盒饭么")})
        seen.append(library.render(library.entries["a"]))
        raise RuntimeError("learning failed")

    monkeypatch.setattr(shelf, "_library", learn)
    new = "  - id: parking\n    ask: [车停哪儿, 停车场在哪, 停车要钱吗]\n    answer: 东门\n"
    (folder / "a.yaml").write_text(GOOD.replace("投保", "已投保") + new, "utf-8")
    assert shelf.refresh() is False
    answers, decisions, rendered = seen
    assert answers == {"有保险吗": "a", "有保险么": "a", "车停哪儿": "parking", "有盒饭吗": None, "有盒饭么": None}
    assert decisions == {"none"}
    assert rendered == "团县委已投保"
    # It could not be learnt: the old content is back, and the mistake is told.
    assert "learning failed" in str(shelf.errors[0])
    assert shelf.library.match("有盒饭吗").id == "gone"
    assert "parking" not in shelf.library.entries


def test_what_was_learnt_cannot_be_kept_and_the_edit_counts_all_the_same(folder, tmp_path):
    (tmp_path / "index").write_text("a file where a folder should be")
    shelf = Shelf(folder, {"organisation": "团县委"}, Mind(cache=tmp_path / "index"))
    (folder / "a.yaml").write_text(GOOD.replace("投保", "已投保"), "utf-8")
    assert shelf.refresh() is True


def test_an_intent_without_a_handler_keeps_the_old_content(folder):
    shelf = Shelf(folder, {"organisation": "团县委"}, intents={"sign_up.start"})
    wish = "  - id: w\n    ask: [我要报名, 报个名, 报上]\n    intent: sign_up.strat\n"
    (folder / "a.yaml").write_text(GOOD + wish, "utf-8")
    assert shelf.refresh() is False
    assert "没有叫 sign_up.strat 的功能；是不是 sign_up.start？" in str(shelf.errors[0])
    (folder / "a.yaml").write_text(GOOD + wish.replace("strat", "start"), "utf-8")
    assert shelf.refresh() is True


def test_a_file_that_is_still_being_written_is_read_when_it_is_whole(folder):
    shelf = Shelf(folder, {"organisation": "团县委"}, every_s=0.05)
    refused = []
    shelf._refuse = lambda mistakes, cause: refused.append(mistakes)
    shelf.start_watching()
    try:
        with (folder / "a.yaml").open("w", encoding="utf-8") as file:
            for part in (
                GOOD[:60],
                GOOD[60:],
                GOOD.split("entries:\n")[1].replace("id: a", "id: b").replace("保险", "盒饭"),
            ):
                file.write(part)
                file.flush()
                time.sleep(0.08)
        deadline = time.monotonic() + 10
        while "b" not in shelf.library.entries and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        shelf.stop_watching()
    assert "b" in shelf.library.entries
    assert refused == []


def test_what_the_repository_ships_has_no_mistake():
    shelf = Shelf(FAQ, _organisation())
    assert shelf.errors == ()
    assert len(shelf.library.entries) >= 150
    assert all(len(entry.ask) >= 5 for entry in shelf.library.entries.values())
    assert shelf.library.matcher.stages, "so many phrases that they are only compared, not learnt"


def _organisation():
    from bot.knowledge.placeholders import of_organisation
    from bot.settings import Organisation

    return of_organisation(Organisation().model_dump())
