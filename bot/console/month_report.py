"""The monthly report as a page and as PDF, and the sign-in sheet of a shift on paper."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Response, abort, request
from sqlalchemy.orm import Session

from bot.console import dates
from bot.console.desk import Desk
from bot.services import month_paper, month_report, month_words, months, paper, sign_in_paper
from bot.services.month_report import Report, Trend
from bot.services.refusals import ShiftUnknown
from bot.storage.models import Shift


def add(desk: Desk) -> None:
    @desk.get("/exports/report", may="exports.make")
    def month_report_page(_db: Session) -> Any:
        month = _month()
        before, after = months.before(month), months.after(month)
        return desk.page(
            "month_report.html", month=month, before=before, after=after, today=_today(), active="exports_desk"
        )

    @desk.get("/exports/report/figures", may="exports.make")
    def month_report_figures(db: Session) -> Any:
        """Asked for by the page when it stands: two months and the trends of six are added up."""
        report = _report(db)
        return desk.page(
            "month_report_figures.html",
            report=report,
            title=month_words.title(report, desk.settings.organisation.name),
            sentences=month_words.sentences(report),
            rows=month_paper.rows(report),
            charts=[(trend, _chart(trend)) for trend in report.trends],
        )

    @desk.get("/exports/report.pdf", may="exports.make")
    def month_report_pdf(db: Session) -> Any:
        report, organisation = _report(db), desk.settings.organisation.name
        today = _today()
        made_on = f"{today.year}年{today.month}月{today.day}日"
        described = month_paper.of(report, organisation, made_on)
        db.rollback()  # drawing takes a second: nobody's rows are kept open
        return _pdf(paper.pdf(described, desk.settings.certificates.font), described.title)

    @desk.get("/shifts/<int:shift_id>/sheet.pdf", may="roster.see")
    def sign_in_sheet(db: Session, shift_id: int) -> Any:
        shift = db.get(Shift, shift_id)
        if shift is None:
            raise ShiftUnknown
        organisation = desk.settings.organisation.name
        described = sign_in_paper.of(db, shift, organisation, desk.zone, desk.now(), desk.rules)
        db.rollback()
        return _pdf(paper.pdf(described, desk.settings.certificates.font), described.title)

    def _report(db: Session) -> Report:
        return month_report.of(db, _month(), desk.now(), desk.rules)

    def _month() -> date:
        month = months.read(request.args.get("month", "") or f"{_today():%Y-%m}")
        if month is None or not 2000 <= month.year <= _today().year + 1:
            abort(404)
        return month

    def _today() -> date:
        return desk.now().astimezone(desk.zone).date()


def _chart(trend: Trend) -> dict[str, Any]:
    """Six bars with their numbers."""
    label = {"show": True, "position": "top"}
    return {
        "grid": {"left": 4, "right": 4, "top": 24, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "category", "data": [dates.month(month) for month in trend.months], "axisTick": {"show": False},
        },
        "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 2},
        "series": [{"type": "bar", "barCategoryGap": "40%", "data": list(trend.values), "label": label}],
        "animation": False,
    }  # fmt: skip


def _pdf(content: bytes, title: str) -> Response:
    """Shown in the browser, from where it is printed or kept."""
    shown = f"inline; filename*=UTF-8''{quote(title)}.pdf"
    return Response(content, headers={"Content-Type": "application/pdf", "Content-Disposition": shown})
