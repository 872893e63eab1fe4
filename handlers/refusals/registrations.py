"""Sentences for what refuses a seat, a party, a team's reservation or a swap; joined in refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.language.dates import moment
from bot.services import refusals as general
from bot.services.refusals import registrations as r
from bot.wechat.replies import choice_link

OTHERS = f"看看别的 {choice_link('活动')}？"


def _hours(minutes: int) -> str:
    return f"{minutes / 60:g}"


def _age_low(ctx: Context, e: r.AgeLow) -> str:
    if e.limit <= 14:
        return f"服务当天（{e.day:%-m月%-d日}）不满{e.limit}周岁，要由监护人带着一起报：请家长用自己的微信报名。"
    return f"报不了：服务当天（{e.day:%-m月%-d日}）要满{e.limit}周岁。{OTHERS}"


def _insurance(ctx: Context, e: r.InsuranceCutoff) -> str:
    who = " ".join(part for part in (e.leader, e.contact) if part) or ctx.settings.organisation.phone
    return (
        f"保险名单{moment(e.closed_at, ctx.zone)}已交给保险公司，现在报名不在这次的保险里。\n"
        f"还想去请到现场找负责人（{who}），由负责人登记为未投保人员。"
    )


def _cap(word: str) -> Callable[[Context, Any], str]:
    def said(ctx: Context, e: r.DailyCap | r.WeeklyCap) -> str:
        return f"报不了：加上这场，您{word}要服务{_hours(e.planned)}小时，超过了{_hours(e.limit)}小时的上限，请先休息。{OTHERS}"

    return said


def _suspended(ctx: Context, e: r.Suspended) -> str:
    return (
        f"您暂时不能报名，到{moment(e.until, ctx.zone)}为止。原因：{e.reason}。\n"
        f"觉得不对请打 {ctx.settings.organisation.phone} 说明，或回复 人工。"
    )


SENTENCES: dict[type[general.Refused], Callable[[Context, Any], str]] = {
    r.AgeLow: _age_low,
    r.AgeHigh: lambda ctx, e: f"报不了：这场活动要求服务当天（{e.day:%-m月%-d日}）不超过{e.limit}周岁。{OTHERS}",
    r.GuardianRequired: lambda ctx, e: (
        f"您未满18周岁，要监护人同意才能报名。怎么办：回复 {choice_link('监护人同意怎么办理')}。"
    ),
    r.MinorDangerous: lambda ctx, e: f"这场活动有危险，未满18周岁不能参加，谁同意都不行。{OTHERS}",
    r.CourseRequired: lambda ctx, e: (
        f"报这场要先完成培训：{'、'.join(f'《{name}》' for name in e.names)}。完成后再报；想知道什么时候开课，回复 培训。"
    ),
    r.SkillRequired: lambda ctx, e: (
        f"这个岗位需要会：{'、'.join(e.names)}。您的资料里还没有，会的话请告诉老师补上（回复 人工）。{OTHERS}"
    ),
    r.MembersOnly: lambda ctx, e: (
        f"这场活动只限{e.team}的队员报名。想加入，回复 {choice_link(f'加入 {e.team_code}' if e.team_code else '加入志愿队')}。"
    ),
    r.DailyCap: _cap("当天"),
    r.WeeklyCap: _cap("这一周"),
    r.Suspended: _suspended,
    r.InsuranceCutoff: _insurance,
    r.AgreementRequired: lambda ctx, e: (
        f"参加这场活动要先签志愿服务协议（《浙江省志愿服务条例》第二十一条），请重新回复 {choice_link('报名')} 按提示同意。"
    ),
    r.PartyTooLarge: lambda ctx, e: f"一起报最多{e.limit}个人。人多请由志愿队的队长集体报名，或分开各报各的。",
    r.NotYourChild: lambda ctx, e: (
        f"还没有登记您是这个孩子的监护人。怎么登记：回复 {choice_link('监护人同意怎么办理')}。"
    ),
    r.InvitationUnknown: lambda ctx, e: "这个邀请码用过了、过期了或打错了，请和邀请您的人核对一下，或者自己回复 报名 加活动编号。",
    r.NotTheLeader: lambda ctx, e: "只有志愿队的队长可以按名单留名额。您自己报名不受影响。",
    r.SeatsTooFew: lambda ctx, e: f"留不了{e.wanted}个名额，现在最多{e.free}个。可以少报几位，或者 {OTHERS}",
    r.NotOnTheList: lambda ctx, e: (
        f"{e.team}预留的名额都给了名单上的人，名单里没有您的手机号，请队长补上；也可以自己回复 报名 加活动编号。"
    ),
    r.NamesUnclear: lambda ctx, e: "请每行发一个人：姓名 手机，比如：张小青 13812345678。",
    r.SwapUnknown: lambda ctx, e: "这个接班码用过了、过期了或打错了（自己的班也不能自己接），请和对方核对一下。",
    r.NotARosterSeat: lambda ctx, e: "只有已经报上的排班岗位可以转让或换班；别的活动去不了请回复 取消，名额会给候补的人。",
    r.LineWaits: lambda ctx, e: f"这一班有{e.waiting}个人在排候补，名额要先给他们。去不了请回复 取消，会马上通知下一位。",
    r.NothingToExchange: lambda ctx, e: "对方想换的那一班不在您手里，换不成。请和对方核对一下，或让对方改成 转让。",
    r.ConsentMissing: lambda ctx, e: "请先问本人愿不愿意留下姓名和手机号，愿意才能登记。",
    r.NoSeatLeft: lambda ctx, e: f"{e.capacity}个名额已经满了。要再加人，请先把名额调大。",
    r.NotPending: lambda ctx, e: "这个报名已经处理过了，不用再审。",
}
