"""Signing up: which activity, with whom, what would refuse it, and the way into the form."""

from __future__ import annotations

from typing import Any

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE, Forms
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import span
from bot.services import activities as activity_rules
from bot.services import gates, registrations
from bot.services.refusals import ProfileMissing, Refused, TimeConflict
from bot.services.refusals.registrations import AgreementRequired
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text, choice_link
from handlers import activities, asking, company, reference, refusals, sign_up_form, team_seats
from handlers.contact import person_id

router = Router("sign_up")

FORMS = Forms((sign_up_form.FORM, team_seats.FORM))
AT_ONCE = ["直接报上", "有空位直接报上", "直接报", "直接帮我报上"]
QUEUE_WORDS = ["排队", "排", "候补", "排候补", *AGREE]


@router.intent("sign_up.start")
@router.words("报名", "我要报名", "我想报名", "报")
def start(ctx: Context) -> Reply:
    if ctx.text and asking.asks(ctx.text):
        return activities.show_detail(ctx)  # 报名图书馆那个要带什么 asks before it decides
    meant = reference.meant(ctx, own_first=False)
    if not meant and ctx.session.focus is not None:
        meant = [ctx.session.focus]
    return _begin_one_of(ctx, meant)


@router.pattern(
    r"(?:我要|我想|帮我|给我|我们.{0,8}|我[和跟与].{1,8}|我?带着?.{1,8}?)?(?:一起)?(?:报名?|参加)\s*(?P<what>\S.{0,40})"
)
def start_named(ctx: Context) -> Reply | None:
    """报 1, 报名 A12, 报名 河道清洁. What names no activity, or asks about it, goes on to be understood."""
    what = asking.decided(ctx.args["what"])
    ctx.args = {}
    if asking.asks(what):
        return None
    meant = reference.meant(ctx, what, own_first=False)
    code = reference.CODE.fullmatch(what)
    if not meant and code:
        return activities.not_found(code.group(1))
    return _begin_one_of(ctx, meant) if meant else None


def _begin_one_of(ctx: Context, meant: list[int]) -> Reply:
    if not meant:
        return activities.list_activities(ctx)
    if len(meant) > 1:
        return activities.ask_which(ctx, meant, "sign_up.start", "您想报哪一个？")
    return begin(ctx, meant[0])


def begin(ctx: Context, shift_id: int) -> Reply:
    """Say at once what would refuse later; ask who comes along, whether to wait in line; then the form."""
    ctx.session.focus = shift_id
    it = activity_rules.detail(ctx.db, shift_id, ctx.now)
    said = company.said(ctx, it)
    if said.team and (reserved := team_seats.begin(ctx, it, said.size)):
        return reserved  # a leader who has a seat already may hold the team's
    if refused := _refused(ctx, shift_id):
        return refused
    if said.children and (asked := company.ask_for_children(ctx, it)):
        return asked
    values: dict[str, Any] = {"shift_id": shift_id, **said.values}
    size = 1 + int(values.get("friends", 0)) + len(values.get("children", ()))
    if registrations.needs_approval(ctx.db, shift_id) or (it.free >= size and it.waiting == 0):
        return _fill_in(ctx, it, values, said.note)
    return _ask_to_queue(ctx, it, values)


def _refused(ctx: Context, shift_id: int) -> Reply | None:
    """What the form cannot ask for: the first of it that is worth saying, and how many more there are."""
    asked_in_form = (ProfileMissing, AgreementRequired)
    found = [refusal for refusal in _objections(ctx, shift_id) if not isinstance(refusal, asked_in_form)]
    told = gates.told(found)
    if told is None:
        return None
    if isinstance(told, TimeConflict):
        return _ask_to_exchange(ctx, shift_id, told)
    said = refusals.reply(ctx, told)
    if isinstance(said, Text) and len(found) > 1:
        return Text(f"{said.content}\n（一共有{len(found)}个原因，回复 {choice_link('还有什么原因')} 全部看。）")
    return said


def _objections(ctx: Context, shift_id: int) -> list[Refused]:
    return registrations.objections(ctx.db, shift_id, person_id(ctx), ctx.now, rules=Rules.of(ctx.settings))


@router.words("还有什么原因", "还有别的原因吗", "还有什么原因吗", "有哪些原因", "为什么报不了", "全部原因")
def all_reasons(ctx: Context) -> Reply | None:
    if ctx.session.focus is None:
        return None
    found = [refusal for refusal in _objections(ctx, ctx.session.focus) if not isinstance(refusal, ProfileMissing)]
    if not found:
        return Text(f"现在没有什么拦着您，可以报名：回复 {choice_link('报名')}。")
    said = [refusals.reply(ctx, refusal) for refusal in found]
    lines = [f"{number}. {one.content}" for number, one in enumerate(said, start=1) if isinstance(one, Text)]
    return Text("这场活动您报不了，原因有：\n" + "\n".join(lines))


