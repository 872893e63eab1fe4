"""A printable page described: title, paragraphs, bars and tables; drawn in a process of its own by paper_pdf.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from bot.services import drawing, fonts


@dataclass(frozen=True)
class Table:
    """``widths`` in millimetres; ``row_height``: room to write by hand."""

    columns: Sequence[str]
    widths: Sequence[float]
    rows: Sequence[Sequence[str]]
    row_height: float = 7


@dataclass(frozen=True)
class Bars:
    label: str
    names: Sequence[str]
    values: Sequence[float]
    texts: Sequence[str]


@dataclass(frozen=True)
class Code:
    """What a phone reads from the QR code, and the words below it."""

    content: str
    caption: str


@dataclass(frozen=True)
class Paper:
    """``under``: a small line below the title; ``code``: at the right of both; ``foot`` stands on every page."""

    title: str
    under: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = ()
    bars: Sequence[Bars] = ()
    foot: str = ""
    code: Code | None = None
    font: str = field(default="", kw_only=True)
    face: int = field(default=0, kw_only=True)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Paper:
        kept = json.loads(text)
        tables, bars = [Table(**one) for one in kept.pop("tables")], [Bars(**one) for one in kept.pop("bars")]
        code = kept.pop("code")
        return cls(**kept, tables=tables, bars=bars, code=Code(**code) if code else None)

    def texts(self) -> str:
        cells = [cell for table in self.tables for row in (table.columns, *table.rows) for cell in row]
        bars = [text for one in self.bars for text in (one.label, *one.names, *one.texts)]
        caption = self.code.caption if self.code else ""
        return "".join([self.title, self.under, self.foot, caption, *self.paragraphs, *cells, *bars])


def pdf(described: Paper, configured_font: str) -> bytes:
    """Raises CannotBePrinted, Busy."""
    font = fonts.find(configured_font)
    ready = Paper(**{**vars(described), "font": font.path, "face": font.face})
    return drawing.drawn_by("bot.services.paper_pdf", ready.to_json())
