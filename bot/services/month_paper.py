"""The monthly report on paper: the sentences, the bars and the table of the page."""

from __future__ import annotations

from bot.services.month_report import Report, share
from bot.services.month_words import sentences, title
from bot.services.paper import Bars, Paper, Table

COLUMNS, WIDTHS = ("指标", "本月", "上月", "比上月"), (66, 36, 36, 36)


def of(report: Report, organisation: str, made_on: str) -> Paper:
    state = "" if report.is_over else "，本月还没有过完"
    return Paper(
        title(report, organisation), f"{made_on}根据公众号记录自动汇总{state}", sentences(report),
        [Table(COLUMNS, WIDTHS, rows(report))],
        [
            Bars(f"{one.label}（{one.unit}）", [f"{month.month}月" for month in one.months], one.values,
                 [f"{value:,g}" if value < 100_000 else f"{value:,.0f}" for value in one.values])
            for one in report.trends
        ],
        foot=title(report, organisation),
    )  # fmt: skip


def rows(report: Report) -> list[tuple[str, str, str, str]]:
    """Every figure, as it stands on the page and on paper."""
    found = [(f"{one.label}（{one.unit}）", one.text, one.before_text, one.change) for one in report.figures]
    for label, (here, there) in (("3小时内受理", report.review), ("3天内答复", report.reply)):
        found.append((label, share(here), share(there), ""))
    return found
