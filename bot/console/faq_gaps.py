"""What the account could not answer, put together by what was asked; each group mended with one button."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.console import paging
from bot.console.desk import Desk
from bot.console.faq_saving import keep
from bot.console.translations import translated as _
from bot.knowledge import dismissals, rewriting
from bot.knowledge.clusters import Cluster, cluster
from bot.knowledge.entries import Entry
from bot.knowledge.gaps import unanswered
from bot.knowledge.library import Library
from bot.knowledge.rewriting import EditRefused, Fields
from bot.storage.models import Gap, GapDismissal

DAYS = 90
MOST = 1_000  # different texts looked at, the most asked first: about two seconds
PER_PAGE = 10
SHOWN = 12  # texts of a group that are shown with a tick


class Groups:
    """Putting together takes seconds: kept until something new is asked or learnt."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made_of: tuple[Any, ...] = ()
        self._found: list[Cluster] = []

    def of(self, db: Session, library: Library, since: datetime) -> list[Cluster]:
        newest = db.scalar(select(func.max(Gap.id)).where(Gap.at >= since))
        made_of = (id(library), since.date(), newest)
        with self._lock:
            if self._made_of != made_of:
                self._found = cluster(unanswered(db, since)[:MOST], library)[0]
                self._made_of = made_of
            return self._found


def add(desk: Desk) -> None:
    groups = Groups()

    @desk.get("/faq/gaps", may="faq.see")
    def faq_gaps(db: Session) -> Any:
        undo = request.args.get("undo", "")
        just = db.get(GapDismissal, int(undo)) if undo.isdecimal() and len(undo) < 9 else None
        put_aside = db.scalar(select(func.count()).select_from(dismissals.standing().subquery()))
        stands = just if just and just.withdrawn_at is None else None
        return desk.page("faq_gaps.html", days=DAYS, just=stands, whys=dismissals.WHYS, put_aside=put_aside)

    @desk.get("/faq/gaps/found", may="faq.see")
    def faq_gaps_found(db: Session) -> Any:
        """Loaded behind the page's frame, for it may take a moment."""
        since = desk.now() - timedelta(days=DAYS)
        found = dismissals.left(db, groups.of(db, desk.shelf.library, since), since)
        entries = {entry.id: entry for entry in desk.shelf.written().entries}
        shown = paging.cut(found, per_page=PER_PAGE)
        return desk.page(
            "faq_gaps_found.html", found=shown, entries=entries, days=DAYS, most=SHOWN, whys=dismissals.WHYS
        )

    @desk.get("/faq/gaps/dismissed", may="faq.see")
    def faq_gaps_dismissed(db: Session) -> Any:
        found = paging.rows(db, dismissals.standing())
        again = dismissals.AGAIN
        return desk.page("faq_gaps_dismissed.html", db=db, found=found, whys=dismissals.WHYS, again=again)

    @desk.post("/faq/gaps/dismiss", may="faq.edit")
    def faq_gap_dismiss(db: Session) -> Any:
        """The whole group, also what the page did not list."""
        first, why = request.form.get("group", ""), request.form.get("why", "")
        since = desk.now() - timedelta(days=DAYS)
        group = next((one for one in groups.of(db, desk.shelf.library, since) if one.texts[0] == first), None)
        if group is None or why not in dismissals.WHYS:
            return desk.back("这一组刚刚变了，请再看一眼。")
        row = dismissals.dismiss(db, group.texts, why, desk.actor, desk.now())
        return redirect(url_for("faq_gaps", undo=row.id), 303)

    @desk.post("/faq/gaps/dismissed/<int:id>/take-up", may="faq.edit")
    def faq_gap_take_up(db: Session, id: int) -> Any:
        if dismissals.take_up(db, id, desk.now()) is None:
            return desk.back("这一组已经放回去了。")
        return desk.done("已放回“没答上来”。", "faq_gaps")

    @desk.post("/faq/gaps/add", may="faq.edit")
    def faq_gap_add(db: Session) -> Any:
        """The ticked sentences become phrases of an entry."""
        texts = tuple(dict.fromkeys(text.strip() for text in request.form.getlist("text") if text.strip()))
        wanted = request.form.get("entry", "").strip()
        entries = desk.shelf.written().entries
        entry = next((entry for entry in entries if wanted in (entry.id, *map(str, entry.ask))), None)
        if not texts:
            return desk.back("请至少勾一句，再点加进去。")
        if entry is None:
            return desk.back(_("没有叫“%(wanted)s”的条目；请从列表里选一条，或点新建。", wanted=wanted[:64]))
        try:
            keep(
                desk, db, entry.place.file, lambda text: _with(text, entry, texts), touches=frozenset({entry.id}),
                why=f"{entry.id} 补了 {len(texts)} 句没答上来的",
            )  # fmt: skip
        except EditRefused as refused:
            return desk.back(_("没有保存：%(why)s", why=refused))
        said = _("已把 %(texts)s 句加进“%(ask)s”。", texts=len(texts), ask=entry.ask[0])
        return desk.done(said, "faq_try", q=texts[0], hoped=entry.id)


def _with(text: str, entry: Entry, texts: tuple[str, ...]) -> str:
    fields = Fields.of(entry)
    return rewriting.with_fields(text, replace(fields, ask=tuple(dict.fromkeys((*fields.ask, *texts)))))
