"""One shift at the console: who comes, live; who asks; who waits and why; at the door; a word to all; its end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from bot import row_ids
from bot.console.dates import moment
from bot.console.desk import Desk
from bot.console.translations import translated as _
from bot.language.dates import clock
from bot.services import (
    activity_checks,
    actors,
    approvals,
    check_in,
    desk_shifts,
    desk_sign_ups,
    leaders,
    outcomes,
    presence,
    promotions,
    seats,
    settlement,
)
from bot.services.refusals import Refused, ShiftUnknown
from bot.services.verdicts import LISTED, window
from bot.storage.models import Registration, Shift

VERDICTS = {
    "repeated": "%(name)s 已经记过了，没有重复记。",
    "outside_window": "现在不在签到时间里，没有记；事后请用“补录”。",
    "not_listed": "%(name)s 已经不在名单上了。",
    "needs_person": "没有记上，请看看 %(name)s 现在的状态。",
}


def add(desk: Desk) -> None:
    @desk.get("/shifts/<int:shift_id>", may="roster.see")
    def shift(db: Session, shift_id: int) -> Any:
        it = _shift(db, shift_id)
        every = desk_shifts.lines(
            db, desk.cipher, it, desk.now(), desk.rules, full=_full(db, it),
            states=(*desk_shifts.LISTED, *desk_shifts.HAPPENED),
        )  # fmt: skip
        lines = [line for line in every if line.row.state in desk_shifts.LISTED]
        open_ = window(it, desk.rules)
        late = [
            (event, presence.offline_end(db, event), actors.name(db, event.entered_by))
            for event in desk_shifts.late_entries(db, it.id)
        ]
        whys = promotions.explain(db, it.id, desk.now(), rules=desk.rules)
        return desk.page(
            "shift.html", it=it, active="activities",
            at_the_door=desk_sign_ups.takes_at_once(it, desk.now(), desk.rules),
            asking=[line for line in lines if line.row.state == "pending" and not line.row.party_of],
            waiting=[line for line in lines if line.row.state == "waiting" and not line.row.party_of],
            left=[line for line in every if line.row.state in desk_shifts.HAPPENED],
            blocked=[why.code for why in whys if why.registration_id is None],
            people=[(line.row.id, line.name) for line in lines if line.row.state in LISTED],
            late=late, names={line.row.id: line.name for line in every},
            told=outcomes.of_shift(db, it.id), audience=len(leaders.audience(db, [it.id])), said=desk.said,
            opens_at=open_.opens_at, closes_at=open_.closes_at, now=desk.now(), **_live(db, it, lines),
        )  # fmt: skip

    @desk.get("/shifts/<int:shift_id>/rows", may="roster.see", polled=True)
    def shift_rows(db: Session, shift_id: int) -> Any:
        """What the page asks for again and again."""
        return _rows(db, _shift(db, shift_id))

    @desk.post("/registrations/<int:registration_id>/presence/<kind>", may="attendance.record")
    def presence_record(db: Session, registration_id: int, kind: str) -> Any:
        row = _row(db, registration_id)
        verdict = desk_sign_ups.says(
            db, desk.cipher, row.id, "out" if kind == "out" else "in", desk.actor, desk.now(),
            nonce=f"desk:{row.id}:{kind}:{desk.now().isoformat()}", rules=desk.rules,
        )  # fmt: skip
        text = (
            ""
            if verdict == "accepted"
            else _(VERDICTS.get(verdict, VERDICTS["needs_person"]), name=row.person.name)
        )
        if request.headers.get("HX-Request"):
            return _rows(db, row.shift, text)
        return desk.back(text) if text else desk.done("已记录。", "shift", shift_id=row.shift_id)

    @desk.post("/registrations/<int:registration_id>/decide", may="attendance.record")
    def registration_decide(db: Session, registration_id: int) -> Any:
        row, approve = _row(db, registration_id), request.form.get("answer") == "yes"
        reason = request.form.get("reason", "").strip()
        if not approve and not reason:
            return desk.back("不同意请写一句原因，对方会看到。")
        approvals.decide(db, row.id, approve, desk.actor, desk.now(), reason, rules=desk.rules)
        return desk.done(
            "已同意，正在通知本人。" if approve else "已婉拒，正在通知本人。", "shift", shift_id=row.shift_id
        )

    @desk.post("/registrations/<int:registration_id>/phone", may="phone.reveal")
    def phone_reveal(db: Session, registration_id: int) -> Any:
        row = _row(db, registration_id)
        number = desk_shifts.reveal_phone(db, desk.cipher, row.id, desk.actor) or _("没有号码")
        return desk.page("shift_phone.html", number=number)

    @desk.post("/shifts/<int:shift_id>/enter", may="attendance.record")
    def shift_enter(db: Session, shift_id: int) -> Any:
        it, form = _shift(db, shift_id), request.form
        name = form.get("name", "").strip()
        try:
            made = desk_sign_ups.enter(
                db, desk.cipher, it.id, name, form.get("phone", ""), desk.actor, desk.now(),
                agreed=form.get("agreed") == "1", born=_day(form.get("born", "")),
                nonce=f"desk:{it.id}:{desk.cipher.keyed_hash(name)[:24]}:{desk.now().isoformat()}",
                rules=desk.rules,
            )  # fmt: skip
        except Refused as refused:
            db.rollback()
            return desk.back(_("没有加上%(name)s：%(why)s", name=name, why=desk.said(refused)))
        done = {
            "checked_in": "已加上并签到",
            "confirmed": "已报上名",
            "waiting": "名额已满，排进了候补",
            "pending": "已登记，等审核",
        }
        return desk.done(
            _("%(name)s：%(done)s。", name=name, done=_(done.get(made.state, "已经在名单上"))), "shift", shift_id=it.id
        )

    @desk.post("/shifts/<int:shift_id>/late", may="hours.propose")
    def late_propose(db: Session, shift_id: int) -> Any:
        it, form = _shift(db, shift_id), request.form
        row = db.get(Registration, row_ids.typed(form.get("registration", "")) or 0)
        came, left = (_on_that_day(it, form.get(name, ""), desk) for name in ("came", "left"))
        if row is None or row.shift_id != it.id or came is None or left is None:
            return desk.back("请选一个人，并填写到和离开的时间。")
        nonce = f"desk:late:{row.id}:{desk.now().isoformat()}"
        presence.propose_offline(db, row.id, came, left, desk.actor, nonce, desk.now())
        return desk.done("已补录，要另一位老师同意才算数，已经通知审核员。", "shift", shift_id=it.id)

    @desk.post("/late/<int:event_id>/decide", may="hours.decide")
    def late_decide(db: Session, event_id: int) -> Any:
        approve, note = request.form.get("answer") == "yes", request.form.get("reason", "").strip()
        if not approve and not note:
            return desk.back("不同意请写一句原因。")
        answers = presence.approve_offline(db, event_id, desk.actor, desk.now(), approve=approve, note=note)
        return desk.done("补录已同意。" if approve else "补录没有通过。", "shift", shift_id=answers[0].shift_id)

    @desk.post("/shifts/<int:shift_id>/tell", may="attendance.record")
    def shift_tell(db: Session, shift_id: int) -> Any:
        it, said = _shift(db, shift_id), request.form.get("words", "").strip()
        if not said:
            return desk.back("请写要通知的内容。")
        number = leaders.tell(db, desk.cipher, [it.id], said, desk.actor, desk.now())
        return desk.done(
            _("正在通知 %(number)s 个人；夜里不打扰，会等到早上再发。", number=number), "shift", shift_id=it.id
        )

    @desk.post("/shifts/<int:shift_id>/end", may="attendance.record")
    def shift_end(db: Session, shift_id: int) -> Any:
        it = _shift(db, shift_id)
        at = _on_that_day(it, request.form.get("at", ""), desk)
        if at is None:
            return desk.back("请填写结束的时间。")
        leaders.end(db, it.id, at, desk.actor, desk.now())
        return desk.done(
            _("已按 %(when)s 结束，大家的时长最多算到这一刻。", when=moment(at, desk.zone)), "shift", shift_id=it.id
        )

    @desk.post("/shifts/<int:shift_id>/settle", may="hours.settle")
    def shift_settle(db: Session, shift_id: int) -> Any:
        it = _shift(db, shift_id)
        done = settlement.settle(db, it.id, desk.actor, desk.now(), desk.rules)
        if done.is_complete:
            return desk.done(
                _("结算好了，%(credited)s人的时长已入账，各自会收到通知。", credited=len(done.credited)),
                "shift",
                shift_id=it.id,
            )
        said = _(
            "%(credited)s人已入账；还有%(pending)s人没签到或没签退，请先补录或核实，再结算一次。",
            credited=len(done.credited),
            pending=len(done.pending),
        )
        return desk.done(said, "shift", shift_id=it.id)

    @desk.post("/shifts/<int:shift_id>/outcome", may="attendance.record")
    def shift_outcome(db: Session, shift_id: int) -> Any:
        it = _shift(db, shift_id)
        outcomes.record(db, it.id, request.form.get("text", ""), desk.actor, desk.now())
        return desk.done("成果已记下；写错了再写一次，以最后一次为准。", "shift", shift_id=it.id)

    @desk.get("/shifts/<int:shift_id>/code", may="attendance.record", polled=True)
    def shift_code(db: Session, shift_id: int) -> Any:
        """The six digits of now, large, for coming and leaving; the page asks for them again by itself."""
        it, rules = _shift(db, shift_id), desk.rules
        digits = {kind: check_in.current_code(desk.cipher, it, desk.now(), rules, kind) for kind in ("in", "out")}
        left = rules.attendance.code_seconds - int(desk.now().timestamp()) % rules.attendance.code_seconds
        page = "shift_code_digits.html" if request.headers.get("HX-Request") else "shift_code.html"
        present = desk_shifts.present(db, [it.id])[it.id]
        return desk.page(page, it=it, digits=digits, left=left, present=present, opens_at=window(it, rules).opens_at,
                         now=desk.now(), active="activities")  # fmt: skip

    def _full(db: Session, it: Shift) -> bool:
        return desk.who.may("attendance.record") and desk_shifts.read_full(db, it, desk.actor, desk.now(), desk.rules)

    def _live(db: Session, it: Shift, lines: list[desk_shifts.Line]) -> dict[str, Any]:
        open_, now = window(it, desk.rules), desk.now()
        return {
            "seated": [line for line in lines if line.row.state not in ("pending", "waiting")],
            "counted": seats.of(db, it),
            "present": desk_shifts.present(db, [it.id])[it.id],
            "phase": activity_checks.phase(it, now),
            "begun": now >= open_.opens_at,
            "in_open": open_.holds("in", now),
            "out_open": open_.holds("out", now),
            "time": lambda at: clock(at.astimezone(desk.zone)),
        }

    def _rows(db: Session, it: Shift, text: str = "") -> Any:
        lines = desk_shifts.lines(
            db, desk.cipher, it, desk.now(), desk.rules, full=_full(db, it), states=desk_shifts.SEATED
        )
        return desk.page("shift_rows.html", it=it, text=text, kind="danger", **_live(db, it, lines))


def _shift(db: Session, shift_id: int) -> Shift:
    found = db.get(Shift, shift_id)
    if found is None:
        raise ShiftUnknown
    return found


def _row(db: Session, registration_id: int) -> Registration:
    found = db.get(Registration, registration_id)
    if found is None:
        raise ShiftUnknown
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _on_that_day(it: Shift, said: str, desk: Desk) -> datetime | None:
    """A time of the clock on the day of the shift; one before its start by more than half a day is after midnight."""
    try:
        at = datetime.fromisoformat(f"2000-01-01T{said}").time()
    except ValueError:
        return None
    begins = it.starts_at.astimezone(desk.zone)
    found = begins.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return found + timedelta(days=1) if begins - found > timedelta(hours=12) else found
