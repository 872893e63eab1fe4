"""补签退 15:30, 三点半走的, 我到了, 请团委复核: what the record lacks, said by whom it is about."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language import past
from bot.language.dates import clock, moment, span
from bot.services import appeals, disputes, presence
from bot.services.hours import shown
from bot.services.refusals.attendance import ClaimImpossible, NothingToAppeal
from bot.services.rules import Rules
from bot.services.verdicts import window
from bot.storage.models import Appeal, Registration
from bot.wechat.replies import Reply, Text
from handlers import asking
from handlers.contact import person_id

router = Router("presence_appeals")

LEFT = re.compile(r"走|离开|离场|撤|回家|回来的|结束|下班")
ONLY_A_TIME = re.compile(
    r"(?:我|是|大概|大约|差不多|应该|在|就|今天|昨天|上午|中午|下午|晚上|傍晚|\s)*"
    r"(?:\d{1,2}[:：]\d{2}|[\d零一二两三四五六七八九十]{1,3}点(?:半|[一三]刻|钟|整|[\d零一二三四五六七八九十]{1,3}分?)?)"
    r"\s*(?:左右|吧|的|多|,|。)*"
)
LONGEST = 24


@router.pattern(r"补\s*签\s*退\s*(?P<code>[A-Za-z]\d{2,3}(?!\d))?[\s:：,，]*(?P<when>.{0,20})")
def left_at(ctx: Context) -> Reply | None:
    """补签退 15:30, 补签退 A12 15:30; 补签退 alone is asked when; 补签退怎么弄 only asks."""
    when = str(ctx.args["when"] or "")
    if when and (asking.asks(when) or not past.names_a_time(when)):
        return None
    missing = _missing_check_out(ctx, str(ctx.args["code"] or "").upper())
    if not missing:
        raise NothingToAppeal
    return _says_left(ctx, missing[0], when) if when else _ask_when(ctx, missing[0])


@router.words(
    "忘了签退", "忘记签退", "忘签退了", "我忘签退了", "我忘了签退", "我忘记签退了", "忘记签退了", "没签退", "忘签退"
)
def forgot(ctx: Context) -> Reply | None:
    missing = _missing_check_out(ctx)
    return _ask_when(ctx, missing[0]) if missing else None


@router.when(lambda ctx: 0 < len(ctx.text) <= LONGEST and past.names_a_time(ctx.text) and _is_about_leaving(ctx.text))
def left_in_own_words(ctx: Context) -> Reply | None:
    """三点半走的: only for whoever has not checked out of something that is over."""
    missing = _missing_check_out(ctx)
    return _says_left(ctx, missing[0], ctx.text) if missing else None


@router.pattern(r"补\s*签\s*到[\s:：,，]*(?P<when>.{0,30})")
def was_there_at(ctx: Context) -> Reply | None:
    """补签到 13:10 到 15:20."""
    when = str(ctx.args["when"] or "")
    if when and (asking.asks(when) or not past.names_a_time(when)):
        return None
    reply = was_there(ctx, when)
    if reply is None:
        raise NothingToAppeal
    return reply


@router.words("请团委复核", "申请复核", "我要复核", "团委复核", "要求复核")
def escalate(ctx: Context) -> Reply | None:
    person = person_id(ctx)
    refused = appeals.last_of(ctx.db, person, ("refused",)) if person is not None else None
    if person is None or refused is None:
        if person is not None and disputes.last_refused(ctx.db, person) is not None:
            return None  # it is about hours, see handlers/record
        raise NothingToAppeal
    appeal = appeals.escalate(ctx.db, refused.id, person, ctx.now, Rules.of(ctx.settings))
    return Text(f"已请团委复核，最晚{moment(appeal.due_at, ctx.zone)}前有结果，会发给您。想补充什么请回复 人工。")


def was_there(ctx: Context, when: str = "") -> Reply | None:
    """我到了, after the end. None: this person was expected nowhere."""
    person = person_id(ctx)
    missing = appeals.missing_check_in(ctx.db, person, ctx.now) if person is not None else []
    if not missing:
        return None
    row = missing[0]
    came, left = None, None
    if when:
        open_ = window(row.shift, Rules.of(ctx.settings))
        first, last = open_.opens_at.astimezone(ctx.zone), min(ctx.now, open_.closes_at).astimezone(ctx.zone)
        times = past.stretch(when, first, last)
        if times is None:
            raise ClaimImpossible(first, last)
        came, left = times
    appeal = appeals.says_was_there(
        ctx.db, row.id, ctx.text, ctx.now, came_at=came, left_at=left, rules=Rules.of(ctx.settings)
    )
    assert appeal.claimed_in is not None and appeal.claimed_out is not None
    first, last = appeal.claimed_in.astimezone(ctx.zone), appeal.claimed_out.astimezone(ctx.zone)
    return Text(
        f"记下了：{_named(row)}，{clock(first)}–{clock(last)}，等负责人核实，最晚{moment(appeal.due_at, ctx.zone)}前有结果，会通知您。\n"
        f"时间不对，请回复 补签到 {clock(first)} 到 {clock(last)} 这样的格式；有现场照片请留好。"
    )


def _says_left(ctx: Context, row: Registration, when: str) -> Reply:
    pairs = presence.intervals(ctx.db, row.id)
    rules = Rules.of(ctx.settings)
    came, latest = pairs[-1].in_at.astimezone(ctx.zone), min(ctx.now, window(row.shift, rules).closes_at)
    left = past.point(when, came, latest.astimezone(ctx.zone))
    if left is None:
        raise ClaimImpossible(came, latest)
    appeal = appeals.says_left(ctx.db, row.id, left, ctx.text, ctx.now, rules)
    return Text(
        f"已提交：{_named(row)} {_counted(ctx, appeal, row)}，等负责人确认。结果会通知您，最晚{moment(appeal.due_at, ctx.zone)}。\n"
        "时间写错了，再发一次 补签退 就行。"
    )


def _counted(ctx: Context, appeal: Appeal, row: Registration) -> str:
    """13:00–15:30，约2.5小时: within the planned time, as it will be counted."""
    assert appeal.claimed_in is not None and appeal.claimed_out is not None
    start = max(appeal.claimed_in, row.shift.starts_at)
    end = max(start, min(appeal.claimed_out, row.shift.ended_at or row.shift.ends_at))
    minutes = presence.about_minutes(ctx.db, row.id, Rules.of(ctx.settings), left_at=appeal.claimed_out)
    about = "" if minutes is None else f"，约{shown(minutes)}小时"
    return f"{span(start, end, ctx.zone)}{about}"


def _ask_when(ctx: Context, row: Registration) -> Reply:
    at = clock(row.shift.ends_at.astimezone(ctx.zone))
    return Text(f"{_named(row)} 您是几点离开的？请回复 补签退 {at} 这样的格式，或者直接说“三点半走的”。")


def _missing_check_out(ctx: Context, code: str = "") -> list[Registration]:
    person = person_id(ctx)
    missing = appeals.missing_check_out(ctx.db, person, ctx.now) if person is not None else []
    return [row for row in missing if not code or row.shift.activity.code == code]


def _is_about_leaving(text: str) -> bool:
    return not asking.asks(text) and bool(LEFT.search(text) or ONLY_A_TIME.fullmatch(text.strip()))


def _named(row: Registration) -> str:
    return f"{row.shift.activity.code} {row.shift.activity.title}"
