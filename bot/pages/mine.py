"""/me: what one has given, the year as a picture, the next star, points, what lies ahead with cancelling, certificates."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from bot import row_ids
from bot.language.dates import brief, moment, span
from bot.pages import bars
from bot.pages.activity import standing
from bot.pages.entry import Entry, person_of
from bot.pages.ground import Ground
from bot.services import certificates, documents, hours, points, registrations, stars
from bot.services.profiles import masked_name
from bot.services.refusals import NotRegistered
from bot.services.refusals.certificates import CertificateUnknown
from bot.services.registrations import Mine
from bot.services.rules import in_force

NOBODY = "还没有您的记录。报名参加一次活动，签到签退、负责人确认以后，时长就在这里了。"
SAID = {"cancelled": "已取消，名额会给候补的人。", "taken": "已确认，名额是您的了。", "left": "已让出，不影响您的记录。"}
STARS = "〇一二三四五六七八九"


def add(pages: Blueprint, ground: Ground, entry: Entry) -> None:
    @pages.get("/me")
    def me() -> Response:
        visit, now = entry.visitor(), ground.now()
        today = now.astimezone(ground.zone).date()
        with ground.database.session() as db:
            person = person_of(db, visit.openid)
            if person is None:
                return make_response(render_template("nobody.html", title="我的记录", text=NOBODY))
            year, years = _year(request.args.get("year", ""), hours.first_year(db, person.id), today)
            page = render_template(
                "me.html",
                title="我的记录",
                name=masked_name(person.name) if person.name else "",
                mark=visit.mark,
                said=SAID.get(request.args.get("said", ""), ""),
                year=year,
                years=years,
                picture=bars.of_year(year, hours.by_month(db, person.id, year)),
                year_hours=hours.shown(hours.total(db, person.id, date(year, 1, 1), date(year, 12, 31)).total),
                target=in_force(ground.rules.volunteering.hours, today).yearly_target_hours,
                points=points.shown(points.balance(db, person.id)),
                own=[_ahead(one, now) for one in registrations.mine(db, person.id, now)],
                certificates=_certificates(db, person.id),
                **_totals(db, person.id, today),
            )
        return make_response(page)

    def _totals(db: Session, person_id: int, today: date) -> dict[str, object]:
        total = hours.total(db, person_id)
        apart = [("荣誉时长", total.honour), ("志愿汇导入", total.imported)]
        return {
            "total": hours.shown(total.total),
            "apart": [(name, hours.shown(minutes)) for name, minutes in apart if minutes],
            "star": _star(stars.standing(db, person_id, today, ground.rules)),
        }

    def _certificates(db: Session, person_id: int) -> list[dict[str, object]]:
        return [
            {
                "number": one.number, "code": one.code, "revoked": one.revoked_at is not None,
                "hours": hours.shown(one.snapshot.minutes), "on": one.issued_at.astimezone(ground.zone).date(),
            }
            for one in certificates.mine(db, ground.cipher, person_id)
        ]  # fmt: skip

    def _ahead(one: Mine, now: datetime) -> dict[str, object]:
        until = moment(one.offer_expires_at, ground.zone) if one.offer_expires_at else ""
        return {
            "it": one, "when": brief(one.starts_at, one.ends_at, ground.zone), "standing": standing(one), "until": until,
            "may_cancel": one.starts_at > now and one.state in ("confirmed", "waiting", "pending"),
        }  # fmt: skip

    # -- cancelling, and an offered seat ---------------------------------------------------------------

    @pages.get("/me/cancel")
    def cancel_form() -> Response | Answer:
        """Cancelling is asked about once, and said when it would be noted as late."""
        visit, now = entry.visitor(), ground.now()
        with ground.database.session() as db:
            one = _own(db, visit.openid, request.args.get("registration", ""), now)
            late = registrations.would_be_late(db, one.registration_id, now, rules=ground.rules)
        page = render_template(
            "cancel.html",
            title=f"取消 {one.code}",
            it=one,
            when=span(one.starts_at, one.ends_at, ground.zone),
            late=ground.rules.cancel_free_hours if late else 0,
            mark=visit.mark,
        )
        return make_response(page)

    @pages.post("/me/cancel")
    def cancel() -> Answer:
        visit, now = entry.own_form(), ground.now()
        wanted, reason = _number(request.form.get("registration", "")), request.form.get("reason", "").strip()[:80]

        def work(db: Session) -> None:
            person = person_of(db, visit.openid)
            if person is None:
                raise NotRegistered
            registrations.cancel(db, wanted, now, reason, person_id=person.id, rules=ground.rules)

        try:
            ground.write(visit.openid, work)
        except NotRegistered as refused:
            if not refused.state.startswith("cancelled"):
                raise
        return redirect(url_for("pages.me", said="cancelled"), 303)

    @pages.post("/me/offer")
    def offer() -> Answer:
        visit, now = entry.own_form(), ground.now()
        wanted, take = _number(request.form.get("registration", "")), request.form.get("answer") == "take"

        def work(db: Session) -> None:
            person = person_of(db, visit.openid)
            offered = registrations.open_offers(db, person.id, now) if person is not None else []
            if wanted not in [one.registration_id for one in offered]:
                raise NotRegistered
            if take:
                registrations.accept_offer(db, wanted, now, rules=ground.rules)
            else:
                registrations.decline_offer(db, wanted, now, rules=ground.rules)

        ground.write(visit.openid, work)
        return redirect(url_for("pages.me", said="taken" if take else "left"), 303)

    @pages.post("/me/certificate")
    def certificate() -> Answer:
        """A link of its own, as the chat gives one; who comes from here need not be asked again who they are."""
        visit, now, wanted = entry.own_form(), ground.now(), request.form.get("number", "")

        def work(db: Session) -> str:
            person = person_of(db, visit.openid)
            own = certificates.mine(db, ground.cipher, person.id) if person is not None else ()
            found = next((one for one in own if one.number == wanted and one.revoked_at is None), None)
            if person is None or found is None:
                raise CertificateUnknown
            return documents.keep(
                db, ground.cipher, openid=visit.openid, person_id=person.id, kind="certificate",
                filename=f"志愿服务记录证明-{found.number}.pdf", media_type="application/pdf",
                content=str(found.id).encode(), now=now, rules=ground.rules,
            )  # fmt: skip

        token = ground.write(visit.openid, work)
        passed = documents.pass_for(ground.cipher, token, now)
        return redirect(f"{url_for('pages.document', token=token)}?pass={passed}", 303)


def _own(db: Session, openid: str, wanted: str, now: datetime) -> Mine:
    person = person_of(db, openid)
    own = registrations.mine(db, person.id, now) if person is not None else []
    found = next((one for one in own if str(one.registration_id) == wanted), None)
    if found is None:
        raise NotRegistered
    return found


def _number(typed: str) -> int:
    number = row_ids.typed(typed)
    return abort(400) if number is None else number


def _year(wanted: str, first: int | None, today: date) -> tuple[int, list[int]]:
    """The year that is shown, and all there are, newest first."""
    years = list(range(today.year, min(first or today.year, today.year) - 1, -1))
    chosen = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) == 4 else today.year
    return (chosen if chosen in years else today.year), years


def _star(found: stars.Standing | None) -> dict[str, object] | None:
    """None for who is no registered volunteer: stars are theirs."""
    if found is None:
        return None
    reached = found.minutes + found.missing
    return {
        "now": f"{STARS[found.star]}星志愿者" if found.star else "还没有星级",
        "number": found.star,
        "next": f"{STARS[found.following]}星" if found.following else "",
        "missing": missing(found.missing),
        "percent": min(100, found.minutes * 100 // reached) if reached else 100,
        "eligible": f"{STARS[found.eligible]}星" if found.eligible else "",
        "pending": "" if found.pending is None else "正在公示" if found.pending.state == "announced" else "正在审核",
    }


def missing(minutes: int) -> str:
    """Rounded up: nobody is told of fewer hours than there are to go."""
    return hours.shown(minutes + 5)


