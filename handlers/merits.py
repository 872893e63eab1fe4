"""Points: 我的积分, 积分明细, and how they are counted, told from the settings that the code uses."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.dates import day
from bot.services import lots, points
from bot.services.rules import Rules, in_force
from bot.settings_volunteering import PointRules
from bot.wechat.replies import Reply, Text, choice_link
from handlers.contact import person_id

router = Router("merits")

PAGE = 5
SOON = timedelta(days=30)
KINDS = {
    "issue": "服务",
    "reverse": "时长更正",
    "order": "兑换",
    "return": "兑换退回",
    "expire": "到期",
    "adjust": "调整",
}
EXPIRY = {
    "never": "不过期",
    "year_end": "到账后第二年的12月31日23:59:59到期",
    "three_years": "到账满三年的当天23:59:59到期",
}


@router.intent("merits.points")
@router.words("我的积分", "我的益币", "积分", "益币", "积分余额", "查积分", "查益币", "我的公益积分", "看看我的积分")
def balance(ctx: Context) -> Reply:
    person = person_id(ctx)
    if person is None:
        return Text(
            f"这里还没有您的服务记录，所以还没有益币。报名参加一场 {choice_link('活动')}，时长确认后益币自动到账。\n"
            f"{choice_link('积分怎么算')}"
        )
    have = points.balance(ctx.db, person)
    lines = [f"您有 {points.shown(have)} 益币。"]
    if have < 0:
        lines = [
            f"您现在欠分 {points.shown(-have)}：有时长更正了，对应的益币已经用掉。以后的服务会先补上，不用另外还。"
        ]
    amount, first = lots.expiring(ctx.db, person, ctx.now + SOON)
    if amount and first:
        lines.append(
            f"其中 {points.shown(amount)} 在30天内到期，最早 {day(first.astimezone(ctx.zone))}，先到期的先用。"
        )
    lines.append(
        f"{choice_link('积分明细')}　{choice_link('益币商城')}　{choice_link('我的兑换')}　{choice_link('积分怎么算')}"
    )
    lines.append("兑换只用益币，服务时长不会变少。")
    return Text("\n".join(lines))


@router.intent("merits.history")
@router.words("积分明细", "益币明细", "积分记录", "益币记录", "我的积分明细", "我的益币明细")
def history(ctx: Context) -> Reply:
    return _page(ctx, 0)


@router.when(lambda ctx: ctx.session.more.get("list") == "points" and ctx.text in ("更多", "下一批"))
def more(ctx: Context) -> Reply:
    return _page(ctx, int(ctx.session.more["offset"]))


def _page(ctx: Context, offset: int) -> Reply:
    person = person_id(ctx)
    found = points.history(ctx.db, person, limit=PAGE + 1, offset=offset) if person is not None else []
    ctx.session.more = {"list": "points", "offset": offset + PAGE}
    if not found:
        return Text(
            "后面没有了。" if offset else f"您还没有益币记录。时长确认后会自动到账，{choice_link('积分怎么算')}。"
        )
    lines = [
        f"{day(one.at.astimezone(ctx.zone))} {'+' if one.amount > 0 else ''}{points.shown(one.amount)}　"
        f"{KINDS.get(one.kind, '调整')}{f'：{one.reason}' if one.reason else ''}"
        for one in found[:PAGE]
    ]
    tail = f"\n回复 {choice_link('更多')} 看更早的。" if len(found) > PAGE else ""
    return Text("益币明细（从近到远）：\n" + "\n".join(lines) + tail)


@router.intent("merits.points_rules")
@router.words("积分怎么算", "益币怎么算", "积分规则", "益币规则", "积分办法")
def rules(ctx: Context) -> Reply:
    """From the settings themselves, with the day each version holds from."""
    versions = Rules.of(ctx.settings).volunteering.points
    now = in_force(versions, ctx.now.astimezone(ctx.zone).date())
    earlier = [version for version in versions if version.since < now.since]
    later = [version for version in versions if version.since > now.since]
    lines = [
        f"积分（益币）这样算，自{now.since:%Y年%-m月%-d日}起：",
        f"· 信用时长（签到签退记录的）每1小时记 {now.per_hour} 益币，累计到0.1小时就记，零头不丢。",
        "· 荣誉时长（事后补录的）和外面导入的时长不记益币。",
        f"· 有效期：{EXPIRY[now.expire]}，先到期的先用，到期前30天提醒您。",
        "· 时长更正时益币跟着更正；已经用掉的记作欠分，以后的服务先补上。",
        "· 兑换只用益币，服务时长不变；不能转让，不能换现金。",
        *(f"{version.since:%Y年%-m月%-d日}起改为：{_brief(version)}。" for version in later),
        *(
            f"{version.since:%Y年%-m月%-d日}起的旧办法：{_brief(version)}，那时的服务仍按它算。"
            for version in earlier[::-1]
        ),
        f"{choice_link('我的积分')}　{choice_link('益币商城')}",
    ]
    return Text("\n".join(lines))


def _brief(version: PointRules) -> str:
    return f"每1小时 {version.per_hour} 益币，{EXPIRY[version.expire]}"
