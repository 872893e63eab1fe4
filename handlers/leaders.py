"""Commands of whoever leads an activity, before it begins: 我带的活动, 名单 A12, 通知明天的志愿者, 负责 A12 K7QM2X."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import wraps

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE, Form, Forms, Values
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import brief, day
from bot.services import appointments, authority, leaders, name_lists, outcomes, seats
from bot.services.rules import Rules
from bot.storage.models import Shift, Team
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import person_id
from handlers.introduction import consent, fields, keep_profile, who
from handlers.verbatim import as_typed

router = Router("leaders")

CODE = r"(?P<code>[A-Za-z]\d{2,3})"
PAGE = 5
NAMES = 15
"""Names on a page: a line of a list of names is short, and who stands at the door must not page through five at a time."""
MORE = ["更多", "下一批", "下一页"]
STATES = {
    "confirmed": "已报名", "offered": "有空位，等确认", "pending": "待审核", "waiting": "候补第{place}位",
    "checked_in": "已签到", "checked_out": "已签退", "unclosed": "没签退", "completed": "已完成", "absent": "没签到",
}  # fmt: skip
Pick = Callable[[Sequence[Shift], Context], list[Shift]]
Deed = Callable[[Context, Shift, str], Reply | None]


def around(shifts: Sequence[Shift], ctx: Context) -> list[Shift]:
    return leaders.around(shifts, ctx.now, rules=Rules.of(ctx.settings))


def begun(shifts: Sequence[Shift], ctx: Context) -> list[Shift]:
    """What has begun; when nothing has, what will: then the rule says that it is too early."""
    return leaders.begun(shifts, ctx.now) or around(shifts, ctx)


def of_led_shift(pick: Pick, intent: str) -> Callable[[Deed], Callable[[Context], Reply | None]]:
    """Authority comes from the bound openid. For who leads nothing of the kind the words are ordinary words.

    Of several shifts that may be meant it is asked which; the choice leads to ``intent``.
    """

    def decorate(deed: Deed) -> Callable[[Context], Reply | None]:
        @wraps(deed)
        def handler(ctx: Context) -> Reply | None:
            shifts = _meant(ctx, pick)
            if len(shifts) > 1:
                return _which(ctx, shifts, intent)
            actor = authority.leader_of(ctx.db, ctx.openid, shifts[0].activity) if shifts else None
            if actor is None:
                ctx.args = {}
                return None
            return deed(ctx, shifts[0], actor)

        return handler

    return decorate


def _meant(ctx: Context, pick: Pick) -> list[Shift]:
    led = leaders.led(ctx.db, ctx.openid, ctx.now)
    if "shift_id" in ctx.args:
        return [shift for shift in led if shift.id == int(ctx.args["shift_id"])]
    if code := ctx.args.get("code"):
        led = [shift for shift in led if shift.activity.code == str(code).upper()]
    return pick(led, ctx)


def _which(ctx: Context, shifts: list[Shift], intent: str) -> Reply:
    kept = {name: value for name, value in ctx.args.items() if name != "code"}
    shown = shifts[:PAGE]
    ctx.session.expect([Choice(_called(shift), intent, {**kept, "shift_id": shift.id}) for shift in shown])
    lines = [
        f"{number}. {_called(shift)}\n{brief(shift.starts_at, shift.ends_at, ctx.zone)}"
        for number, shift in enumerate(shown, start=1)
    ]
    return Text("是哪一场？\n" + "\n".join(lines) + "\n回复序号即可。")


def _called(shift: Shift) -> str:
    return f"{shift.activity.code} {shift.activity.title}{f'（{shift.role}）' if shift.role else ''}"


# -- what one leads ----------------------------------------------------------------------------------


@router.intent("leaders.mine")
@router.words("我带的活动", "帮我看看我带的活动", "看看我带的活动", "我负责的活动", "我带的")
def mine(ctx: Context) -> Reply | None:
    """None for who leads nothing."""
    every = leaders.led(ctx.db, ctx.openid, ctx.now)
    open_still = [shift for shift in every if shift.settled_at is None]
    if not every:
        ctx.args = {}
        return None
    offset = int(ctx.args.get("offset", 0))
    page = open_still[offset : offset + PAGE]
    if not page:
        return Text("您带的活动都结算好了，辛苦了。")
    further = len(open_still) > offset + PAGE
    choices = [Choice(f"名单 {shift.activity.code}", "leaders.names", {"shift_id": shift.id}) for shift in page]
    if further:
        choices.append(Choice("更多", "leaders.mine", {"offset": offset + PAGE}, MORE))
    ctx.session.shown = [shift.id for shift in page]
    ctx.session.expect(choices)
    lines = [
        f"{number}. {_called(shift)}\n{brief(shift.starts_at, shift.ends_at, ctx.zone)}　{_to_do(ctx, shift)}"
        for number, shift in enumerate(page, start=1)
    ]
    tail = f"\n回复 {choice_link('更多')} 看后面的。" if further else ""
    return Text(f"您带的活动，还没结算的有{len(open_still)}场：\n" + "\n".join(lines) + f"\n回复序号看名单。{tail}")


def _to_do(ctx: Context, shift: Shift) -> str:
    code, counted = shift.activity.code, seats.of(ctx.db, shift)
    if ctx.now < shift.starts_at:
        return f"已报{counted.taken}/{counted.capacity}" + (f"，候补{counted.waiting}" if counted.waiting else "")
    if ctx.now < (shift.ended_at or shift.ends_at):
        return f"进行中：签到码 {code}、谁没签到 {code}"
    told = outcomes.of_shift(ctx.db, shift.id)
    return f"待办：结算 {code}" + ("" if told else f"、成果 {code}")


# -- who comes ---------------------------------------------------------------------------------------


@router.pattern(rf"(?:看看?|查看?)?(?:报名)?名单\s*{CODE}?|{CODE.replace('code', 'before')}的?(?:报名)?名单")
def names_named(ctx: Context) -> Reply | None:
    ctx.args = {"code": ctx.args["code"] or ctx.args["before"]}
    return names(ctx)


@router.intent("leaders.names")
@of_led_shift(around, "leaders.names")
def names(ctx: Context, shift: Shift, actor: str) -> Reply:
    return list_names(ctx, shift, actor, "leaders.names", f"{_called(shift)}", name_lists.LISTED)


def list_names(
    ctx: Context,
    shift: Shift,
    actor: str,
    intent: str,
    head: str,
    states: Sequence[str],
    none: str = "还没有人报名。",
    more_args: Mapping[str, str] | None = None,
) -> Reply:
    """A page of names; reading full ones is noted."""
    offset = int(ctx.args.get("offset", 0))
    rules = Rules.of(ctx.settings)
    when = brief(shift.starts_at, shift.ends_at, ctx.zone)
    read = name_lists.read(
        ctx.db, ctx.cipher, shift, actor, ctx.now, states=states, limit=NAMES, offset=offset, rules=rules
    )
    if not read.lines:
        return Text(f"{head}｜{when}\n{none}")
    further = read.total > offset + NAMES
    more = Choice("更多", intent, {**(more_args or {}), "shift_id": shift.id, "offset": offset + NAMES}, MORE)
    ctx.session.expect([more] if further else [])
    lines = [f"{number}. {_line(line)}" for number, line in enumerate(read.lines, start=offset + 1)]
    note = (
        "姓名和尾号只用于这次活动，请不要截图外传；每次查看都有记录。"
        if read.full
        else f"姓名已隐去，{day(read.opens_on)}到{day(read.closes_on)}可以看全名和手机尾号。"
    )
    tail = f"\n回复 {choice_link('更多')} 看后面的。" if further else ""
    return Text(f"{head}｜{when}\n共{read.total}人：\n" + "\n".join(lines) + f"\n{note}{tail}")


def _line(line: name_lists.Line) -> str:
    marks = [
        line.name, line.tail, STATES[line.state].format(place=line.place_in_line),
        f"含同行共{line.party_size}人" if line.party_size > 1 else "",
        f"未成年（监护人{'已' if line.consent else '未'}同意）" if line.minor else "",
        "未投保" if line.uninsured else "",
    ]  # fmt: skip
    return " ".join(mark for mark in marks if mark)


# -- a word to everybody -----------------------------------------------------------------------------


@router.pattern(
    r"(?:提醒|通知)(?:一下)?(?P<day>今天|明天|后天)的?(?:志愿者|队员|大家|人)[\s:：,，]*(?P<words>\S[\s\S]*)?"
)
def notice(ctx: Context) -> Reply | None:
    """Shown first with the count; nothing is sent before 确认."""
    days = ("今天", "明天", "后天").index(str(ctx.args["day"]))
    words = as_typed(ctx, str(ctx.args["words"])) if ctx.args["words"] else ""
    ctx.args = {}
    led = leaders.led(ctx.db, ctx.openid, ctx.now)
    if not led:
        return None
    leaders.check_words(words)
    meant = leaders.on_day(led, ctx.now + timedelta(days=days), rules=Rules.of(ctx.settings))
    shifts = [shift for shift in meant if shift.starts_at > ctx.now]
    told = leaders.audience(ctx.db, [shift.id for shift in shifts])
    if not told:
        return Text("那天您带的活动还没有人报上名，不用通知。" if shifts else "那天没有您带的、还没开始的活动。")
    args = {"shift_ids": [shift.id for shift in shifts], "words": words}
    ctx.session.expect(
        [Choice("确认", "leaders.notice_confirmed", args, [*AGREE]), Choice("不发", "leaders.left", {}, [*DECLINE])],
        fleeting=True,
    )
    which = "\n".join(
        f"· {_called(shift)} {brief(shift.starts_at, shift.ends_at, ctx.zone)}" for shift in shifts[:PAGE]
    )
    return Text(
        f"要通知{len(told)}人：\n{which}\n内容：{words or '时间、地点、要带什么（按活动资料）'}\n"
        f"每人只收一次。发送请回复 {choice_link('确认')}，不发回复 不发。"
    )


@router.intent("leaders.notice_confirmed")
def notice_confirmed(ctx: Context) -> Reply | None:
    """Asked again who may: between the question and the answer somebody else may lead."""
    wanted = {int(shift_id) for shift_id in ctx.args["shift_ids"]}
    words, shifts = str(ctx.args["words"]), leaders.led(ctx.db, ctx.openid, ctx.now)
    ids = [shift.id for shift in shifts if shift.id in wanted and shift.starts_at > ctx.now]
    actors = {authority.leader_of(ctx.db, ctx.openid, shift.activity) for shift in shifts if shift.id in ids}
    ctx.args = {}
    actor = next((actor for actor in actors if actor is not None), None)
    if actor is None:
        return None
    number = leaders.tell(ctx.db, ctx.cipher, ids, words, actor, ctx.now)
    return Text(f"好的，正在通知{number}人。夜里不打扰，会等到早上再发。")


@router.intent("leaders.left")
def left(ctx: Context) -> Reply:
    return Text("好的，没有改动，也没有发出去。")


# -- becoming the leader -----------------------------------------------------------------------------


@router.pattern(r"负责\s*(?P<of>[A-Za-z]\d{2,4})\s+(?P<code>[0-9A-Za-z]{6})")
def take_over(ctx: Context) -> Reply:
    """负责 A12 K7QM2X: the code is the authority; who leads must be somebody with a name and a number."""
    of, code = str(ctx.args["of"]).upper(), str(ctx.args["code"])
    appointments.check(ctx.db, ctx.cipher, of, code, ctx.now, rules=Rules.of(ctx.settings))
    person = person_id(ctx)
    return FORMS.start(ctx, "lead", {"of": of, "code": code}) if person is None else _take_over(ctx, person, of, code)


def _take_over(ctx: Context, person: int, of: str, code: str) -> Reply:
    led = appointments.accept(ctx.db, ctx.cipher, of, code, person, ctx.now, rules=Rules.of(ctx.settings))
    if isinstance(led, Team):
        return Text(f"您现在是 {led.code} {led.name} 的队长。有人申请会通知您，回复 {choice_link('入队申请')} 处理。")
    return Text(
        f"您现在是 {led.code} {led.title} 的负责人。可以发：名单 {led.code}、签到码 {led.code}、谁没签到 {led.code}、"
        f"通知明天的志愿者、结算 {led.code}。回复 {choice_link('我带的活动')} 看要做的事。"
    )


def _lead_summary(ctx: Context, values: Values) -> str:
    return f"由 {who(ctx, values)} 负责 {values['of']}，请回复 {choice_link('确认')}；不接了回复 取消。\n{consent(ctx)}"


def _lead_as_new(ctx: Context, values: Values) -> Reply:
    return _take_over(ctx, keep_profile(ctx, values), str(values["of"]), str(values["code"]))


FORMS = Forms(
    (
        Form(
            name="lead",
            fields=fields("负责人要留姓名和手机号，志愿者有事好联系。"),
            summary=_lead_summary,
            done=_lead_as_new,
            left="好的，没有登记。码还有效，想好了再发一次。",
        ),
    )
)
