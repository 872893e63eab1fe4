"""Writing activities: a new one or a draft with its card beside it, what is published, more times, templates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask import abort, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import row_ids
from bot.console import activity_forms as forms
from bot.console import activity_words as words
from bot.console.activities import headings
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import activities, activity_edits, desk_activities, details, leaders, rosters
from bot.services.activities import NewShift
from bot.services.activity_checks import CAMPAIGN
from bot.services.refusals import ActivityIncomplete, Refused, ShiftUnknown
from bot.services.roster_templates import Slot, Template, read
from bot.storage.models import Activity, Policy, Roster, Shift

SLOTS = 4


def add(desk: Desk) -> None:
    @desk.get("/activities/new", may="activities.draft")
    def activity_new(db: Session) -> Any:
        return _form(db, forms.blank(desk.now(), desk.zone, desk.settings.organisation.name), {}, None)

    @desk.post("/activities/new", may="activities.draft")
    def activity_create(db: Session) -> Any:
        typed = forms.Typed(request.form.to_dict())
        new = typed.new(desk.zone)
        try:
            if new is not None:
                made = activities.create(db, replace(new, author=desk.actor), desk.now())
                return _saved(db, made)
        except Refused as refused:
            db.rollback()
            _mark(typed, refused)
        return _form(db, typed.values, typed.wrong, None), 422

    @desk.get("/activities/<code>/edit", may="activities.see")
    def activity_edit(db: Session, code: str) -> Any:
        it = activities.named(db, code)
        _must_be_mine(it)
        if it.state == "open":
            return desk.page(
                "activity_reword.html", it=it, values=forms.filled(it, desk.zone), wrong={}, active="activities"
            )
        return _form(db, forms.filled(it, desk.zone), {}, it)

    @desk.post("/activities/<code>/edit", may="activities.see")
    def activity_save(db: Session, code: str) -> Any:
        it = activities.named(db, code)
        _must_be_mine(it)
        typed = forms.Typed(request.form.to_dict())
        if it.state == "open":
            return _reworded(db, it, typed)
        new = typed.new(desk.zone, it)
        try:
            if new is not None:
                return _saved(db, activity_edits.rewrite(db, it.id, new, desk.now()))
        except Refused as refused:
            db.rollback()
            _mark(typed, refused)
        return _form(db, typed.values, typed.wrong, activities.named(db, code)), 422

    @desk.post("/activities/preview", may="activities.see")
    def activity_preview(db: Session) -> Any:
        """The card and what would stand in the way, of a form that is being typed; nothing is stored."""
        typed = forms.Typed(request.form.to_dict())
        new = typed.new(desk.zone)
        if new is None:
            return desk.page("activity_preview.html", card="", wrong=typed.wrong, forecast=None)
        made = activity_edits.imagined(new, request.form.get("code", ""))
        return desk.page(
            "activity_preview.html",
            card=desk.card(details.of(db, made.shifts[0], desk.now())),
            wrong={},
            forecast=activity_edits.forecast(db, made, desk.now()),
            said=desk.said,
            headings=headings,
        )

    @desk.post("/activities/<code>/shifts", may="activities.see")
    def shift_add(db: Session, code: str) -> Any:
        it = activities.named(db, code)
        _must_be_mine(it)
        typed = forms.Typed({"capacity": "", **request.form.to_dict()})
        starts_at, ends_at = typed.span(desk.zone)
        capacity = row_ids.typed(request.form.get("capacity", ""))
        if starts_at is None or ends_at is None or capacity is None:
            return desk.back("请填写日期、起止时间和名额。")
        # The other numbers are those of the first shift: one more time of the same thing.
        like = (
            {name: getattr(it.shifts[0], name) for name in ("min_age", "max_age", "break_minutes")} if it.shifts else {}
        )
        role = request.form.get("role", "").strip()
        new = NewShift(starts_at=starts_at, ends_at=ends_at, capacity=capacity, role=role, **like)
        activities.add_shift(db, it.id, new, desk.now())
        return desk.done("已加一场。", "activity", code=it.code)

    @desk.post("/shifts/<int:shift_id>/change", may="activities.see")
    def shift_change(db: Session, shift_id: int) -> Any:
        """Another time, place or number of seats; of what is published everybody registered hears."""
        shift = db.get(Shift, shift_id)
        if shift is None:
            raise ShiftUnknown
        it = shift.activity
        _must_be_mine(it)
        typed = forms.Typed(request.form.to_dict())
        starts_at, ends_at = typed.span(desk.zone)
        place, capacity = request.form.get("place", "").strip(), row_ids.typed(request.form.get("capacity", ""))
        if starts_at is None or ends_at is None or not place or capacity is None:
            return desk.back("请填写日期、起止时间、地点和名额。")
        told, clashes = 0, 0
        if (shift.starts_at, shift.ends_at, it.place) != (starts_at, ends_at, place):
            moved = activities.move(db, shift_id, starts_at, ends_at, place, now=desk.now(), rules=desk.rules)
            told, clashes = moved.told, len(moved.conflicts)
        if shift.capacity != capacity:
            activities.set_capacity(db, shift_id, capacity, desk.now(), rules=desk.rules)
        said = _("已改好，正在通知 %(told)s 个人。", told=told) if told else _("已改好。")
        said += _("其中 %(clashes)s 人那时另有活动，名单里可以看到。", clashes=clashes) if clashes else ""
        return desk.done(said, "activity", code=it.code)

    @desk.get("/activities/<code>/rosters", may="activities.see")
    def activity_rosters(db: Session, code: str) -> Any:
        it = activities.named(db, code)
        known = [(roster, read(roster)) for roster in rosters.of_activity(db, it.id)]
        return desk.page("activity_rosters.html", it=it, known=known, slots=SLOTS, may=_may(it), active="activities")

    @desk.post("/activities/<code>/rosters", may="activities.see")
    def activity_roster_save(db: Session, code: str) -> Any:
        it = activities.named(db, code)
        _must_be_mine(it)
        template = _template()
        if template is None:
            return desk.back("排班要有第一天、最后一天和至少一个时段。")
        known = row_ids.typed(request.form.get("roster", ""))
        if known is None:
            made = rosters.add(db, it.id, template, desk.now(), rules=desk.rules)
            return desk.done(
                _("已排班，先排到%(day)s，以后每天自动往后排。", day=made.made_until), "activity_rosters", code=it.code
            )
        roster = db.get(Roster, known)
        if roster is None or roster.activity_id != it.id:
            abort(404)
        edited = rosters.edit(db, roster.id, template, desk.now(), rules=desk.rules)
        said = _(
            "已改：新增%(made)s场，改%(changed)s场，去掉%(removed)s场。",
            made=len(edited.made),
            changed=len(edited.changed),
            removed=len(edited.removed),
        )
        said += _("%(left)s场已经有人报名，没有动，请逐场改。", left=len(edited.left)) if edited.left else ""
        return desk.done(said, "activity_rosters", code=it.code)

    def _may(it: Activity) -> bool:
        """What is published is changed by whoever may hold it up, a draft by whoever writes."""
        return desk.who.may("activities.hold" if it.state == "open" else "activities.draft")

    def _must_be_mine(it: Activity) -> None:
        if not _may(it):
            abort(403)

    def _mark(typed: forms.Typed, refused: Refused) -> None:
        if isinstance(refused, ActivityIncomplete):
            typed.mark(refused.fields)
        else:
            typed.wrong["all"] = desk.said(refused)

    def _form(db: Session, values: Any, wrong: dict[str, str], it: Activity | None) -> str:
        policies = db.scalars(select(Policy).where(Policy.valid_until > desk.now()).order_by(Policy.number))
        return desk.page(
            "activity_edit.html", values=values, wrong=wrong, it=it, active="activities",
            kinds=[(kind, _(word)) for kind, word in words.KINDS.items() if kind != CAMPAIGN],
            places=desk_activities.places(db), teams=desk_activities.teams(db),
            policy_choices=[(one.id, f"{one.insurer} {one.number}") for one in policies],
        )  # fmt: skip

    def _saved(db: Session, it: Activity) -> Any:
        if request.form.get("then") == "submit":
            activities.submit(db, it.id, desk.actor, desk.now())
            return desk.done(
                _("已提交 %(code)s，等另一位审核员通过；结果会通知您。", code=it.code), "activity", code=it.code
            )
        return desk.done(_("草稿 %(code)s 已保存。", code=it.code), "activity", code=it.code)

    def _reworded(db: Session, it: Activity, typed: forms.Typed) -> Any:
        try:
            activity_edits.reword(db, it.id, dict(typed.values), desk.now())
        except ActivityIncomplete as refused:
            db.rollback()
            typed.mark(refused.fields)
            return desk.page(
                "activity_reword.html", it=activities.named(db, it.code), values=typed.values, wrong=typed.wrong,
                active="activities",
            ), 422  # fmt: skip
        tell = typed.values.get("tell", "").strip()
        if not tell:
            return desk.done(_("%(code)s 已改好，新报名的人看到的就是新内容。", code=it.code), "activity", code=it.code)
        ahead = [shift.id for shift in it.shifts if shift.ends_at > desk.now()]
        number = leaders.tell(db, desk.cipher, ahead, tell, desk.actor, desk.now())
        return desk.done(
            _("%(code)s 已改好，正在通知 %(number)s 个人。", code=it.code, number=number), "activity", code=it.code
        )


def _template() -> Template | None:
    """From the form; None when a day or every slot is missing. What is impossible in it the rules say."""
    form = request.form
    try:
        first, last = (date.fromisoformat(form.get(name, "")) for name in ("first_on", "last_on"))
        without = tuple(date.fromisoformat(day) for day in form.get("except_on", "").replace("，", " ").split())
    except ValueError:
        return None
    slots = tuple(
        Slot(starts=starts, ends=ends, seats=row_ids.typed(seats) or 0, role=role.strip())
        for starts, ends, seats, role in zip(*map(form.getlist, ("starts", "ends", "seats", "role")), strict=False)
        if starts and ends
    )  # fmt: skip
    weekdays = tuple(int(day) for day in form.getlist("weekdays") if day in "0123456")
    return Template(slots=slots, first_on=first, last_on=last, weekdays=weekdays, except_on=without) if slots else None