def _ask_to_exchange(ctx: Context, shift_id: int, conflict: TimeConflict) -> Reply:
    it, other = activity_rules.detail(ctx.db, shift_id, ctx.now), conflict.other
    give_up = {"shift_id": shift_id, "registration_id": other.registration_id}
    ctx.session.expect(
        [
            Choice(f"换成{it.code}", "sign_up.exchange", give_up, ["换", "换成这个", f"换成 {it.code}"]),
            Choice("看看别的活动", "activities.list"),
            Choice("算了", "sign_up.leave", {}, [*DECLINE]),
        ],
        fleeting=True,
    )
    return Text(
        f"报不了：{it.code}（{span(it.starts_at, it.ends_at, ctx.zone)}）和您已报的 {other.code}“{other.title}”"
        f"（{span(other.starts_at, other.ends_at, ctx.zone)}）时间重叠。可选：\n"
        f"1. {choice_link(f'换成{it.code}')}（会先取消 {other.code}）\n2. {choice_link('看看别的活动')}\n3. {choice_link('算了')}"
    )


@router.intent("sign_up.exchange")
def exchange(ctx: Context) -> Reply:
    """Give up one seat for another in one transaction: refused, nothing of it has happened."""
    writing(ctx.db)
    shift_id, rules, person = int(ctx.args["shift_id"]), Rules.of(ctx.settings), person_id(ctx)
    left = registrations.cancel(
        ctx.db, int(ctx.args["registration_id"]), ctx.now, "exchanged", person_id=person, rules=rules
    )
    outcome = registrations.sign_up(ctx.db, shift_id, person, ctx.openid, ctx.now, queue=False, rules=rules)
    ctx.session.expect([])
    late = "（记为迟到取消）" if left.late else ""
    return Text(f"已取消 {left.code} {left.title}{late}。\n{sign_up_form.outcome_text(ctx, shift_id, outcome)}")


def _ask_to_queue(ctx: Context, it: activity_rules.Detail, values: dict[str, Any]) -> Reply:
    ctx.session.expect(
        [
            Choice("排队", "sign_up.queue", values, QUEUE_WORDS),
            Choice("直接报上", "sign_up.queue", {**values, "auto": True}, AT_ONCE),
            Choice("不用", "sign_up.leave", {}, [*DECLINE]),
        ],
        fleeting=True,
    )
    full = f"名额已满（{it.capacity}/{it.capacity}）" if not it.free else f"名额只剩{it.free}个"
    return Text(
        f"“{it.title}”{full}。要排候补吗？您会是第{it.waiting + 1}位；"
        f"有空位时我发消息给您，您在时限内回复 确认 就报上了；也可以让我有空位时直接帮您报上。\n"
        f"{choice_link('排队')}　{choice_link('直接报上')}　{choice_link('不用')}"
    )


@router.intent("sign_up.queue")
def queue(ctx: Context) -> Reply:
    return _fill_in(ctx, activity_rules.detail(ctx.db, int(ctx.args["shift_id"]), ctx.now), dict(ctx.args), "")


@router.intent("sign_up.with_children")
def with_children(ctx: Context) -> Reply:
    """Which of the children: chosen from the list."""
    it = activity_rules.detail(ctx.db, int(ctx.args["shift_id"]), ctx.now)
    size = 1 + len(ctx.args["children"])
    if it.free < size or it.waiting:
        return _ask_to_queue(ctx, it, dict(ctx.args))
    return _fill_in(ctx, it, dict(ctx.args), "")


@router.words(*AT_ONCE)
def at_once(ctx: Context) -> Reply | None:
    """直接报上 of somebody who waits already."""
    person = person_id(ctx)
    waiting = [one for one in reference.own(ctx) if one.state == "waiting"]
    if person is None or not waiting:
        return None
    if len(waiting) > 1 and ctx.session.focus in [one.shift_id for one in waiting]:
        waiting = [one for one in waiting if one.shift_id == ctx.session.focus]
    writing(ctx.db)
    for one in waiting:
        registrations.set_auto_accept(ctx.db, one.registration_id, person, ctx.now)
    names = "、".join(f"{one.code} {one.title}" for one in waiting)
    return Text(f"记下了：{names} 一有空位就直接帮您报上，报上了马上告诉您。改主意了请回复 取消 {waiting[0].code}。")


def _fill_in(ctx: Context, it: activity_rules.Detail, values: dict[str, Any], note: str) -> Reply:
    """Open the form; a first question says what it is for."""
    asked = FORMS.start(ctx, "sign_up", values)
    opened = ctx.session.form
    if opened is None or not isinstance(asked, Text):
        return asked
    if not opened.at:
        return Text(note + asked.content)
    first = "第一次报名，" if opened.at == "name" else ""
    return Text(f"{it.code} {it.title}，{span(it.starts_at, it.ends_at, ctx.zone)}。\n{note}{first}{asked.content}")


@router.intent("sign_up.leave")
def leave(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text(f"好的。想看看别的，回复 {choice_link('活动')}。")
