"""What is on, and the details of one activity."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import brief, day, distance, moment, span
from bot.language.text import bare, clean
from bot.language.times import Span
from bot.services import activities, registrations
from bot.wechat.replies import Reply, Text, choice_link
from handlers import reference

router = Router("activities")

PAGE = 5
LOOKED_AT = 50
"""Among so many the ones that suit a wish are looked for."""
WEEK = timedelta(days=7)
SUNDAY = 6
WEEKDAY = re.compile("周|星期|礼拜|双休")
SCENE = "act_"
ABOUT = timedelta(minutes=15)


@router.intent("activities.list")
@router.words("活动", "近期活动", "最近活动", "活动列表", "有什么活动", "报名列表")
def list_activities(ctx: Context) -> Reply:
    when = _when(ctx)
    if when and when.otherwise:
        return _ask_when(ctx, when, when.otherwise)
    start, end = (when.start, when.end) if when else (None, None)
    wanted = _wanted(ctx)
    found = activities.listed(ctx.db, ctx.now, start=start, end=end, limit=LOOKED_AT if wanted else PAGE + 1)
    suiting = [one for one in found if all(suits(one) for suits in wanted)]
    if found:
        note = _past(ctx, when) if when and when.moved else "" if suiting else "没找到正合适的，先看看这些。\n"
        return _page(ctx, suiting or found, start, end, 0, note)
    if when and when.end > ctx.now and (other := _that_day(ctx, when) or _week_later(ctx, when)):
        return other
    soon = activities.listed(ctx.db, ctx.now, limit=PAGE)
    if when and soon:
        what = "已经过去了" if when.end <= ctx.now else "还没有活动"
        note = _past(ctx, when) if when.moved else ""
        return Text(f"{note}{_range(ctx, start, end)}{what}。近期有这些：\n{_lines(ctx, soon)}\n{_hint(soon)}")
    return Text("近期还没有开放报名的活动，有新活动会发在这里，过两天再来看看吧。")


def _when(ctx: Context) -> Span | None:
    """What was chosen between two readings, else what the text says."""
    if "start" in ctx.args:
        start, end = (datetime.fromisoformat(ctx.args[name]) for name in ("start", "end"))
        return Span(start, end, "clock" if end - start < timedelta(hours=12) else "days")
    return ctx.understanding.slots.when if ctx.text else None


def _ask_when(ctx: Context, *readings: Span) -> Reply:
    """下周六 said on a Saturday, 七点 without morning or evening: a numbered question, the sooner one first."""
    choices = [
        Choice(
            moment(one.start, ctx.zone) if one.kind == "clock" else _range(ctx, one.start, one.end),
            "activities.list",
            {"start": one.start.isoformat(), "end": one.end.isoformat()},
        )
        for one in sorted(readings, key=lambda one: one.start)
    ]
    ctx.session.expect(choices)
    lines = [f"{number}. {choice_link(choice.label)}" for number, choice in enumerate(choices, start=1)]
    return Text("您说的是哪个时间？\n" + "\n".join(lines) + "\n回复序号即可。")


def _past(ctx: Context, when: Span) -> str:
    return f"您说的时间已经过了，下面按{_range(ctx, when.start, when.end)}找。\n"


def _wanted(ctx: Context) -> list[Callable[[activities.Listing], bool]]:
    """What else the text asks of an activity: its kind, how long, seats for all who come along."""
    if not ctx.text:
        return []
    said, kinds = ctx.understanding.slots, reference.kinds(ctx.text)
    wanted: list[Callable[[activities.Listing], bool]] = []
    if kinds:
        wanted.append(lambda one: any(kind in one.title for kind in kinds))
    if said.minutes is not None:
        longest = timedelta(minutes=said.minutes) + ABOUT
        wanted.append(lambda one: one.ends_at - one.starts_at <= longest)
    if said.party_size is not None:
        wanted.append(lambda one: one.signup == "open" and one.free >= (said.party_size or 1))
    return wanted


def _that_day(ctx: Context, when: Span) -> Reply | None:
    """Nothing at that hour: perhaps on the same day."""
    if when.kind not in ("clock", "part"):
        return None
    midnight = when.start.astimezone(ctx.zone).replace(hour=0, minute=0)
    found = activities.listed(ctx.db, ctx.now, start=midnight, end=midnight + timedelta(days=1), limit=PAGE)
    if not found:
        return None
    return Text(f"那个时间没有活动，{day(midnight)}有这些：\n{_lines(ctx, found)}\n{_hint(found)}")


def _week_later(ctx: Context, when: Span) -> Reply | None:
    """Nothing this Saturday: perhaps on the next. 明天 and 3.5 do not come again in a week."""
    if not WEEKDAY.search(clean(ctx.text)):
        return None
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
    return show_meant(ctx, meant)


@router.pattern(r"(?:详情|看看?|介绍|查看)\s*(?P<what>\S.*)")
def show_named(ctx: Context) -> Reply | None:
    return show_one(ctx, ctx.args["what"])


@router.when(lambda ctx: reference.CODE.fullmatch(bare(ctx.text)) is not None)
def show_code(ctx: Context) -> Reply | None:
    """Nothing but a code: A12."""
    return show_one(ctx, bare(ctx.text))


def show_one(ctx: Context, what: str) -> Reply | None:
    ctx.args = {}
    meant = reference.meant(ctx, what)
    if not meant:
        code = reference.CODE.search(what)
        return not_found(code.group(1)) if code else None
    return show_meant(ctx, meant)


def not_found(code: str) -> Reply:
    return Text(f"没有找到 {code.upper()} 这个活动，可能已经结束。回复 {choice_link('活动')} 看看近期有哪些。")


def show_meant(ctx: Context, meant: list[int]) -> Reply:
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
        next_step(ctx, it),
    ]
    return "\n".join(part for part in parts if part)


def next_step(ctx: Context, it: activities.Detail) -> str:
    """What this follower can do about an activity now; nothing more while the form for it is open."""
    if ctx.session.form is not None and ctx.session.form.values.get("shift_id") == it.shift_id:
        return ""
    if one := next((one for one in reference.own(ctx) if one.shift_id == it.shift_id), None):
        return _own_step(one)
    if it.signup == "not_open_yet" and it.signup_opens_at:
        return f"还没开始报名，{moment(it.signup_opens_at, ctx.zone)}开放"
    closed = {"closed": "报名已截止", "started": "活动已经开始，不能再报名", "cancelled": "活动已取消"}
    return closed.get(it.signup) or f"想参加请回复 {choice_link('报名', f'报名 {it.code}')}"


def _own_step(one: registrations.Mine) -> str:
    match one.state:
        case "offered":
            return f"有空位正等您：要去请回复 确认 {one.code}，不去请回复 不去了"
        case "waiting":
            return f"您在候补，排在第{one.place_in_line}位；不想等了请回复 取消 {one.code}"
    return f"您已报名，去不了请回复 取消 {one.code}"


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
    ctx: Context,
    found: list[activities.Listing],
    start: datetime | None,
    end: datetime | None,
    offset: int,
    note: str = "",
) -> Reply:
    page, further = found[:PAGE], len(found) > PAGE
    head = f"{note}{_range(ctx, start, end)}有{'这些' if further or offset else f'{len(page)}个'}活动："
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
