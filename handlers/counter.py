"""At a merchant's counter: 核销 K7QM2X9P shows what it is for and whose, 确认核销 hands it out."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.context import Context
from bot.conversation.forms import DECLINE
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.services import actors, authority, redemptions
from bot.services.profiles import masked_name
from bot.services.refusals.merits import RedemptionUnknown
from bot.services.rules import Rules
from bot.storage.models import Staff
from bot.wechat.replies import Reply, Text, choice_link

router = Router("counter")

LIKE = "比如：核销 K7QM2X9P"


@router.pattern(r"核销[\s:：]*(?P<code>[0-9A-Za-z][0-9A-Za-z\s-]{0,20})?")
def look_up(ctx: Context) -> Reply | None:
    """Only for a bound merchant; for anybody else these are ordinary words."""
    merchant = _merchant(ctx)
    if merchant is None:
        return None
    code = "".join(letter for letter in (ctx.args["code"] or "") if letter.isalnum())
    if len(code) != redemptions.CODE_LENGTH:
        return Text(f"请把对方出示的8位兑换码写在后面，{LIKE}。")
    actors.acting(ctx.db, actors.staff(merchant.id))
    found = redemptions.look_up(ctx.db, ctx.cipher, code, merchant, ctx.now)
    if found is None:
        return Text(f"没有可以在您这里核销的这个码，请对方打开 我的兑换 再核对一遍。{LIKE}")
    ctx.session.expect(
        [
            Choice("确认核销", "counter.use", {"redemption_id": found.redemption_id}),
            Choice("不核销", "counter.leave", {}, [*DECLINE]),
        ],
        fleeting=True,
    )
    last = (found.expires_at - timedelta(seconds=1)).astimezone(ctx.zone)
    name = masked_name(found.name) if found.name else "（没有留姓名）"
    return Text(
        f"{found.title} 1份，{name}，{last.month}月{last.day}日24:00前有效。\n"
        f"东西交给对方后回复 {choice_link('确认核销')}；不对就回复 {choice_link('不核销')}。"
    )


@router.intent("counter.use")
def use(ctx: Context) -> Reply:
    merchant = _merchant(ctx)
    if merchant is None:
        raise RedemptionUnknown
    actors.acting(ctx.db, actors.staff(merchant.id))
    done = redemptions.use(ctx.db, int(ctx.args["redemption_id"]), merchant, ctx.now, rules=Rules.of(ctx.settings))
    ctx.session.expect([])
    return Text(f"已核销：{done.reward.title} 1份。已通知对方，这个码不能再用了。")


@router.intent("counter.leave")
def leave(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text("好的，没有核销，码仍然有效。")


def _merchant(ctx: Context) -> Staff | None:
    staff = authority.staff_of(ctx.db, ctx.openid)
    return staff if staff is not None and staff.role == "merchant" else None
