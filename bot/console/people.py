"""People: found by name or phone; one page tells a person's story; decided about, merged, revealed with a trace."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import row_ids
from bot.console import paging
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import actors, ages, merging, people_search, purposes, stories, volunteers
from bot.services.people import phone_masked
from bot.services.points import shown as points_shown
from bot.storage import audit
from bot.storage.database import writing
from bot.storage.models import Person, Staff, Volunteer

STANDING = {
    "applied": ("待审核", "wait"), "registered": ("在册", "good"), "refused": ("未通过", "bad"),
    "left": ("已注销", "calm"), "none": ("不是志愿者", "calm"),
}  # fmt: skip
NARROWED = {
    "": "所有人", "applied": "志愿者待审核", "registered": "在册志愿者", "minor": "未成年人", "none": "不是志愿者",
    "refused": "未通过", "left": "已注销",
}  # fmt: skip
REGISTERED = {
    "pending": ("待审核", "wait"), "waiting": ("候补", "wait"), "offered": ("有空位等确认", "wait"),
    "confirmed": ("已报名", "busy"), "checked_in": ("已签到", "busy"), "checked_out": ("已签退", "busy"),
    "unclosed": ("没有签退", "wait"), "completed": ("已完成", "good"), "absent": ("缺席", "bad"),
    "cancelled": ("已取消", "calm"), "cancelled_late": ("临期取消", "bad"), "declined": ("放弃空位", "calm"),
    "offer_expired": ("空位过期", "calm"), "activity_cancelled": ("活动取消", "calm"), "rejected": ("未通过", "bad"),
}  # fmt: skip
KINDS = {"credit": ("签到签退", "good"), "honour": ("荣誉时长", "busy"), "import": ("志愿汇", "calm")}
STARS = {
    "applied": ("待审核", "wait"), "announced": ("公示中", "busy"), "granted": ("已授予", "good"),
    "refused": ("未通过", "bad"),
}  # fmt: skip
GUARDED = {"asked": "等监护人同意", "active": "监护人已同意", "withdrawn": "监护人已撤回", "lapsed": "已过期"}


def add(desk: Desk) -> None:
    desk.section("people_list", "人员", "users", may="people.see")
    words = {
        "standing": STANDING, "registered": REGISTERED, "kinds": KINDS, "stars": STARS, "purposes": purposes.PURPOSES,
        "guarded": GUARDED, "points_shown": points_shown,
    }  # fmt: skip

    @desk.get("/people", may="people.see")
    def people_list(db: Session) -> Any:
        text, kind = request.args.get("q", "").strip(), request.args.get("kind", "")
        today = desk.now().astimezone(desk.zone).date()
        found = paging.rows(
            db, people_search.find(db, desk.cipher, text, today, kind=kind if kind in NARROWED else "")
        )
        ids = [person.id for person in found.items]
        known = select(Volunteer.person_id, Volunteer.state).where(Volunteer.person_id.in_(ids))
        standings = {row.person_id: row.state for row in db.execute(known)}
        rows = [
            (person, phone_masked(desk.cipher, person), standings.get(person.id, "none"), _is_minor(person, today))
            for person in found.items
        ]
        return desk.page(
            "people.html", found=found, rows=rows, text=text, kind=kind, narrowed=NARROWED, standing=STANDING
        )

    @desk.get("/people/<int:id>", may="people.see")
    def person(db: Session, id: int) -> Any:
        story = stories.of(db, desk.cipher, id, db.get_one(Staff, desk.who.id), desk.now())
        if story is None:
            abort(404)
        names = {entry.actor: actors.name(db, entry.actor) for entry in story.changes}
        return desk.page("people_person.html", story=story, names=names, **words)

    @desk.post("/people/<int:id>/decide", may="people.decide")
    def person_decide(db: Session, id: int) -> Any:
        approve = request.form.get("approve") == "yes"
        reason = request.form.get("reason", "").strip()
        standing = volunteers.decide(db, id, approve, desk.actor, desk.now(), reason, desk.rules)
        said = _("已登记，志愿者号 %(number)s，本人会收到通知。", number=standing.number)
        said = said if approve else _("已退回，本人会看到原因。")
        return desk.done(said, "person", id=id)

    @desk.post("/people/<int:id>/phone", may="phone.reveal")
    def person_phone(db: Session, id: int) -> Any:
        number = stories.reveal_phone(db, desk.cipher, id)
        return desk.page("people_phone.html", number=number)

    @desk.get("/people/<int:id>/merge", may="people.change")
    def person_merge(db: Session, id: int) -> Any:
        text = request.args.get("q", "").strip()
        story = stories.of(db, desk.cipher, id, db.get_one(Staff, desk.who.id), desk.now())
        if story is None:
            abort(404)
        today = desk.now().astimezone(desk.zone).date()
        others = [
            (other, phone_masked(desk.cipher, other))
            for other in db.scalars(people_search.find(db, desk.cipher, text, today).limit(20))
            if other.id != id
        ] if text else []  # fmt: skip
        return desk.page("people_merge.html", story=story, text=text, others=others)

    @desk.post("/people/<int:id>/merge", may="people.change")
    def person_merged(db: Session, id: int) -> Any:
        """What the other record did becomes this one's; the other points here from now on."""
        other = row_ids.typed(request.form.get("other", ""))
        why = request.form.get("reason", "").strip()
        if other is None or other == id or not why:
            return desk.back("请选要并进来的记录，并写明怎么知道是同一个人。")
        writing(db)
        old, new = db.get(Person, other), db.get(Person, id)
        if old is None or new is None or old.merged_into is not None or new.merged_into is not None:
            return desk.back("其中一条记录已经合并过了，请刷新再看。")
        audit.note(db, f"people:{id}", f"merged {old.id}: {why}")
        merging.merge(db, old, new, desk.now(), desk.rules)
        return desk.done("已合并；时长、积分和报名都在这一页。", "person", id=id)


def _is_minor(person: Person, today: Any) -> bool:
    return person.birth_date is not None and ages.on(today, person.birth_date) < ages.ADULT
