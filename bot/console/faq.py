"""What the account knows: every entry with how often it is asked, and a sentence tried with the reasons."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from bot.console import faq_entries, faq_files, faq_gaps, faq_topics, paging
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.knowledge import overview, versions
from bot.knowledge.counts import tallies
from bot.knowledge.dismissals import without_dismissed
from bot.knowledge.explanation import DECISIONS, SHARES, explained
from bot.knowledge.gaps import unanswered

DAYS = 30
LONGEST = 200  # characters of a sentence that is tried
TRIES = 20  # looks at a library that is still learning, two seconds apart


def add(desk: Desk) -> None:
    desk.section("faq", "知识库", "robot", may="faq.see")

    @desk.get("/faq", may="faq.see")
    def faq(db: Session) -> Any:
        wanted, file, order = (request.args.get(name, "") for name in ("q", "file", "order"))
        folder, today = desk.shelf.written(), today_here(desk)
        counted = tallies(db, today - timedelta(days=DAYS - 1))
        lines = overview.lines(folder, counted, today, wanted=wanted, file=file, order=order or "file")
        open_ones = sum(
            asked.times for asked in without_dismissed(db, unanswered(db, desk.now() - timedelta(days=DAYS)))
        )
        topics = {entry.place.file: entry.topic for entry in reversed(folder.entries)}
        topic = {name: _("%(label)s（%(unit)s）", label=label, unit=name) for name, label in topics.items()}
        files = [(name, topic.get(name, name)) for name in names(desk)]
        return desk.page(
            "faq.html", found=paging.cut(lines), wanted=wanted, file=file, order=order, orders=overview.ORDERS,
            files=files, refused=folder.refused(), gaps=open_ones, days=DAYS, entries=len(folder.entries),
            phrases=sum(len(entry.ask) for entry in folder.entries), answered=sum(tally.answered for tally in counted),
        )  # fmt: skip

    @desk.get("/faq/try", may="faq.see")
    def faq_try(db: Session) -> Any:
        text = request.args.get("q", "").strip()[:LONGEST]
        hoped, tries = request.args.get("hoped", ""), request.args.get("tries", "0")
        library = desk.shelf.library
        found = explained(text, library) if text else None
        tried = int(tries) if tries.isdecimal() and len(tries) < 4 else 0
        waits = bool(found and hoped and found.ranking.id != hoped and tried < TRIES)
        template = "faq_tried.html" if request.headers.get("HX-Request") else "faq_try.html"
        return desk.page(
            template, text=text, found=found, hoped=hoped, waits=waits, tries=tried + 1, entries=library.entries,
            decisions=DECISIONS, shares=SHARES,
        )  # fmt: skip

    faq_gaps.add(desk)
    faq_entries.add(desk)
    faq_files.add(desk)
    faq_topics.add(desk)


def names(desk: Desk) -> list[str]:
    return versions.names(desk.shelf.directory)


def today_here(desk: Desk) -> date:
    return desk.now().astimezone(desk.zone).date()
