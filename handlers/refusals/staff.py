"""Refusals about accounts of staff, each in one sentence with its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.context import Context
from bot.services.refusals import Refused
from bot.services.refusals import staff as r


def said(refused: Refused) -> str:
    """For the command line, which has no conversation: none of these sentences needs one."""
    return next((words(None, refused) for kind, words in SENTENCES.items() if isinstance(refused, kind)), str(refused))


SENTENCES: dict[type[Refused], Callable[[Context | None, Any], str]] = {
    r.StaffUnknown: lambda ctx, e: "没有这个帐号，请回到名单里看看。",
    r.StaffDisabled: lambda ctx, e: f"{e.username} 已停用；要再用，请先恢复这个帐号。",
    r.LoginInvalid: lambda ctx, e: "登录名应为 2–64 个字，不带空格，例如 xiaoli。",
    r.LoginTaken: lambda ctx, e: f"已经有叫 {e.username} 的帐号了，请换一个登录名。",
    r.PasswordTooShort: lambda ctx, e: f"密码至少 {e.least} 个字符，请换一个长一些的，比如几个词连起来。",
    r.OwnAccount: lambda ctx, e: "自己的角色和停用要由另一位管理员来改。",
    r.LastAdmin: lambda ctx, e: "这是最后一位管理员，改了就没有人能管理帐号了；请先给另一位同事管理员角色。",
    r.AdminBindsAlone: lambda ctx, e: "管理员的绑定码只能由本人取：请他登录工作台，在“我的帐号”里生成。",
    r.TwoAdminsNeeded: lambda ctx, e: "管理员的帐号要两位管理员一起：先加一个别的角色，再在他的页面上换成管理员，由另一位管理员同意。",
    r.NoSecondAdmin: lambda ctx, e: (
        "这要另一位管理员同意，现在没有别的管理员可以点。请运维在服务器上执行 python -m bot staff role|enable|password "
        f"{e.username}，看 --help。"
    ),
    r.SameAdmin: lambda ctx, e: "要另一位管理员来同意：不能是提出的人，也不能是这个帐号自己。",
    r.NotWanted: lambda ctx, e: "这件事已经撤回、办好或者过期了，请刷新再看。",
    r.FactorCodeWrong: lambda ctx, e: "六位数字不对；请看手机验证器里现在的数字，也看看手机的时间准不准。",
}
