"""CSV as staff keep it in Excel: read with every mistake at its line, written so that no cell is run as a formula."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

# A cell that begins so is run as a formula by Excel, also in its full-width form.
_FORMULA = re.compile(r"[=+\-@＝＋－＠\t\r]")


@dataclass(frozen=True)
class Mistake:
    """``line`` as an editor counts, the first is 1 (0: there is no file); ``column`` is the heading, empty for the
    whole line."""

    line: int
    column: str
    text: str

    def __str__(self) -> str:
        where = f"第{self.line}行" if self.line else ""
        return f"{where}{f'「{self.column}」' if self.column else ''}：{self.text}"


class ImportRefused(Exception):
    """Nothing was imported; every mistake in the file at once."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


WrongHeadings = Callable[[int, list[str]], Iterator[Mistake]]


def rows(raw: bytes, found: list[Mistake], wrong_headings: WrongHeadings) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(_decoded(raw), newline=""), strict=True)
    headings: list[str] = []
    line = 1
    try:
        for cells in reader:
            values = [_cell(cell) for cell in cells]
            if not headings:
                headings = values
                found += wrong_headings(line, headings)
            elif any(values):
                yield line, dict(zip(headings, values, strict=False))
            line = reader.line_num + 1
    except csv.Error as error:
        found.append(Mistake(line, "", f"这一行不是正确的CSV：{error}"))
    if not headings:
        found.append(Mistake(1, "", "文件是空的，第一行应是列名"))


def _decoded(raw: bytes) -> str:
    # Excel in China saves CSV as GB18030 unless told otherwise.
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _cell(cell: str) -> str:
    text = unicodedata.normalize("NFC", cell).replace("\x00", "").strip()
    return text[1:] if text[:1] == "'" and _FORMULA.match(text[1:2]) else text


def shown(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value)


def write(out: TextIO, headings: Sequence[str], rows: Iterable[list[str]]) -> int:
    writer = csv.writer(out)
    writer.writerow(headings)
    number = 0
    for number, row in enumerate(rows, start=1):  # noqa: B007 - counted for the caller
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in row])
    return number
