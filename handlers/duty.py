"""What those on duty answer: 绑定 8F3K2Q, 收到 J12, 回复 J12 …, 结束 J12 …; for anybody else these are ordinary words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import alerts, duty
from bot.storage.models import Alert, Follower, Staff
from bot.wechat.replies import Reply, Text

router = Router("duty")

NUMBER = r"[JjＪｊ]\s*(?P<number>\d{1,9})"
BETWEEN = r"[\s:：,，。]*"
Deed = Callable[[Context, Staff], Reply]
WINDOW, MESSAGES = timedelta(hours=48), 5


def by_those_on_duty(deed: Deed) -> Callable[[Context], Reply | None]:
    """Authority comes from the bound openid. Whoever has none passes on to the other routers, crisis first."""

    @wraps(deed)
    def handler(ctx: Context) -> Reply | None:
        staff = duty.of_openid(ctx.db, ctx.openid)
        if staff is None or not alerts.may_handle(ctx.db, staff, _number(ctx)):
            ctx.args = {}
            return None
        return deed(ctx, staff)

    return handler


def _number(ctx: Context) -> int | None:
    return int(ctx.args["number"]) if ctx.args.get("number") else None


@router.pattern(r"绑定\s*(?P<code>[0-9A-Za-z]{6})")
def bind(ctx: Context) -> Reply:
    staff = duty.bind(ctx.db, ctx.cipher, str(ctx.args["code"]), ctx.openid, ctx.now)
    if staff is None:
        return Text("这个绑定码不对，或者已经过了10分钟。请让管理员再生成一个。")
    now_on = "您正在值班，有警报会马上发给您。" if staff.on_duty else "现在没有排您值班；轮到您时请管理员打开。"
    return Text(f"{duty.called(staff)}，绑定好了。{now_on}")


@router.pattern(rf"收到{BETWEEN}(?:{NUMBER})?{BETWEEN}")
@by_those_on_duty
def take_over(ctx: Context, staff: Staff) -> Reply:
    number = _number(ctx)
    if number is None:
        waiting = alerts.unheard(ctx.db)
        if len(waiting) != 1:
            codes = "、".join(alert.code for alert in waiting)
            return Text(f"有几个警报在等：{codes}。请带上编号，比如 收到 {waiting[0].code}。" if waiting else "现在没有等人接手的警报，谢谢。")
        number = waiting[0].id
    alert = alerts.acknowledge(ctx.db, ctx.cipher, number, staff.id, ctx.now)
    return Text(_checklist(alert, ctx))


@router.pattern(rf"回复\s*{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
@by_those_on_duty
def answer(ctx: Context, staff: Staff) -> Reply:
    words, number = str(ctx.args["text"]).strip(), int(ctx.args["number"])
    if not words:
        return Text(f"请把要说的话写在后面，比如：回复 J{number} 我是值班老师，你现在身边有人吗？")
    alert = alerts.answer(ctx.db, ctx.cipher, number, staff.id, words, ctx.now)
    return Text("已发给对方，对方的回话会转给您。" if _window_is_open(ctx, alert) else _out_of_reach(alert))


@router.pattern(rf"结束\s*{NUMBER}{BETWEEN}(?P<text>[\s\S]*)")
@by_those_on_duty
def close(ctx: Context, staff: Staff) -> Reply:
    outcome, number = str(ctx.args["text"]).strip(), int(ctx.args["number"])
    if not outcome:
        return Text(f"请在后面写一句处理情况，比如：结束 J{number} 已和家长联系，人平安到家。")
    alert = alerts.close(ctx.db, ctx.cipher, number, staff.id, outcome, ctx.now)
    return Text(f"{alert.code} 已结束，处理情况记下了。辛苦了，也照顾好自己。")


def _checklist(alert: Alert, ctx: Context) -> str:
    lines = ctx.settings.hotlines
    return (
        f"{alert.code} 由您接手了，谢谢。现在请做：\n"
        f"1. 先问清人在哪里、安不安全。有生命危险马上打 {lines.police} 或 {lines.medical}，报出对方说的地点。\n"
        f"2. 回话请发：回复 {alert.code} 您的话。短一点，陪着，别讲道理；对方的话会转给您。\n"
        f"3. 疑似未成年人被打骂、性侵、欺凌、遗弃：马上报告公安（{lines.police}）、民政或教育部门，这是法定义务（未成年人保护法第十一条），不用等查清。\n"
        "   记下时间和原话，别追问细节，别让孩子和伤害他的人在一起。\n"
        f"4. 不截图、不转发。处理完请发：结束 {alert.code} 处理情况"
    )


def _window_is_open(ctx: Context, alert: Alert) -> bool:
    """WeChat lets us write five messages within 48 hours after the follower's last word (platform §3.3)."""
    reader = ctx.db.get(Follower, alert.openid)
    heard = reader.last_message_at if reader is not None and reader.followed else None
    return heard is not None and ctx.now - heard < WINDOW and reader is not None and reader.message_used < MESSAGES


def _out_of_reach(alert: Alert) -> str:
    return (
        "记下了，但微信暂时不让送（对方取消了关注，或很久没说话），对方再发消息时才看得到。\n"
        f"请同时用别的办法找 {alert.code} 的对方，紧急时请 110 帮忙。"
    )
