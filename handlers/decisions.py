"""REVIEWS, the table of what waits for a person's decision: each kind is one row, listed and decided in handlers/reviews."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.conversation.context import Context
from bot.language.dates import moment, span
from bot.services import (
    activities,
    actors,
    appeals,
    approvals,
    authority,
    broadcasts,
    certificates,
    disputes,
    honours,
    hours,
    presence,
    stars,
    teams,
    volunteers,
)  # fmt: skip
from bot.services.profiles import masked_name
from bot.services.questions import answering, reviewing
from bot.services.refusals.certificates import SealNotDeclined
from bot.services.rules import Rules
from bot.storage.models import (
    Activity,
    Appeal,
    AttendanceEvent,
    Certificate,
    ManualEntry,
    Person,
    QuestionEntry,
    Registration,
)
from handlers.team_leaders import actor_of

Decide = Callable[[Context, int, bool, str, str], object]
"""(context, id, approve, actor, words); refuses by name."""
MINUTES = re.compile(r"(?P<minutes>\d{1,4})\s*分钟?")
HOURS = re.compile(r"(?P<hours>\d{1,2}(?:\.\d{1,2})?)\s*(?:个?小时|h)")


@dataclass(frozen=True)
class Review:
    """``pending``: the rows that wait, oldest first. ``actor``: as whom this openid may decide about a row, or None.

    ``words``: one line about a row, people masked. ``key``: its id. ``hint``: what must follow 同意, if anything.
    """

    kind: str
    called: str
    pending: Callable[[Context], Sequence[Any]]
    actor: Callable[[Context, Any], str | None]
    words: Callable[[Context, Any], str]
    decide: Decide
    key: Callable[[Any], int] = lambda row: int(row.id)
    hint: str = ""


def by_staff(what: str) -> Callable[[Context, Any], str | None]:
    """Whoever of the staff may decide about ``what``, a key of authority.DECIDES."""
    return lambda ctx, row: authority.may_decide(ctx.db, ctx.openid, what)


def minutes_said(words: str) -> int | None:
    """150分钟, 2.5小时: what is right instead."""
    if found := HOURS.search(words):
        return round(float(found["hours"]) * 60)
    found = MINUTES.search(words)
    return int(found["minutes"]) if found else None


def _who(person: Person) -> str:
    return masked_name(person.name) if person.name else "（已注销）"


def _claim(ctx: Context, row: Appeal) -> str:
    what = "说自己到了" if row.kind == "check_in" else "补签退"
    times = span(row.claimed_in, row.claimed_out, ctx.zone) if row.claimed_in and row.claimed_out else ""
    return f"{row.registration.shift.activity.code} {_who(row.registration.person)}{what} {times}".rstrip()


def _dispute(ctx: Context, row: Appeal) -> str:
    return f"{row.registration.shift.activity.code} {_who(row.registration.person)} 对时长有疑问：{row.text[:40]}"


def _manual(ctx: Context, row: ManualEntry) -> str:
    alerts = "（有异常，同意也要写说明）" if row.alerts else ""
    return f"{_who(row.person)} {hours.shown(row.minutes)}小时 {span(row.starts_at, row.ends_at, ctx.zone)}：{row.reason[:40]}{alerts}"


def late_entry(ctx: Context, came: AttendanceEvent) -> str:
    """A12 王*雨 3月7日（周六）13:02–15:30: what was entered after the day."""
    row = ctx.db.get_one(Registration, came.registration_id)
    until = presence.offline_end(ctx.db, came)
    times = span(came.captured_at, until, ctx.zone) if until else moment(came.captured_at, ctx.zone)
    return f"{row.shift.activity.code} {masked_name(row.person.name)} {times}"


def _seal(ctx: Context, id: int, yes: bool, actor: str, why: str) -> object:
    row = ctx.db.get_one(Certificate, id)
    if not yes:
        raise SealNotDeclined(row.number)
    return certificates.sealed(ctx.db, row.number, actor, ctx.now)


def _question(ctx: Context, id: int, yes: bool, actor: str, why: str) -> object:
    if yes:
        return reviewing.accept(ctx.db, id, actor, ctx.now, _rules(ctx))
    return reviewing.decline(ctx.db, id, why, actor, ctx.now, _rules(ctx))


def _answer(ctx: Context, id: int, yes: bool, actor: str, why: str) -> object:
    of = ctx.db.get_one(QuestionEntry, id).question_id
    if yes:
        return answering.send(ctx.db, ctx.cipher, of, actor, ctx.now, _rules(ctx))
    return answering.give_back(ctx.db, ctx.cipher, of, why, actor, ctx.now, _rules(ctx))


def _activity(ctx: Context, id: int, yes: bool, actor: str, why: str) -> object:
    if yes:
        return activities.approve(ctx.db, id, actor, ctx.now, note=why)
    return activities.reject(ctx.db, id, actor, ctx.now, why)


def _broadcast(ctx: Context, id: int, yes: bool, actor: str, why: str) -> object:
    if yes:
        return broadcasts.approve(ctx.db, id, actor, ctx.now, rules=_rules(ctx))
    return broadcasts.reject(ctx.db, id, actor, why, ctx.now, _rules(ctx))


def but_the_author(what: str, author: Callable[[Any], str]) -> Callable[[Context, Any], str | None]:
    """As `by_staff`, without the human being who wrote it: nobody decides about their own."""

    def actor(ctx: Context, row: Any) -> str | None:
        found = authority.may_decide(ctx.db, ctx.openid, what)
        return None if found is None or actors.is_same_human(ctx.db, found, author(row)) else found

    return actor


def _rules(ctx: Context) -> Rules:
    return Rules.of(ctx.settings)


REVIEWS: dict[str, Review] = {
    review.kind: review
    for review in (
        Review(
            kind="team",
            called="入队申请",
            pending=lambda ctx: teams.pending(ctx.db),
            actor=lambda ctx, row: actor_of(ctx, row.team_id),
            words=lambda ctx, row: f"{_who(row.person)} 想加入 {row.team.code} {row.team.name}",
            decide=lambda ctx, id, yes, actor, why: teams.decide(ctx.db, id, yes, actor, ctx.now, why),
        ),
        Review(
            kind="registration",
            called="报名",
            pending=lambda ctx: approvals.pending(ctx.db),
            actor=lambda ctx, row: authority.leader_of(ctx.db, ctx.openid, ctx.db.get_one(Activity, row.activity_id)),
            words=lambda ctx, row: f"{masked_name(row.name)} 报 {row.code} {row.title}（{row.seats}个名额）",
            decide=lambda ctx, id, yes, actor, why: approvals.decide(
                ctx.db, id, yes, actor, ctx.now, why, rules=_rules(ctx)
            ),
            key=lambda row: int(row.registration_id),
        ),
        Review(
            kind="activity",
            called="活动",
            pending=lambda ctx: activities.pending(ctx.db),
            actor=by_staff("activity"),
            words=lambda ctx, row: f"{row.code} {row.title}，细看回复 审核 {row.code}",
            decide=_activity,
        ),
        Review(
            kind="broadcast",
            called="群发",
            pending=lambda ctx: broadcasts.pending(ctx.db),
            actor=but_the_author("broadcast", lambda row: str(row.author)),
            words=lambda ctx, row: f"{row.id} {row.title}，发给{row.size_submitted}人，细看回复 群发 {row.id}",
            decide=_broadcast,
        ),
        Review(
            kind="volunteer",
            called="志愿者注册",
            pending=lambda ctx: volunteers.pending(ctx.db),
            actor=by_staff("volunteer"),
            words=lambda ctx, row: f"{_who(row.person)} 申请注册志愿者",
            decide=lambda ctx, id, yes, actor, why: volunteers.decide(
                ctx.db, id, yes, actor, ctx.now, why, _rules(ctx)
            ),
            key=lambda row: int(row.person_id),
        ),
        Review(
            kind="appeal",
            called="签到签退",
            pending=lambda ctx: appeals.pending(ctx.db),
            actor=lambda ctx, row: appeals.may_decide(ctx.db, ctx.openid, row),
            words=_claim,
            decide=lambda ctx, id, yes, actor, why: appeals.decide(ctx.db, id, yes, actor, ctx.now, why, _rules(ctx)),
        ),
        Review(
            kind="late_entry",
            called="补录",
            pending=lambda ctx: presence.offline_pending(ctx.db),
            actor=by_staff("manual_hours"),
            words=late_entry,
            decide=lambda ctx, id, yes, actor, why: presence.approve_offline(
                ctx.db, id, actor, ctx.now, approve=yes, note=why
            ),
        ),
        Review(
            kind="dispute",
            called="时长申诉",
            pending=lambda ctx: disputes.pending(ctx.db),
            actor=lambda ctx, row: disputes.may_decide(ctx.db, ctx.openid, row),
            words=_dispute,
            decide=lambda ctx, id, yes, actor, why: disputes.decide(
                ctx.db, id, yes, actor, ctx.now, why, _rules(ctx), minutes=minutes_said(why)
            ),
            hint="应有的时长，比如 同意 1 2.5小时",
        ),
        Review(
            kind="manual_hours",
            called="手工时长",
            pending=lambda ctx: honours.pending(ctx.db),
            actor=by_staff("manual_hours"),
            words=_manual,
            decide=lambda ctx, id, yes, actor, why: honours.decide(ctx.db, id, yes, actor, ctx.now, why, _rules(ctx)),
        ),
        Review(
            kind="star",
            called="星级",
            pending=lambda ctx: stars.pending(ctx.db),
            actor=by_staff("star"),
            words=lambda ctx, row: f"{_who(row.person)} 申请{row.star}星级（{hours.shown(row.minutes)}小时）",
            decide=lambda ctx, id, yes, actor, why: stars.decide(ctx.db, id, yes, actor, ctx.now, why, _rules(ctx)),
        ),
        Review(
            kind="question",
            called="青年之声",
            pending=lambda ctx: reviewing.pending(ctx.db),
            actor=by_staff("question"),
            words=lambda ctx, row: f"{row.number}，看内容回复 看 {row.number}",
            decide=_question,
        ),
        Review(
            kind="answer",
            called="答复核对",
            pending=lambda ctx: answering.drafts(ctx.db),
            actor=but_the_author("question", lambda row: str(row.by)),
            words=lambda ctx, row: f"{row.question.number} 的答复写好了，看内容回复 看 {row.question.number}",
            decide=_answer,
        ),
        Review(
            kind="seal",
            called="盖章",
            pending=lambda ctx: certificates.seals_asked(ctx.db),
            actor=by_staff("seal"),
            words=lambda ctx, row: f"{row.number} {_who(row.person)} 要纸质证明，盖好了再同意",
            decide=_seal,
        ),
    )
}
"""In the order of the list."""
