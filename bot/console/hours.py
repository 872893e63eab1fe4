"""Hours and honours: what waits for settlement or a decision, what looks odd, stars in their public notice, seals."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import abort, make_response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.services import (
    anomalies,
    appeals,
    certificates,
    desk_shifts,
    disputes,
    honours,
    people_search,
    settlement,
    stars,
)
from bot.services.people import phone_masked
from bot.services.refusals import Refused
from bot.services.refusals.certificates import CertificateUnknown
from bot.storage.models import Certificate, LedgerEntry, Person

TABS = {
    "settle": "待结算", "manual": "补录", "appeals": "申诉", "odd": "异常", "stars": "星级", "seals": "盖章",
}  # fmt: skip
APPEALS = {"check_in": "说自己到了", "check_out": "补签退", "hours": "对时长有疑问"}
STANDING = {
    "valid": ("有效", "good"), "revoked": ("已作废", "bad"), "disagrees": ("与台账不一致", "wait"),
    "damaged": ("底稿损坏", "bad"),
}  # fmt: skip
WRONG = {
    "minutes": "时长要大于0，不超过起止时间，结束时间不能在以后", "reason": "请写明为什么补记",
    "evidence": "没有对应的活动时，要上传证明材料",
    "planned": "不能超过这一场计划的时长（扣掉已经记过的）",
}  # fmt: skip


def add(desk: Desk) -> None:
    desk.section("hours_desk", "时长荣誉", "award", may="hours.see")

    @desk.get("/hours", may="hours.see")
    def hours_desk(db: Session) -> Any:
        tab, now = request.args.get("tab", "settle"), desk.now()
        if tab not in TABS:
            abort(404)
        waiting: dict[str, Sequence[Any]] = {
            "settle": settlement.unsettled(db, now), "manual": honours.pending(db),
            "appeals": [*appeals.pending(db), *disputes.pending(db)], "stars": stars.pending(db),
            "seals": certificates.seals_asked(db),
            "odd": anomalies.found(db, now, rules=desk.rules) if tab == "odd" else (),
        }  # fmt: skip
        today = now.astimezone(desk.zone).date()
        more: dict[str, Any] = {}
        if tab == "settle":
            more = {"last_days": {shift.id: settlement.last_day_for(shift, desk.rules) for shift in waiting["settle"]}}
            more["there"] = desk_shifts.present(db, [shift.id for shift in waiting["settle"]])
        if tab == "stars":
            more["announced"] = stars.announced(db, now)
            ids = [row.person_id for row in (*waiting["stars"], *more["announced"])]
            more["people"] = {person.id: person for person in db.scalars(select(Person).where(Person.id.in_(ids)))}
        if tab == "appeals":
            ids = [row.entry_id for row in waiting["appeals"] if row.entry_id]
            more["entries"] = {row.id: row for row in db.scalars(select(LedgerEntry).where(LedgerEntry.id.in_(ids)))}
        return desk.page(
            "hours.html", tab=tab, tabs=TABS, rows=waiting[tab], today=today, alerts=honours.ALERTS, said=APPEALS,
            counts={name: len(rows) for name, rows in waiting.items() if name != "odd"}, odd=anomalies.KINDS,
            facts=anomalies.said, **more,
        )  # fmt: skip

    @desk.post("/hours/settle/<int:id>", may="hours.settle")
    def hours_settle(db: Session, id: int) -> Any:
        made = settlement.settle(db, id, desk.actor, desk.now(), desk.rules)
        said = _("已记%(credited)s人的时长。", credited=len(made.credited))
        if made.pending:
            said += _("还有%(pending)s人没有签退或没有到，请先在名单里说明。", pending=len(made.pending))
        return desk.done(said, "hours_desk")

    @desk.get("/hours/new", may="hours.propose")
    def hours_new(db: Session) -> Any:
        return _form(db, {}, "")

    @desk.post("/hours/new", may="hours.propose")
    def hours_propose(db: Session) -> Any:
        said = {name: request.form.get(name, "").strip() for name in ("person", "starts", "ends", "hours", "reason")}
        upload = request.files.get("evidence")
        content = upload.read() if upload else b""
        try:
            starts, ends = (datetime.fromisoformat(said[name]).replace(tzinfo=desk.zone) for name in ("starts", "ends"))
            minutes, person = _minutes(said["hours"]), int(said["person"][:9])
        except ValueError:
            return make_response(_form(db, said, "请选一个人，填好起止时间和时长（小时，比如 2.5）。"), 422)
        try:
            honours.propose(
                db, person, starts, ends, minutes, said["reason"], desk.actor, desk.now(),
                evidence=(upload.filename or "")[:128] if upload and content else "",
                evidence_sha256=hashlib.sha256(content).hexdigest() if content else "", rules=desk.rules,
            )  # fmt: skip
        except Refused as refused:
            db.rollback()
            why = WRONG.get(getattr(refused, "why", ""), "") or desk.said(refused)
            return make_response(_form(db, said, why), 422)
        return desk.done("已提交，要由另一位同事来批。", "hours_desk", tab="manual")

    @desk.post("/hours/manual/<int:id>", may="hours.decide")
    def hours_manual(db: Session, id: int) -> Any:
        approve = _yes()
        honours.decide(db, id, approve, desk.actor, desk.now(), _why(), desk.rules)
        return desk.done("已同意，时长已记，本人会收到通知。" if approve else "已退回。", "hours_desk", tab="manual")

    @desk.post("/hours/appeals/<int:id>", may="hours.decide")
    def hours_appeal(db: Session, id: int) -> Any:
        upheld, kind = _yes(), request.form.get("kind", "")
        if kind == disputes.KIND:
            try:
                minutes = _minutes(request.form.get("hours", "")) if upheld else None
            except ValueError:
                return desk.back("请写明应该是几小时，比如 2.5。")
            disputes.decide(db, id, upheld, desk.actor, desk.now(), _why(), desk.rules, minutes=minutes)
        else:
            appeals.decide(db, id, upheld, desk.actor, desk.now(), _why(), desk.rules)
        said = "已同意，本人会收到通知。" if upheld else "已退回，本人会看到原因。"
        return desk.done(said, "hours_desk", tab="appeals")

    @desk.post("/hours/stars/<int:id>", may="stars.decide")
    def hours_star(db: Session, id: int) -> Any:
        approve = _yes()
        stars.decide(db, id, approve, desk.actor, desk.now(), _why(), desk.rules)
        return desk.done("已通过，开始公示。" if approve else "已退回，本人会看到原因。", "hours_desk", tab="stars")

    @desk.post("/hours/seals/<number>", may="seals.decide")
    def hours_seal(db: Session, number: str) -> Any:
        certificates.sealed(db, number, desk.actor, desk.now())
        return desk.done("已盖章，本人会收到来取的通知。", "hours_desk", tab="seals")

    @desk.get("/hours/certificates", may="hours.see")
    def certificate_list(db: Session) -> Any:
        text, row, status = request.args.get("q", "").strip(), None, None
        if text:
            try:
                row = certificates.numbered(db, text)
                status = certificates.status(db, desk.cipher, row.verify_code)
            except CertificateUnknown:
                row = None
        latest = db.scalars(select(Certificate).order_by(Certificate.id.desc()).limit(25)).all()
        return desk.page(
            "hours_certificates.html", text=text, row=row, status=status, standing=STANDING, latest=latest
        )

    @desk.post("/hours/certificates/<number>/revoke", may="seals.decide")
    def certificate_revoke(db: Session, number: str) -> Any:
        if not _why():
            return desk.back("请写明为什么作废，查验时会显示。")
        certificates.revoke(db, number, _why(), desk.actor, desk.now())
        return desk.done("已作废，查验时会显示原因，本人会收到通知。", "certificate_list", q=number)

    def _form(db: Session, said: dict[str, str], wrong: str) -> str:
        """People to choose from are found by the search at the top of the form."""
        text = request.args.get("q", "").strip() or request.form.get("q", "").strip()
        today = desk.now().astimezone(desk.zone).date()
        found = db.scalars(people_search.find(db, desk.cipher, text, today).limit(10)).all() if text else []
        people = [(person.id, f"{person.name} {phone_masked(desk.cipher, person)}") for person in found]
        return desk.page("hours_new.html", said=said, wrong=wrong, text=text, people=people)


def _minutes(typed: str) -> int:
    """2.5 → 150. Raises ValueError for what is no number of hours, infinity among it."""
    hours = float(typed)
    if not 0 <= hours < 1000:
        raise ValueError(typed)
    return round(hours * 60)


def _yes() -> bool:
    return request.form.get("approve") == "yes"


def _why() -> str:
    return request.form.get("reason", "").strip()


