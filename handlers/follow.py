"""Following, unfollowing, and scanning one of our QR codes."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import people
from bot.wechat.messages import Scan, ScanCode, Subscribe, Unsubscribe
from bot.wechat.replies import Nothing, Reply, Text, choice_link
from handlers import activities, attendance, reference

router = Router("follow")


@router.message(Subscribe)
def welcome(ctx: Context) -> Reply:
    assert isinstance(ctx.message, Subscribe)
    ctx.follower = people.follow(ctx.db, ctx.openid, ctx.message.scene, ctx.now)
    greeting = (
        f"欢迎关注{ctx.settings.organisation.name}！我是小青，陪您找活动、报名、答疑问。\n"
        f"· {choice_link('周末有什么活动')}\n"
        f"· {choice_link('怎么成为志愿者')}\n"
        f"· {choice_link('帮助')}\n"
        "直接打字问我也行。"
    )
    landed = activities.by_scene(ctx, ctx.message.scene) or attendance.by_sheet(ctx, ctx.message.scene)
    return Text(f"{greeting}\n——\n{landed}" if landed else greeting)


@router.message(Scan)
def scan(ctx: Context) -> Reply:
    assert isinstance(ctx.message, Scan)
    landed = activities.by_scene(ctx, ctx.message.scene)
    return Text(landed or "这个二维码对应的活动已经结束了。回复 活动 看看近期还有哪些。")


@router.message(ScanCode)
def scan_from_menu(ctx: Context) -> Reply:
    """A code scanned through a menu button: the activity's own address or code stands in it."""
    assert isinstance(ctx.message, ScanCode)
    code = reference.CODE.search(ctx.message.result)
    landed = activities.by_scene(ctx, activities.SCENE + code.group(1)) if code else ""
    return Text(landed or "没认出这个码对应的活动。回复 活动 看看近期有哪些。")


@router.message(Unsubscribe)
def leave(ctx: Context) -> Reply:
    people.unfollow(ctx.db, ctx.openid, ctx.now)
    return Nothing()
