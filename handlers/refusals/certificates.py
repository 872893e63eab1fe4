"""Refusals about certificates in one sentence each, with the next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.services.refusals import Refused
from bot.services.refusals import certificates as r
from bot.wechat.replies import choice_link


def _cannot_be_printed(ctx: Context, refused: r.CannotBePrinted) -> str:
    office = ctx.settings.organisation
    if refused.characters:
        return (
            f"证明里有这里的字库打不出来的字：{refused.characters}，所以没有生成，也没有占用编号。"
            f"请打 {office.phone}，工作人员会给您手工开具。"
        )
    return f"现在出不了证明（系统缺少中文字库），没有占用编号。请打 {office.phone}，或到{office.address}开具。"


SENTENCES: dict[type[Refused], Callable[[Context, Any], str]] = {
    r.NothingToCertify: lambda ctx, e: (
        f"这个范围里没有记入台账的服务时长，开不出证明。换个范围请回复 {choice_link('开志愿服务证明')}；"
        "刚参加完的活动要等负责人确认时长后才有。"
    ),
    r.NameMissing: lambda ctx, e: "证明上要写姓名，我们还没有您的姓名。报名一次活动时会登记，或回复 人工。",
    r.CannotBePrinted: _cannot_be_printed,
    r.CertificateUnknown: lambda ctx, e: f"没有找到这张证明。回复 {choice_link('我的证明')} 看看开过哪些。",
    r.CertificateRevoked: lambda ctx, e: (
        f"{e.number} 已经作废（{e.reason}）。要重新开，请回复 {choice_link('开志愿服务证明')}。"
    ),
    r.SealNotDeclined: lambda ctx, e: (
        f"盖章不能在这里婉拒：{e.number} 的内容无误就盖好后回复同意；有误请联系管理员作废，原因会告诉本人。"
    ),
}
