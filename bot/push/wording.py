"""The words of every push, in Chinese: when, what, where, and what to answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.language import dates
from bot.push import alarms
from bot.push.facts import Facts
from bot.push.fields import Value
from bot.wechat.limits import split_text
from bot.wechat.replies import News, Reply, Text


def left(starts_at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """``今天，还有2小时``, ``明天，还有1天``, ``还有5天``: a rounded hour, so that 1:59:40 is 还有2小时."""
    minutes = max(1, round((starts_at - now).total_seconds() / 60))
    days = (starts_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if minutes < 60:
        rest = f"还有{minutes}分钟"
    elif minutes < 23.5 * 60:
        rest = f"还有{round(minutes / 60)}小时"
    else:
        rest = f"还有{max(1, days)}天"
    return ("今天，", "明天，", "后天，")[days] + rest if days < 3 else rest


def text(facts: Facts, now: datetime, zone: ZoneInfo) -> str:
    """As a customer-service message, or in the follower's next reply."""
    if facts.reply is not None:
        return _late(facts.reply)
    if facts.alarm is not None:
        return alarms.text(facts.alarm, zone)
    if facts.notice:
        return facts.notice
    assert facts.starts_at and facts.ends_at
    name = f"{facts.code} {facts.title}"
    when = f"时间：{dates.span(facts.starts_at, facts.ends_at, zone)}"
    soon = f"（{left(facts.starts_at, now, zone)}）"
    where = f"地点：{facts.place}"
    bring = [f"请带：{facts.bring}"] if facts.bring else []
    match facts.kind:
        case "reminder":
            lines = [f"【活动提醒】{name}", when + soon, where, *bring]
            lines.append(f"去不了请尽早回复 取消{facts.code}，名额好让给别人。")
        case "offer":
            assert facts.answer_by
            lines = [f"有空位了！{name}", when + soon, where]
            until = dates.moment(facts.answer_by, zone)
            lines.append(f"要参加请在 {until} 前回复 确认{facts.code}；不去请回复 不去了，名额会让给下一位。")
        case "offer_lapsed":
            lines = [f"{name} 的空位没有等到您的确认，已让给下一位。", f"还想参加可以回复 报名{facts.code}，重新排队。"]
        case "change":
            lines = [f"【活动变更】{name} 的安排改了，以这次为准：", when + soon, where]
            kept = "您仍在候补队伍里" if facts.waiting else "您的报名仍然有效"
            lines.append(f"{kept}。去不了请回复 取消{facts.code}，这次不记迟到取消。")
        case "cancelled":
            lines = [
                f"【活动取消】很抱歉，{name} 不办了。",
                f"原定：{dates.span(facts.starts_at, facts.ends_at, zone)}",
            ]
            lines += [f"原因：{facts.reason}"] if facts.reason else []
            lines.append("您不用做什么。想看别的活动，回复 近期活动。")
        case _:
            raise ValueError(f"no words for {facts.kind}")
    return "\n".join(lines)


def _late(reply: Reply) -> str:
    match reply:
        case Text(content):
            return split_text(f"刚才让您久等了：\n{content}")[0]
        case News(title, description, url):
            return f"刚才让您久等了：\n{title}\n{description}\n{url}"
    return "刚才的回复没能送到，请把您的话再发一遍。"


def values(facts: Facts, now: datetime, zone: ZoneInfo) -> Mapping[str, Value]:
    """What a template's fields can show; moments stay moments, the field's type decides how they are written."""
    if facts.alarm is not None:
        return alarms.values(facts.alarm)
    if facts.broadcast is not None:
        how = f"想参加请回复 报名{facts.code}" if facts.code else "点开看详情"
        return {"title": facts.broadcast.title, "said": now, "hint": how if facts.code or facts.link else facts.notice}
    assert facts.starts_at
    waiting = "您仍在候补队伍里" if facts.waiting else "您的报名仍然有效"
    by_kind = {
        "reminder": ("", f"去不了请回复 取消{facts.code}"),
        "offer": ("有空位了", f"请回复 确认{facts.code} 或 不去了"),
        "offer_lapsed": ("空位已让给下一位", f"再排队请回复 报名{facts.code}"),
        "change": (f"改期，{waiting}", f"去不了请回复 取消{facts.code}"),
        "cancelled": (f"活动取消：{facts.reason or '请留意后续通知'}", "您不用做什么"),
    }
    change, hint = by_kind[facts.kind]
    return {
        "code": facts.code,
        "title": facts.title,
        "name": f"{facts.code} {facts.title}",
        "time": facts.starts_at,
        "ends": facts.ends_at or facts.starts_at,
        "place": facts.place,
        "left": left(facts.starts_at, now, zone),
        "answer_by": facts.answer_by or facts.starts_at,
        "contact": facts.contact or "请留意后续通知",
        "change": change or left(facts.starts_at, now, zone),
        "hint": hint,
    }
