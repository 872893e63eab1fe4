"""What one has given: 我的时长, each entry, why it is so many hours, and 申诉."""

from __future__ import annotations

from datetime import date, datetime

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import clock, day, moment
from bot.services import disputes, hours, ledger, stars, working_days
from bot.services.explaining import Explained, explain
from bot.services.rules import Rules, in_force
from bot.storage.models import LedgerEntry
from bot.wechat.replies import Reply, Text, choice_link
from handlers import pages
from handlers.contact import person_id

router = Router("record")

PAGE = 5
BAR = 10
NOBODY = "您还没有服务时长的记录。参加过志愿活动、签到签退、负责人结算以后，这里就有了。看看 {activities}？"
STARS = "〇一二三四五六七八九"
KINDS = {"credit": "", "honour": "（荣誉时长）", "import": "（志愿汇）"}
WHY = r"(?:我|这次|这场|那次|那场|上次)?(?:的)?(?:为什么|为啥|咋|怎么)(?:才|只有?|就|是|会|记了?|给了?|算了?|成|有|我)*"


@router.intent("record.hours")
@router.words("我的时长", "时长", "查时长", "志愿时长", "服务时长", "我的志愿时长", "我有多少时长", "查询时长")
def my_hours(ctx: Context) -> Reply:
    """All together, this year's against the 20 hours of the League's rule, and what came from elsewhere."""
    person = person_id(ctx)
    total = hours.total(ctx.db, person) if person is not None else hours.Minutes()
    if person is None or not total.total and not ledger.entries(ctx.db, person, limit=1):
        return Text(NOBODY.format(activities=choice_link("近期活动")))
    today = ctx.now.astimezone(ctx.zone).date()
    this_year = hours.total(ctx.db, person, first=date(today.year, 1, 1)).total
    target = in_force(Rules.of(ctx.settings).volunteering.hours, today).yearly_target_hours
    lines = [
        f"您一共服务了 {hours.shown(total.total)} 小时。",
        f"今年 {hours.shown(this_year)}/{target} 小时 {bar(this_year, target)}{'，达标了！' if this_year >= target * 60 else ''}",
    ]
    apart = [("荣誉时长", total.honour), ("志愿汇导入", total.imported)]
    lines += [f"其中{name} {hours.shown(minutes)} 小时。" for name, minutes in apart if minutes]
    standing = stars.standing(ctx.db, person, today, Rules.of(ctx.settings))
    if standing is not None and standing.following is not None and not standing.eligible:
        lines.append(f"离{STARS[standing.following]}星志愿者还差 {hours.shown(standing.missing)} 小时。")
    lines.append(f"每一条：{choice_link('时长明细')}；怎么算的：{choice_link('时长怎么算')}")
    return Text(pages.below("\n".join(lines), pages.link(ctx, "/me", "看这一年的图和我的报名")))


