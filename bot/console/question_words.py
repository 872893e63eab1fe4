"""How questions, what was said about them and the time that is left are called on the console's pages."""

from __future__ import annotations

from datetime import datetime

from bot.console.translations import translated as _
from bot.services.questions import inbox
from bot.storage.models import Question, QuestionClock

STATES = {
    "submitted": ("待审核", "wait"),
    "accepted": ("处理中", "busy"),
    "answered": ("已答复", "good"),
    "closed": ("已结束", "calm"),
    "declined": ("不受理", "calm"),
    "transferred": ("已转办", "calm"),
    "merged": ("已并入", "calm"),
    "withdrawn": ("已撤回", "calm"),
}
PARTS = {
    "open": "在办",
    "submitted": "待审核",
    "accepted": "处理中",
    "check": "待核对",
    "late": "已超时",
    "mine": "我的",
    "answered": "已答复",
    "ended": "没有答复",
    "all": "全部",
}
SAID = {
    "asked": "提问",
    "more": "补充",
    "unsatisfied": "不满意",
    "wanted": "请对方补充",
    "draft": "答复稿",
    "returned": "退回答复稿",
    "answer": "答复",
    "note": "备注",
}
PLACES = ("12345", "110", "12355", "学校", "12333", "12348")
"""Where questions are passed on to; anything else is typed."""
ALERTS = {
    "mind": "想不开",
    "medical": "受伤或生病",
    "fire": "火灾或遇险",
    "violence": "被伤害",
}
REPORT = (
    ("people", "先确认人在哪里、安不安全；有生命危险已打 110 或 120"),
    ("police", "已报告公安（110）"),
    ("civil", "已报告民政（12345 转）"),
    ("school", "已报告教育部门或学校"),
    ("apart", "孩子没有和伤害他的人单独在一起"),
    ("kept", "记下了时间和原话，没有截图转发"),
)
"""What is done about a minor in danger (未成年人保护法第十一条); what was ticked becomes a note."""


def left(row: Question, clock: QuestionClock | None, now: datetime) -> tuple[str, str]:
    """“还剩2小时5分” and one of filters.COLOURS; ("", "") when nothing runs."""
    if clock is None:
        return "", ""
    if inbox.is_late(row, clock, now):
        return _("超时%(time)s", time=length(((row.paused_at or now) - clock.due_at).total_seconds())), "bad"
    if row.paused_at is not None:
        return _("停表，等补充"), "calm"
    time = length((clock.due_at - now).total_seconds())
    return _("还剩%(time)s", time=time), "wait" if clock.warn_at <= now else "good"


def length(seconds: float) -> str:
    """“2天3小时”, “2小时5分”, “8分钟”."""
    minutes = int(seconds // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return _("%(days)s天%(hours)s小时", days=days, hours=hours) if hours else _("%(days)s天", days=days)
    if hours:
        return _("%(hours)s小时%(minutes)s分", hours=hours, minutes=minutes % 60)
    return _("%(minutes)s分钟", minutes=minutes)
