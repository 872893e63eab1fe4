"""Tables of measurements, written between the markers of benchmarks/README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

README = Path(__file__).with_name("README.md")


def table(columns: Sequence[str], rows: Mapping[str, Sequence[object]]) -> str:
    """Markdown; numbers are written as they come."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join([name, *map(str, cells)]) + " |" for name, cells in rows.items()]
    return "\n".join(lines)


def write(name: str, text: str) -> None:
    """Replaces what stands between ``<!-- name -->`` and ``<!-- /name -->``."""
    before, opened, rest = README.read_text("utf-8").partition(f"<!-- {name} -->")
    _, closed, after = rest.partition(f"<!-- /{name} -->")
    if not (opened and closed):
        raise LookupError(f"{README} has no markers called {name}")
    README.write_text(f"{before}{opened}\n{text}\n{closed}{after}", "utf-8")
