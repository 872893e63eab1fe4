"""What is asked most, as a table for operators: answered, offered, chosen, turned away from; and what nobody asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.knowledge.counts import Tally
from bot.knowledge.entries import Entry

OFTEN = 5  # offers before their share of choices says anything
SELDOM = 0.3  # of offers chosen: below it the phrases promise something else
WIDEST = 32  # columns of a phrase on paper or a wide terminal
OTHERS = 50  # columns of all that stands beside the entry and its phrase


@dataclass(frozen=True)
class Row:
    """A tally with the entry's first phrase; ``share`` is chosen of offered, None where it was never offered."""

    entry: str
    phrase: str
    answered: int
    offered: int
    chosen: int
    rejected: int
    share: float | None
    last: date


@dataclass(frozen=True)
class Popular:
    """``rows`` most used first; ``never`` are entries with an answer that nobody was even offered."""

    days: int
    rows: tuple[Row, ...]
    never: tuple[str, ...]


def summary(tallies: Sequence[Tally], entries: Mapping[str, Entry], days: int) -> Popular:
    """The tallies beside the entries of today; one that was deleted since has no phrase."""
    rows = [
        Row(
            t.entry,
            str(entries[t.entry].ask[0]) if t.entry in entries else "",
            t.answered,
            t.offered,
            t.chosen,
            t.rejected,
            min(1.0, round(t.chosen / t.offered, 3)) if t.offered else None,
            t.last,
        )
        for t in tallies
    ]
    asked = {t.entry for t in tallies}
    # A wish is also reached by menu, by exact words and by codes, which count nothing: silence says nothing about it.
    never = [id for id, entry in entries.items() if entry.answer and id not in asked]
    return Popular(days, tuple(rows), tuple(never))


def as_dict(found: Popular) -> dict[str, Any]:
    """For programs; days as 2026-03-03."""
    return {
        "days": found.days,
        "entries": [{**vars(row), "last": row.last.isoformat()} for row in found.rows],
        "never": list(found.never),
    }


def show(found: Popular, entries: Mapping[str, Entry], out: TextIO) -> None:
    if not found.rows:
        print(f"最近 {found.days} 天还没有人问过。有人提问后约 10 秒记入，请稍后再看。", file=out)
        return
    console = Console(file=out, width=None if out.isatty() else 140)
    ids = max(cell_len(row.entry) for row in found.rows)
    console.print(_table(found, min(WIDEST, max(8, console.width - OTHERS - ids))))
    for line in _advice(found, entries):
        print(line, file=out)


def _table(found: Popular, widest: int) -> Table:
    table = Table(title=f"最近 {found.days} 天问得最多的", box=None, title_justify="left", pad_edge=False)
    table.add_column("条目", no_wrap=True)
    table.add_column("第一句问法", no_wrap=True)
    for name in ("直接回答", "请人选", "选中", "选中率", "改问别的", "最近"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.rows:
        share = "–" if row.share is None else f"{row.share:.0%}"
        numbers = map(str, (row.answered, row.offered, row.chosen, share, row.rejected))
        last = f"{row.last.month}月{row.last.day}日"
        table.add_row(row.entry, Text(_short(row.phrase, widest) or "（已删除）"), *numbers, last)
    return table


def _short(text: str, widest: int) -> str:
    """Cut to a width, counting Chinese characters as two columns."""
    while cell_len(text) > widest:
        text = text[:-2] + "…"
    return text


def _advice(found: Popular, entries: Mapping[str, Entry]) -> list[str]:
    lines = []
    missed = [row for row in found.rows if row.offered >= OFTEN and (row.share or 0) < SELDOM and row.entry in entries]
    if missed:
        names = "、".join(row.entry for row in missed[:10])
        lines.append(f"\n常被列出、却少有人选：{names}。\n  看看它们的 ask 里有没有太宽泛的句子，挪走或写具体些。")
    if found.never:
        lines.append(f"\n{len(found.never)} 条从没被问到（换成人们聊天时的说法再等等看，或确认还需不需要）：")
        topics: dict[str, list[str]] = {}
        for id in found.never:
            topics.setdefault(entries[id].topic, []).append(id)
        lines += [f"  {topic}：{'、'.join(ids)}" for topic, ids in topics.items()]
    lines.append("\n没答上来的问题另看：python -m bot faq gaps")
    return lines
