"""The way from the chat to our pages, where a page shows more than a message can; nothing where nobody could open it."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.services import page_links
from bot.wechat.limits import MAX_TEXT_BYTES, size
from bot.wechat.replies import Reply, Text

router = Router("pages")


@router.words("网页", "网页版", "打开网页", "看网页", "网页链接", "有网页吗", "有没有网页", "网站")
def all_pages(ctx: Context) -> Reply | None:
    if not page_links.reachable(ctx.settings):
        return None
    links = (
        public_link(ctx, "/activities", "找活动、报名"),
        link(ctx, "/me", "我的记录和报名"),
        link(ctx, "/consents", "我的授权"),
        public_link(ctx, "/privacy", "个人信息处理说明"),
    )
    return Text("\n".join(["网页上可以看这些，点开就行：", *links]))


@router.words("隐私政策", "隐私说明", "隐私协议", "隐私条款", "个人信息说明", "个人信息处理说明", "隐私")
def privacy(ctx: Context) -> Reply | None:
    """Publicly available at any moment (个人信息保护法 第17条)."""
    if not page_links.reachable(ctx.settings):
        return None
    return Text(
        f"收集什么、为什么、留多久、给谁：{public_link(ctx, '/privacy', '个人信息处理说明')}。\n"
        "看自己的：回复 我的资料、我的同意。"
    )


def link(ctx: Context, path: str, label: str) -> str:
    """To a page about this follower: where WeChat cannot say who opens it, the link is theirs alone."""
    return _tapped(ctx, page_links.own(ctx.settings, ctx.cipher, ctx.openid, path, ctx.now), label)


def public_link(ctx: Context, path: str, label: str) -> str:
    return _tapped(ctx, page_links.public(ctx.settings, path), label)


def below(text: str, *links: str) -> str:
    """The text with the links under it; without them where it would not fit one message any more."""
    whole = "\n".join(part for part in (text, *links) if part)
    return whole if size(whole) <= MAX_TEXT_BYTES else text


def _tapped(ctx: Context, url: str, label: str) -> str:
    return f'<a href="{url}">{label}</a>' if page_links.reachable(ctx.settings) else ""
