"""Somebody may be in danger: before every other rule, a fixed text written by people, and those on duty are woken."""

from __future__ import annotations

import structlog

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.crisis import Need, examine
from bot.language.places import names_place
from bot.services import alerts, conversations, duty
from bot.services.questions import asking
from bot.services.rules import Rules
from bot.settings import Settings
from bot.wechat.messages import Image, Location, Message, Video, Voice
from bot.wechat.messages import Text as TextMessage
from bot.wechat.replies import Reply, Text
from handlers.contact import follower

log = structlog.get_logger()
router = Router("crisis")
aftermath = Router("aftermath")

NOTIFIED = "我已经通知值班老师，请告诉我你在哪里：发位置，或者写路名、楼名都行。"
ALONE = "请现在就告诉身边的大人或朋友你在哪里，让他们陪着你。"


@router.when(lambda ctx: bool(ctx.text) and _risk(ctx) == "crisis")
def help_now(ctx: Context) -> Reply:
    """Never a menu, never an answer from the library; an open form is left aside, what was kept for them waits."""
    need = examine(ctx.text).need
    ctx.session.form = None
    ctx.session.expect([])
    ctx.has_kept = False
    openid = follower(ctx).openid
    alert = alerts.open_alert(ctx.db, ctx.cipher, openid, need, ctx.text, ctx.now)
    asking.urgent(ctx.db, ctx.cipher, openid, alert.id, ctx.text, ctx.now, Rules.of(ctx.settings))
    if _has_person(ctx):
        conversations.receive(ctx.db, ctx.cipher, openid, "text", ctx.text, ctx.now)
    woken = bool(duty.on_duty(ctx.db))
    log.warning("crisis.message", alert=alert.code, need=need)
    if not woken:
        log.error("alert.nobody", alert=alert.code, what="没有人值班，谁也收不到：python -m bot staff duty 登录名 on")
    return Text(f"{numbers(need, ctx.settings)}\n{NOTIFIED if woken else ALONE}")


@router.when(lambda ctx: bool(ctx.text) and ctx.session.form is None and not _has_person(ctx) and _risk(ctx) == "soft")
def soft(ctx: Context) -> Reply:
    return Text(
        f"听起来压力很大，需要找人聊聊吗？可以直接拨青少年服务热线 {ctx.settings.organisation.hotline}，"
        "也可以在这里跟我说说。"
    )


@aftermath.when(lambda ctx: _is_about_alert(ctx))
def told(ctx: Context) -> Reply:
    """What somebody in danger says next: where they are, or whatever the library would only meet with 没听懂."""
    alert = ctx.follower.open_alert
    place = _is_place(ctx)
    ctx.session.form = None
    ctx.has_kept = False
    alerts.hear(ctx.db, ctx.cipher, alert.id, "place" if place else "said", _words(ctx.message, ctx.text), ctx.now)
    lines = ctx.settings.hotlines
    somebody = alert.acknowledged_at is not None or bool(duty.on_duty(ctx.db))
    if not somebody:
        return Text(f"我在听。请马上打 {lines.police} 或 {lines.medical}，把你在哪里告诉他们；也告诉身边的大人，让他们陪着你。")
    if place:
        return Text(
            "收到，已转告值班老师。请待在安全、有人的地方，别一个人。\n"
            f"情况变急了马上打 {lines.police} 或 {lines.medical}，也可以继续在这里告诉我。"
        )
    if alerts.in_conversation(alert, ctx.now):
        return Text("已转告值班老师，请等一等回音。")
    passed_on = "已转告值班老师" if alert.acknowledged_at else "值班老师也会看到这句话"
    return Text(f"我在听，{passed_on}。身边有人陪着吗？你在哪里？\n要是更急了，马上打 {lines.police} 或 {lines.medical}。")


def numbers(need: Need, settings: Settings) -> str:
    """The first line is the number that fits."""
    lines, youth = settings.hotlines, settings.organisation.hotline
    company = f"想有人陪着说说话：青少年服务热线 {youth}，心理援助热线 {lines.mental_health}。"
    match need:
        case "medical":
            return (
                f"请马上打 {lines.medical}（急救），说清在哪里、人怎么样；电话别挂，听医生的。有人伤人打 {lines.police}。\n"
                f"是吃了药或割伤：别自己催吐，用干净的布按住伤口，叫身边的人来。{company}"
            )
        case "fire":
            return (
                f"请马上打 {lines.fire}（消防救援），有人受伤打 {lines.medical}。\n"
                "先离开危险的地方：着火走楼梯、不坐电梯、不回去拿东西；有人落水别下水手拉手救，扔绳子、杆子，大声喊人。"
            )
        case "violence":
            return (
                f"请马上打 {lines.police}（报警），受了伤打 {lines.medical}。能走就先走，到有人、能锁门的地方。\n"
                f"这不是你的错。{company}"
            )
    return (
        f"如果现在就有危险，已经受伤、吃了药，或快控制不住自己，请马上打 {lines.medical} 或 {lines.police}。\n"
        f"{company}\n你愿意说出来，我很在意。先离开高处、水边和刀、药，去有人的地方。"
    )


def whatever_happens(message: Message, settings: Settings) -> str | None:
    """For the engine, when nothing else works: the numbers need neither a database nor anybody on duty."""
    text = message.content if isinstance(message, TextMessage) else getattr(message, "recognition", "")
    found = examine(text)
    return f"{numbers(found.need, settings)}\n{ALONE}" if found.risk == "crisis" else None


def _has_person(ctx: Context) -> bool:
    """They talk to one of us already, who hears this as well."""
    return ctx.follower is not None and ctx.follower.conversation is not None


def _risk(ctx: Context) -> str | None:
    return examine(ctx.text).risk


def _is_about_alert(ctx: Context) -> bool:
    alert = ctx.follower.open_alert if ctx.follower is not None else None
    if alert is None or not alerts.is_heeded(alert, ctx.now):
        return False
    if not ctx.text:
        return isinstance(ctx.message, Location | Image | Voice | Video)
    if _is_place(ctx) or ctx.understanding.decision in ("none", "offer"):
        return True
    return alerts.in_conversation(alert, ctx.now) and ctx.understanding.decision != "intent"


def _is_place(ctx: Context) -> bool:
    return isinstance(ctx.message, Location) or (bool(ctx.text) and names_place(ctx.text))


def _words(message: Message, text: str) -> str:
    match message:
        case Location():
            return f"{message.label or '发来位置'}（纬度 {message.latitude}，经度 {message.longitude}）"
        case Image() | Video():
            return "（发来图片或视频，请到公众号后台的消息里看）"
        case Voice() if not text:
            return "（发来语音，请到公众号后台的消息里听）"
    return text
