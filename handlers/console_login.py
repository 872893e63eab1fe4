"""登录 8F3K2Q, 确认登录: a colleague lets a browser of theirs into the console; for anybody else ordinary words."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.dates import moment
from bot.services import duty, scan_login
from bot.wechat.replies import Reply, Text

router = Router("console_login")


@router.pattern(r"登录\s*(?P<code>[0-9A-Za-z]{6})")
def show(ctx: Context) -> Reply | None:
    """Authority comes from the bound openid. What is let in is said first: a stranger's code is not confirmed unseen."""
    staff = duty.of_openid(ctx.db, ctx.openid)
    if staff is None:
        ctx.args = {}
        return None
    seen, request = scan_login.show(ctx.db, ctx.cipher, str(ctx.args["code"]), staff, ctx.now)
    if request is not None:
        return Text(
            f"{moment(request.asked_at, ctx.zone)}，有人在 {request.address} 请求用您的名义登录工作台。\n"
            "是您本人正坐在那台电脑前，请在两分钟内回复：确认登录\n"
            "码是别人发给您的，千万不要确认，不理它就会失效。"
        )
    if seen == "second_factor":
        return Text("您打开了两步验证，请用密码和手机验证器登录，更安全。")
    return Text("这个登录码不对，或者已经过了两分钟。请在登录页再点一次“用微信扫码”。")


@router.words("确认登录")
def confirm(ctx: Context) -> Reply | None:
    staff = duty.of_openid(ctx.db, ctx.openid)
    if staff is None:
        return None
    if scan_login.confirm(ctx.db, staff, ctx.now):
        return Text("好的，电脑上两三秒就进去了。不是您本人？请马上在工作台“我的帐号”改密码，并告诉管理员。")
    return Text("现在没有等您确认的登录，可能已经过了两分钟。请在登录页再点一次“用微信扫码”。")
