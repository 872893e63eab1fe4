"""An answer from the library, “您是不是想问”, or an honest 没听懂."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.wechat.messages import Text, Voice
from bot.wechat.replies import Nothing, Reply, choice_link
from bot.wechat.replies import Text as Say
from handlers import learning

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
    args = {"said": ctx.text, "gap": learning.record(ctx)}
    ctx.session.expect([Choice(s.question, s.intent or "faq.chosen", {**args, "entry": s.id}) for s in suggestions])
    ctx.hits += [(s.id, "offered") for s in suggestions]
    lines = [f"{number}. {choice_link(s.question)}" for number, s in enumerate(suggestions, start=1)]
    return Say("您是不是想问：\n" + "\n".join(lines) + "\n回复数字即可；都不是的话，换个说法再问我，或回复 人工。")


@router.intent("faq.chosen")
def chosen(ctx: Context) -> Reply | None:
    told = ctx.answer_of(str(ctx.args["entry"]))
    return Say(told) if told is not None else None


@fallback.when(lambda ctx: isinstance(ctx.message, Text | Voice))
def not_understood(ctx: Context) -> Reply:
    learning.record(ctx)
    return Say(
        "这句话小青没听懂，已经记下来让老师们补上。您可以换个说法，或者试试：\n"
        f"· {choice_link('近期活动')}　· {choice_link('帮助')}　· {choice_link('人工')}"
    )


@fallback.when(lambda ctx: True)
def silence(ctx: Context) -> Reply:
    """Events and message types that want no answer."""
    return Nothing()
