"""The sheet at the entrance: its code is asked for here, comes from WeChat by the worker, and is printed."""

from __future__ import annotations

from typing import Any

import segno
from flask import request
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.services import nearby, posters
from bot.services.refusals import ShiftUnknown
from bot.storage.models import Shift


def add(desk: Desk) -> None:
    @desk.get("/shifts/<int:shift_id>/poster", may="attendance.record", polled=True)
    def poster(db: Session, shift_id: int) -> Any:
        shift, known = db.get(Shift, shift_id), posters.of_shift(db, shift_id)
        if shift is None:
            raise ShiftUnknown
        good = known is not None and posters.is_good(known, shift, desk.now(), desk.rules)
        return desk.page(
            "poster_sheet.html" if request.headers.get("HX-Request") else "poster.html",
            it=shift,
            known=known if good else None,
            picture=segno.make(known.url, error="m").svg_data_uri(border=2) if known and good and known.url else "",
            has_place=shift.activity.latitude is not None,
            until=nearby.closes_at(shift, desk.rules),
            active="activities",
        )

    @desk.post("/shifts/<int:shift_id>/poster", may="attendance.record")
    def poster_ask(db: Session, shift_id: int) -> Any:
        posters.ask(db, shift_id, desk.actor, desk.now(), desk.rules)
        return desk.done("正在向微信要二维码，几秒钟就好。", "poster", shift_id=shift_id)
