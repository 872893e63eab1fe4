"""Phrases nearly alike under two entries, in libraries of any size."""

import json
import random
import time
from pathlib import Path

from bot.knowledge import alike
from bot.knowledge.entries import ENTRY_FIELDS, FILE_FIELDS, Entry, Folder, Phrase, Place

FAQ = Path(__file__).parents[2] / "faq"


def folder(*asks):
    entries = []
    for number, phrases in enumerate(asks):
        place = Place("faq/a.yaml", number + 1)
        asked = tuple(Phrase(text, place) for text in phrases)
        entries.append(Entry(f"e{number}", "t", asked, "好", None, (), (), None, place))
    return Folder(tuple(entries))


def test_the_later_phrase_is_named_with_its_score():
    three = folder(["活动期间有保险吗"], ["志愿证明怎么开"], ["活动期间有没保险吗"])
    found = [str(m) for m in alike.nearly_same(three)]
    assert found == [
        "faq/a.yaml:3:1: 建议：“活动期间有没保险吗”与 e0 的“活动期间有保险吗”（faq/a.yaml:1:1）很像（0.94）；"
        "请确认归属，或改得更不同"
    ]


def test_one_entry_may_say_the_same_in_many_ways():
    assert list(alike.nearly_same(folder(["活动期间有保险吗", "活动期间有没保险吗"]))) == []


def test_all_pairs_of_a_large_library_within_seconds(monkeypatch):
    """Blocks of phrases of like length find what comparing each with each finds."""
    chance = random.Random(3)
    letters = "活动报名时长证明保险怎么开有没有在哪里几点能不能要多少钱"
    texts = ["".join(chance.choice(letters) for _ in range(chance.randint(3, 14))) for _ in range(1_500)]
    texts += [text + "呀" for text in texts[::50]]
    small = folder(*[[text] for text in texts])
    in_blocks = {str(m) for m in alike.nearly_same(small)}
    monkeypatch.setattr(alike, "_BLOCK", 10_000)
    assert in_blocks == {str(m) for m in alike.nearly_same(small)}
    assert len(in_blocks) >= 20
    monkeypatch.undo()
    many = folder(*[[f"{text}{number % 7}" for text in texts[number :: 60]] for number in range(60)] * 6)
    began = time.monotonic()
    assert sum(1 for _ in alike.nearly_same(many))
    assert time.monotonic() - began < 20


def test_the_editors_schema_names_what_the_loader_reads():
    schema = json.loads((FAQ / "schema.json").read_text("utf-8"))
    assert tuple(schema["properties"]) == FILE_FIELDS
    assert tuple(schema["properties"]["entries"]["items"]["properties"]) == ENTRY_FIELDS
    files = sorted(FAQ.glob("*.yaml"))
    assert files
    assert all("$schema=schema.json" in path.read_text("utf-8").split("\n")[0] for path in files)
