"""A described paper as A4 PDF. Run as a process of its own by drawing.py."""

from __future__ import annotations

import sys

import segno
from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout, WrapMode, XPos, YPos

from bot.services.drawing import UNPRINTABLE
from bot.services.fonts import Font
from bot.services.paper import Bars, Code, Paper, Table
from bot.services.refusals.certificates import CannotBePrinted

MARGIN, WIDTH = 18, 174
GREY, DARK, GREEN = 110, 30, (8, 120, 92)
BARS_ACROSS, BARS_HEIGHT = 2, 34
CODE = 32
"""Millimetres: read from a metre away."""


def pdf(paper: Paper) -> bytes:
    """CannotBePrinted names every character that the font lacks."""
    missing = Font(paper.font, paper.face).lacks(paper.texts())
    if missing:
        raise CannotBePrinted(missing)
    sheet = _Sheet(paper)
    sheet.add_page()
    _opening(sheet, paper)
    for text in paper.paragraphs:
        sheet.set_font("song", size=11.5)
        sheet.multi_cell(0, 7, f"　　{text}", wrapmode=WrapMode.CHAR, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    for number, bars in enumerate(paper.bars):
        _bars(sheet, bars, number)
    if paper.bars:
        sheet.ln(BARS_HEIGHT + 4)
    for table in paper.tables:
        sheet.ln(3)
        _table(sheet, table)
    return bytes(sheet.output())


class _Sheet(FPDF):
    def __init__(self, paper: Paper) -> None:
        super().__init__(format="A4")
        self._foot = paper.foot
        self.set_margins(MARGIN, 18)
        self.set_auto_page_break(True, 18)
        self.set_title(paper.title)
        self.set_lang("zh-CN")
        self.add_font("song", "", paper.font, collection_font_number=paper.face)

    def footer(self) -> None:
        self.set_y(-13)
        self.set_font("song", size=8)
        self.set_text_color(GREY)
        self.cell(0, 5, f"{self._foot}　第 {self.page_no()} 页，共 {{nb}} 页", align="C")
        self.set_text_color(DARK)


def _opening(sheet: _Sheet, paper: Paper) -> None:
    foot = 0.0
    if paper.code:
        foot = _code(sheet, paper.code)
        sheet.set_right_margin(MARGIN + CODE + 4)
    sheet.set_text_color(DARK)
    sheet.set_font("song", size=18)
    sheet.multi_cell(0, 10, paper.title, align="L", wrapmode=WrapMode.CHAR, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.set_font("song", size=10)
    sheet.set_text_color(GREY)
    sheet.multi_cell(0, 6, paper.under, align="L", wrapmode=WrapMode.CHAR, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.set_right_margin(MARGIN)
    sheet.set_y(max(sheet.get_y(), foot))
    sheet.set_text_color(DARK)
    sheet.set_draw_color(*GREEN)
    sheet.set_line_width(0.5)
    sheet.line(MARGIN, sheet.get_y() + 2, MARGIN + WIDTH, sheet.get_y() + 2)
    sheet.ln(5)


def _code(sheet: _Sheet, code: Code) -> float:
    """In the upper right corner; where it ends."""
    left, top = MARGIN + WIDTH - CODE, 18
    modules = segno.make(code.content, error="m").matrix
    size = CODE / len(modules)
    sheet.set_fill_color(0)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:  # a hair wider, so that no white line runs between two
                sheet.rect(left + x * size, top + y * size, size + 0.02, size + 0.02, style="F")
    sheet.set_font("song", size=8.5)
    sheet.set_text_color(DARK)
    sheet.set_xy(left - 4, top + CODE + 1)
    sheet.multi_cell(CODE + 8, 4, code.caption, align="C", wrapmode=WrapMode.CHAR)
    foot = sheet.get_y()
    sheet.set_xy(MARGIN, top)
    return float(foot)


def _bars(sheet: _Sheet, bars: Bars, number: int) -> None:
    """Two side by side; the number stands above each bar."""
    at = number % BARS_ACROSS
    if at == 0:
        sheet.ln(4 if number == 0 else BARS_HEIGHT + 4)
        if sheet.get_y() + BARS_HEIGHT + 4 > sheet.page_break_trigger:
            sheet.add_page()
    top, width = sheet.get_y(), WIDTH / BARS_ACROSS - 5
    left = MARGIN + at * (WIDTH / BARS_ACROSS + 2.5)
    sheet.set_font("song", size=10)
    sheet.set_xy(left, top)
    sheet.cell(width, 5, bars.label)
    sheet.set_font("song", size=7.5)
    step, most, high = width / len(bars.values), max([*bars.values, 1]), BARS_HEIGHT - 16
    sheet.set_fill_color(*GREEN)
    for place, (name, value, text) in enumerate(zip(bars.names, bars.values, bars.texts, strict=True)):
        tall = max(0.0, value) / most * high
        foot = top + BARS_HEIGHT - 5
        sheet.rect(left + place * step + step * 0.2, foot - tall, step * 0.6, tall, style="F")
        sheet.set_xy(left + place * step, foot - tall - 4)
        sheet.cell(step, 4, text, align="C")
        sheet.set_xy(left + place * step, foot)
        sheet.cell(step, 4, name, align="C")
    sheet.set_xy(MARGIN, top)


def _table(sheet: _Sheet, described: Table) -> None:
    sheet.set_font("song", size=9)
    sheet.set_fill_color(255)
    sheet.set_draw_color(120)
    sheet.set_line_width(0.15)
    with sheet.table(
        col_widths=tuple(described.widths), line_height=4.6, wrapmode=WrapMode.CHAR, padding=1,
        headings_style=FontFace(fill_color=(228, 241, 237)), borders_layout=TableBordersLayout.ALL,
        width=sum(described.widths), align="LEFT", text_align="LEFT", min_row_height=described.row_height,
    ) as table:  # fmt: skip
        table.row(described.columns)
        for row in described.rows:
            table.row(row)


def main() -> int:
    """The paper as JSON on stdin; the PDF on stdout."""
    try:
        content = pdf(Paper.from_json(sys.stdin.buffer.read().decode()))
    except CannotBePrinted as error:
        sys.stdout.buffer.write(error.characters.encode())
        return UNPRINTABLE
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
