"""Seats of a roster that change hands: 转让 A12, 换班 A12, and 接班 K7QM from whoever takes it."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.forms import Form, Forms, Values
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import brief, moment, span
from bot.services import activities, swaps
from bot.services.invitation_codes import CODE
from bot.services.refusals import NotRegistered
from bot.services.refusals.registrations import NotARosterSeat
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.storage.models import Registration, Shift
from bot.wechat.replies import Reply, Text, choice_link
from handlers import reference
from handlers.contact import person_id
from handlers.introduction import consent, fields, keep_profile, who

router = Router("swaps")

MOST = 5


@router.pattern(r"(?:我要|我想)?(?P<how>转让|转班|换班|调班)\s*(?P<what>[A-Za-z]\d{2,3})?")
def offer(ctx: Context) -> Reply:
    exchange = ctx.args["how"] in ("换班", "调班")
    own = [one for one in reference.own(ctx) if one.state == "confirmed" and one.on_roster]
    what = (ctx.args["what"] or "").upper()
    seats = [one for one in own if not what or one.code == what]
    if not seats:
        if what and any(one.code == what for one in reference.own(ctx)):
            raise NotARosterSeat
        return Text("您没有排班的岗位可以转让或调换。回复 我的活动 看看报了哪些；去不了可以回复 取消 加编号。")
    intent = "swaps.exchange" if exchange else "swaps.hand_over"
    if len(seats) == 1:
        ctx.args = {"registration_id": seats[0].registration_id}
        return exchange_which(ctx) if exchange else hand_over(ctx)
    choices = [
        Choice(brief(one.starts_at, one.ends_at, ctx.zone), intent, {"registration_id": one.registration_id})
        for one in seats[:MOST]
    ]
    ctx.session.expect(choices)
    return Text("您要让出哪一班？\n" + _numbered(choices))


def _numbered(choices: list[Choice]) -> str:
    return "\n".join(f"{number}. {choice_link(choice.label)}" for number, choice in enumerate(choices, start=1))


@router.intent("swaps.exchange")
def exchange_which(ctx: Context) -> Reply:
    """换班: for which other shift of the roster."""
    own = {one.shift_id for one in reference.own(ctx)}
    row = ctx.db.get_one(Registration, int(ctx.args["registration_id"]))
    others = [one for one in _roster(ctx, row) if one.id not in own][:MOST]
    if not others:
        return Text(f"这个岗位没有别的班可以换。想直接让给别人，回复 {choice_link(f'转让 {row.shift.activity.code}')}。")
    choices = [
        Choice(
            brief(one.starts_at, one.ends_at, ctx.zone), "swaps.exchanged",
            {"registration_id": row.id, "shift_id": one.id},
        )
        for one in others
    ]  # fmt: skip
    ctx.session.expect(choices)
    mine = span(row.shift.starts_at, row.shift.ends_at, ctx.zone)
    return Text(f"您的班是 {mine}。想换到哪一班？\n{_numbered(choices)}\n要对方在那一班才换得成。")


def _roster(ctx: Context, row: Registration) -> list[Shift]:
    return swaps.others_of_roster(ctx.db, row.shift_id, ctx.now)


@router.intent("swaps.exchanged")
def exchange(ctx: Context) -> Reply:
    return _code(ctx, int(ctx.args["registration_id"]), int(ctx.args["shift_id"]))


@router.intent("swaps.hand_over")
def hand_over(ctx: Context) -> Reply:
    return _code(ctx, int(ctx.args["registration_id"]), None)


def _code(ctx: Context, registration_id: int, wanted: int | None) -> Reply:
    person = person_id(ctx)
    if person is None:
        raise NotRegistered
    writing(ctx.db)
    swap = swaps.offer(
        ctx.db, registration_id, person, ctx.now, wanted_shift_id=wanted, rules=Rules.of(ctx.settings)
    )
    ctx.session.expect([])
    shift = swap.registration.shift
    what = "换班" if wanted else "接班"
    return Text(
        f"{what}码 {swap.code}，{moment(swap.expires_at, ctx.zone)}前有效。\n"
        f"请把这句话转给对方：回复 接班 {swap.code}，就{'和您换班' if wanted else '接下这一班'}"
        f"（{shift.activity.title} {span(shift.starts_at, shift.ends_at, ctx.zone)}）。\n"
        "对方接下之前，这一班还是您的；改主意了不用管，到期自动作废。"
    )


@router.pattern(rf"(?:我要|我来|我)?(?:接班|换班|接)\s*(?P<code>{CODE})")
def take(ctx: Context) -> Reply:
    person = person_id(ctx)
    swap = swaps.find(ctx.db, str(ctx.args["code"]), ctx.now)
    if person is None:
        return FORMS.start(ctx, "take_over", {"code": swap.code})
    return _taken(ctx, swap.code, person)


def _introduced(ctx: Context, values: Values) -> Reply:
    return _taken(ctx, str(values["code"]), keep_profile(ctx, values))


def _taken(ctx: Context, code: str, person: int) -> Reply:
    writing(ctx.db)
    done = swaps.take(ctx.db, code, person, ctx.openid, ctx.now, rules=Rules.of(ctx.settings))
    row = ctx.db.get_one(Registration, done.got)
    it = activities.detail(ctx.db, row.shift_id, ctx.now)
    how = "换班成功" if done.given is not None else "接班成功"
    return Text(
        f"✅ {how}：{it.title}\n{span(it.starts_at, it.ends_at, ctx.zone)}｜{it.place}\n"
        f"已经告诉对方。开始前会提醒您，去不了请尽早回复 取消 {it.code}。"
    )


FORMS = Forms(
    (
        Form(
            name="take_over",
            fields=fields("接班前先认识一下。"),
            summary=lambda ctx, values: f"{consent(ctx)}\n用 {who(ctx, values)} 接班，请回复 确认；不接了回复 取消。",
            done=_introduced,
            left="好的，没有接班，这一班还是原来那位的。",
        ),
    )
)
