"""What one agreed to: 我的同意 lists each purpose with how to take it back; 撤回投保同意 (个人信息保护法 第15条)."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import people, policies
from bot.wechat.replies import Reply, Text, choice_link
from handlers.profile import NOBODY, me

router = Router("consents")

WITHDRAW_INSURER = "撤回投保同意"
PURPOSES = {
    "sign_up": ("姓名和手机号用于报名、签到和联系", "删除我的数据"),
    "register": ("登记为志愿者", "注销志愿者"),
    "team": ("把您介绍给志愿队队长", ""),
    "place": ("签到时看一眼位置", "不用位置"),
    policies.CONSENT: ("证件号交给保险公司投保", WITHDRAW_INSURER),
    "zhiyuanhui": ("时长同步到志愿汇", "撤回志愿汇同步"),
    "photos": ("活动照片用于宣传", ""),
}
"""What each purpose is for, and what takes the consent back; without it, whoever answers the phone does."""


@router.words("我的同意", "我同意过什么", "我同意了什么", "我的授权", "授权记录", "同意记录", "撤回授权", "撤回同意授权")
def show(ctx: Context) -> Reply:
    person = me(ctx)
    if person is None:
        return Text(NOBODY)
    lines = []
    for given in people.consents(ctx.db, person.id):
        what, back = PURPOSES[given.purpose]
        day = given.given_at.astimezone(ctx.zone)
        how = f"；不再同意就回复 {choice_link(back)}" if back else ""
        lines.append(f"· {what}（{day:%Y-%m-%d}）{how}")
    if not lines:
        return Text(f"您现在没有同意过什么，我们也没有把您的信息给别人。想看留了哪些资料，回复 {choice_link('我的资料')}。")
    office = ctx.settings.organisation
    return Text("您同意过：\n" + "\n".join(lines) + f"\n撤回从回复的那一刻起算，之前已经办的不受影响。有疑问请打 {office.phone}。")


@router.words(WITHDRAW_INSURER, "撤回保险同意", "不同意提供证件号给保险", "不要把证件号给保险公司")
def withdraw_insurer(ctx: Context) -> Reply:
    person = me(ctx)
    if person is None or not people.withdraw_consent(ctx.db, person.id, policies.CONSENT, ctx.now):
        return Text("您没有同意过把证件号交给保险公司，不用撤回。")
    return Text("已撤回，以后的投保名单不再写您的证件号。按名单投保的活动要有证件号才保得上，老师会先问您的意思。")
