"""The certificate on paper: A4 as PDF, and the same page as a picture. Run as a process of its own by drawing.py."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from datetime import date

import pypdfium2
import segno
from fpdf import FPDF, FontFace
from fpdf.enums import MethodReturnValue, TableBordersLayout, WrapMode, XPos, YPos
from PIL import Image

from bot.services import hours
from bot.services.drawing import UNPRINTABLE, Order
from bot.services.fonts import Font
from bot.services.refusals.certificates import CannotBePrinted
from bot.services.snapshots import KINDS, Line

TITLE = "志愿服务记录证明"
RECORDED = {"credit": "签到签退记录", "honour": "人工补记（经两人核准）", "import": "志愿汇导入"}
COLUMNS = ("序号", "活动名称", "日期", "地点", "服务内容", "服务时间\n（小时）", "活动组织单位", "负责人")
WIDTHS = (9, 30, 20, 28, 34, 15, 23, 15)
"""Millimetres; 174 together."""
MARGIN, QR_MM, PICTURE_DPI, MOST_PAGES_IN_PICTURE = 18, 27, 150, 8
GREY, DARK = 110, 30


def pdf(order: Order) -> bytes:
    """CannotBePrinted names every character that the font lacks, rather than leaving a hole in a name."""
    font = Font(order.font, order.face)
    missing = font.lacks(order.snapshot.texts() + order.snapshot.identity)
    if missing:
        raise CannotBePrinted(missing)
    sheet = _Sheet(order, font)
    sheet.add_page()
    _opening(sheet, order)
    _table(sheet, order)
    _closing(sheet, order)
    content = bytes(sheet.output())
    holes = {str(code) for each in sheet.fonts.values() for code in getattr(each, "missing_glyphs", ())}
    if holes:  # fpdf2 itself only warns
        raise CannotBePrinted("".join(sorted(holes)))
    return content


def picture(content: bytes) -> bytes:
    """JPEG of all pages, one below the other."""
    with pypdfium2.PdfDocument(content) as document:
        number = min(len(document), MOST_PAGES_IN_PICTURE)
        pages = [document[at].render(scale=PICTURE_DPI / 72).to_pil().convert("RGB") for at in range(number)]
    whole = Image.new("RGB", (max(page.width for page in pages), sum(page.height for page in pages)), "white")
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=82, optimize=True, dpi=(PICTURE_DPI, PICTURE_DPI))
    return out.getvalue()


class _Sheet(FPDF):
    def __init__(self, order: Order, font: Font) -> None:
        super().__init__(format="A4")
        self._number = order.snapshot.number
        self.set_margins(MARGIN, 20)
        self.set_auto_page_break(True, 20)
        self.set_title(f"{TITLE} {order.snapshot.number}")
        self.set_author(order.snapshot.issuer)
        self.set_lang("zh-CN")
        self.set_creation_date(order.issued_at)
        # One weight only: each further font costs as much time and memory again.
        self.add_font("song", "", font.path, collection_font_number=font.face)

    def footer(self) -> None:
        self.set_y(-13)
        self.set_font("song", size=8)
        self.set_text_color(GREY)
        self.cell(0, 5, f"{self._number}　第 {self.page_no()} 页，共 {{nb}} 页", align="C")
        self.set_text_color(DARK)


def _opening(sheet: _Sheet, order: Order) -> None:
    said = order.snapshot
    sheet.set_text_color(DARK)
    sheet.set_font("song", size=25)
    sheet.set_char_spacing(3)
    with sheet.local_context(text_mode="FILL_STROKE", line_width=0.25, draw_color=DARK):  # bold without a second font
        sheet.cell(0, 15, TITLE, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.set_char_spacing(0)
    sheet.set_font("song", size=10)
    sheet.cell(0, 7, f"编号：{order.snapshot.number}", align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.set_draw_color(180, 40, 40)
    sheet.set_line_width(0.5)
    sheet.line(MARGIN, sheet.get_y() + 1, 210 - MARGIN, sheet.get_y() + 1)
    sheet.ln(6)
    identity = f"（证件号码 {said.identity}）" if said.identity else ""
    period = f"{_day(said.first)}至{_day(said.last)}" if said.first != said.last else _day(said.first)
    sheet.set_font("song", size=12)
    sheet.multi_cell(
        0, 8, f"　　兹证明 {said.name}{identity}于{period}参加志愿服务 {len(said.lines)} 次，"
        f"累计服务时间 {hours.shown(said.minutes)} 小时。具体记录如下：",
        align="L", wrapmode=WrapMode.CHAR, new_x=XPos.LMARGIN, new_y=YPos.NEXT,
    )  # fmt: skip
    sheet.ln(3)


def _table(sheet: _Sheet, order: Order) -> None:
    said = order.snapshot
    sheet.set_font("song", size=8.5)
    sheet.set_draw_color(120)
    sheet.set_line_width(0.15)
    heading = FontFace(fill_color=(232, 232, 228))
    apart = FontFace(fill_color=(246, 246, 243))
    with sheet.table(
        col_widths=WIDTHS, line_height=4.4, headings_style=heading, wrapmode=WrapMode.CHAR, padding=(0.9, 1),
        text_align=("CENTER", "LEFT", "CENTER", "LEFT", "LEFT", "CENTER", "LEFT", "CENTER"),
        borders_layout=TableBordersLayout.ALL, width=sum(WIDTHS),
    ) as table:  # fmt: skip
        table.row(COLUMNS)
        number = 0
        for kind in KINDS:
            lines = [line for line in said.lines if line.kind == kind]
            if not lines:
                continue
            row = table.row(style=apart)
            row.cell(f"{RECORDED[kind]}：{len(lines)} 次，{hours.shown(said.of_kind(kind))} 小时", colspan=8, align="L")
            for line in lines:
                number += 1
                table.row(_cells(number, line))
        row = table.row(style=heading)
        row.cell("合计", colspan=5, align="R")
        row.cell(hours.shown(said.minutes), align="C")
        row.cell("小时", colspan=2, align="L")


def _cells(number: int, line: Line) -> Sequence[str]:
    shown = hours.shown(line.minutes) if line.minutes >= 6 else "不足0.1"
    return (
        str(number), line.title, line.served_on, line.place or "—", _short(line.content) or "—", shown,
        line.organiser or "—", line.leader or "—",
    )  # fmt: skip


def _short(text: str, longest: int = 48) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _closing(sheet: _Sheet, order: Order) -> None:
    """Notes, QR code and the place for the seal stay together on one page."""
    notes = (
        "说明：1. 本证明依据《志愿服务条例》和《志愿服务记录与证明出具办法（试行）》免费出具，内容取自志愿服务台账，"
        "服务时间为实际参加服务的时间，以小时为单位，按分钟累计后向下取到 0.1 小时。",
        f"2. 真伪查验：扫描二维码，或打开 {order.public_url}/verify 输入验证码 {order.code}；也可以在本单位"
        f"微信公众号里发送“证明查验 {order.code}”。",
        "3. 本证明不得用于商业目的；未经本人同意，收到的单位不得公开或向他人提供其中的个人信息。",
    )
    sheet.set_font("song", size=8.5)
    sheet.ln(4)
    height = sum(_height(sheet, note) for note in notes)
    if sheet.get_y() + height + 45 > sheet.page_break_trigger:
        sheet.add_page()
    for note in notes:
        sheet.multi_cell(0, 4.4, note, wrapmode=WrapMode.CHAR, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    top = sheet.get_y() + 6
    qr = io.BytesIO()
    segno.make(f"{order.public_url}/verify/{order.code}", error="m").save(qr, kind="png", scale=6, border=1)
    sheet.image(qr, MARGIN, top, QR_MM, QR_MM)
    sheet.set_xy(MARGIN - 2, top + QR_MM + 1)
    sheet.cell(QR_MM + 4, 5, f"验证码 {order.code}", align="C")
    _seal(sheet, order, top)


def _height(sheet: _Sheet, note: str) -> float:
    found = sheet.multi_cell(0, 4.4, note, wrapmode=WrapMode.CHAR, dry_run=True, output=MethodReturnValue.HEIGHT)
    assert isinstance(found, float | int)
    return float(found)


def _seal(sheet: _Sheet, order: Order, top: float) -> None:
    """Whose word it is, with room for a round seal of 42 mm over name and date."""
    right = 210 - MARGIN - 82
    sheet.set_font("song", size=12)
    sheet.set_xy(right, top + 10)
    sheet.multi_cell(
        82, 7, order.snapshot.issuer, align="C", wrapmode=WrapMode.CHAR, new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )
    sheet.set_xy(right, sheet.get_y() + 1)
    sheet.cell(82, 7, _day(order.snapshot.issued_on), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.set_font("song", size=9)
    sheet.set_text_color(GREY)
    sheet.set_xy(right, sheet.get_y())
    sheet.cell(82, 6, "（记录单位盖章）", align="C")
    sheet.set_text_color(DARK)


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.year}年{day.month}月{day.day}日"


def main() -> int:
    """The order as JSON on stdin; on stdout the PDF's length in four bytes, the PDF, the picture."""
    try:
        content = pdf(Order.from_json(sys.stdin.buffer.read().decode()))
    except CannotBePrinted as error:
        sys.stdout.buffer.write(error.characters.encode())
        return UNPRINTABLE
    sys.stdout.buffer.write(len(content).to_bytes(4, "big") + content + picture(content))
    return 0


if __name__ == "__main__":
    sys.exit(main())
