"""A team reserves seats: 我们队十五个人报A20, then the list of names, each of whom says yes himself."""

from __future__ import annotations

from typing import Any

from bot.conversation.context import Context
from bot.conversation.forms import Field, Form, Unclear, Values
from bot.conversation.router import Router
from bot.conversation.session import OpenForm
from bot.language.dates import moment
from bot.services import activities, reservations
from bot.services.refusals.registrations import NamesUnclear
from bot.services.rules import Rules
from bot.storage.database import writing
from bot.wechat.replies import Reply, Text
from handlers.contact import person_id

router = Router("team_seats")


@router.words("补名单", "发名单", "名单", "补充名单", "加名单")
def more_names(ctx: Context) -> Reply | None:
    """The names of seats reserved earlier."""
    held = reservations.latest_of(ctx.db, ctx.openid, ctx.now)
    if held is None:
        return None
    ctx.session.form = OpenForm(name="team_seats", values={"reservation_id": held.id}, at="names")
    about = held.shift.activity
    return Text(f"{about.code} {about.title}，{held.team.name}预留{held.seats}个名额。请发成员名单，每行 姓名 手机：")


def begin(ctx: Context, it: activities.Detail, size: int) -> Reply | None:
    """Hold the seats and ask for the names; None for somebody who leads no team."""
    person = person_id(ctx)
    led = reservations.led_by(ctx.db, person) if person is not None else []
    if person is None or not led:
        return None
    team = next((one for one in led if one.name in ctx.text), led[0])
    writing(ctx.db)
    held = reservations.reserve(
        ctx.db, it.shift_id, team.id, person, ctx.openid, size, ctx.now, rules=Rules.of(ctx.settings)
    )
    ctx.session.form = OpenForm(name="team_seats", values={"reservation_id": held.id}, at="names")
    ctx.session.choices = []
    return Text(
        f"已为“{team.name}”预留{size}个名额（{it.code} {it.title}，预留后还余{it.free - size}）。\n"
        f"请在 {moment(held.expires_at, ctx.zone)} 前发成员名单，每行 姓名 手机；"
        "每位队员要自己回复 确认 才算报名，不能代替本人决定。到期没确认的名额自动放出来。"
    )


def _parse(text: str) -> list[list[str]]:
    try:
        return [list(one) for one in reservations.parse(text)]
    except NamesUnclear as refused:
        which = "、".join(refused.lines[:3])
        hint = f"这几行没看懂：{which}。" if which else ""
        raise Unclear(f"{hint}请每行发一个人：姓名 手机，比如：\n张小青 13812345678\n（回复 取消 退出，名额先留着）") from None


def _done(ctx: Context, values: Values) -> Reply:
    writing(ctx.db)
    people: Any = [(name, phone) for name, phone in values["names"]]
    code, told = reservations.name(ctx.db, ctx.cipher, int(values["reservation_id"]), people, ctx.now)
    reached = f"其中{told}位已经在用本号，我这就通知他们。" if told else ""
    return Text(
        f"收到，名单上有{len(people)}人，手机号只存加密的指纹。{reached}\n"
        f"请把这句话发到队里的群：关注本号，回复 加入 {code}，填的手机号和名单上一样就算确认。\n"
        "还要补人，再说一次 补名单 就行。"
    )


FORM = Form(
    name="team_seats",
    fields=(Field("names", "请发成员名单，每行 姓名 手机：", _parse),),
    done=_done,
    left="好的，名单以后再发：回复 补名单。名额先按时限留着。",
)
