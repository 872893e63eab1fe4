"""What is on, and the details of one activity."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import brief, day, moment
from bot.language.text import bare, clean
from bot.language.times import Span
from bot.services import activities, registrations, spoken
from bot.services.activities import Wanted
from bot.wechat.replies import Reply, Text, choice_link
from handlers import cards, pages, reference
from handlers.contact import person_id
from handlers.lists import PAGE, hint, lines, names, period
from handlers.wanted import described, restored, stored, wanted

router = Router("activities")

WEEK = timedelta(days=7)
SUNDAY = 6
WEEKDAY = re.compile("周|星期|礼拜|双休")
SCENE = "act_"


@router.intent("activities.list")
@router.words("活动", "近期活动", "最近活动", "活动列表", "有什么活动", "报名列表")
@router.pattern(r"(?:最近|近期|这周|周末)?有(?:没有|什么|哪些)(?:培训|讲座|课程?|夜校)(?:活动|班)?(?:吗|呀|啊)?(?:可以(?:报|参加|去听?))?")
def list_activities(ctx: Context) -> Reply:
    when = _when(ctx)
    if when and when.otherwise:
        return _ask_when(ctx, when, when.otherwise)
    start, end = (when.start, when.end) if when else (None, None)
    asked = wanted(ctx)
    suiting = _listed(ctx, start, end, asked, limit=PAGE + 1)
    found = suiting if suiting or not asked else _listed(ctx, start, end, limit=PAGE + 1)
    if found:
        note = _past(ctx, when) if when and when.moved else "" if suiting else "没找到正合适的，先看看这些。\n"
        return _page(ctx, found, start, end, 0, note, asked if suiting else Wanted())
    if when and when.end > ctx.now and (other := _that_day(ctx, when) or _week_later(ctx, when)):
        return other
    soon = _listed(ctx)
    if when and soon:
        what = "已经过去了" if when.end <= ctx.now else "还没有活动"
        note = _past(ctx, when) if when.moved else ""
        return Text(f"{note}{period(ctx, start, end)}{what}。近期有这些：\n{lines(ctx, soon)}\n{hint(soon)}")
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
            moment(one.start, ctx.zone) if one.kind == "clock" else period(ctx, one.start, one.end),
            "activities.list",
            {"start": one.start.isoformat(), "end": one.end.isoformat()},
        )
        for one in sorted(readings, key=lambda one: one.start)
    ]
    ctx.session.expect(choices)
    lines = [f"{number}. {choice_link(choice.label)}" for number, choice in enumerate(choices, start=1)]
    return Text("您说的是哪个时间？\n" + "\n".join(lines) + "\n回复序号即可。")


def _past(ctx: Context, when: Span) -> str:
    return f"您说的时间已经过了，下面按{period(ctx, when.start, when.end)}找。\n"


def _listed(
    ctx: Context,
    start: datetime | None = None,
    end: datetime | None = None,
    asked: Wanted | None = None,
    *,
    limit: int = PAGE,
    offset: int = 0,
) -> list[activities.Listing]:
    """As this follower may see it."""
    return activities.listed(
        ctx.db, ctx.now, start=start, end=end, wanted=asked, viewer=person_id(ctx), limit=limit, offset=offset
    )


def _that_day(ctx: Context, when: Span) -> Reply | None:
    """Nothing at that hour: perhaps on the same day."""
    if when.kind not in ("clock", "part"):
        return None
    midnight = when.start.astimezone(ctx.zone).replace(hour=0, minute=0)
    found = _listed(ctx, midnight, midnight + timedelta(days=1))
    if not found:
        return None
    return Text(f"那个时间没有活动，{day(midnight)}有这些：\n{lines(ctx, found)}\n{hint(found)}")


def _week_later(ctx: Context, when: Span) -> Reply | None:
    """Nothing this Saturday: perhaps on the next. 明天 and 3.5 do not come again in a week."""
    if not WEEKDAY.search(clean(ctx.text)):
        return None
    start, end = when.start + WEEK, when.end + WEEK
    if "周末" in ctx.text and start.weekday() == SUNDAY:
        start -= timedelta(days=1)  # of this weekend only Sunday is left, of the next it is both days
    found = _listed(ctx, start, end)
    if not found:
        return None
    head = f"{period(ctx, when.start, when.end)}没有可报的活动了，再下一周（{period(ctx, start, end)}）有："
    return Text(f"{head}\n{lines(ctx, found)}\n{hint(found)}")


@router.words("更多", "更多活动", "下一批")
def more(ctx: Context) -> Reply | None:
    if not ctx.session.more:
        return None
    start, end = (_stored(ctx.session.more.get(name)) for name in ("start", "end"))
    offset = int(ctx.session.more["offset"])
    asked = restored(ctx.session.more.get("wanted"))
    found = _listed(ctx, start, end, asked, limit=PAGE + 1, offset=offset)
    return _page(ctx, found, start, end, offset, asked=asked) if found else Text("后面没有了。")


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
    if len(meant) == 1:
        return Text(detail(ctx, meant[0]))
    first = activities.detail(ctx.db, meant[0], ctx.now)
    if set(meant) <= {first.shift_id, *first.other_shifts}:
        return _slots(ctx, first)
    return ask_which(ctx, meant, "activities.detail", "您想看哪一个？")


@router.pattern(r"(?:时段|排班)\s*(?P<code>[A-Za-z]\d{2,3})")
def show_slots(ctx: Context) -> Reply | None:
    """时段 A12: when a station needs somebody."""
    known = activities.find(ctx.db, ctx.now, ctx.args["code"], viewer=person_id(ctx))
    ahead = [one for one in known if one.starts_at > ctx.now] or known[:1]
    return _slots(ctx, ahead[0]) if ahead else not_found(ctx.args["code"])


def _slots(ctx: Context, one: activities.Listing) -> Reply:
    """The shifts of one activity that are still to come, a page at a time."""
    asked = Wanted(activity_id=one.activity_id)
    found = _listed(ctx, asked=asked, limit=PAGE + 1)
    if not found:
        return Text(f"{one.code} {one.title} 后面还没有排班，过几天再来看看。")
    return _page(ctx, found, None, None, 0, f"{one.code} {one.title}：\n", asked)


def detail(ctx: Context, shift_id: int) -> str:
    """One activity in full; from now on it is what “这个” and “几点集合” mean."""
    it = activities.detail(ctx.db, shift_id, ctx.now)
    ctx.session.focus = shift_id
    ctx.session.expect([Choice("报名", "sign_up.start", {"shift_id": shift_id}, ["我要报名", "报", "参加"])])
    said = "\n".join(part for part in [*cards.card(ctx, it), next_step(ctx, it)] if part)
    return pages.below(said, pages.link(ctx, f"/a/{it.code}?shift={shift_id}", "网页上看和报名"))


def next_step(ctx: Context, it: activities.Detail) -> str:
    """What this follower can do about an activity now; nothing more while the form for it is open."""
    if ctx.session.form is not None and ctx.session.form.values.get("shift_id") == it.shift_id:
        return ""
    if one := next((one for one in reference.own(ctx) if one.shift_id == it.shift_id), None):
        return _own_step(one)
    if it.signup == "not_open_yet" and it.signup_opens_at:
        return f"还没开始报名，{moment(it.signup_opens_at, ctx.zone)}开放"
    return spoken.SIGNUPS.get(it.signup) or f"想参加请回复 {choice_link('报名', f'报名 {it.code}')}"


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
    found = reference.among(scene.removeprefix(SCENE), reference.coming(ctx))
    return detail(ctx, found[0]) if found else ""


def ask_which(ctx: Context, shift_ids: list[int], intent: str, question: str) -> Reply:
    """Two or more could be meant: a numbered question, never a guess."""
    shown = [activities.detail(ctx.db, shift_id, ctx.now) for shift_id in shift_ids[:PAGE]]
    ctx.session.shown = [one.shift_id for one in shown]
    called = names(ctx, shown)
    alike = len({one.code for one in shown}) == 1
    ctx.session.expect(
        [
            Choice(name, intent, {"shift_id": one.shift_id}, [] if alike else [one.title])
            for name, one in zip(called, shown, strict=True)
        ]
    )
    rows = [
        f"{number}. {choice_link(f'{one.code} {spoken.titled(one)}', name)}\n{brief(one.starts_at, one.ends_at, ctx.zone)}"
        for number, (name, one) in enumerate(zip(called, shown, strict=True), start=1)
    ]
    more_of_it = alike and len(shift_ids) > PAGE
    further = f"\n后面还有，可以带上日期说，比如 {shown[0].code} 周六上午。" if more_of_it else ""
    return Text(f"{question}\n" + "\n".join(rows) + f"\n回复序号即可。{further}")


def _page(
    ctx: Context,
    found: list[activities.Listing],
    start: datetime | None,
    end: datetime | None,
    offset: int,
    note: str = "",
    asked: Wanted | None = None,
) -> Reply:
    asked = asked or Wanted()
    page, further = found[:PAGE], len(found) > PAGE
    number = "这些" if further or offset else f"{len(page)}个"
    what = "时段" if asked.activity_id is not None else f"活动{described(asked)}"
    head = f"{note}{period(ctx, start, end)}有{number}{what}："
    ctx.session.more = {
        "offset": offset + PAGE,
        "start": start.isoformat() if start else None,
        "end": end.isoformat() if end else None,
        "wanted": stored(asked),
    }
    tail = f"\n回复 {choice_link('更多')} 看后面的。" if further else ""
    link = pages.public_link(ctx, "/activities", "在网页上按条件找") if further else ""
    return Text(pages.below(f"{head}\n{lines(ctx, page)}\n{hint(page)}{tail}", link))


def _stored(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
