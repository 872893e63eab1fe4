"""Questions about the activity just talked about: answered from its own fields, before the library is asked."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.dates import clock, distance, span
from bot.language.text import clean
from bot.services import activities, policies, spoken
from bot.services.activities import Detail
from bot.wechat.replies import Reply, Text
from handlers import reference
from handlers.activities import next_step
from handlers.contact import person_id

router = Router("about")

STANDING = {
    "insured": "您在投保名单里。",
    "open": "投保名单还没交给保险公司，您报名了就会列进去。",
    "uninsured": "投保名单交出去之后您才报的名，这次还没有给您投保：请先联系负责人补上，再上岗。",
}
LONGEST = 20
"""Characters: a longer message says more than it asks about one field."""

Answer = Callable[[Context, Detail], str]


def _when(ctx: Context, it: Detail) -> str:
    return f"{span(it.starts_at, it.ends_at, ctx.zone)} {distance(it.starts_at, ctx.now, ctx.zone)}，集合地点：{it.place}"


def _until(ctx: Context, it: Detail) -> str:
    return f"{clock(it.ends_at.astimezone(ctx.zone))}结束（{span(it.starts_at, it.ends_at, ctx.zone)}）"


def _seats(ctx: Context, it: Detail) -> str:
    return f"一共{it.capacity}个名额，还剩{it.free}个。" if it.free else f"{it.capacity}个名额已满，候补{it.waiting}人。"


def _insured(ctx: Context, it: Detail) -> str:
    """What covers it, and for who has a seat whether the insurer knows of them."""
    own = person_id(ctx)
    standing = policies.standing(ctx.db, it.shift_id, own) if own is not None else ""
    return "\n".join(filter(None, [spoken.insurance(it), STANDING.get(standing, "")]))


def _meals(ctx: Context, it: Detail) -> str:
    """Only what the activity itself says of food; else the library knows the usual."""
    told = re.findall(r"[^。；;\n]*[餐饭水吃][^。；;\n]*", f"{it.content}。{it.bring}")
    return "；".join(dict.fromkeys(part.strip() for part in told))


QUESTIONS: tuple[tuple[re.Pattern[str], Answer], ...] = (
    (
        re.compile(
            r"带(?:什么|啥|点啥|点什么|东西|哪些)|(?:准备|穿)(?:什么|啥|哪些)|自带|自己带"
            r"|[要用需]不?[要用]?带(?![队人孩娃小朋同狗家])"
        ),
        lambda ctx, it: it.bring and f"请带：{it.bring}",
    ),
    (re.compile(r"几点(?:散|结束|完|能走|走|回)|什么时[候间](?:结束|散|完)|到几点|几点能?(?:好|搞定)"), _until),
    (re.compile(r"几点(?!散|结束|完|能|走|回|好)|什么时[候间](?!结束|散|完)|啥时[候间]|多久|多长时间|哪天|几时"), _when),
    (re.compile(r"在哪|哪里|哪儿|哪集合|哪碰|地点|地址|集合|碰头|会合|怎么[去走]|咋[去走]|位置"), _when),
    (re.compile(r"保险|投保"), lambda ctx, it: _insured(ctx, it)),
    (re.compile(r"危险|风险|安全[吗不么]|注意什么|注意事项"), lambda ctx, it: it.risk),
    (re.compile(r"做什么|做啥|干什么|干啥|干嘛|内容|具体"), lambda ctx, it: it.content),
    (re.compile(r"联系人|联系谁|负责人|找谁|谁带队|电话"), lambda ctx, it: " ".join(p for p in (it.leader, it.contact) if p)),
    (re.compile(r"几个人|多少人|名额|还能报|满了|几个位|有位[子置]|有空位"), _seats),
    (re.compile(r"管饭|包饭|吃饭|午饭|午餐|盒饭|管吃|包吃|有水喝|供水"), _meals),
)
PLACE = re.compile(r"(?:(?![在去到个哪条这那])\w){1,4}(?:路|街|医院|学校|车站|银行|之家|驿站|中心|大厅|窗口|公园|图书馆|广场)")
ELSEWHERE = re.compile(
    r"时长|证|积分|益币|到账|签[到退]|截止|候补|入团|团[费员县关委]|上班|[开关]门|营业|人工|注册|结果|通知|没去|投诉|你们|老师"
    r"|(?:哪|时[候间]|几点).{0,5}报名|报名(?:在哪|时间|入口|几点|什么时)"
)
"""Words of other subjects: 时长什么时候到账 is no question about the activity."""


@router.when(lambda ctx: 0 < len(ctx.text) <= LONGEST)
def about_it(ctx: Context) -> Reply | None:
    """None when the question is about no field, or the fields are empty: then the library may know."""
    said = clean(ctx.text)
    asked = [answer for pattern, answer in QUESTIONS if pattern.search(said)]
    if not asked or ELSEWHERE.search(said):
        return None
    it = _subject(ctx)
    if it is None or any(place not in clean(it.place + it.title) for place in PLACE.findall(said)):
        return None  # 五一路怎么走 asks for another place
    told = [answer(ctx, it) for answer in dict.fromkeys(asked)]
    if not any(told):
        return None
    ctx.session.focus = it.shift_id
    return Text("\n".join(filter(None, [f"{it.code} {it.title}：", *told, next_step(ctx, it)])))


def _subject(ctx: Context) -> Detail | None:
    """The activity named or just talked about; else the only one this follower has ahead.

    A time named (周六几点有活动) asks for a list, unless one's own activity is at that time.
    """
    if reference.ORDINAL.search(ctx.text) and (numbered := reference.in_list(ctx, ctx.text)) is not None:
        return activities.detail(ctx.db, numbered, ctx.now)
    coming = reference.coming(ctx)
    named = reference.titled(ctx.text, coming, reference.SHORTEST_PART) or reference.pointed_at(ctx.text, coming)
    when = ctx.understanding.slots.when
    own = [] if named else reference.own(ctx)
    if when is not None:
        own = [one for one in own if when.start <= one.starts_at < when.end]
    if len(named) == 1:
        shift_id = named[0]
    elif not named and when is None and ctx.session.focus is not None:
        shift_id = ctx.session.focus
    elif len(own) == 1:
        shift_id = own[0].shift_id
    else:
        return None
    return activities.detail(ctx.db, shift_id, ctx.now)
