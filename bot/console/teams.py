"""Teams: found, founded and closed; who belongs to each, who wishes to, and who leads."""

from __future__ import annotations

from typing import Any, cast

from flask import abort, make_response, request
from sqlalchemy.orm import Session

from bot.console import paging
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import appointments, team_listings, teams
from bot.services.people import phone_masked
from bot.services.refusals.teams import TeamIncomplete
from bot.storage.models import Team

ROLES = {"member": ("队员", "calm"), "core": ("骨干", "busy"), "leader": ("队长", "good")}
FIELDS = ("name", "area", "about", "contact", "specialties")
EVERY = 10_000
"""A county has some two hundred teams; a page shows some of them."""


def add(desk: Desk) -> None:
    desk.section("team_list", "队伍", "users-group", may="teams.see")

    @desk.get("/teams", may="teams.see")
    def team_list(db: Session) -> Any:
        text = request.args.get("q", "").strip()
        found = paging.cut(team_listings.find(db, text, limit=EVERY).teams)
        sizes = teams.sizes(db, [team.id for team in found.items])
        waiting = teams.pending(db)
        return desk.page("teams.html", found=found, text=text, sizes=sizes, waiting=waiting)

    @desk.get("/teams/new", may="teams.change")
    def team_new(db: Session) -> Any:
        return desk.page("teams_new.html", said={}, wrong=())

    @desk.post("/teams/new", may="teams.change")
    def team_create(db: Session) -> Any:
        said = {name: request.form.get(name, "").strip() for name in FIELDS}
        words = [word for word in said["specialties"].replace("，", " ").replace("、", " ").split() if word]
        try:
            made = teams.create(
                db, said["name"], desk.now(), area=said["area"], specialties=words, about=said["about"],
                contact=said["contact"],
            )  # fmt: skip
        except TeamIncomplete as wrong:
            db.rollback()
            return make_response(desk.page("teams_new.html", said=said, wrong=wrong.fields), 422)
        return desk.done("队伍建好了。请把队长的任命码发给队长本人。", "team", code=made.code)

    @desk.get("/teams/<code>", may="teams.see")
    def team(db: Session, code: str) -> Any:
        it = _team(db, code)
        sees = desk.who.may("people.see")
        return desk.page(
            "teams_team.html", it=it, members=teams.members(db, it.id), waiting=teams.pending(db, it.id), roles=ROLES,
            phones={row.id: phone_masked(desk.cipher, row.person) for row in teams.members(db, it.id)} if sees else {},
        )  # fmt: skip

    @desk.post("/teams/members/<int:id>/decide", may="teams.change")
    def team_decide(db: Session, id: int) -> Any:
        approve = request.form.get("approve") == "yes"
        row = teams.decide(db, id, approve, desk.actor, desk.now(), request.form.get("reason", "").strip())
        said = "已同意，本人会收到通知。" if approve else "已退回，本人会看到原因。"
        return desk.done(said, "team", code=row.team.code)

    @desk.post("/teams/members/<int:id>/role", may="teams.change")
    def team_role(db: Session, id: int) -> Any:
        role = request.form.get("role", "")
        if role not in ROLES:
            abort(400)
        row = teams.set_role(db, id, cast(teams.Role, role), desk.actor, desk.now())
        return desk.done(
            _("%(name)s现在是%(role)s，本人会收到通知。", name=row.person.name, role=_(ROLES[role][0])),
            "team",
            code=row.team.code,
        )

    @desk.post("/teams/members/<int:id>/remove", may="teams.change")
    def team_remove(db: Session, id: int) -> Any:
        row = teams.remove(db, id, desk.actor, desk.now(), request.form.get("reason", "").strip())
        return desk.done(_("%(name)s已移出队伍，本人会看到原因。", name=row.person.name), "team", code=row.team.code)

    @desk.post("/teams/<code>/appoint", may="teams.change")
    def team_appoint(db: Session, code: str) -> Any:
        it = _team(db, code)
        led = appointments.named(db, it.code)
        if led is None:
            abort(404)
        word = appointments.issue(db, desk.cipher, led, desk.actor, desk.now(), rules=desk.rules)
        return desk.done(
            _("请队长在明天24点前用自己的微信发给公众号：负责 %(code)s %(word)s", code=it.code, word=word),
            "team",
            code=it.code,
        )

    @desk.post("/teams/<code>/close", may="teams.change")
    def team_close(db: Session, code: str) -> Any:
        waited = teams.close(db, _team(db, code).id, desk.now())
        told = _("%(waited)s位申请人已收到通知。", waited=waited) if waited else ""
        return desk.done(_("队伍已停止活动。") + told, "team", code=code)

    def _team(db: Session, code: str) -> Team:
        found = teams.by_code(db, code)
        if found is None:
            abort(404)
        return found
