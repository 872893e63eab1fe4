"""Refusals about conversations with people, each in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.language.dates import moment
from bot.services.refusals import Refused
from bot.services.refusals import conversations as r
from bot.wechat.replies import choice_link

ASK = choice_link("我要提问")
"""The way that does not need anybody to be there."""


def _closed(ctx: Context, e: r.OfficeClosed) -> str:
    office = ctx.settings.organisation
    return (
        f"{office.short_name}的老师这会儿不在班上，{moment(e.opens_at, ctx.zone)}回来（{office.office_hours}上班，电话 {office.phone}，"
        f"地址：{office.address}）。\n"
        f"不想等，现在就把事情写下来：回复 {ASK}，老师会在时限内答复您。\n"
        f"青少年心理和权益方面的事，随时可以拨 {office.hotline}。"
    )


def _nobody(ctx: Context, e: r.NobodyOnDuty) -> str:
    office = ctx.settings.organisation
    return (
        f"{office.short_name}的老师在{office.office_hours}上班，电话 {office.phone}，地址：{office.address}。\n"
        f"这会儿没有老师在线上接待，可以打电话；或者把事情写下来：回复 {ASK}，老师会在时限内答复您。\n"
        f"青少年心理和权益方面的事，也可以直接拨 {office.hotline}。"
    )


SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.OfficeClosed: _closed,
    r.NobodyOnDuty: _nobody,
    r.ConversationUnknown: lambda ctx, e: f"没有 H{e.number} 这个会话。回复 {choice_link('会话')} 看看有哪些。",
    r.ConversationTaken: lambda ctx, e: (
        f"H{e.number} 已由{e.keeper}在{moment(e.since, ctx.zone)}接待，您不用再回；要交代什么请直接找{e.keeper}。"
    ),
    r.ConversationEnded: lambda ctx, e: (
        f"H{e.number} 在{moment(e.ended_at, ctx.zone)}已经结束，没有再发。对方再找老师会有新的编号。"
    ),
    r.SaidTooLong: lambda ctx, e: f"这段有{e.length}字，微信一条放不下（最多{e.most}字），没有发出。请分成几条。",
}
