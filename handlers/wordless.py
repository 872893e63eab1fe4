"""What holds no words: faces, punctuation, pictures, voice that was not recognised, places."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.text import normalise
from bot.wechat.messages import Image, Link, Location, Message, Text, Video, Voice
from bot.wechat.replies import Reply, choice_link
from bot.wechat.replies import Text as Say

router = Router("wordless")

# WeChat sends its own faces as [微笑], [Smile] or /::) and stickers as a sentence of its own.
_FACE = re.compile(r"\[[一-鿿A-Za-z]{1,12}\]|/:[^\s/一-鿿]{1,8}|【收到不支持的消息类型[^】]*】")

NOT_TEXT: dict[type[Message], str] = {
    Image: "图片收到了，不过小青还看不懂图片。想办什么事，请用文字告诉我。",
    Voice: "语音收到了，可惜小青还听不了语音，麻烦打字告诉我，几个字也行。",
    Video: "视频收到了，小青还看不了视频。想办什么事，请用文字告诉我。",
    Location: "位置收到了。想找活动的话，可以直接问我“周末有什么活动”。",
    Link: "链接收到了。想报名活动，请回复活动编号，比如 A12。",
}


def wordless(text: str) -> bool:
    """Nothing but faces, emoji and punctuation: there is nothing to understand, and nothing to learn from it."""
    return not normalise(_FACE.sub(" ", text))


@router.when(lambda ctx: isinstance(ctx.message, tuple(NOT_TEXT)) and not ctx.text)
def not_text(ctx: Context) -> Reply:
    return Say(NOT_TEXT[type(ctx.message)])


@router.when(lambda ctx: isinstance(ctx.message, Text | Voice) and wordless(ctx.text))
def no_words(ctx: Context) -> Reply:
    return Say(f"小青在呢。想问什么、想办什么，打几个字告诉我就好，比如 {choice_link('周末有什么活动')}。")
