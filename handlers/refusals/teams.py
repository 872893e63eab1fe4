"""Refusals about teams and about leading, each in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.language.dates import moment
from bot.services.refusals import Refused
from bot.services.refusals import teams as r
from bot.wechat.replies import choice_link

FIND = f"看看别的：{choice_link('找队伍')}"


def _not_open(ctx: Context, e: r.TeamNotOpen) -> str:
    return f"“{e.name}”{'已经停止活动' if e.closed else '暂时不收人'}。{FIND}"


def _already(ctx: Context, e: r.AlreadyInTeam) -> str:
    if e.state == "applied":
        return f"您已经申请过“{e.name}”，在等队长同意。不想加了请回复 退队 {e.team}。"
    return f"您已经是“{e.name}”的队员了。回复 {choice_link('我的队伍')} 查看。"


def _last_leader(ctx: Context, e: r.LastLeader) -> str:
    phone = ctx.settings.organisation.phone
    return (
        f"“{e.name}”只有这一位队长，走了队里就没人管了。请先回复 队员 {e.team}，再用 设为队长 定一位接任的；"
        f"没有合适的人，请打 {phone}，由工作人员接手或解散队伍。"
    )


def _words(ctx: Context, e: r.WordsNotFit) -> str:
    if e.why == "phone":
        return "通知里请不要写电话号码，没有发出去。改好后请再发一次。"
    return "通知太长了，没有发出去。请缩短到200字以内再发一次。"


SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.TeamUnknown: lambda ctx, e: (
        f"没有找到{f' {e.team} ' if e.team else ''}这支队伍。回复 {choice_link('找队伍')} 看看有哪些。"
    ),
    r.TeamIncomplete: lambda ctx, e: "队伍还缺：" + "、".join(e.fields) + "。",
    r.TeamNotOpen: _not_open,
    r.AlreadyInTeam: _already,
    r.NotInTeam: lambda ctx, e: f"您没有加入{f'“{e.name}”' if e.name else '队伍'}，不用退。{FIND}",
    r.LastLeader: _last_leader,
    r.NothingToDecide: lambda ctx, e: f"这一条已经处理过，或者本人撤回了。回复 {choice_link('待办')} 看还有哪些。",
    r.NotYoursToDecide: lambda ctx, e: "这一条不由您决定，没有改动。",
    r.ReasonMissing: lambda ctx, e: "请在后面写一句原因，对方会看到，比如：婉拒 1 这次人数满了，欢迎下次再来。",
    r.AppointmentInvalid: lambda ctx, e: "这个码不对，或者已经用过、过期了。请工作人员再生成一个。",
    r.NotBegun: lambda ctx, e: f"这一场{moment(e.starts_at, ctx.zone)}才开始，现在还不能这样记。",
    r.AlreadySettled: lambda ctx, e: (
        f"这一场在{moment(e.settled_at, ctx.zone)}已经结算，时间不能再改。有差错请走更正，联系工作人员。"
    ),
    r.EndOutOfBounds: lambda ctx, e: (
        f"结束时间要在{moment(e.earliest, ctx.zone)}之后、{moment(e.latest, ctx.zone)}之前。请再发一次，比如：提前结束 15:00。"
    ),
    r.OutcomeUnclear: lambda ctx, e: "没看懂数量。请写成数字加单位，比如：成果 A12 120公斤垃圾，50户。",
    r.WordsNotFit: _words,
}
