"""The week of 青年之声, to whoever reviews and to administrators: figures and numbers of questions, no word of any."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.services.questions import figures, promises
from bot.services.questions.states import WINDOWS
from bot.storage.crypto import Cipher

NAME = "questions"
NAMED = 8
"""Broken promises in one message; the rest is in ``question late``."""
KINDS = {"review": "审核", "reply": "答复"}


def _week(db: Session, cipher: Cipher, ids: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    monday = date.fromisoformat(str(ids["week"]))
    found = figures.of_week(db, monday, now, zone)
    if found.is_quiet:
        return None
    last = monday + timedelta(days=6)
    lines = (
        f"【青年之声】上周（{monday.month}月{monday.day}日至{last.month}月{last.day}日）",
        f"新提问{found.asked}个，答复{found.answered}个{_ended(found)}，还在办{found.waiting}个",
        _promise("审核", found.review),
        _promise("答复", found.reply),
        _late(found.breaches),
        f"评价：满意{found.satisfied}，不满意{found.dissatisfied}" if found.satisfied + found.dissatisfied else "",
        "问得最多：" + "、".join(f"{WINDOWS[topic]}{count}个" for topic, count in found.topics[:3]) if found.topics else "",
        "还在办的回复 待办 查看。" if found.waiting else "",
    )
    return "\n".join(line for line in lines if line)


def _ended(found: figures.Figures) -> str:
    others = {"不受理": found.declined, "转办": found.transferred, "撤回": found.withdrawn}
    return "".join(f"，{what}{count}个" for what, count in others.items() if count)


def _promise(what: str, promise: figures.Promise) -> str:
    if promise.share is None:
        return ""
    hours = f"，一半在{promise.median_hours:g}小时内" if promise.median_hours else ""
    return f"{what}：到期{promise.due}个，按时{promise.kept}个（{promise.share:.0%}）{hours}"


def _late(breaches: Sequence[promises.Breach]) -> str:
    if not breaches:
        return ""
    named = "、".join(f"{one.number}（{KINDS[one.kind]}{'' if one.stopped_at else '，还没完成'}）" for one in breaches[:NAMED])
    rest = f"等{len(breaches)}条，全部见 python -m bot question late" if len(breaches) > NAMED else ""
    return f"超时：{named}{rest}"


NOTICES: dict[str, Callable[..., str | None]] = {"week": _week}
