"""Joining by one's own word: a friend's party with its code (加入 K7QM), a team's list with 确认."""

from __future__ import annotations

from typing import Any

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import gates, invitations, registrations, reservations
from bot.services.invitation_codes import CODE
from bot.services.refusals import AlreadyRegistered, ProfileMissing
from bot.services.refusals.registrations import AgreementRequired
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text
from handlers import refusals, sign_up, sign_up_form
from handlers.contact import person_id

router = Router("joining")


@router.pattern(rf"(?:我要|我)?加入\s*(?P<code>{CODE})")
def join(ctx: Context) -> Reply:
    """加入 K7QM: into a friend's party, or onto a team's list; first the form for who is new."""
    code = str(ctx.args["code"])
    invitation = invitations.find(ctx.db, ctx.cipher, code, ctx.now)
    shift_id = invitations.shift_of(ctx.db, invitation).id
    if invitation.reservation_id is not None:
        return _begin(ctx, {"shift_id": shift_id, "reservation_id": invitation.reservation_id})
    return _begin(ctx, {"shift_id": shift_id, "code": code})


def _begin(ctx: Context, values: dict[str, Any]) -> Reply:
    shift_id = int(values["shift_id"])
    found = registrations.objections(ctx.db, shift_id, person_id(ctx), ctx.now, rules=Rules.of(ctx.settings))
    told = gates.told([one for one in found if not _mended(one, joining="code" in values)])
    if told is not None:
        said = refusals.reply(ctx, told)
        assert said is not None
        return said
    ctx.session.focus = shift_id
    return sign_up.FORMS.start(ctx, "sign_up", values)


def _mended(refusal: object, *, joining: bool) -> bool:
    """By the form; and who waits alone gives up that place for the party's."""
    waits = isinstance(refusal, AlreadyRegistered) and refusal.state == "waiting"
    return isinstance(refusal, (ProfileMissing, AgreementRequired)) or (joining and waits)


@router.pattern(rf"(?:我)?不(?:加入|去)了?\s*(?P<code>{CODE})")
def decline(ctx: Context) -> Reply:
    writing(ctx.db)
    shift = invitations.decline(ctx.db, ctx.cipher, str(ctx.args["code"]), ctx.now, rules=Rules.of(ctx.settings))
    return Text(f"好的，“{shift.activity.title}”留给您的名额已经放出来了，也告诉了您的同伴。")


@router.pattern(r"(?P<word>确认|不去了?)\s*(?P<what>[A-Za-z]\d{2,3})?")
def answer_team(ctx: Context) -> Reply | None:
    """确认 of somebody whom a team put on its list; a seat offered to them is answered elsewhere."""
    person, what = person_id(ctx), (ctx.args["what"] or "").upper()
    if person is None or registrations.open_offers(ctx.db, person, ctx.now):
        return None
    asked = reservations.waiting_for(ctx.db, person, ctx.now)
    asked = [one for one in asked if not what or one.shift.activity.code == what]
    if not asked:
        return None
    if len(asked) > 1:
        codes = "、".join(f"{ctx.args['word']}{one.shift.activity.code}" for one in asked)
        return Text(f"有几场活动等您答复，请带上编号：{codes}")
    one = asked[0]
    if ctx.args["word"] != "确认":
        writing(ctx.db)
        reservations.refuse(ctx.db, one.id, person, ctx.now)
        return Text(f"好的，“{one.shift.activity.title}”您不参加，已经记下，不影响您的记录。")
    reply = _begin(ctx, {"shift_id": one.shift_id, "reservation_id": one.id})
    opened = ctx.session.form
    if opened is None or opened.at:
        return reply  # refused, or something is still to be asked
    ctx.session.form = None  # 确认 was the own act: nothing is asked twice
    return sign_up_form.FORM.done(ctx, opened.values)
