"""What one agreed to: 我的同意 lists each purpose with how to take it back; 撤回投保同意 (个人信息保护法 第15条)."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import people, policies, purposes
from bot.wechat.replies import Reply, Text, choice_link
from handlers import pages
from handlers.profile import NOBODY, me

router = Router("consents")

@router.words("我的同意", "我同意过什么", "我同意了什么", "我的授权", "授权记录", "同意记录", "撤回授权", "撤回同意授权")
def show(ctx: Context) -> Reply:
    person = me(ctx)
    if person is None:
        return Text(NOBODY)
    lines = []
    for given in people.consents(ctx.db, person.id):
        purpose, day = purposes.PURPOSES[given.purpose], given.given_at.astimezone(ctx.zone)
        how = f"；不再同意就回复 {choice_link(purpose.back)}" if purpose.back else ""
        lines.append(f"· {purpose.what}（{day:%Y-%m-%d}）{how}")
    if not lines:
        return Text(f"您现在没有同意过什么，我们也没有把您的信息给别人。想看留了哪些资料，回复 {choice_link('我的资料')}。")
    office = ctx.settings.organisation
    said = "您同意过：\n" + "\n".join(lines) + f"\n撤回从回复的那一刻起算，之前已经办的不受影响。有疑问请打 {office.phone}。"
    return Text(pages.below(said, pages.link(ctx, "/consents", "在网页上逐项看和撤回")))


@router.words(purposes.WITHDRAW_INSURER, "撤回保险同意", "不同意提供证件号给保险", "不要把证件号给保险公司")
def withdraw_insurer(ctx: Context) -> Reply:
    person = me(ctx)
    if person is None or not people.withdraw_consent(ctx.db, person.id, policies.CONSENT, ctx.now):
        return Text("您没有同意过把证件号交给保险公司，不用撤回。")
    return Text(f"已撤回，{purposes.PURPOSES[policies.CONSENT].then}")
