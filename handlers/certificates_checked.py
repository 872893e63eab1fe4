"""What a code of a certificate proves, in words for whoever asks in chat: nothing that is not on the paper."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.services import hours
from bot.services.certificates import Status


def words(ctx: Context, status: Status) -> str:
    phone = ctx.settings.organisation.phone
    if status.state == "unknown":
        return f"没有这个验证码的证明。请核对：8位，没有数字0、1和字母O、I、L。仍查不到请打 {phone} 报上证明编号核实。"
    if status.state == "damaged":
        return f"❌ {status.number} 与登记的内容不符，请不要采用，打 {phone} 核实。"
    assert status.first and status.last and status.issued_at
    on = status.issued_at.astimezone(ctx.zone).date()
    about = (
        f"{status.number}：{status.name}，{status.first}至{status.last}参加志愿服务{status.times}次，"
        f"{hours.shown(status.minutes)}小时。\n{status.issuer} {on}出具。"
    )
    if status.state == "revoked":
        return f"❌ 这张证明已作废{f'（{status.reason}）' if status.reason else ''}，请不要采用。\n{about}"
    if status.state == "disagrees":
        return f"⚠️ 与台账不一致：开具之后，其中的记录有更正，请让本人重新开一张。\n{about}"
    return f"✅ 证明有效。\n{about}\n请与手中的证明核对姓名、期间和时长。"
