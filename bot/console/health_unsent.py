"""Single pushes that did not arrive, and the button that sends one again."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.console import paging
from bot.console.desk import Desk
from bot.services import actors, resending
from bot.storage.models import Follower

STATES = {
    "due": ("等着发", "busy"), "sending": ("正在发", "busy"), "sent": ("已发出", "good"),
    "unreached": ("等对方来消息时再说", "wait"), "failed": ("没发成", "bad"), "unknown": ("不知道发成没有", "wait"),
    "expired": ("过时了没发", "wait"), "superseded": ("不用发了", "calm"),
}  # fmt: skip
KINDS = {
    "reminder": "活动提醒", "offer": "候补有空位", "offer_lapsed": "空位过期", "change": "活动改动",
    "cancelled": "活动取消", "late_reply": "来迟的回答", "alert": "警报", "alert_note": "警报的后话",
    "alert_answer": "值班的回话", "notice": "通知", "picture": "图片", "broadcast": "群发",
    "broadcast_preview": "群发预览",
}  # fmt: skip


def add(desk: Desk) -> None:
    desk.app.jinja_env.globals.update(
        push_twice=resending.may_arrive_twice, push_states=STATES, push_kinds=KINDS,
        resendable=lambda push: resending.can(push, desk.now()),
    )  # fmt: skip

    @desk.get("/health/pushes/unsent", may="settings.see")
    def health_unsent(db: Session) -> Any:
        now, kind, state = desk.now(), request.args.get("kind", ""), request.args.get("state", "")
        found = paging.rows(db, resending.unsent(now, kind if kind in KINDS else "", state))
        openids = [push.openid for push in found.items]
        people = select(Follower.openid, Follower.person_id, Follower.followed).where(Follower.openid.in_(openids))
        who = {row.openid: (actors.name(db, actors.follower(row.openid)), *row[1:]) for row in db.execute(people)}
        return desk.page(
            "health_unsent.html", found=found, kind=kind, state=state, people=who,
            days=resending.RECENT.days,
        )  # fmt: skip

    @desk.post("/pushes/<int:id>/again", may="pushes.resend")
    def push_again(db: Session, id: int) -> Any:
        resending.again(db, id, desk.now(), twice=request.form.get("twice") == "yes")
        return desk.back("已排上，马上再发一次；夜里不打扰的会等到早上。", "success")
