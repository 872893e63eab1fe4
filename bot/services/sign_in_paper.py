"""The sign-in sheet of a shift on paper: it lies on a table, so it shows no phone, and of minors no whole name.

Above the names stands how to check in by phone: the shift's code, or what to type where there is none.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.language.dates import span
from bot.services import ages, posters
from bot.services.paper import Code, Paper, Table
from bot.services.profiles import masked_name
from bot.services.rules import Rules
from bot.services.verdicts import LISTED
from bot.storage.models import Person, Registration, Shift

COLUMNS, WIDTHS = ("序号", "姓名", "签到时间和签名", "签退时间和签名"), (14, 40, 60, 60)
SPARE, ROW_HEIGHT = 3, 11
"""Empty lines for who comes without having registered."""


SCANNED = "微信扫码签到，走时再扫"
TYPED = "也可以用手机签到：在公众号里发负责人出示的六位签到码；离开前再发一次签退码。"


def of(db: Session, shift: Shift, organisation: str, zone: ZoneInfo, now: datetime, rules: Rules) -> Paper:
    about, day = shift.activity, shift.starts_at.astimezone(zone).date()
    listed = (
        select(Person)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.shift_id == shift.id, Registration.state.in_(LISTED))
        .order_by(Registration.created_at, Registration.id)
    )
    names = [_named(person, day) for person in db.scalars(listed)]
    rows = [(str(number), name, "", "") for number, name in enumerate([*names, *[""] * SPARE], 1)]
    role = f" · {shift.role}" if shift.role else ""
    poster = posters.of_shift(db, shift.id)
    good = poster is not None and poster.url and posters.is_good(poster, shift, now, rules)
    code = Code(poster.url, SCANNED) if poster is not None and good else None
    how = "到和离开时各签一次名；用手机签到的也请签名。表上没有名字的，写在后面的空行里，请负责人当天补录。"
    return Paper(
        f"{about.title} 签到表",
        f"{about.code} · {span(shift.starts_at, shift.ends_at, zone)}{role} · {about.place} · {about.organiser}"
        f" · 报名{len(names)}人",
        [how] if code else [how, TYPED],
        [Table(COLUMNS, WIDTHS, rows, ROW_HEIGHT)],
        foot=f"{organisation} · 含个人信息，用后交回团委保管",
        code=code,
    )  # fmt: skip


def _named(person: Person, day: date) -> str:
    minor = person.birth_date is not None and ages.on(day, person.birth_date) < ages.ADULT
    return masked_name(person.name) if minor and person.name else person.name or "（已注销）"
