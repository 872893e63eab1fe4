"""Refused about persons: each reason in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.language.dates import moment
from bot.services.refusals import Refused
from bot.services.refusals import people as r
from bot.wechat.replies import choice_link

UNFIT = {
    "self": "监护人要是另一位，不能是孩子本人。请用家长自己的微信来办。",
    "age": "监护人要年满18周岁。",
    "child": "这里登记8–13岁、跟着家长参加亲子活动的孩子；满14岁可以用自己的微信注册，回复 我要当志愿者。",
}
STANDING = {"applied": "您的注册申请正在审核，结果会告诉您。", "registered": "您已经是注册志愿者了，编号 {number}。"}

SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.BirthDateMissing: lambda ctx, e: f"还需要您的出生日期，请回复 {choice_link('我要当志愿者')} 填写。",
    r.BirthDateInvalid: lambda ctx, e: "这个日期好像不对，请这样写：2008-05-01。",
    r.IdentityTaken: lambda ctx, e: (
        f"这个证件号码已经登记在另一个姓名下，没有报上。请核对；确实是您的，请打 {ctx.settings.organisation.phone}，老师核对后更正。"
    ),
    r.TooYoung: lambda ctx, e: (
        f"14周岁起可以注册志愿者，您到{e.until.year}年{e.until.month}月{e.until.day}日就可以了。"
        "在那之前，可以由家长带着参加亲子活动：请家长关注本号，回复 添加孩子。"
    ),
    r.NeedsGuardian: lambda ctx, e: f"14–17岁需要监护人同意，请回复 {choice_link('我要当志愿者')} 拿同意码给家长。",
    r.AlreadyVolunteer: lambda ctx, e: STANDING[e.state].format(number=e.number),
    r.NoVolunteer: lambda ctx, e: f"您还不是注册志愿者。想注册请回复 {choice_link('我要当志愿者')}。",
    r.CodeUnknown: lambda ctx, e: "没有找到这个同意码，可能写错了或已过期（24小时有效）。请让孩子重新回复 我要当志愿者 拿一个新的。",
    r.TooManyTries: lambda ctx, e: f"试错太多次了，请在 {moment(e.until, ctx.zone)} 之后再试。",
    r.GuardianUnfit: lambda ctx, e: UNFIT[e.why],
    r.ErasureAsked: lambda ctx, e: f"您已经申请过删除，将在 {moment(e.due_at, ctx.zone)} 执行。不想删了请回复 {choice_link('撤销删除')}。",
    r.TagRefused: lambda ctx, e: "这个标签没有打上，请核对标签名和人数。",
    r.NothingToWithdraw: lambda ctx, e: "现在没有可以撤回的。",
}
