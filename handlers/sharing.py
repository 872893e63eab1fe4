"""Sharing one's record with 志愿汇: a consent of its own, asked for by name, taken back as easily (PIPL 14, 15, 23)."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.forms import AGREE, DECLINE
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.services import people, purposes
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text, choice_link
from handlers.profile import NOBODY, me

router = Router("sharing")

PURPOSE, VERSION = purposes.ZHIYUANHUI, purposes.VERSION


@router.words("同步志愿汇", "同意同步志愿汇", "同意同步到志愿汇", "同步到志愿汇", "把时长同步到志愿汇")
def ask(ctx: Context) -> Reply:
    """Who receives what, and why, before anybody says yes."""
    person = me(ctx)
    if person is None:
        return Text(NOBODY)
    if people.has_consented(ctx.db, person.id, PURPOSE, VERSION):
        return Text(f"您已经同意同步到志愿汇。不想再同步，回复 {choice_link('撤回志愿汇同步')}。")
    ctx.session.expect(
        [Choice("确认同步", "sharing.agree", {}, [*AGREE]), Choice("不同步", "sharing.leave", {}, [*DECLINE])], fleeting=True
    )
    office = ctx.settings.organisation
    return Text(
        f"{purposes.asks(PURPOSE, ctx.settings)}\n"
        f"同意请回复 {choice_link('确认同步')}，不同意回复 {choice_link('不同步')}。有疑问请打 {office.phone}。"
    )


@router.intent("sharing.agree")
def agree(ctx: Context) -> Reply:
    person = me(ctx)
    if person is None:
        return Text(NOBODY)
    writing(ctx.db)
    people.consent(ctx.db, person, PURPOSE, VERSION, ctx.now)
    ctx.session.expect([])
    return Text(f"记下了，下一次同步会带上您。随时可以回复 {choice_link('撤回志愿汇同步')}。")


@router.intent("sharing.leave")
def leave(ctx: Context) -> Reply:
    ctx.session.expect([])
    return Text("好的，不同步。您在这里的时长照常记录。")


@router.words("撤回志愿汇同步", "取消志愿汇同步", "不同步志愿汇", "不要同步志愿汇")
def withdraw(ctx: Context) -> Reply:
    person = me(ctx)
    ended = people.withdraw_consent(ctx.db, person.id, PURPOSE, ctx.now) if person is not None else 0
    if not ended:
        return Text("您没有同意过同步到志愿汇，不用撤回。")
    return Text(f"已撤回，{purposes.PURPOSES[PURPOSE].then}")
