"""The sheet: every character of every name is there, or it is not drawn; the QR code and the picture are of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pypdfium2
import pytest

from bot.services import drawing, fonts, sheets
from bot.services.certificates import Issued
from bot.services.drawing import Order
from bot.services.refusals.certificates import CannotBePrinted
from bot.services.snapshots import Line, Snapshot

RARE = "阿依古丽·买买提𠮷䶮"
LINE = Line(1, "江滨公园清洁", "2025-09-06", "江滨公园南门", "沿江捡拾垃圾", 148, "青山团县委", "李老师", "credit")


@pytest.fixture(scope="module")
def font() -> fonts.Font:
    try:
        return fonts.find()
    except CannotBePrinted:
        pytest.skip("no Chinese font here: apt install fonts-noto-cjk")


def snapshot(name: str = RARE, lines: tuple[Line, ...] = (LINE,)) -> Snapshot:
    return Snapshot(
        name, "330***********1234", "共青团青山县委员会", "2025-09-01", "2026-03-03",
        sum(line.minutes for line in lines), lines, "2026-03-03", "ZM-2026-000123",
    )  # fmt: skip


def order(font: fonts.Font, said: Snapshot) -> Order:
    issued = Issued(1, said.number, "7F3K-Q2MX", said, datetime(2026, 3, 3, 2, tzinfo=timezone.utc))
    return drawing.order(issued, "https://qs.example.cn/", font)


def text_of(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return "".join("".join(pages).split())


def test_everything_the_law_asks_for_stands_on_it(font: fonts.Font) -> None:
    """67号令 第7条 and 第15条: 服务时间、服务内容、记录单位, and the rest of the seven fields."""
    drawn = drawing.draw(order(font, snapshot()))
    text = text_of(drawn.pdf)
    for part in (
        "志愿服务记录证明", RARE, "330***********1234", "2025年9月1日至2026年3月3日", "1次", "2.4小时", "江滨公园清洁",
        "2025-09-06", "江滨公园南门", "沿江捡拾垃圾", "青山团县委", "李老师", "共青团青山县委员会", "ZM-2026-000123",
        "7F3K-Q2MX", "https://qs.example.cn/verify", "免费出具", "不得用于商业目的", "2026年3月3日", "盖章",
    ):  # fmt: skip
        assert part in text, part
    assert drawn.picture.startswith(b"\xff\xd8\xff") and 50_000 < len(drawn.picture) < 1_000_000
    assert len(drawn.pdf) < 300_000


def test_kinds_stand_apart_and_long_ones_run_over_pages(font: fonts.Font) -> None:
    kinds = ("credit", "honour", "import")
    lines = tuple(replace(LINE, entry_id=n, kind=kinds[n % 3], content="打扫房间，" * 30) for n in range(60))
    drawn = sheets.pdf(order(font, snapshot(lines=lines)))
    text = text_of(drawn)
    for part in ("签到签退记录：20次，49.3小时", "人工补记（经两人核准）：20次", "志愿汇导入：20次"):
        assert part in text
    assert "合计148.0小时" in text and "第1页，共" in text
    with pypdfium2.PdfDocument(drawn) as document:
        assert len(document) > 2


@pytest.mark.parametrize(("name", "missing"), [("王ཀ雨", "ཀ"), ("阿布都ئالىم", "ئالىم"), ("王🙂", "🙂")])
def test_a_missing_glyph_is_named_and_nothing_is_drawn(font: fonts.Font, name: str, missing: str) -> None:
    with pytest.raises(CannotBePrinted) as refused:
        drawing.check(snapshot(name).texts(), "")
    assert refused.value.characters == missing
    with pytest.raises(CannotBePrinted) as refused:
        drawing.draw(order(font, snapshot(name)))
    assert refused.value.characters == missing


def test_the_usual_is_checked_without_opening_a_font(font: fonts.Font) -> None:
    assert fonts.doubtful("共青团青山县委员会 李老师 A12（第二期），2.5·") == ""
    assert fonts.doubtful(RARE) == "𠮷䶮"
    assert font.lacks(RARE) == ""


def test_without_a_font_it_says_so(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotBePrinted) as refused:
        fonts.find(f"{tmp_path}/none.ttf")
    assert refused.value.characters == ""
    monkeypatch.setattr(fonts, "PLACES", ())
    with pytest.raises(CannotBePrinted):
        drawing.check("王晓雨", "")


def test_a_font_without_chinese_draws_nothing() -> None:
    latin = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    with pytest.raises(CannotBePrinted) as refused:
        sheets.pdf(order(fonts.find(latin), snapshot()))
    assert "阿" in refused.value.characters
