"""Refused about hours: each reason in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.language.dates import moment
from bot.services.hours import shown
from bot.services.refusals import Refused
from bot.services.refusals import hours as r

IMPOSSIBLE = {
    "minutes": "时长要大于0，也不能比这段时间长。",
    "planned": "不能超过这场活动的计划时长（还可以记 {most} 小时）。",
    "evidence": "没有对应活动的补记，要附证明材料。",
    "reason": "请在后面写上原因，对方会看到。",
}

SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.NotVolunteering: lambda ctx, e: "这一场不是志愿服务，按规定不能记志愿时长。",
    r.TwoPeopleNeeded: lambda ctx, e: "这件事要由另一位同事来定：自己录入的、自己的时长，不能自己批。",
    r.NotOver: lambda ctx, e: f"活动{moment(e.ends_at, ctx.zone)}才结束，结束以后再结算。提前结束了，请先回复 提前结束。",
    r.EntryUnknown: lambda ctx, e: "没有找到这条记录，可能已经更正过。回复 我的时长 看看现在的。",
    r.AlreadyReversed: lambda ctx, e: "这条记录已经更正过了。",
    r.AlreadyDecided: lambda ctx, e: "这一条已经有人处理过了，不用再办。",
    r.HoursImpossible: lambda ctx, e: IMPOSSIBLE[e.why].format(most=shown(e.most)),
    r.NothingToDispute: lambda ctx, e: "没有找到可以申诉的时长记录。回复 时长明细 看看每一条；没有签退请回复 补签退 加时间。",
}
