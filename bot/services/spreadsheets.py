"""Tables as files: xlsx and CSV in constant memory, in which no cell is ever a formula or a link."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import xlsxwriter

MOST_ROWS = 1_000_000
"""Of one sheet; Excel reads 1,048,576."""
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FORBIDDEN = dict.fromkeys(map(ord, "[]:*?/\\"), " ")
WIDEST, NARROWEST = 40, 10
Cell = str | int | float


def write_xlsx(path: Path, title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """One sheet, and a further one for each million rows. Rows go through a file beside ``path``, not through /tmp."""
    with tempfile.TemporaryDirectory(dir=path.parent) as beside:
        book = xlsxwriter.Workbook(path, {
            "constant_memory": True, "tmpdir": beside, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False,
        })  # fmt: skip
        heading = book.add_format({"bold": True, "bg_color": "#E4F1ED", "bottom": 1})
        number, sheet = MOST_ROWS, None
        sheets = 0
        for row in _at_least_nothing(rows):
            if sheet is None or number >= MOST_ROWS:
                sheets, number = sheets + 1, 0
                sheet = book.add_worksheet(sheet_name(title, sheets))
                sheet.freeze_panes(1, 0)
                for at, name in enumerate(columns):
                    sheet.set_column(at, at, min(WIDEST, max(NARROWEST, 2 * len(name) + 4)))
                sheet.write_row(0, 0, columns, heading)
            if row is not None:
                number += 1
                for at, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(number, at, cell)
                    else:
                        sheet.write_number(number, at, cell)
        book.close()


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """With the mark by which Excel knows UTF-8."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([inert(cell) for cell in row] for row in rows)


def inert(cell: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula stands behind an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(BEGINS_FORMULA) else cell


def sheet_name(title: str, number: int = 1) -> str:
    """At most 31 characters, none of those Excel forbids."""
    end = f" {number}" if number > 1 else ""
    return (title.translate(_FORBIDDEN).strip("' ")[: 31 - len(end)] or "Sheet") + end


def _at_least_nothing(rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell] | None]:
    """None first: an empty table has its heading."""
    yield None
    yield from rows
