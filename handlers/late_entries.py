"""补录 A12 王晓雨 13:02 到 15:30: whoever leads says it afterwards, and another person's word makes it count."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.inbox import delivery_key
from bot.conversation.router import Router
from bot.language import past
from bot.language.dates import span
from bot.services import actors, presence, roll_call
from bot.storage.database import writing
from bot.storage.models import Shift
from bot.wechat.replies import Reply, Text
from handlers.leaders import CODE, begun, of_led_shift
from handlers.on_site import LAST4, NAME

router = Router("late_entries")


@router.intent("late_entries.enter")
@router.pattern(rf"补录\s*{CODE}?[\s:：,，]*(?:{NAME}{LAST4})?[\s:：,，]*(?P<times>\d.{{0,30}})?")
@of_led_shift(begun, "late_entries.enter")
def enter(ctx: Context, shift: Shift, actor: str) -> Reply:
    of, name, last4 = shift.activity.code, str(ctx.args["name"] or ""), str(ctx.args["last4"] or "")
    if not name:
        return _how(of, "姓名")
    row = roll_call.listed_as(ctx.db, ctx.cipher, shift.id, name, last4)
    last = min(ctx.now, shift.ends_at + presence.LATEST).astimezone(ctx.zone)
    # On the day of the shift first: 13:02 said the day after is not today's.
    day = shift.starts_at.astimezone(ctx.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    times = past.stretch(str(ctx.args["times"] or ""), day, last)
    if times is None:
        return _how(of, name)
    writing(ctx.db)
    actors.acting(ctx.db, actor)
    nonce = f"wechat:{delivery_key(ctx.message)}"
    came = presence.propose_offline(ctx.db, row.id, *times, actor, nonce, ctx.now)
    return Text(
        f"记下了：补录 {came.id} {of} {name} {span(*times, ctx.zone)}。"
        f"要另一位老师同意才算数，已通知审核员；同意以后请再发 结算 {of}。"
    )


def _how(of: str, name: str) -> Reply:
    return Text(f"请写上姓名和到、离开的时间，还没过去的时间不能记，比如：补录 {of} {name} 13:02 到 15:30。")
