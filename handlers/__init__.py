"""What a follower may want: the routers, in the order they are tried."""

from __future__ import annotations

from bot.conversation import steps
from bot.conversation.router import all_intents
from handlers import (
    about,
    activities,
    activity_reviews,
    always,
    ask_back,
    attendance,
    attendance_staff,
    broadcasts,
    certificates,
    claims,
    consents,
    console_login,
    counter,
    crisis,
    deliveries,
    duty,
    faq,
    follow,
    guardians,
    human,
    human_staff,
    joining,
    late_entries,
    leaders,
    leftover,
    merits,
    mine,
    named,
    on_site,
    pages,
    presence_appeals,
    profile,
    proxy,
    quoted,
    record,
    reminder_settings,
    reviews,
    rewards,
    sharing,
    sign_up,
    smalltalk,
    stars,
    swaps,
    team_leaders,
    team_seats,
    teams,
    voice,
    voice_canned,
    voice_lists,
    voice_mine,
    voice_staff,
    waiting_line,
    wordless,
)

FORMS = sign_up.FORMS + profile.FORMS + guardians.FORMS + teams.FORMS + leaders.FORMS + swaps.FORMS + voice.FORMS
INTENTS = all_intents(
    [
        always.router,
        activities.router,
        sign_up.router,
        mine.router,
        teams.router,
        team_leaders.router,
        leaders.router,
        on_site.router,
        late_entries.router,
        reviews.router,
        attendance.router,
        attendance_staff.router,
        record.router,
        certificates.router,
        profile.router,
        reminder_settings.router,
        guardians.router,
        sharing.router,
        swaps.router,
        merits.router,
        rewards.router,
        stars.router,
        counter.router,
        voice.router,
        voice_canned.router,
        voice_mine.router,
        voice_lists.router,
        smalltalk.router,
        faq.router,
    ]
)
WISHES = frozenset(INTENTS) - {"faq.chosen"}
"""What an entry of ``faq/`` may lead to: all but the choice of an offer, which needs to know what was offered."""

ROUTERS = [
    duty.router,  # 收到 J12, 回复 J12 …: the bound few, whose answers may hold the very words of danger
    human_staff.router,  # 会话, 接待 H12, 回复 H12 …: of those on duty, for the same reason
    crisis.router,  # somebody may be in danger
    console_login.router,  # 登录 8F3K2Q, 确认登录: the bound few, with two minutes for it
    human.router,  # whoever has a person to talk to is not disturbed by the program
    always.router,  # 帮助 人工 继续, at any moment
    crisis.aftermath,  # where they are, and what else they say in the hour after
    attendance.sheets,  # the code of a printed sheet, scanned
    follow.router,  # followed, unfollowed, scanned
    deliveries.router,  # WeChat's reports
    quoted.router,  # a quoted message says what this one is about
    voice.during,  # 换成 心理, while the form of a question is open
    reminder_settings.router,  # 提醒设置, 关闭提醒, 退订: at any moment, and no name that a form asks for
    steps.open_form(FORMS),  # the answer to the question asked last
    certificates.asked,  # 2 从2025年9月到现在, when that was asked
    steps.choices(INTENTS),  # 1, 第一个, 排队: what the last prompt expects
    voice_canned.router,  # 常用语, 常用语 Q…: of staff
    voice_staff.router,  # 看 Q…, 受理 Q…, 答 Q…: of staff
    broadcasts.router,  # 群发 3, 同意群发 3: of staff who write and decide them
    reviews.router,  # 待办, 入队申请, 同意 1: of whoever may decide
    leaders.router,  # 名单 A12, 我带的活动: of whoever leads
    on_site.router,  # 签到码 A12, 到 王晓雨, 结算 A12
    late_entries.router,  # 补录 A12 王晓雨 13:02 到 15:30
    team_leaders.router,  # 队员 T05, 移出 2: of whoever leads a team
    teams.router,  # 找队伍, 加入 T05, 退队
    ask_back.router,  # 退, 证, 帮忙: which of several things is meant?
    attendance_staff.router,  # 核实 12 属实, 签退 王晓雨, 异常: of whoever leads, and of staff
    attendance.router,  # 签到, 我到了, six digits, a place or a picture after them
    presence_appeals.router,  # 补签退 15:30, 三点半走的
    profile.router,  # 我的资料, 我要当志愿者, 导出我的数据, 删除我的信息
    consents.router,  # 我的同意, 撤回投保同意
    pages.router,  # 网页版, 隐私政策
    sharing.router,  # 同步志愿汇, 撤回志愿汇同步
    guardians.router,  # 同意 5F82K1, 撤回同意, 我的孩子
    record.router,  # 我的时长, 为什么只有2.3小时, 申诉 …
    voice.router,  # 我要提问, 老板拖欠工资不给
    voice_lists.router,  # 问题清单; 清单 2026-03, 签发清单 2026-03 of staff
    voice_mine.router,  # 我的提问, 补充 …, 满意, 撤回提问
    smalltalk.router,  # 小青, 老师在吗
    steps.one_at_a_time(),  # two wishes in one message: first things first
    activity_reviews.router,  # 通过 A12, 驳回 A12 …: whoever may decide
    claims.router,  # 认领 A12: whoever leads a team
    counter.router,  # 核销 K7QM2X9P, by a merchant
    merits.router,  # 我的积分, 积分明细
    rewards.router,  # 换景区门票, 我的兑换, 退兑换
    stars.router,  # 我的星级, 申请星级
    activities.router,  # A12, 详情 A12, 时段 A12
    named.router,  # a card copied back, a forwarded article
    proxy.router,  # 给我儿子报名
    certificates.router,  # 开志愿服务证明, 我的证明, 盖章, 证明查验 7F3K-Q2MX
    sign_up.router,  # 报名 A12
    team_seats.router,  # 补名单
    joining.router,  # 加入 K7QM, 确认 for a team's list
    swaps.router,  # 换班 A12, 接班 K7QM
    waiting_line.router,  # 为什么没轮到我
    mine.router,  # 我的活动, 取消 A12, 确认, 不去了
    leftover.router,  # 好, 1, 不用了 when nothing is open
    wordless.router,  # faces and punctuation, a picture, a place
    about.router,  # 几点集合, 要带什么: of the activity just shown
    steps.menu(INTENTS),  # a menu button
    steps.wishes(INTENTS),  # a wish in own words
    named.alone,  # 周六呢, 那个捡垃圾的: a time or a name and nothing else
    faq.router,  # an answer, or 您是不是想问
    faq.fallback,  # an honest 没听懂
]
