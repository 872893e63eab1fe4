"""Refusals about presence in one sentence each, with the next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.language.dates import clock, moment, span
from bot.services.refusals import Refused
from bot.services.refusals import attendance as r


def _nothing(ctx: Context, refused: r.NothingToAppeal) -> str:
    if refused.until is not None:
        return f"可以说“我到了”的时间已在{moment(refused.until, ctx.zone)}结束。还想补记，请回复 人工，老师帮您看看。"
    return "您现在没有要补的签到或签退。对时长有疑问请回复 人工。"


def _impossible(ctx: Context, refused: r.ClaimImpossible) -> str:
    return (
        f"时间对不上，应该在{span(refused.after, refused.before, ctx.zone)}之间，请核对后再发一次，比如：补签退 15:30。"
    )


SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.TooManyTries: lambda ctx, e: (
        f"码错了好几次，先歇一歇，{clock(e.until.astimezone(ctx.zone))}以后再试。"
        "着急的话，请当面找负责人，由他回复 到 加您的姓名。\n如果是短信验证码，请不要发给任何人，我们从不向您要验证码。"
    ),
    r.NobodySo: lambda ctx, e: f"名单里没有“{e.name}”，请核对姓名（或手机尾号），也可能没有报这一场。",
    r.SeveralSo: lambda ctx, e: f"有{e.number}位叫“{e.name}”，请在姓名后面加上手机号后4位，比如：{e.name} 1234。",
    r.EventUnknown: lambda ctx, e: f"没有编号 {e.event_id} 的补录，请核对后再发一次。",
    r.EventAnswered: lambda ctx, e: f"补录 {e.event_id} 已经有人处理过了。",
    r.SamePerson: lambda ctx, e: "这一条和您本人有关（您录入的，或是您自己的记录），要由另一位负责人或团委老师来定。",
    r.NothingToAppeal: _nothing,
    r.ClaimImpossible: _impossible,
    r.PosterTooEarly: lambda ctx, e: f"离活动还太早，微信的二维码最多保存30天。请{moment(e.possible_from, ctx.zone)}以后再做。",
    r.PosterTooLate: lambda ctx, e: "这一场的签到时间已经过了，不用再做签到码。",
    r.AppealUnknown: lambda ctx, e: f"没有找到可以处理的核实 {e.appeal_id}，请核对编号。",
    r.AppealDecided: lambda ctx, e: (
        f"核实 {e.appeal_id} 已经处理过了，结果是：{'属实' if e.state == 'upheld' else '不属实'}。"
    ),
    r.ReasonMissing: lambda ctx, e: "不通过要写一句原因，对方会看到，比如：不属实 点名时没见到人。",
}
