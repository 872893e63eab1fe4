"""Who leads an activity: shown, appointed by a code that the person sends from their own WeChat, relieved."""

from __future__ import annotations

from typing import Any

import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.services import activity_states, actors, appointments, leaders
from bot.services.profiles import masked_name
from bot.storage.models import Activity, Follower, Person


def add(desk: Desk) -> None:
    @desk.get("/activities/<code>/leader", may="activities.see")
    def activity_leader(db: Session, code: str) -> Any:
        it = activity_states.named(db, code)
        standing = appointments.standing(db, desk.cipher, it, desk.now(), rules=desk.rules)
        shown = standing if desk.who.may("activities.hold") else None
        words = shown.words(it) if shown else ""
        picture = segno.make(words, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff")
        return desk.page(
            "activity_leader.html", it=it, standing=shown, words_to_send=words, picture=picture if words else "",
            made_by=actors.name(db, shown.made_by) if shown else "", led_by=led_by(desk, db, it),
            can=appointments.named(db, it.code) is not None,
        )  # fmt: skip

    @desk.post("/activities/<code>/leader/code", may="activities.hold")
    def activity_leader_code(db: Session, code: str) -> Any:
        it = activity_states.named(db, code)
        if appointments.named(db, it.code) is None:
            return desk.back("这个活动已经不办了，不用再请人带队。")
        appointments.issue(db, desk.cipher, it, desk.actor, desk.now(), rules=desk.rules)
        return desk.done("任命码做好了，请发给带队的人。", "activity_leader", code=it.code)

    @desk.post("/activities/<code>/leader/revoke", may="activities.hold")
    def activity_leader_revoke(db: Session, code: str) -> Any:
        it = activity_states.named(db, code)
        appointments.revoke(db, it, desk.actor)
        return desk.done("任命码作废了，再发来也不算数。", "activity_leader", code=it.code)

    @desk.post("/activities/<code>/leader/relieve", may="activities.hold")
    def activity_leader_relieve(db: Session, code: str) -> Any:
        it = activity_states.named(db, code)
        if not appointments.relieve(db, it.id, desk.actor, desk.now()):
            return desk.back("现在没有单独指定的负责人。")
        return desk.done("已经不由这个人带队；请告诉本人。", "activity_leader", code=it.code)

    def leads(db: Session, it: Activity) -> list[tuple[int | None, str, bool]]:
        return led_by(desk, db, it)

    desk.app.jinja_env.globals["activity_led_by"] = leads


def led_by(desk: Desk, db: Session, it: Activity) -> list[tuple[int | None, str, bool]]:
    """Person (None for those who may not open the page), name, whether a WeChat account of theirs follows us."""
    people = leaders.persons(db, it)
    known = db.scalars(select(Person).where(Person.id.in_(people)).order_by(Person.id))
    bound = set(db.scalars(select(Follower.person_id).where(Follower.person_id.in_(people), Follower.followed)))
    sees = desk.who.may("people.see")
    return [
        (person.id if sees else None, person.name if sees else masked_name(person.name), person.id in bound)
        for person in known
    ]
