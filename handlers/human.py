"""人工: a person is asked for, everything the follower then says goes to that person, and 结束 brings the program back."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.text import bare
from bot.services import alerts, conversations
from bot.services.conversation_messages import Kind
from bot.services.rules import Rules
from bot.storage.models import Conversation
from bot.wechat.messages import Click, Event, Image, Link, Location, Message, Text, Video, Voice
from bot.wechat.replies import Nothing, Reply, Transfer, choice_link
from bot.wechat.replies import Text as Say
from handlers import crisis
from handlers.contact import follower

router = Router("human")

WANTED = ("人工", "转人工", "人工客服", "找人工", "找真人", "真人")
OVER = frozenset(("结束", "退出人工", "结束人工", "退出", "结束对话", "不用人工了", "结束会话"))
BACK = "退出人工"


def start(ctx: Context) -> Reply:
    """Whoever is there is called; outside office hours, or with nobody on duty, the refusal says what else there is."""
    rules = Rules.of(ctx.settings)
    if ctx.settings.conversation.agents == "wechat":
        conversations.refuse_if_closed(ctx.now, rules)
        return Transfer()
    row = conversations.ask(ctx.db, ctx.cipher, follower(ctx).openid, ctx.text, ctx.now, rules)
    ctx.session.form = None
    ctx.session.expect([])
    return Say(
        f"好的，已经叫老师了（{row.code}），老师一来就在这里回您，请稍等。\n"
        "等的时候可以先写是什么事，也可以发图片，都会转给老师；这期间小青不插话。\n"
        f"不找了请回复 {choice_link('结束')}，急事请打 {ctx.settings.organisation.phone}。"
    )


@router.when(lambda ctx: live(ctx) is not None and not isinstance(ctx.message, Event))
def pass_on(ctx: Context) -> Reply | None:
    """No word of the program's own, but to somebody in danger; what was kept for them comes along."""
    row = live(ctx)
    assert row is not None
    if _typed(ctx) in OVER:
        left = conversations.leave(ctx.db, ctx.openid, ctx.now)
        return Say(f"好的，和老师的对话结束了。小青接着为您服务；还要找老师随时回复 {choice_link('人工')}。") if left else None
    if not keep(ctx):
        return None
    if ctx.follower.open_alert is not None and alerts.is_heeded(ctx.follower.open_alert, ctx.now):
        return crisis.told(ctx)
    if row.state == "waiting" and _typed(ctx) in WANTED:
        return Say(f"已经叫过老师了（{row.code}），还在等老师过来。不想等了请回复 {choice_link('结束')}。")
    return Say("") if ctx.has_kept else Nothing()


@router.when(lambda ctx: isinstance(ctx.message, Click) and live(ctx) is not None)
def menu(ctx: Context) -> Reply:
    """A list that came now would leave its numbers unanswered."""
    return Say(f"您正在和老师对话，菜单先放一放。要用菜单，请先回复 {choice_link(BACK)}。")


@router.words("退出人工", "结束人工", "不用人工了")
def nobody_there(ctx: Context) -> Reply:
    return Say(f"现在没有在和老师对话，直接跟小青说就好。要找老师请回复 {choice_link('人工')}。")


def live(ctx: Context) -> Conversation | None:
    """The follower's conversation with a person, as it was when the message came."""
    found: Conversation | None = ctx.follower.conversation if ctx.follower is not None else None
    return found


def keep(ctx: Context) -> bool:
    """What was said goes to the person they talk to. False: it has just ended."""
    kind, text, media_id = _written(ctx.message, ctx.text)
    return conversations.receive(ctx.db, ctx.cipher, ctx.openid, kind, text, ctx.now, media_id) is not None


def _typed(ctx: Context) -> str:
    return bare(ctx.text).lower() if ctx.text else ""


def _written(message: Message, text: str) -> tuple[Kind, str, str]:
    match message:
        case Text():
            return "text", text, ""
        case Image():
            return "picture", "", message.media_id
        case Voice():
            return "voice", text, message.media_id
        case Video():
            return "video", "", message.media_id
        case Location():
            return "place", f"位置：{message.label}（纬度 {message.latitude}，经度 {message.longitude}）", ""
        case Link():
            return "link", f"链接：{message.title} {message.url}", ""
    return "other", "", ""
