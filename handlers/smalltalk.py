"""Greetings, thanks and good-byes; who 小青 is, and is not."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.wechat.replies import Reply, Text, choice_link

router = Router("smalltalk")


@router.words("老师", "小青", "老师在吗", "老师在不在", "老师在么", "老师好", "老师你好", "老师您好", "请问", "问一下", "咨询", "咨询一下", "我想咨询")
def called(ctx: Context) -> Reply:
    """An address, no wish for a person: that takes 找, 转 or 叫."""
    return Text(
        "我在呢。我是小青，智能助手，不是真人老师；活动、报名、时长、团的事都可以直接问我。\n"
        f"想找老师本人，请回复 {choice_link('人工')}。"
    )


@router.intent("smalltalk.greeting")
def greeting(ctx: Context) -> Reply:
    return Text(f"您好呀，我是小青。想找活动可以问我 {choice_link('周末有什么活动')}，有疑问直接说。")


@router.intent("smalltalk.thanks")
def thanks(ctx: Context) -> Reply:
    return Text("不客气，能帮上忙就好。还有什么想问的随时说。")


@router.intent("smalltalk.who")
def who(ctx: Context) -> Reply:
    return Text(f"我是小青，{ctx.settings.organisation.short_name}公众号的智能助手，不是真人。要找老师请回复 {choice_link('人工')}。")


@router.intent("smalltalk.bye")
def bye(ctx: Context) -> Reply:
    return Text("再见，祝您一切顺利！需要的时候我都在。")
