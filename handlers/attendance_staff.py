"""核实 12 属实, 签退 王晓雨, 同意补录 57, 异常: of whoever leads and of bound staff; to others mere words."""

from __future__ import annotations

from bot.conversation.context import Context
from bot.conversation.inbox import delivery_key
from bot.conversation.router import Router
from bot.conversation.session import Choice
from bot.language.dates import moment, span
from bot.services import actors, anomalies, appeals, authority, check_in, presence, roll_call
from bot.services.profiles import masked_name
from bot.services.refusals.attendance import NobodySo
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.storage.models import Appeal
from bot.wechat.replies import Reply, Text, choice_link
from handlers import attendance_words
from handlers.decisions import late_entry

router = Router("attendance_staff")

PAGE = 5
ANOMALIES = "attendance.anomalies"


# -- appeals ------------------------------------------------------------------------------------------


@router.pattern(
    r"核实\s*(?P<number>\d{1,9})[\s:：,，]*(?P<no>不)?(?:属实|通过|同意)[\s:：,，。]*(?P<why>[\s\S]{0,255})"
)
def decide(ctx: Context) -> Reply | None:
    number = int(ctx.args["number"])
    appeal = ctx.db.get(Appeal, number)
    actor = appeals.may_decide(ctx.db, ctx.openid, appeal) if appeal is not None else None
    if appeal is None or actor is None:
        return None
    actors.acting(ctx.db, actor)
    upheld = not ctx.args["no"]
    appeals.decide(ctx.db, number, upheld, actor, ctx.now, str(ctx.args["why"] or ""), Rules.of(ctx.settings))
    outcome = "已确认，结算时记入时长" if upheld else "没有通过，原因已告诉本人，他可以请团委复核"
    return Text(f"核实 {number}：{outcome}。{_others(ctx)}")


@router.words("待核实", "核实", "待核实列表")
def waiting(ctx: Context) -> Reply | None:
    """What this account may decide about, the most urgent first."""
    mine = _mine(ctx)
    papers = presence.offline_pending(ctx.db) if authority.may_decide(ctx.db, ctx.openid, "manual_hours") else []
    if not mine and not papers:
        return Text("现在没有等您核实的签到签退。") if authority.staff_of(ctx.db, ctx.openid) else None
    lines = [_line(ctx, appeal) for appeal in mine[:PAGE]]
    lines += [f"补录 {came.id}：{late_entry(ctx, came)}" for came in papers[: PAGE - len(lines)]]
    left = len(mine) + len(papers) - len(lines)
    more = f"\n还有{left}条，处理完这些再回复 待核实。" if left else ""
    return Text(
        "等您核实：\n"
        + "\n".join(lines)
        + f"{more}\n回复 核实 编号 属实，或 核实 编号 不属实 加原因；补录回复 同意补录 编号。"
    )


def _mine(ctx: Context) -> list[Appeal]:
    return [one for one in appeals.pending(ctx.db) if appeals.may_decide(ctx.db, ctx.openid, one) is not None]


def _others(ctx: Context) -> str:
    left = len(_mine(ctx))
    return f"还有{left}条等您，回复 {choice_link('待核实')} 查看。" if left else ""


def _line(ctx: Context, appeal: Appeal) -> str:
    row = appeal.registration
    assert appeal.claimed_in is not None and appeal.claimed_out is not None
    what = "说自己到了" if appeal.kind == "check_in" else "补签退"
    times = span(appeal.claimed_in, appeal.claimed_out, ctx.zone)
    return f"核实 {appeal.id}：{row.shift.activity.code} {masked_name(row.person.name)}{what} {times}"


# -- leaving, as whoever leads sees it; coming and the codes are in on_site --------------------------


@router.pattern(r"(?:签退|走了?|离开)\s+(?P<name>[^\d\s:：,，。？?]{2,20})(?:\s*(?P<last4>\d{4}))?")
def leaves(ctx: Context) -> Reply | None:
    """签退 王晓雨: for whoever has no phone at hand."""
    rules, name, last4 = Rules.of(ctx.settings), str(ctx.args["name"]), str(ctx.args["last4"] or "")
    for shift in roll_call.led_now(ctx.db, ctx.openid, ctx.now, rules):
        actor = authority.leader_of(ctx.db, ctx.openid, shift.activity)
        try:
            roll_call.listed_as(ctx.db, ctx.cipher, shift.id, name, last4)
        except NobodySo:
            continue
        assert actor is not None
        writing(ctx.db)
        actors.acting(ctx.db, actor)
        nonce = f"wechat:{delivery_key(ctx.message)}"
        event = check_in.leader_says(
            ctx.db, shift.id, name, actor, ctx.now, rules, phone_end=last4, cipher=ctx.cipher, kind="out", nonce=nonce
        )
        return Text(attendance_words.by_leader(ctx, event, name))
    return None


# -- entered later, approved by another ---------------------------------------------------------------


@router.pattern(r"(?P<no>不)?同意补录\s*(?P<number>\d{1,9})[\s:：,，。]*(?P<why>[\s\S]{0,200})")
def approve(ctx: Context) -> Reply | None:
    actor = authority.may_decide(ctx.db, ctx.openid, "manual_hours")
    if actor is None:
        return None
    actors.acting(ctx.db, actor)
    number, approved = int(ctx.args["number"]), not ctx.args["no"]
    presence.approve_offline(ctx.db, number, actor, ctx.now, approve=approved, note=str(ctx.args["why"] or ""))
    return Text(f"补录 {number}：{'已同意，结算时记入' if approved else '没有同意，不会记入'}。")


# -- what looks odd -----------------------------------------------------------------------------------


@router.words("异常", "异常名单", "签到异常")
def odd(ctx: Context) -> Reply | None:
    """For bound staff: activities in name only, check-ins that do not look like people arriving."""
    return _odd(ctx, 0)


@router.intent(ANOMALIES)
def odd_more(ctx: Context) -> Reply | None:
    return _odd(ctx, int(ctx.args.get("offset", 0)))


def _odd(ctx: Context, offset: int) -> Reply | None:
    staff = authority.staff_of(ctx.db, ctx.openid)
    if staff is None or staff.role not in authority.SUPERVISES:
        return None
    all_of_them = anomalies.found(ctx.db, ctx.now, rules=Rules.of(ctx.settings))
    page = all_of_them[offset : offset + PAGE]
    if not page:
        return Text("近30天的签到没有看到异常。")
    lines = [
        f"{number}. {one.code} {one.title}（{moment(one.starts_at, ctx.zone)}）{anomalies.KINDS[one.kind]}：{anomalies.said(one)}"
        for number, one in enumerate(page, start=offset + 1)
    ]
    left = len(all_of_them) - offset - len(page)
    if left > 0:
        ctx.session.expect([Choice("更多", ANOMALIES, {"offset": offset + PAGE})])
        lines.append(f"还有{left}条，回复 {choice_link('更多')}。")
    return Text("近30天要看一看的（只是线索，不等于有问题）：\n" + "\n".join(lines))

