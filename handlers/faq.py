"""An answer from the library, “您是不是想问”, or an honest 没听懂; and what is not text at all."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.knowledge import gaps
from bot.language.text import normalise
from bot.storage.database import writing
from bot.wechat.messages import Image, Link, Location, Message, Text, Video, Voice
from bot.wechat.replies import Nothing, Reply, choice_link
from bot.wechat.replies import Text as Say

router = Router("faq")
fallback = Router("fallback")


@router.when(lambda ctx: bool(ctx.text) and ctx.understanding.decision == "answer")
def answer(ctx: Context) -> Reply:
    ctx.hits.append((ctx.understanding.id, "answered"))
    return Say(ctx.understanding.answer)


@router.when(lambda ctx: bool(ctx.text) and ctx.understanding.decision == "offer")
def offer(ctx: Context) -> Reply:
    """Up to three questions to choose from; what is chosen counts as an answer to what was typed."""
    suggestions = ctx.understanding.suggestions
    args = {"said": ctx.text, "gap": _record(ctx)}
    ctx.session.expect([Choice(s.question, s.intent or "faq.chosen", {**args, "entry": s.id}) for s in suggestions])
    ctx.hits += [(s.id, "offered") for s in suggestions]
    lines = [f"{number}. {choice_link(s.question)}" for number, s in enumerate(suggestions, start=1)]
    return Say("您是不是想问：\n" + "\n".join(lines) + "\n回复数字即可；都不是的话，换个说法再问我，或回复 人工。")


@router.intent("faq.chosen")
def chosen(ctx: Context) -> Reply | None:
    told = ctx.answer_of(str(ctx.args["entry"]))
    return Say(told) if told is not None else None


@router.intent("smalltalk.greeting")
def greeting(ctx: Context) -> Reply:
    return Say(f"您好呀，我是小青。想找活动可以问我 {choice_link('周末有什么活动')}，有疑问直接说。")


@router.intent("smalltalk.thanks")
def thanks(ctx: Context) -> Reply:
    return Say("不客气，能帮上忙就好。还有什么想问的随时说。")


@router.intent("smalltalk.who")
def who(ctx: Context) -> Reply:
    return Say(f"我是小青，{ctx.settings.organisation.short_name}公众号的智能助手，不是真人。要找老师请回复 {choice_link('人工')}。")


@router.intent("smalltalk.bye")
def bye(ctx: Context) -> Reply:
    return Say("再见，祝您一切顺利！需要的时候我都在。")


NOT_TEXT: dict[type[Message], str] = {
    Image: "图片收到了，不过小青还看不懂图片。想办什么事，请用文字告诉我。",
    Voice: "语音收到了，可惜小青还听不了语音，麻烦打字告诉我，几个字也行。",
    Video: "视频收到了，小青还看不了视频。想办什么事，请用文字告诉我。",
    Location: "位置收到了。想找活动的话，可以直接问我“周末有什么活动”。",
    Link: "链接收到了。想报名活动，请回复活动编号，比如 A12。",
}


@fallback.when(lambda ctx: isinstance(ctx.message, tuple(NOT_TEXT)) and not ctx.text)
def not_text(ctx: Context) -> Reply:
    return Say(NOT_TEXT[type(ctx.message)])


@fallback.when(lambda ctx: isinstance(ctx.message, Text | Voice))
def not_understood(ctx: Context) -> Reply:
    if wordless(ctx.text):
        return Say(f"小青在呢。想问什么、想办什么，打几个字告诉我就好，比如 {choice_link('周末有什么活动')}。")
    _record(ctx)
    return Say(
        "这句话小青没听懂，已经记下来让老师们补上。您可以换个说法，或者试试：\n"
        f"· {choice_link('近期活动')}　· {choice_link('帮助')}　· {choice_link('人工')}"
    )


@fallback.when(lambda ctx: True)
def silence(ctx: Context) -> Reply:
    """Events and message types that want no answer."""
    return Nothing()


# WeChat sends its own faces as [微笑], [Smile] or /::) .
_FACE = re.compile(r"\[[一-鿿A-Za-z]{1,12}\]|/:[^\s/一-鿿]{1,8}")


def wordless(text: str) -> bool:
    """Nothing but faces, emoji and punctuation: there is nothing to learn from it."""
    return not normalise(_FACE.sub(" ", text))


def learn(ctx: Context) -> None:
    """After the reply is made, also when a rule refused: what the follower made of the last “您是不是想问”."""
    if ctx.settles is not None:
        writing(ctx.db)
        gaps.chosen(ctx.db, *ctx.settles)
        ctx.session.offered = []
    elif ctx.session.offered and _turned_elsewhere(ctx):
        answered = {entry for entry, what in ctx.hits if what == "answered"}
        ctx.hits += [(entry, "rejected") for entry in ctx.session.offered if entry not in answered]
        ctx.session.offered = []
    if ctx.session.form is None:  # else the next words belong to the form and say nothing about the offer
        ctx.session.offered += [entry for entry, what in ctx.hits if what == "offered"]


def _turned_elsewhere(ctx: Context) -> bool:
    """Other words, or 人工, instead of a choice; thanks and faces say nothing about it."""
    return not wordless(ctx.text) and not ctx.understanding.intent.startswith("smalltalk.")


def _record(ctx: Context) -> int:
    understood = ctx.understanding
    writing(ctx.db)
    return gaps.record(ctx.db, ctx.text, understood.decision, [s.id for s in understood.suggestions], ctx.now).id
