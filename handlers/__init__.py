"""What a follower may want: the routers, in the order they are tried."""

from __future__ import annotations

from bot.conversation import steps
from bot.conversation.router import all_intents
from handlers import about, activities, always, crisis, deliveries, faq, follow, mine, sign_up

FORMS = sign_up.FORMS
INTENTS = all_intents([always.router, activities.router, sign_up.router, mine.router, faq.router])
WISHES = frozenset(INTENTS) - {"faq.chosen"}
"""What an entry of ``faq/`` may lead to: all but the choice of an offer, which needs to know what was offered."""

ROUTERS = [
    crisis.router,  # somebody may be in danger
    always.router,  # 帮助 人工 继续, at any moment
    follow.router,  # followed, unfollowed, scanned
    deliveries.router,  # WeChat's reports
    steps.open_form(FORMS),  # the answer to the question asked last
    steps.choices(INTENTS),  # 1, 第一个, 排队: what the last prompt expects
    activities.router,  # A12, 详情 A12
    sign_up.router,  # 报名 A12
    mine.router,  # 我的活动, 取消 A12, 确认, 不去了
    about.router,  # 几点集合, 要带什么: of the activity just shown
    steps.menu(INTENTS),  # a menu button
    steps.wishes(INTENTS),  # a wish in own words
    faq.router,  # an answer, or 您是不是想问
    faq.fallback,  # an honest 没听懂
]
