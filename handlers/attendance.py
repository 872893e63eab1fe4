"""签到, 签退 and six digits: there is no check-in by chat, so who is on the spot is told whom to see there."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.language.dates import moment
from bot.services import activities, registrations
from bot.wechat.replies import Reply, Text, choice_link
from handlers import reference

router = Router("attendance")

NEAR = timedelta(hours=24)


@router.words("签到", "我要签到", "签到码", "怎么签到", "我到了", "到了", "签退", "我要签退", "打卡")
def check_in(ctx: Context) -> Reply:
    one = _near(ctx)
    if one is None:
        return Text(
            "您在24小时内没有报名的活动，还不用签到。\n"
            "活动当天到集合点找负责人登记签到，离开前再登记签退，时长就按这两个时间算。\n"
            f"看看自己报了哪些：{choice_link('我的活动')}；忘了签到或签退：{choice_link('忘记签退了怎么办')}"
        )
    it = activities.detail(ctx.db, one.shift_id, ctx.now)
    contact = " ".join(part for part in (it.leader, it.contact) if part)
    ctx.session.focus = it.shift_id
    return Text(
        f"您最近的一场是 {it.code} {it.title}，{moment(it.starts_at, ctx.zone)}，地点：{it.place}。\n"
        f"签到和签退都在现场：到了请找负责人（{contact}）登记，离开前别忘了签退。"
    )


@router.pattern(r"\d{6}")
def six_digits(ctx: Context) -> Reply:
    """A check-in code is for the leader on the spot; a code from a text message is nobody's but the follower's."""
    one = _near(ctx)
    where = f"您的“{one.title}”{moment(one.starts_at, ctx.zone)}开始，" if one else ""
    return Text(
        "这个码现在没有对应的活动。\n"
        f"如果是现场的签到码，{where}请在现场给负责人看，由负责人登记。\n"
        "如果是短信验证码，请不要发给任何人，我们从不向您要验证码。"
    )


def _near(ctx: Context) -> registrations.Mine | None:
    near = (one for one in reference.own(ctx) if one.state == "confirmed" and one.starts_at - ctx.now <= NEAR)
    return next(near, None)
