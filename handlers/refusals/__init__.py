"""Refused: each reason in one sentence with its next step, in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from bot.conversation.context import Context
from bot.language.dates import moment, span
from bot.services import activity_tables
from bot.services import refusals as r
from bot.settings import Settings
from bot.wechat.replies import Reply, Text, choice_link, without_links
from handlers.refusals import (
    activities,
    attendance,
    broadcasts,
    certificates,
    conversations,
    exports,
    hours,
    merits,
    people,
    pushes,
    questions,
    registrations,
    staff,
    teams,
)


def reply(ctx: Context, error: Exception) -> Reply | None:
    """The words for a refusal; None for any other exception."""
    if not isinstance(error, r.Refused):
        return None
    for kind, words in SENTENCES.items():
        if isinstance(error, kind):
            return Text(words(ctx, error))
    raise LookupError(f"no sentence for {type(error).__name__}")


@dataclass(frozen=True)
class Reader:
    """Whoever reads a refusal outside a conversation: the sentences ask for no more."""

    settings: Settings

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.organisation.timezone)


def said(error: r.Refused, settings: Settings) -> str:
    """The same words in a browser: what can be tapped in chat stands in quotes, to be said there."""
    for kind, words in SENTENCES.items():
        if isinstance(error, kind):
            return without_links(words(Reader(settings), error))  # type: ignore[arg-type]
    raise LookupError(f"no sentence for {type(error).__name__}")


def _already(ctx: Context, refused: r.AlreadyRegistered) -> str:
    if refused.state == "waiting":
        return f"您已经在候补里了，排在第{refused.place_in_line}位，有空位会通知您。不想等了请回复 取消。"
    if refused.state == "offered":
        return f"有一个空位正等您：请回复 {choice_link('确认')}，不去请回复 {choice_link('不去了')}。"
    if refused.state == "pending":
        return "您已经提交过报名，正在等负责人审核，结果会通知您。不想报了请回复 取消。"
    return f"您已经报过这个活动了。回复 {choice_link('我的活动')} 查看；去不了请回复 取消。"


def _conflict(ctx: Context, refused: r.TimeConflict) -> str:
    other = refused.other
    return (
        f"报不了：时间重叠，您已经报了 {other.code}“{other.title}”（{span(other.starts_at, other.ends_at, ctx.zone)}）。\n"
        f"想换过来，请先回复 {choice_link(f'取消 {other.code}')}，再报这一个；或者看看别的 {choice_link('活动')}。"
    )


def _no_waitlist(ctx: Context, refused: r.WaitlistFull) -> str:
    full = "候补也排满了" if refused.limit else "这个活动不设候补"
    return f"名额已满（{refused.capacity}人），{full}。看看别的 {choice_link('活动')}，过几天也可能有人退出。"


FIELDS = {"name": "姓名", "phone": "手机号", "birth_date": "出生日期", "id": "身份证号"}


def _missing(ctx: Context, refused: r.ProfileMissing) -> str:
    return f"报名还需要您的{'、'.join(FIELDS[field] for field in refused.fields)}，请重新回复 报名。"


OF_POLICIES = {"reason": "原因", "insurer": "保险公司", "number": "保单号", "valid_until": "保险止期"}


def _named(field: str) -> str:
    return OF_POLICIES.get(field) or activity_tables.heading_of(field)


OTHER_ACTIVITIES = f"看看别的 {choice_link('活动')}？"

SENTENCES: dict[type[r.Refused], Callable[[Context, Any], str]] = {
    r.SignupNotOpen: lambda ctx, e: f"还没开始报名，{moment(e.opens_at, ctx.zone)}开放，到时候再来。",
    r.SignupClosed: lambda ctx, e: f"报名已在{moment(e.closed_at, ctx.zone)}截止。{OTHER_ACTIVITIES}",
    r.ShiftStarted: lambda ctx, e: f"活动已在{moment(e.starts_at, ctx.zone)}开始，不能再改了。有急事请回复 人工。",
    r.ActivityCancelled: lambda ctx, e: f"这个活动取消了{f'（{e.reason}）' if e.reason else ''}。{OTHER_ACTIVITIES}",
    r.ShiftUnknown: lambda ctx, e: f"没有找到这个活动，可能已经结束。{OTHER_ACTIVITIES}",
    r.AlreadyRegistered: _already,
    r.ProfileMissing: _missing,
    r.TimeConflict: _conflict,
    r.ShiftFull: lambda ctx, e: f"名额已满（{e.taken}/{e.capacity}）。要排候补请回复 报名，您会是第{e.place_in_line}位。",
    r.WaitlistFull: _no_waitlist,
    r.NotRegistered: lambda ctx, e: f"您没有报这个活动，不用取消。回复 {choice_link('我的活动')} 看看报了哪些。",
    r.NoOffer: lambda ctx, e: f"现在没有等您确认的空位。回复 {choice_link('我的活动')} 查看排位。",
    r.OfferExpired: lambda ctx, e: f"这个空位的确认时限（{moment(e.expired_at, ctx.zone)}）已过，让给下一位了。想再排请回复 报名。",
    r.NameInvalid: lambda ctx, e: "请发您的真实姓名，比如：王晓雨。",
    r.PhoneInvalid: lambda ctx, e: "这个号码好像不对，请发11位手机号，比如：13812345678。",
    r.IdentityInvalid: lambda ctx, e: "这个证件号码好像不对，请对照证件再发一次（18位，最后一位可能是 X）。",
    r.ActivityIncomplete: lambda ctx, e: "活动还要补上或改对：" + "、".join(map(_named, e.fields)) + "。",
    r.CapacityBelowTaken: lambda ctx, e: f"已有{e.taken}人报名，名额不能少于这个数。",
    r.AlertUnknown: lambda ctx, e: f"没有 J{e.number} 这个警报，请核对编号后再发一次。",
    r.AlertTaken: lambda ctx, e: f"J{e.number} 已由{e.keeper}在{moment(e.since, ctx.zone)}接手，您不用再处理；想帮忙请直接联系{e.keeper}。",
    r.AlertClosed: lambda ctx, e: f"J{e.number} 在{moment(e.closed_at, ctx.zone)}已经结束。对方再求助会有新的编号。",
    **teams.SENTENCES,
    r.Busy: lambda ctx, e: "现在人有点多，没办成，什么也没改。请稍后再发一次。",
    **attendance.SENTENCES,
    **hours.SENTENCES,
    **people.SENTENCES,
    **pushes.SENTENCES,
    **certificates.SENTENCES,
    **registrations.SENTENCES,
    **activities.SENTENCES,
    **merits.SENTENCES,
    **questions.SENTENCES,
    **conversations.SENTENCES,
    **exports.SENTENCES,
    **broadcasts.SENTENCES,
    **staff.SENTENCES,
}
