"""Every entry with what became of it lately: the list that editors read, filtered and sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.knowledge.counts import Tally
from bot.knowledge.entries import Entry, Folder

ORDERS = {"file": "按文件里的次序", "asked": "问得最多", "missed": "最常被跳过", "never": "从没被问到"}


@dataclass(frozen=True)
class Line:
    """An entry beside its numbers. ``missed``: offered and not chosen, or turned away from."""

    entry: Entry
    answered: int
    offered: int
    chosen: int
    missed: int
    expired: bool

    @property
    def asked(self) -> int:
        return self.answered + self.chosen


def lines(
    folder: Folder, tallies: Sequence[Tally], today: date, *, wanted: str = "", file: str = "", order: str = "file"
) -> list[Line]:
    """``wanted``: words that must stand somewhere in the entry; ``file``: only of this one."""
    counted = {tally.entry: tally for tally in tallies}
    found = [
        _line(entry, counted, today)
        for entry in (*folder.entries, *folder.flawed)
        if (not file or entry.place.file == file) and _says(entry, wanted)
    ]
    if order == "asked":
        return sorted(found, key=lambda line: -line.asked)
    if order == "missed":
        return sorted(found, key=lambda line: -line.missed)
    if order == "never":  # a wish is also reached by menu and by code, which count nothing
        return [line for line in found if line.entry.answer and not line.asked and not line.offered]
    return sorted(found, key=lambda line: line.entry.place)


def _line(entry: Entry, counted: Mapping[str, Tally], today: date) -> Line:
    tally = counted.get(entry.id)
    expired = entry.valid_until is not None and entry.valid_until < today
    if tally is None:
        return Line(entry, 0, 0, 0, 0, expired)
    missed = max(0, tally.offered - tally.chosen) + tally.rejected
    return Line(entry, tally.answered, tally.offered, tally.chosen, missed, expired)


def _says(entry: Entry, wanted: str) -> bool:
    texts = [entry.id, entry.topic, entry.answer or "", *map(str, (*entry.ask, *entry.keywords))]
    said = "\n".join(texts).casefold()
    return all(word in said for word in wanted.casefold().split())
