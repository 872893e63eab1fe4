"""The first page: what needs somebody now, today's shifts, and the county in three numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.console.desk import Desk


def add(desk: Desk) -> None:
    desk.section("today", "今天", "home", may="today.see")

    @desk.get("/", may="today.see")
    def today(db: Session) -> Any:
        return desk.page("today.html")
