"""What is on, and the details of one activity."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import brief, day, distance, span
from bot.language.times import Span
from bot.services import activities
from bot.wechat.replies import Reply, Text, choice_link
from handlers import reference

router = Router("activities")

PAGE = 5
WEEK = timedelta(days=7)
SUNDAY = 6
SCENE = "act_"


@router.intent("activities.list")
@router.words("活动", "近期活动", "最近活动", "活动列表", "有什么活动", "报名列表")
def list_activities(ctx: Context) -> Reply:
    when = ctx.understanding.slots.when if ctx.text else None
    start, end = (when.start, when.end) if when else (None, None)
    found = activities.listed(ctx.db, ctx.now, start=start, end=end, limit=PAGE + 1)
    if found:
        return _page(ctx, found, start, end, 0)
    if when and (later := _week_later(ctx, when)):
        return later
    soon = activities.listed(ctx.db, ctx.now, limit=PAGE)
    if when and soon:
        return Text(f"{_range(ctx, start, end)}还没有活动。近期有这些：\n{_lines(ctx, soon)}\n{_hint(soon)}")
    return Text("近期还没有开放报名的活动，有新活动会发在这里，过两天再来看看吧。")


def _week_later(ctx: Context, when: Span) -> Reply | None:
    """Nothing this Saturday: perhaps on the next."""
    start, end = when.start + WEEK, when.end + WEEK
    if "周末" in ctx.text and start.weekday() == SUNDAY:
        start -= timedelta(days=1)  # of this weekend only Sunday is left, of the next it is both days
    found = activities.listed(ctx.db, ctx.now, start=start, end=end, limit=PAGE)
    if not found:
        return None
    head = f"{_range(ctx, when.start, when.end)}没有可报的活动了，再下一周（{_range(ctx, start, end)}）有："
    return Text(f"{head}\n{_lines(ctx, found)}\n{_hint(found)}")


@router.words("更多", "更多活动", "下一批")
def more(ctx: Context) -> Reply | None:
    if not ctx.session.more:
        return None
    start, end = (_stored(ctx.session.more.get(name)) for name in ("start", "end"))
    offset = int(ctx.session.more["offset"])
    found = activities.listed(ctx.db, ctx.now, start=start, end=end, limit=PAGE + 1, offset=offset)
    return _page(ctx, found, start, end, offset) if found else Text("后面没有了。")


@router.intent("activities.detail")
def show_detail(ctx: Context) -> Reply:
    meant = reference.meant(ctx)
    if not meant and ctx.session.focus is not None:
        meant = [ctx.session.focus]
    if not meant:
        return list_activities(ctx)
    if len(meant) > 1:
        return ask_which(ctx, meant, "activities.detail", "您想看哪一个？")
    return Text(detail(ctx, meant[0]))


@router.pattern(r"(?:详情|看看?|介绍|查看)\s*(?P<what>\S.*)")
def show_named(ctx: Context) -> Reply | None:
    return _named(ctx, ctx.args["what"])


@router.when(lambda ctx: reference.CODE.fullmatch(ctx.text) is not None)
def show_code(ctx: Context) -> Reply | None:
    """Nothing but a code: A12."""
    return _named(ctx, ctx.text)


def _named(ctx: Context, what: str) -> Reply | None:
    ctx.args = {}
    meant = reference.meant(ctx, what)
    if not meant:
        code = reference.CODE.search(what)
        return Text(f"没有找到 {code.group(1).upper()} 这个活动，可能已经结束。回复 活动 看看近期有哪些。") if code else None
    return Text(detail(ctx, meant[0])) if len(meant) == 1 else ask_which(ctx, meant, "activities.detail", "您想看哪一个？")


def detail(ctx: Context, shift_id: int) -> str:
    """One activity in full; from now on it is what “这个” and “几点集合” mean."""
    it = activities.detail(ctx.db, shift_id, ctx.now)
    ctx.session.focus = shift_id
    ctx.session.expect([Choice("报名", "sign_up.start", {"shift_id": shift_id}, ["我要报名", "报", "参加"])])
    seats = f"余{it.free}/{it.capacity}" if it.free else f"已满（{it.capacity}人），候补{it.waiting}人"
    parts = [
        f"{it.code} {it.title}",
        f"时间：{span(it.starts_at, it.ends_at, ctx.zone)} {distance(it.starts_at, ctx.now, ctx.zone)}".rstrip(),
        f"地点：{it.place}",
        f"名额：{seats}",
        *(f"{label}：{value}" for label, value in _facts(it) if value),
        f"想参加请回复 {choice_link('报名', f'报名 {it.code}')}",
    ]
    return "\n".join(parts)


def by_scene(ctx: Context, scene: str) -> str:
    """The details of the activity that a QR code (scene ``act_A12``) stands for; empty if there is none."""
    if not scene.startswith(SCENE):
        return ""
    found = reference.among(scene.removeprefix(SCENE), activities.listed(ctx.db, ctx.now, limit=500))
    return detail(ctx, found[0]) if found else ""


def ask_which(ctx: Context, shift_ids: list[int], intent: str, question: str) -> Reply:
    """Two or more could be meant: a numbered question, never a guess."""
    shown = [activities.detail(ctx.db, shift_id, ctx.now) for shift_id in shift_ids[:PAGE]]
    ctx.session.shown = [one.shift_id for one in shown]
    ctx.session.expect([Choice(f"{one.code}", intent, {"shift_id": one.shift_id}, [one.title]) for one in shown])
    lines = [
        f"{number}. {choice_link(f'{one.code} {one.title}', one.code)}\n{brief(one.starts_at, one.ends_at, ctx.zone)}"
        for number, one in enumerate(shown, start=1)
    ]
    return Text(f"{question}\n" + "\n".join(lines) + "\n回复序号即可。")


def _facts(it: activities.Detail) -> tuple[tuple[str, str], ...]:
    return (
        ("内容", it.content),
        ("请带", it.bring),
        ("风险提示", it.risk),
        ("保险", it.insurance),
        ("主办", it.organiser),
        ("联系人", " ".join(part for part in (it.leader, it.contact) if part)),
    )


def _page(
    ctx: Context, found: list[activities.Listing], start: datetime | None, end: datetime | None, offset: int
) -> Reply:
    page, further = found[:PAGE], len(found) > PAGE
    head = f"{_range(ctx, start, end)}有{'这些' if further or offset else f'{len(page)}个'}活动："
    ctx.session.more = {
        "offset": offset + PAGE,
        "start": start.isoformat() if start else None,
        "end": end.isoformat() if end else None,
    }
    tail = f"\n回复 {choice_link('更多')} 看后面的。" if further else ""
    return Text(f"{head}\n{_lines(ctx, page)}\n{_hint(page)}{tail}")


def _lines(ctx: Context, shown: list[activities.Listing]) -> str:
    ctx.session.shown = [one.shift_id for one in shown]
    ctx.session.focus = shown[0].shift_id if len(shown) == 1 else None
    ctx.session.expect([Choice(one.code, "activities.detail", {"shift_id": one.shift_id}) for one in shown])
    return "\n".join(
        f"{number}. {choice_link(f'{one.code} {one.title}', f'详情 {one.code}')}　{_seats(one)}\n"
        f"{brief(one.starts_at, one.ends_at, ctx.zone)}"
        for number, one in enumerate(shown, start=1)
    )


def _seats(one: activities.Listing) -> str:
    if one.signup == "not_open_yet":
        return "还没开始报名"
    if one.signup != "open":
        return "报名已截止"
    return f"余{one.free}/{one.capacity}" if one.free else f"已满，候补{one.waiting}人"


def _hint(shown: list[activities.Listing]) -> str:
    return f"回复序号看详情，回复 {choice_link('报 1', f'报名 {shown[0].code}')} 直接报名。"


def _range(ctx: Context, start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "近期"
    first, last = start.astimezone(ctx.zone), end.astimezone(ctx.zone)
    last_day = last.date() if last.time() != datetime.min.time() else (last - (last - first) / 10**9).date()
    return day(first) if first.date() == last_day else f"{day(first)}到{day(last_day)}"


def _stored(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
