"""补录 A12 王晓雨 13:02 到 15:30: whoever leads says it afterwards, and another person's word makes it count."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.inbox import delivery_key
from bot.conversation.router import Router
from bot.language import past
from bot.language.dates import span
from bot.services import actors, presence, roll_call
from bot.services.refusals_attendance import ClaimImpossible
from bot.storage.database import writing
from bot.storage.models import Shift
from bot.wechat.replies import Reply, Text
from handlers.leaders import CODE, begun, of_led_shift
from handlers.on_site import LAST4, NAME

router = Router("late_entries")


@router.intent("late_entries.enter")
@router.pattern(rf"补录\s*{CODE}?[\s:：,，]*{NAME}{LAST4}[\s:：,，]*(?P<times>\d.{{0,30}})")
@of_led_shift(begun, "late_entries.enter")
def enter(ctx: Context, shift: Shift, actor: str) -> Reply:
    name, last4 = str(ctx.args["name"]), str(ctx.args["last4"] or "")
    row = roll_call.listed_as(ctx.db, ctx.cipher, shift.id, name, last4)
    first, last = shift.starts_at - presence.LATEST, min(ctx.now, shift.ends_at + presence.LATEST)
    local = (shift.starts_at.astimezone(ctx.zone), last.astimezone(ctx.zone))
    # On the day of the shift first: 13:02 said the day after is not today's.
    day = local[0].replace(hour=0, minute=0, second=0, microsecond=0)
    times = past.stretch(str(ctx.args["times"]), day, local[1])
    if times is None:
        raise ClaimImpossible(first, last)
    writing(ctx.db)
    actors.acting(ctx.db, actor)
    nonce = f"wechat:{delivery_key(ctx.message)}"
    came = presence.propose_offline(ctx.db, row.id, *times, actor, nonce, ctx.now)
    return Text(
        f"记下了：补录 {came.id} {shift.activity.code} {name} {span(*times, ctx.zone)}。"
        f"要另一位老师同意才算数，已通知审核员；同意以后请再发 结算 {shift.activity.code}。"
    )
