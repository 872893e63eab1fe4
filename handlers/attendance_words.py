"""The words about presence: the next step for a shift, what became of a try, distances and times as people read them."""

from __future__ import annotations

from datetime import datetime

from bot.conversation.context import Context
from bot.language.dates import clock, moment
from bot.services.check_in import Tried
from bot.services.hours import shown
from bot.services.nearby import Nearby
from bot.storage.models import AttendanceEvent
from bot.wechat.replies import choice_link

SEND_PLACE = "请把您的位置发来：点输入框右边的 ＋ → 位置 → 发送位置。"
WHOLE_KM = 1000


def next_step(ctx: Context, one: Nearby) -> str:
    """What to do about this shift now, by its state and the time."""
    match one.state:
        case "checked_in" if ctx.now <= one.closes_at:
            return f"{_named(one)} 已签到 {clock_of(ctx, one.in_at)}，不用再签。离开前请发负责人出示的6位签退码，或再扫一次现场的码。"
        case "checked_in" | "unclosed":
            return f"{_named(one)} 已经结束，您没有签退。请回复 补签退 {clock_of(ctx, one.ends_at)} 这样的格式，写上离开的时间。"
        case "checked_out":
            return f"{_named(one)} 已签退 {clock_of(ctx, one.out_at)}，负责人确认后入账。又回来了的话，再发一次签到码。"
        case "completed":
            return f"{_named(one)} 的时长已经记好了。"
    if ctx.now < one.opens_at:
        return (
            f"{too_early(ctx, one)}\n地点：{one.place}。到了请找负责人（{_leader(one)}），"
            "把他出示的6位签到码发到这里；离开前别忘了签退。"
        )
    if ctx.now <= one.ends_at:
        return (
            f"{_named(one)} 现在可以签到：请把负责人（{_leader(one)}）出示的6位签到码发到这里，或扫现场的二维码。\n"
            f"手机不方便，就请负责人回复 到 {own_name(ctx)}。"
        )
    return f"{_named(one)} 已经结束，系统没有您的签到记录。如果到了请回复 {choice_link('我到了')}。"


def outcome(ctx: Context, tried: Tried) -> str:
    """What became of a try that waits for nothing more from the follower."""
    one = tried.near
    match tried.verdict:
        case "accepted" if tried.kind == "in":
            return f"签到成功 {clock_of(ctx, tried.at)}：{_named(one)}。结束后记得签退（发负责人出示的签退码）。"
        case "accepted" if tried.minutes is None:
            return "签退成功，辛苦了！"
        case "accepted":
            return f"签退成功，本次约 {shown(tried.minutes or 0)} 小时，负责人确认后入账。辛苦了！"
        case "repeated":
            return next_step(ctx, one)
        case "outside_window" if ctx.now < one.opens_at:
            return too_early(ctx, one)
        case "outside_window":
            return next_step(ctx, one) if one.state != "confirmed" else _too_late(ctx, one)
        case "wrong_code":
            every = max(1, ctx.settings.attendance.code_seconds // 60)
            return f"这个码不对，或者已经换了（每{every}分钟换一次）。请看负责人手机上最新的6位数字再发一次。"
        case "too_far":
            return (
                f"码正确，但定位离集合点约{metres(tried.distance_m or 0)}，超过{metres(tried.radius_m or 0)}。"
                f"若确实在现场，请把现场照片发来，或请负责人回复 到 {own_name(ctx)}；我先记下{clock_of(ctx, tried.at)}。"
            )
        case "needs_person":
            return f"码正确，不过 {_named(one)} 没有您的签到。请当面跟负责人说一声，或者活动结束后回复 我到了，负责人核实后补记。"
    return f"名单里没有您这一场。请看看 {choice_link('我的活动')}，或者当面找负责人。"


def by_leader(ctx: Context, event: AttendanceEvent, name: str) -> str:
    """What became of a leader's word, 到 or 签退: with the time from which it counts."""
    at = clock_of(ctx, event.captured_at)
    match event.verdict, event.kind:
        case "accepted", "in":
            return f"记下了：{name} {at}到场。离开前也请让他签退，或由您回复 签退 {name}。"
        case "accepted", _:
            return f"记下了：{name} {at}签退。"
        case "repeated", kind:
            return f"{name} 已经{'签到' if kind == 'in' else '签退'}过了，不用再记。"
        case "outside_window", _:
            return f"现在不在签到的时间里，没有记 {name}。活动后补记请回复 补录 {name} 13:02 到 15:30 这样的格式。"
        case "needs_person", _:
            return f"{name} 还没有签到，请先回复 到 {name}。"
    return f"没有记成：名单里没有 {name}。"


def too_early(ctx: Context, one: Nearby) -> str:
    """还没到签到时间：A12 12:30 开始签到（现在11:52）."""
    opens, now = one.opens_at.astimezone(ctx.zone), ctx.now.astimezone(ctx.zone)
    when = clock(opens) if opens.date() == now.date() else moment(one.opens_at, ctx.zone)
    return f"还没到签到时间：{_named(one)} {when} 开始签到（现在{clock(now)}）。"


def _too_late(ctx: Context, one: Nearby) -> str:
    return (
        f"{_named(one)} 已在{clock_of(ctx, one.ends_at)}结束，不能再签到了。"
        f"如果早就到了请回复 {choice_link('我到了')}，负责人核实后补记。"
    )


def clock_of(ctx: Context, at: datetime | None) -> str:
    return clock(at.astimezone(ctx.zone)) if at is not None else ""


def metres(distance: int) -> str:
    """500米, 1.8公里."""
    return f"{distance}米" if distance < WHOLE_KM else f"{distance / WHOLE_KM:.1f}公里"


def own_name(ctx: Context) -> str:
    person = ctx.follower.person if ctx.follower is not None else None
    return person.name if person is not None and person.name else "您的姓名"


def _named(one: Nearby) -> str:
    return f"{one.code} {one.title}"


def _leader(one: Nearby) -> str:
    return " ".join(part for part in (one.leader, one.contact) if part)
