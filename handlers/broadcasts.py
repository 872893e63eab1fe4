"""Broadcasts in chat: 群发列表, 群发 3, 群发预览 3, 同意群发 3, 退回群发 3 原因, 暂停/继续/停止群发 3; for staff only."""

from __future__ import annotations

from datetime import datetime

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.dates import moment
from bot.language.times import parse_when
from bot.services import actors, authority, broadcast_words, broadcasts
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text, choice_link
from handlers.verbatim import as_typed

router = Router("broadcasts")

PAGE = 8
NUMBER = r"\s*第?(?P<id>\d{1,6})[条号]?"


@router.words("群发列表", "群发", "我的群发", "群发记录")
def listed(ctx: Context) -> Reply | None:
    if _writer(ctx) is None:
        return None
    found = broadcasts.listed(ctx.db, PAGE)
    quota = broadcast_words.quota(ctx.db, ctx.now, ctx.settings)
    if not found:
        return Text(f"还没有群发。请在电脑上起草，步骤在《群发说明》里。\n{quota}")
    lines = [choice_link(broadcast_words.line(each), f"群发 {each.id}") for each in found]
    return Text("最近的群发：\n" + "\n".join(lines) + f"\n{quota}")


@router.pattern(rf"(?:查看|看)?群发{NUMBER}")
def show(ctx: Context) -> Reply | None:
    """The whole of it, and what became of it."""
    if _writer(ctx) is None:
        return None
    it = broadcasts.get(ctx.db, _id(ctx))
    return Text(
        "\n".join([*broadcast_words.card(ctx.db, it, ctx.now, ctx.settings), broadcast_words.step(it)]).rstrip()
    )


@router.pattern(rf"(?:群发预览|预览群发){NUMBER}")
def preview(ctx: Context) -> Reply | None:
    if not _acts(ctx, _writer(ctx)):
        return None
    it = broadcasts.preview_due(ctx.db, _id(ctx), ctx.openid, ctx.now)
    return Text(f"群发 {it.id} 马上发到您这里，只有您看得到，不占群发次数。\n{broadcast_words.step(it)}")


@router.pattern(rf"提交群发{NUMBER}")
def submit(ctx: Context) -> Reply | None:
    if not _acts(ctx, _writer(ctx)):
        return None
    it = broadcasts.submit(ctx.db, _id(ctx), ctx.now, Rules.of(ctx.settings))
    here = broadcast_words.reachable(ctx.db, it, ctx.now, ctx.settings)
    return Text(f"群发 {it.id} 已提交，发给{it.size_submitted}人，等另一位审核员同意，结果会告诉您。\n{here}")


@router.pattern(rf"(?:同意|通过)群发{NUMBER}(?:[\s,，:：]+(?P<when>\S.{{0,30}}))?")
def approve(ctx: Context) -> Reply | None:
    """Now, or at the time that follows the number."""
    actor = _reviewer(ctx)
    if not _acts(ctx, actor):
        return None
    said = str(ctx.args.get("when") or "")
    due_at = _time(ctx, said) if said else None
    if said and due_at is None:
        return Text(f"没看懂时间，还没有同意。请写成 同意群发 {_id(ctx)} 3月8日 9:00；马上发就不写时间。")
    assert actor is not None
    it = broadcasts.approve(ctx.db, _id(ctx), actor, ctx.now, due_at, Rules.of(ctx.settings))
    assert it.due_at is not None
    here = broadcast_words.reachable(ctx.db, it, ctx.now, ctx.settings)
    when = moment(it.due_at, ctx.zone)
    return Text(
        f"已同意群发 {it.id} {it.title}，{when}开始发给{it.size_submitted}人。\n{here}\n{broadcast_words.step(it)}"
    )


@router.pattern(rf"(?:退回|驳回|拒绝)群发{NUMBER}(?:[\s,，:：]*(?P<reason>\S[\s\S]{{0,200}}))?")
def reject(ctx: Context) -> Reply | None:
    actor = _reviewer(ctx)
    if not _acts(ctx, actor):
        return None
    assert actor is not None
    reason = as_typed(ctx, str(ctx.args["reason"])) if ctx.args.get("reason") else ""
    it = broadcasts.reject(ctx.db, _id(ctx), actor, reason, ctx.now, Rules.of(ctx.settings))
    return Text(f"已退回群发 {it.id} {it.title}：{it.review_note}。作者改好后会重新提交。")


@router.pattern(rf"暂停群发{NUMBER}")
def pause(ctx: Context) -> Reply | None:
    if not _acts(ctx, _writer(ctx)):
        return None
    it = broadcasts.pause(ctx.db, _id(ctx), ctx.now)
    return Text(f"群发 {it.id} 已暂停；微信已经收下的收不回来。\n{broadcast_words.step(it)}")


@router.pattern(rf"继续群发{NUMBER}")
def resume(ctx: Context) -> Reply | None:
    if not _acts(ctx, _writer(ctx)):
        return None
    it = broadcasts.resume(ctx.db, _id(ctx), ctx.now)
    return Text(f"群发 {it.id} 接着发，发过的不会再发。\n{broadcast_words.step(it)}")


@router.pattern(rf"停止群发{NUMBER}")
def stop(ctx: Context) -> Reply | None:
    if not _acts(ctx, _writer(ctx)):
        return None
    it = broadcasts.stop(ctx.db, _id(ctx), ctx.now)
    sent = f"看发了多少：{choice_link(f'群发 {it.id}')}" if it.started_at is not None else "一个人都没有发。"
    return Text(f"群发 {it.id} 已停止，不会再发给别人；微信已经收下的收不回来。{sent}")


def _writer(ctx: Context) -> str | None:
    return authority.may_write(ctx.db, ctx.openid)


def _reviewer(ctx: Context) -> str | None:
    return authority.may_decide(ctx.db, ctx.openid, "broadcast")


def _acts(ctx: Context, actor: str | None) -> bool:
    """Whether this openid may; what follows is then noted as done by it."""
    if actor is None:
        return False
    writing(ctx.db)
    actors.acting(ctx.db, actor)
    return True


def _id(ctx: Context) -> int:
    return int(ctx.args["id"])


def _time(ctx: Context, said: str) -> datetime | None:
    """A time of the day that can be read one way only, and is not next year's because this year's is over."""
    found = parse_when(said, ctx.now.astimezone(ctx.zone))
    clear = found is not None and found.kind == "clock" and found.ask is None and not found.moved
    return found.start if found is not None and clear else None
