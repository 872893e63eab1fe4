"""The way from the chat to our pages, where a page shows more than a message can; nothing where nobody could open it."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.services import page_links
from bot.wechat.limits import MAX_TEXT_BYTES, size


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
