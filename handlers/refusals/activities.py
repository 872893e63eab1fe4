"""Refused about activities, rosters, campaigns, policies: each reason in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.language.dates import moment
from bot.services.refusals import Refused
from bot.services.refusals import activities as r

STATES = {
    "draft": "还是草稿", "submitted": "正在等审核", "rejected": "没有通过审核", "open": "已经发布", "withdrawn": "已撤回",
    "cancelled": "已取消", "over": "已经结束",
}  # fmt: skip
EVENTS = {
    "submit": "提交审核", "approve": "通过", "reject": "驳回", "withdraw": "撤回", "cancel": "取消", "claim": "认领",
    "amend": "修改",
}  # fmt: skip

SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.WrongState: lambda ctx, e: f"这个活动{STATES.get(e.state, e.state)}，现在不能{EVENTS.get(e.event, e.event)}。",
    r.SomebodyRegistered: lambda ctx, e: (
        f"已经有{e.number}条报名记录，不能撤回；不办了请取消活动并写明原因，会逐个通知。"
    ),
    r.SameHuman: lambda ctx, e: "自己写的活动要由另一位审核员通过。请同事来审。",
    r.DangerousForMinors: lambda ctx, e: (
        f"有危险的活动只招18岁以上，现在写的是{e.min_age}岁起。请把年龄下限改为18，或去掉“危险”。"
    ),
    r.PolicyMissing: lambda ctx, e: (
        f"有危险的活动要先买好保险：{moment(e.starts_at, ctx.zone)}这一场没有保单覆盖。请先登记保单。"
    ),
    r.PolicyUnknown: lambda ctx, e: f"没有登记过保单 {e.number}，请核对单号。",
    r.RosterInvalid: lambda ctx, e: "排班模板不完整：" + "、".join(e.fields) + "。",
    r.NotClaimable: lambda ctx, e: "这个活动不用认领，或者认领时间已经过了。",
    r.AlreadyClaimed: lambda ctx, e: f"晚了一步，{e.team}已经认领了。看看别的子活动吧。",
    r.NotTeamLeader: lambda ctx, e: "认领要由队长来做：请队长用自己的微信回复 认领 加活动编号。",
}
