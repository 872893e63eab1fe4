"""/a/<code>/sign-up: asks only for what is missing, by the chat's own rules and words; then what became of it."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from bot.language.dates import span
from bot.pages import activity, sign_up_form
from bot.pages.entry import Entry
from bot.pages.ground import Ground
from bot.pages.notices import Notices
from bot.pages.sign_up_form import Form
from bot.pages.throttle import Throttle
from bot.services import agreements, gates, newcomers, people, purposes, registrations, spoken
from bot.services.activities import Detail
from bot.services.profiles import masked_name
from bot.services.refusals import AlreadyRegistered, ProfileMissing, Refused
from bot.services.refusals.registrations import AgreementRequired
from bot.storage.models import Follower, Person

IN_FORM = (ProfileMissing, AgreementRequired)
NOT_FOLLOWING = "请先关注公众号，在聊天里说一句话再回来报名：活动改期、候补有空位，都要靠它告诉您。"


def add(pages: Blueprint, ground: Ground, entry: Entry, notices: Notices) -> None:
    throttle = Throttle(20, 60)

    @pages.get("/a/<code>/sign-up")
    def sign_up(code: str) -> Response | Answer:
        visit = entry.visitor()
        with ground.database.session() as db:
            form = _form(db, code, visit.openid, ground.now())
        return _shown(form, visit.mark) if isinstance(form, Form) else form

    @pages.post("/a/<code>/sign-up")
    def send(code: str) -> Response | Answer:
        visit, now = entry.own_form(), ground.now()
        if not throttle.allows(visit.openid, now.timestamp()):
            abort(429)
        with ground.database.session() as db:
            form = _form(db, code, visit.openid, now)
        if not isinstance(form, Form):
            return form
        told = sign_up_form.read(form, request.form, now.astimezone(ground.zone).date(), ground.sentence)
        if told is None:
            return _shown(form, visit.mark, 422)
        try:
            refused = ground.write(visit.openid, lambda db: _kept(db, form, told, visit.openid, now))
        except Refused as error:  # nothing was kept
            refused = error
        if refused is None or isinstance(refused, AlreadyRegistered):
            return _done(form.it)
        return _refused(form.it, [ground.sentence(refused)])

    def _form(db: Session, code: str, openid: str, now: datetime) -> Form | Response | Answer:
        """What is to be asked; or already the answer, where asking would be in vain."""
        row = people.follower(db, openid)
        person = db.get(Person, row.person_id) if row and row.person_id else None
        known = person.id if person else None
        it, _ = activity.chosen(db, code, request.values.get("shift", ""), now, known)
        if row is None or not row.followed:
            return _refused(it, [NOT_FOLLOWING])
        objections = registrations.objections(db, it.shift_id, known, now, rules=ground.rules)
        if any(isinstance(one, AlreadyRegistered) for one in objections):
            return _done(it)  # sent twice, or opened again
        if final := [one for one in objections if not isinstance(one, IN_FORM)]:
            told = gates.told(final)
            return _refused(it, [ground.sentence(one) for one in sorted(final, key=lambda one: one is not told)])
        if person is None:
            agreement = registrations.needs_agreement(db, it.shift_id)
        else:
            agreement = any(isinstance(one, AgreementRequired) for one in objections)
        who = f"{masked_name(person.name)} {people.phone_masked(ground.cipher, person)}" if person and person.name else ""
        return Form(it, sign_up_form.asks(objections), agreement, who)

    def _kept(db: Session, form: Form, told: newcomers.Told, openid: str, now: datetime) -> Refused | None:
        """What refuses the seat still keeps what was told, as in chat."""
        row, shift_id = db.get_one(Follower, openid, populate_existing=True), form.it.shift_id
        person = newcomers.keep(db, ground.cipher, row, shift_id, told, now, ground.rules)
        try:
            registrations.sign_up(
                db, shift_id, person, openid, now, auto_accept="auto" in form.typed, source="page", rules=ground.rules
            )  # fmt: skip
        except Refused as refused:
            return refused
        return None

    def _shown(form: Form, mark: str, code: int = 200) -> Response:
        it = form.it
        page = render_template(
            "sign_up.html",
            title=f"报名 {spoken.titled(it)}",
            form=form,
            it=it,
            mark=mark,
            when=span(it.starts_at, it.ends_at, ground.zone),
            queue=not it.approval and not (it.free and not it.waiting),
            notice=purposes.before_first(ground.settings.organisation),
            agreement=f"按{agreements.LAW}，参加这场活动要先签协议：{agreements.TEXT}",
        )
        return make_response(page, code)

    def _done(it: Detail) -> Answer:
        return redirect(url_for("pages.signed_up", code=it.code, shift=it.shift_id), 303)

    def _refused(it: Detail, why: list[str]) -> Response:
        return make_response(render_template("refused.html", title="这一场报不了", it=it, why=why), 409)

    @pages.get("/a/<code>/signed-up")
    def signed_up(code: str) -> Response | Answer:
        """What became of it, as it stands now: a page that may be opened again."""
        visit, now = entry.visitor(), ground.now()
        with ground.database.session() as db:
            row = people.follower(db, visit.openid)
            viewer = row.person_id if row else None
            it, _ = activity.chosen(db, code, request.args.get("shift", ""), now, viewer)
            own = registrations.mine(db, viewer, now) if viewer is not None else []
        mine = next((one for one in own if one.shift_id == it.shift_id), None)
        if mine is None:
            return redirect(url_for("pages.activity", code=it.code, shift=it.shift_id), 303)
        offered = notices.offered(request)
        page = render_template(
            "signed_up.html",
            title="报名成功" if mine.state == "confirmed" else activity.standing(mine),
            it=it,
            mine=mine,
            when=span(it.starts_at, it.ends_at, ground.zone),
            notices=offered,
        )
        return notices.allowed(make_response(page), offered)
