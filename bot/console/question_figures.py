"""青年之声 in figures: a period with both promises as charts and tables, what was late, what experts have."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services.questions import figures, loads
from bot.services.questions.figures import Figures
from bot.services.questions.states import WINDOWS

USUAL_DAYS = 30
LATE_SHOWN = 50
KINDS = {"review": "审核", "reply": "答复"}


def add(desk: Desk) -> None:
    @desk.get("/questions/figures", may="questions.decide")
    def question_figures(db: Session) -> Any:
        now = desk.now()
        today = now.astimezone(desk.zone).date()
        last = _day("until") or today
        first = _day("since") or last - timedelta(days=USUAL_DAYS - 1)
        wrong = "止日比起日早，已换过来看。" if last < first else ""
        first, last = min(first, last), max(first, last)
        begins = datetime.combine(first, time(), desk.zone)
        found = figures.between(db, begins, datetime.combine(last + timedelta(days=1), time(), desk.zone), now)
        return desk.page(
            "question_figures.html", it=found, first=first, last=last, wrong=wrong, active="questions", kinds=KINDS,
            periods=[(_("近%(days)s天", days=days), today - timedelta(days=days - 1), today) for days in (7, 30, 90)],
            promises=[("审核", found.review), ("答复", found.reply)], late=found.breaches[:LATE_SHOWN],
            topics=[(WINDOWS[topic], number) for topic, number in found.topics],
            kept_chart=_kept(found), topic_chart=_topics(found), windows=WINDOWS,
            loads=sorted(loads.of_experts(db, now, desk.rules), key=lambda load: (-load.open, -load.answered)),
            today=today,
        )  # fmt: skip


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _kept(found: Figures) -> dict[str, Any]:
    """Both promises: in time and late, as two bars lying down."""
    bars = [("答复", found.reply), ("审核", found.review)]
    look = {"type": "bar", "stack": "all", "barWidth": 22, "label": {"show": True}}
    return {
        "grid": {"left": 8, "right": 16, "top": 32, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "data": [_(name) for name, _promise in bars], "axisTick": {"show": False}},
        "series": [
            {"name": _("按时"), "data": [one.kept or None for _name, one in bars], **look},
            {"name": _("超时"), "color": "#d6455d", "data": [one.due - one.kept or None for _n, one in bars], **look},
        ],
        "animation": False,
    }


def _topics(found: Figures) -> dict[str, Any]:
    return {
        "grid": {"left": 8, "right": 32, "top": 8, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1, "show": False},
        "yAxis": {
            "type": "category", "inverse": True, "data": [_(WINDOWS[topic]) for topic, _number in found.topics],
            "axisTick": {"show": False},
        },
        "series": [
            {"type": "bar", "barWidth": 18, "data": [number for _topic, number in found.topics],
             "label": {"show": True, "position": "right"}},
        ],
        "animation": False,
    }  # fmt: skip
