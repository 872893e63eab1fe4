"""Reviewing activities in chat: 审核, 审核 A12, 通过 A12, 驳回 A12 原因, 撤回 A12; for reviewers only, else ordinary words."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.dates import brief, moment, span
from bot.services import activities, actors, authority
from bot.services.activity_checks import agreement_reasons
from bot.services.spoken import REASONS
from bot.storage.models import Activity, Policy
from bot.wechat.replies import Reply, Text, choice_link

router = Router("activity_reviews")

CODE = r"(?P<code>[A-Za-z]\d{2,3})"


@router.words("待审活动", "审核活动")
def waiting(ctx: Context) -> Reply | None:
    if _reviewer(ctx) is None:
        return None
    pending = activities.pending(ctx.db)
    if not pending:
        return Text("现在没有等审核的活动。")
    lines = [f"{choice_link(f'{one.code} {one.title}', f'审核 {one.code}')}　{_first(ctx, one)}" for one in pending[:5]]
    rest = f"\n还有{len(pending) - 5}个，审完这些再回复 审核。" if len(pending) > 5 else ""
    return Text(f"等审核的活动有{len(pending)}个：\n" + "\n".join(lines) + rest)


@router.pattern(rf"审核\s*{CODE}")
def show(ctx: Context) -> Reply | None:
    """The whole text, for whoever decides about it."""
    if _reviewer(ctx) is None:
        return None
    it = activities.named(ctx.db, ctx.args["code"])
    if it.state != "submitted":
        return Text(f"{it.code} {it.title} 现在不用审核。")
    policy = ctx.db.get(Policy, it.policy_id) if it.policy_id is not None else None
    reasons = "、".join(REASONS[reason] for reason in agreement_reasons(it, it.shifts))
    facts = (
        ("地点", it.place),
        ("内容", it.content),
        ("风险提示", it.risk),
        ("危险", "是，只招18岁以上，要有保单" if it.dangerous else "否"),
        ("保单", policy.number if policy else "没有"),
        ("协议", f"要签（{reasons}）" if reasons else ""),
        ("主办", it.organiser),
        ("联系人", f"{it.leader} {it.contact}".strip()),
        (
            "提交",
            f"{actors.name(ctx.db, it.author)} {moment(it.submitted_at, ctx.zone) if it.submitted_at else ''}".rstrip(),
        ),
    )
    times = [
        f"时间：{span(shift.starts_at, shift.ends_at, ctx.zone)}　{shift.capacity}人{f' {shift.role}' if shift.role else ''}"
        for shift in it.shifts[:5]
    ]
    how = f"{choice_link(f'通过 {it.code}')}　不同意请回复 驳回 {it.code} 加上原因"
    return Text("\n".join([f"{it.code} {it.title}", *times, *(f"{name}：{text}" for name, text in facts if text), how]))


@router.pattern(rf"(?:通过|同意|批准)\s*{CODE}")
def approve(ctx: Context) -> Reply | None:
    actor = _reviewer(ctx)
    if actor is None:
        return None
    it = activities.named(ctx.db, ctx.args["code"])
    actors.acting(ctx.db, actor)
    activities.approve(ctx.db, it.id, actor, ctx.now)
    return Text(
        f"已发布 {it.code} {it.title}，大家可以报名了。发错了：还没人报名时回复 {choice_link(f'撤回 {it.code}')} 就收回。"
    )


@router.pattern(rf"(?:驳回|不同意|退回修改)\s*{CODE}[\s，,：:]*(?P<reason>.*)")
def reject(ctx: Context) -> Reply | None:
    actor, reason = _reviewer(ctx), (ctx.args["reason"] or "").strip()
    if actor is None:
        return None
    it = activities.named(ctx.db, ctx.args["code"])
    if not reason:
        return Text(f"请写上原因，作者要知道改什么，比如：驳回 {it.code} 风险写得太笼统。")
    actors.acting(ctx.db, actor)
    activities.reject(ctx.db, it.id, actor, ctx.now, reason)
    return Text(f"已驳回 {it.code} {it.title}，原因告诉作者了；改好可以再交。")


@router.pattern(rf"撤回\s*{CODE}")
def withdraw(ctx: Context) -> Reply | None:
    actor = _reviewer(ctx)
    if actor is None:
        return None
    it = activities.named(ctx.db, ctx.args["code"])
    actors.acting(ctx.db, actor)
    activities.withdraw(ctx.db, it.id, actor, ctx.now)
    return Text(f"已撤回 {it.code} {it.title}，没有人报过名，不用通知谁。")


def _reviewer(ctx: Context) -> str | None:
    return authority.may_decide(ctx.db, ctx.openid, "activity")


def _first(ctx: Context, one: Activity) -> str:
    return brief(one.shifts[0].starts_at, one.shifts[0].ends_at, ctx.zone) if one.shifts else ""
