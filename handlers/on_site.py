"""Commands of whoever leads, while it goes on and after: 签到码, 谁没签到, 到 王晓雨, 补录, 提前结束, 结算, 成果."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language import clocks
from bot.language.dates import moment
from bot.language.text import clean
from bot.services import check_in, leaders, name_lists, offline, outcomes, settlement
from bot.services.refusals import NotRegistered
from bot.services.refusals_teams import NotBegun, OutcomeUnclear
from bot.services.rules import Rules
from bot.storage.models import Shift
from bot.wechat.replies import Reply, Text, choice_link
from handlers import attendance_words
from handlers.leaders import CODE, around, begun, list_names, of_led_shift

router = Router("on_site")

NAME = r"(?P<name>[^\d\s:：,，。？?]{2,20})"
LAST4 = r"(?:\s*(?P<last4>\d{4}))?"
CLOCK = r"(?:[^\d\s]{0,4}\d{1,2}[:：]\d{2}|\S{2,8}?)"


# -- presence ----------------------------------------------------------------------------------------


@router.intent("on_site.code")
@router.pattern(rf"(?:给我|看看?)?签到码\s*{CODE}?")
@of_led_shift(around, "on_site.code")
def code(ctx: Context, shift: Shift, actor: str) -> Reply:
    rules = Rules.of(ctx.settings)
    shown = check_in.current_code(ctx.cipher, shift, ctx.now, rules)
    opens = shift.starts_at - timedelta(minutes=rules.attendance.opens_before_minutes)
    early = f"\n{moment(opens, ctx.zone)}起才能签到，到时请再发一次 签到码。" if ctx.now < opens else ""
    return Text(
        f"{shift.activity.code} {shift.activity.title} 现在的签到码：{shown}\n"
        f"{rules.attendance.code_seconds}秒换一次，过期了再发 签到码 {shift.activity.code}。请只在现场念，不要发到群里。{early}"
    )


@router.intent("on_site.missing")
@router.pattern(rf"(?:看看|还有)?(?:谁|哪些人)(?:还)?没(?:有)?签到\s*{CODE}?")
@of_led_shift(around, "on_site.missing")
def missing(ctx: Context, shift: Shift, actor: str) -> Reply:
    rules = Rules.of(ctx.settings)
    if ctx.now < shift.starts_at - timedelta(minutes=rules.attendance.opens_before_minutes):
        raise NotBegun(shift.starts_at)
    head = f"{shift.activity.code} 还没签到"
    return list_names(ctx, shift, actor, "on_site.missing", head, ("confirmed", "absent"), "都签到了。")


@router.intent("on_site.arrived")
@router.pattern(rf"到(?P<between>[\s:：,，]*){NAME}{LAST4}")
@of_led_shift(around, "on_site.arrived")
def arrived(ctx: Context, shift: Shift, actor: str) -> Reply | None:
    """到 王晓雨. Written together (到王晓雨) it must be a name of the list: 到哪里集合 is a question."""
    name, last4 = str(ctx.args["name"]), str(ctx.args["last4"] or "")
    together = not ctx.args.get("between")
    if together and not name_lists.of_name(ctx.db, ctx.cipher, shift.id, name):
        ctx.args = {}
        return None
    event = check_in.leader_says(
        ctx.db, shift.id, name, actor, ctx.now, cipher=ctx.cipher, phone_end=last4, rules=Rules.of(ctx.settings)
    )
    return Text(f"{shift.activity.code} {attendance_words.by_leader(ctx, event, name)}")


@router.intent("on_site.noted")
@router.pattern(rf"补录\s*(?:{CODE}\s+)?{NAME}{LAST4}\s+(?P<came>{CLOCK})\s*(?:到|至|-|–|—|~)\s*(?P<went>{CLOCK})")
@of_led_shift(begun, "on_site.noted")
def noted(ctx: Context, shift: Shift, actor: str) -> Reply:
    """补录 张三 13:02 到 15:30: two people decide, so it counts only when staff have agreed."""
    name, last4 = str(ctx.args["name"]), str(ctx.args["last4"] or "")
    came, went = (_at(ctx, shift, str(ctx.args[part])) for part in ("came", "went"))
    if came is None or went is None:
        return Text("没看懂时间。请写成：补录 张三 13:02 到 15:30")
    found = name_lists.of_name(ctx.db, ctx.cipher, shift.id, name, last4)
    if not found:
        raise NotRegistered
    if len(found) > 1:
        return Text(f"名单里有{len(found)}位{name}，请带上手机尾号，比如：补录 {name} 0000 13:02 到 15:30")
    offline.propose_offline(ctx.db, found[0], came, went, actor, f"leader:{_msg_id(ctx)}", ctx.now)
    return Text(
        f"已提交补录：{shift.activity.code} {name} {moment(came, ctx.zone)}到{moment(went, ctx.zone)}。"
        "补录要另一位工作人员核准才算数，请把纸质签到表留好。"
    )


def _msg_id(ctx: Context) -> str:
    return str(getattr(ctx.message, "msg_id", "")) or f"{ctx.openid}:{ctx.now.timestamp():.0f}"


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
    over = shift.ended_at or shift.ends_at
    if ctx.now < over:
        raise NotBegun(over)
    code = shift.activity.code
    settlement.settle(ctx.db, shift.id, actor, ctx.now, Rules.of(ctx.settings))
    told = outcomes.of_shift(ctx.db, shift.id)
    ask = "" if told else f"\n这一场做成了什么？请回复 成果 {code} 加数字，比如 成果 {code} 120公斤垃圾。"
    return Text(f"{code} {shift.activity.title} 已结算，每位志愿者会收到自己的时长。{ask}")


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
