"""The audit log with its chain, and who came in at the console."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from bot import row_ids
from bot.console import paging
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import actors, auditing, desk_health
from bot.storage.models import AuditEntry

PER_PAGE = 50
CHAIN = 20_000  # rows that one click checks: about two seconds
OUTCOMES = {
    "in": ("进来了", "good"), "scanned": ("微信扫码进来", "good"), "password": ("密码不对", "wait"),
    "code": ("验证码不对", "wait"), "limited": ("试得太多", "bad"), "disabled": ("已停用", "bad"),
}  # fmt: skip
SUBJECTS = {
    "activities": "活动", "shifts": "班次", "registrations": "报名", "people": "人员", "volunteers": "志愿者",
    "teams": "队伍", "memberships": "队员", "broadcasts": "群发", "questions": "提问", "staff": "工作人员",
    "faq": "知识库", "certificates": "证明", "star_awards": "星级", "appeals": "申诉", "manual_entries": "补录时长",
    "rewards": "奖品", "redemptions": "兑换", "consents": "同意", "erasures": "删除申请", "policies": "保单",
    "gap_dismissals": "不必回答的话", "pushes": "推送", "experts": "专家",
}  # fmt: skip


def add(desk: Desk) -> None:
    @desk.get("/health/audit", may="audit.see")
    def audit(db: Session) -> Any:
        subject, actor, day = (request.args.get(name, "").strip() for name in ("subject", "actor", "day"))
        start = _midnight(desk, day)
        before = request.args.get("before", "")
        rows = desk_health.audit(
            db, subject=subject, actor=actor, since=start, until=start + timedelta(days=1) if start else None,
            before=row_ids.typed(before), most=PER_PAGE + 1,
        )  # fmt: skip
        older = paging.here(before=rows[PER_PAGE - 1].id) if len(rows) > PER_PAGE else ""
        names = {row.actor: _name(db, row.actor) for row in rows}
        return desk.page(
            "health_audit.html", rows=rows[:PER_PAGE], older=older, names=names, subject=subject, actor=actor, day=day,
            wrong_day=bool(day) and start is None, subjects=SUBJECTS, changes=changes, paged=bool(before), number=CHAIN,
        )  # fmt: skip

    @desk.post("/health/audit/check", may="audit.see")
    def audit_check(db: Session) -> Any:
        broken = auditing.check_chain(db, CHAIN)
        if broken is not None:
            return desk.back(
                _(
                    "记录被改动过：第 %(number)s 条对不上。请马上保存备份，并联系运维执行 db verify。",
                    number=broken.entry_id,
                ),
            )
        return desk.done(_("最近 %(number)s 条以内都核对过，没有被改动。", number=f"{CHAIN:,}"), "audit")

    @desk.get("/health/sign-ins", may="audit.see")
    def sign_ins(db: Session) -> Any:
        username, outcome = request.args.get("q", "").strip(), request.args.get("outcome", "")
        found = paging.rows(db, desk_health.sign_ins(username, outcome if outcome in OUTCOMES else ""))
        return desk.page("health_sign_ins.html", found=found, username=username, outcome=outcome, outcomes=OUTCOMES)


def changes(row: AuditEntry) -> list[tuple[str, str, str]]:
    """Column, before, after."""
    return [(name, _text(row.before.get(name)), _text(after)) for name, after in row.after.items()]


def _name(db: Session, actor: str) -> str:
    try:
        return actors.name(db, actor)
    except ValueError:  # whatever stood there before names had a form
        return actor


def _text(value: Any) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _midnight(desk: Desk, day: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(day), datetime.min.time(), desk.zone) if day else None
    except ValueError:
        return None
