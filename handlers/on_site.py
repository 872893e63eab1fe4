"""Commands of whoever leads, while it goes on and after: 签到码, 谁没签到, 到 王晓雨, 提前结束, 结算, 成果."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE
from bot.conversation.inbox import delivery_key
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language import clocks
from bot.language.dates import clock, moment
from bot.language.text import clean
from bot.services import actors, check_in, leaders, name_lists, outcomes, settlement
from bot.services.refusals.teams import NotBegun, OutcomeUnclear
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.storage.models import Shift
from bot.wechat.replies import Reply, Text, choice_link
from handlers.leaders import CODE, around, begun, list_names, of_led_shift

router = Router("on_site")

NAME = r"(?P<name>[^\d\s:：,，。？?]{2,20})"
LAST4 = r"(?:\s*(?P<last4>\d{4}))?"


# -- presence ----------------------------------------------------------------------------------------


@router.intent("on_site.code")
@router.pattern(rf"(?:给我|看看?)?签(?P<what>[到退])码\s*{CODE}?")
@of_led_shift(around, "on_site.code")
def code(ctx: Context, shift: Shift, actor: str) -> Reply:
    rules, leaving = Rules.of(ctx.settings), ctx.args.get("what") == "退"
    shown = check_in.current_code(ctx.cipher, shift, ctx.now, rules, "out" if leaving else "in")
    opens = shift.starts_at - timedelta(minutes=rules.attendance.opens_before_minutes)
    early = f"\n{moment(opens, ctx.zone)}起才能签到，到时请再发一次。" if ctx.now < opens else ""
    word, of = "签退码" if leaving else "签到码", shift.activity.code
    after = "" if leaving else f"结束时请发 签退码 {of}。"
    return Text(
        f"{of} {shift.activity.title} 现在的{word}：{shown}\n"
        f"{rules.attendance.code_seconds}秒换一次，过期了再发 {word} {of}。请只在现场念，不要发到群里。{after}{early}"
    )


@router.intent("on_site.missing")
@router.pattern(rf"(?:看看|还有)?(?:谁|哪些人)(?:还)?没(?:有)?签(?P<what>[到退])\s*{CODE}?")
@of_led_shift(around, "on_site.missing")
def missing(ctx: Context, shift: Shift, actor: str) -> Reply:
    rules = Rules.of(ctx.settings)
    if ctx.now < shift.starts_at - timedelta(minutes=rules.attendance.opens_before_minutes):
        raise NotBegun(shift.starts_at)
    what = str(ctx.args.get("what") or "到")
    states = ("confirmed", "absent") if what == "到" else ("checked_in", "unclosed")
    more = {"what": what}
    return list_names(
        ctx, shift, actor, "on_site.missing", f"{shift.activity.code} 还没签{what}", states, f"都签{what}了。", more
    )


@router.intent("on_site.arrived")
@router.pattern(rf"(?P<verb>到|离开)(?P<between>[\s:：,，]*){NAME}{LAST4}")
@of_led_shift(around, "on_site.arrived")
def arrived(ctx: Context, shift: Shift, actor: str) -> Reply | None:
    """到 王晓雨, 离开 王晓雨. Written together (到王晓雨) it must be a name of the list: 到哪里集合 is a question."""
    name, last4, leaves = str(ctx.args["name"]), str(ctx.args["last4"] or ""), ctx.args["verb"] == "离开"
    if not ctx.args.get("between") and not name_lists.of_name(ctx.db, ctx.cipher, shift.id, name):
        ctx.args = {}
        return None
    writing(ctx.db)
    actors.acting(ctx.db, actor)
    event = check_in.leader_says(
        ctx.db, shift.id, name, actor, ctx.now, cipher=ctx.cipher, phone_end=last4,
        kind="out" if leaves else "in", nonce=f"leader:{delivery_key(ctx.message)}", rules=Rules.of(ctx.settings),
    )  # fmt: skip
    of, at = shift.activity.code, clock(event.captured_at.astimezone(ctx.zone))
    match event.verdict:
        case "accepted":
            after = "辛苦了。" if leaves else f"离开前请他发签退码，没带手机的由您回复 离开 {name}。"
            return Text(f"记下了：{of} {name} {at}{'离开' if leaves else '到'}。{after}")
        case "repeated":
            return Text(f"{name} 已经{'签退' if leaves else '签到'}过了，没有重复记。")
        case "outside_window":
            return Text(f"现在不在 {of} 的签到时间里，没有记。事后补记请发：补录 {of} {name} 13:02 到 15:30。")
    return Text(f"没有记上 {name}，请看看 名单 {of} 里他现在的状态。")


# -- the end -----------------------------------------------------------------------------------------


def going_on(shifts: Sequence[Shift], ctx: Context) -> list[Shift]:
    now_on = [shift for shift in around(shifts, ctx) if shift.starts_at <= ctx.now]
    return now_on or begun(shifts, ctx)


@router.intent("on_site.end")
@router.pattern(rf"提前结束\s*{CODE}?(?:\s*(?P<at>\S.{{0,12}}))?")
@of_led_shift(going_on, "on_site.end")
def end_early(ctx: Context, shift: Shift, actor: str) -> Reply:
    return _ask_end(ctx, shift, str(ctx.args["at"] or ""))


@router.intent("on_site.longer")
@router.pattern(rf"延长\s*{CODE}?\s*[到至]\s*(?P<at>\S.{{0,12}})")
@of_led_shift(going_on, "on_site.longer")
def longer(ctx: Context, shift: Shift, actor: str) -> Reply:
    return _ask_end(ctx, shift, str(ctx.args["at"]))


def _ask_end(ctx: Context, shift: Shift, said: str) -> Reply:
    at = _at(ctx, shift, said) if said else ctx.now
    if at is None:
        return Text("没看懂时间。请写成：提前结束 15:00，或者 延长到 16:00。")
    leaders.check_end(shift, at, ctx.now)
    args = {"shift_id": shift.id, "at": at.isoformat()}
    ctx.session.expect(
        [Choice("确认", "on_site.end_confirmed", args, [*AGREE]), Choice("不改", "leaders.left", {}, [*DECLINE])],
        fleeting=True,
    )
    return Text(
        f"{shift.activity.code} {shift.activity.title} 按 {moment(at, ctx.zone)} 结束（原定{moment(shift.ends_at, ctx.zone)}），"
        f"大家的时长最多算到这一刻。确定请回复 {choice_link('确认')}，不改回复 不改。"
    )


@router.intent("on_site.end_confirmed")
@of_led_shift(begun, "on_site.end_confirmed")
def end_confirmed(ctx: Context, shift: Shift, actor: str) -> Reply:
    at = datetime.fromisoformat(str(ctx.args["at"]))
    leaders.end(ctx.db, shift.id, at, actor, ctx.now)
    ctx.session.expect([])
    code = shift.activity.code
    return Text(
        f"好的，{code} 按 {moment(at, ctx.zone)} 结束，已记录。弄错了可以再发一次；都签退后请回复 结算 {code}。"
    )


def _at(ctx: Context, shift: Shift, said: str) -> datetime | None:
    """A time on the clock, on the day of the shift; one before its start is after midnight."""
    found = clocks.find(clean(said).strip())
    if found is None:
        return None
    local = shift.starts_at.astimezone(ctx.zone)
    at = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=found.start)
    overnight = shift.ends_at.astimezone(ctx.zone).date() != local.date()
    return (at + timedelta(days=1) if overnight and at < local else at).astimezone(shift.starts_at.tzinfo)


# -- settling, and what came of it -------------------------------------------------------------------


@router.intent("on_site.settle")
@router.pattern(rf"结算\s*{CODE}?")
@of_led_shift(begun, "on_site.settle")
def settle(ctx: Context, shift: Shift, actor: str) -> Reply:
    of, title = shift.activity.code, shift.activity.title
    writing(ctx.db)
    actors.acting(ctx.db, actor)
    done = settlement.settle(ctx.db, shift.id, actor, ctx.now, Rules.of(ctx.settings))
    told = outcomes.of_shift(ctx.db, shift.id)
    ask = "" if told else f"\n这一场做成了什么？请回复 成果 {of} 加数字，比如 成果 {of} 120公斤垃圾。"
    if done.is_complete:
        return Text(f"{of} {title} 结算好了，{len(done.credited)}人的时长已入账，各自会收到通知。{ask}")
    return Text(
        f"{of} {title} 还没结算完：{len(done.credited)}人已入账，{len(done.pending)}人要先说清楚。\n"
        f"回复 谁没签到 {of}、谁没签退 {of} 看是谁；人到了没记上的，发 补录 {of} 姓名 13:02 到 15:30。{ask}"
    )


@router.intent("on_site.outcome")
@router.pattern(rf"成果\s*{CODE}?[\s:：,，]*(?P<text>\S[\s\S]{{0,200}})?")
@of_led_shift(begun, "on_site.outcome")
def outcome(ctx: Context, shift: Shift, actor: str) -> Reply:
    text = str(ctx.args["text"] or "")
    if not text:
        raise OutcomeUnclear
    figures = outcomes.record(ctx.db, shift.id, text, actor, ctx.now)
    said = "、".join(f"{each.amount.normalize():f}{each.unit}{each.what}" for each in figures)
    return Text(f"记下了：{shift.activity.code} {said}。写错了再发一次，以最后一次为准。谢谢您和大家！")