def bar(minutes: int, target_hours: int) -> str:
    """▓▓▓▓▓▓▓░░░: how far this year has come."""
    full = min(BAR, minutes * BAR // (target_hours * 60))
    return "▓" * full + "░" * (BAR - full)


@router.intent("record.entries")
@router.words("时长明细", "我的时长明细", "时长记录", "服务记录", "我的服务记录", "志愿记录", "时长流水")
def my_entries(ctx: Context) -> Reply:
    return _page(ctx, 0)


@router.pattern(r"(?:时长明细|志愿记录)\s*(?P<page>\d{1,3})")
def entries_page(ctx: Context) -> Reply:
    """志愿记录 2: the command of 志愿汇."""
    return _page(ctx, max(0, int(ctx.args["page"]) - 1) * PAGE)


@router.intent("record.more")
def more_entries(ctx: Context) -> Reply:
    return _page(ctx, int(ctx.args["offset"]))


def _page(ctx: Context, offset: int) -> Reply:
    person = person_id(ctx)
    found = ledger.entries(ctx.db, person, limit=PAGE + 1, offset=offset) if person is not None else []
    if not found:
        return Text("后面没有了。" if offset else NOBODY.format(activities=choice_link("近期活动")))
    page = found[:PAGE]
    choices = [Choice(f"{one.title} {one.effective_on}", "record.why", {"entry_id": one.id}) for one in page]
    lines = [
        f"{number}. {one.effective_on.year}年{day(one.effective_on)} {one.title} {hours.shown(one.minutes)} 小时{KINDS[one.kind]}"
        for number, one in enumerate(page, start=1)
    ]
    further = len(found) > PAGE
    if further:
        choices.append(Choice("更多", "record.more", {"offset": offset + PAGE}, ["更多记录", "下一页"]))
    ctx.session.expect(choices)
    onwards = f"，回复 {choice_link('更多')} 看后面的" if further else ""
    tail = f"回复序号看怎么算的{onwards}。"
    return Text("\n".join(["您的服务记录：", *lines, tail]))


# -- why ---------------------------------------------------------------------------------------------


@router.pattern(rf"{WHY}\s*\d+(?:\.\d)?\s*(?:个?小时|h)?(?:[呢啊呀吗么])?")
@router.pattern(r"(?P<what>[A-Za-z]\d{2,3})\s*(?:记了|给了|算了|有)(?:多少|几个?)(?:小时|时长)?")
@router.words("为什么", "为什么这么少", "时长不对", "怎么算的", "为什么是这么多")
def why(ctx: Context) -> Reply | None:
    """为什么只有2.3小时: of the entry with so many hours, of the activity named, else of the last one."""
    person = person_id(ctx)
    if person is None:
        return None
    named = ctx.args.get("what") if ctx.args else None
    entry = ledger.of_activity(ctx.db, person, named) if named else _of_so_many_hours(ctx, person)
    return explained(ctx, entry) if entry is not None else None


def _of_so_many_hours(ctx: Context, person: int) -> LedgerEntry | None:
    recent = ledger.entries(ctx.db, person, limit=20)
    said = "".join(char for char in ctx.text if char.isdigit() or char == ".")
    fitting = [one for one in recent if said and float(hours.shown(one.minutes)) == _number(said)]
    return next(iter(fitting or recent), None)


def _number(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        return -1.0


@router.intent("record.why")
def why_chosen(ctx: Context) -> Reply | None:
    if "entry_id" not in (ctx.args or {}):
        return why(ctx)
    entry = ctx.db.get(LedgerEntry, int(ctx.args["entry_id"]))
    return explained(ctx, entry) if entry is not None else my_entries(ctx)


def explained(ctx: Context, entry: LedgerEntry) -> Reply:
    """Line by line, from what the ledger kept; 申诉 is then about this entry."""
    ctx.session.expect([Choice("申诉", "record.dispute", {"entry_id": entry.id}, ["我要申诉"])])
    registration = ledger.registration_of(ctx.db, entry)
    code = f"{registration.shift.activity.code} " if registration else ""
    head = f"{code}{entry.title} {day(entry.effective_on)}："
    tail = f"觉得不对请回复 {choice_link('申诉')} 并说明。" if registration else "觉得不对请回复 人工。"
    return Text("\n".join([head, *_steps(ctx, explain(entry)), tail]))


def _steps(ctx: Context, it: Explained) -> list[str]:
    if it.kind == "import":
        return [f"从志愿汇导入，{hours.shown(it.minutes)} 小时，照原来的记录。"]
    if it.kind == "honour":
        return [f"荣誉时长 {hours.shown(it.minutes)} 小时，由两位工作人员核对后补记。原因：{it.reason}"]
    lines = []
    if it.starts_at and it.ends_at:
        lines.append(f"计划 {_clock(ctx, it.starts_at)}–{_clock(ctx, it.ends_at)}；")
    if it.came_at and it.left_at:
        lines.append(f"您 {_clock(ctx, it.came_at)} 签到、{_clock(ctx, it.left_at)} 签退，计划时间内在场 {it.present} 分钟；")
    lines += [f"减去休息 {it.break_} 分钟；"] if it.break_ else []
    lines += [f"有 {it.twice} 分钟已记在同时段的另一场，不重复记；"] if it.twice else []
    lines += [f"在场不到计划的 {it.too_short}%，按规定不记；"] if it.too_short else []
    lines += [f"这一场最多记 {it.cap} 分钟；"] if it.cap else []
    lines += [f"这一场已手工补记过，{it.by_hand} 分钟不重复记；"] if it.by_hand else []
    lines += [f"原来记 {it.was} 分钟，已更正（{it.reason}）；"] if it.was is not None else []
    lines.append(f"共 {it.minutes} 分钟＝{hours.shown(it.minutes)} 小时（路上与等待不计，按0.1小时向下取）。")
    return lines


def _clock(ctx: Context, at: datetime) -> str:
    return clock(at.astimezone(ctx.zone))


# -- the rules, as they are --------------------------------------------------------------------------


@router.intent("record.rules")
@router.words("时长怎么算", "时长规则", "时长怎么计算", "服务时长怎么算", "志愿时长怎么算")
def rules(ctx: Context) -> Reply:
    """From the very settings that count: no second text that could say something else."""
    chosen = Rules.of(ctx.settings).volunteering
    today = ctx.now.astimezone(ctx.zone).date()
    now = in_force(chosen.hours, today)
    short = f"在场不到计划的 {now.presence_percent}% 不记；\n" if now.presence_percent else ""
    late = f"晚到或早走不超过 {now.snap_minutes} 分钟，按准点算；\n" if now.snap_minutes else ""
    return Text(
        f"服务时长这样算（{now.since.year}年{now.since.month}月{now.since.day}日起）：\n"
        "从签到到签退，在计划时间之内，减去休息；路上和等待不算；\n"
        f"{late}{short}"
        "按分钟记，总数按0.1小时向下取；\n"
        "只有志愿服务记时长，会议、培训不记；\n"
        f"负责人在活动结束后 {chosen.settle_days} 个工作日内确认入账；\n"
        "没有签退的，补签退由负责人核实；手工补记要两位工作人员和证明材料。\n"
        f"团中央规定注册志愿者每年不少于 {now.yearly_target_hours} 小时。看自己的：{choice_link('我的时长')}"
    )


# -- 申诉 --------------------------------------------------------------------------------------------


@router.pattern(r"(?:我要)?申诉[\s:：,，。]*(?P<text>[\s\S]{0,300})?")
def dispute_said(ctx: Context) -> Reply | None:
    """申诉 我两点就到了: about the entry just explained, else the last one."""
    chosen = next((one for one in ctx.session.choices if one.intent == "record.dispute"), None)
    text = (ctx.args["text"] or "").strip()
    ctx.args = {**(chosen.args if chosen else {}), "text": text}
    return dispute(ctx)


@router.intent("record.dispute")
def dispute(ctx: Context) -> Reply:
    person = person_id(ctx)
    entry = _disputed(ctx, person)
    if person is None or entry is None:
        return Text(f"没有找到可以申诉的时长记录。回复 {choice_link('时长明细')} 看看每一条。")
    text = str((ctx.args or {}).get("text", ""))
    if not text:
        ctx.session.expect([Choice("申诉", "record.dispute", {"entry_id": entry.id})])
        return Text(f"关于 {day(entry.effective_on)} {entry.title}：请回复 申诉 加上您的说明，比如 申诉 我13:00就到了。")
    appeal = disputes.ask(ctx.db, person, entry.id, text, ctx.now, Rules.of(ctx.settings))
    ctx.session.expect([])
    return Text(
        f"收到您对 {day(entry.effective_on)} {entry.title} 的申诉，负责人会在 {moment(appeal.due_at, ctx.zone)} 前核实，结果会告诉您。"
    )


def _disputed(ctx: Context, person: int | None) -> LedgerEntry | None:
    if person is None:
        return None
    if "entry_id" in (ctx.args or {}):
        return ctx.db.get(LedgerEntry, int(ctx.args["entry_id"]))
    return next((one for one in ledger.entries(ctx.db, person, limit=5) if one.registration_id is not None), None)


@router.words("继续申诉", "我要继续申诉", "申请复核", "请团委复核", "我要复核", "团委复核", "要求复核")
def escalate(ctx: Context) -> Reply | None:
    person = person_id(ctx)
    refused = disputes.last_refused(ctx.db, person) if person is not None else None
    if person is None or refused is None:
        return None
    appeal = disputes.escalate(ctx.db, refused.id, person, ctx.now, Rules.of(ctx.settings))
    days = working_days.add(ctx.now.astimezone(ctx.zone).date(), disputes.COMMITTEE_DAYS)
    return Text(f"已转给团县委复核，最晚 {day(days)} 给您答复（{moment(appeal.due_at, ctx.zone)} 前）。")
