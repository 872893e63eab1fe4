"""Whom a broadcast is for: a rule of a few keys, joined by AND, read anew whenever it is asked; never a stored list.

Keys: ``{"all": true}`` alone, or any of ``tag``, ``team`` and ``registered`` and ``attended`` (codes), ``area``,
``not_yet`` (days without service, or never), ``stars`` (at least), ``seen_within_days``. Only who follows and has not
refused broadcasts is ever meant. Under fourteen, what we know about a person is used only with a guardian's consent
(PIPL 31); of a child under a guardian's account the guardian is told, whose account signed it up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.services import ages, seats, tags
from bot.services.refusals.broadcasts import AudienceWrong
from bot.services.rules import USUAL, Rules
from bot.storage.models import (
    Activity,
    Follower,
    FollowerTag,
    Guardianship,
    LedgerEntry,
    Membership,
    Person,
    Registration,
    Shift,
    StarAward,
    Team,
)

Rule = Mapping[str, Any]
NUMBERS = {"not_yet": (1, 3650), "stars": (1, 5), "seen_within_days": (1, 3650)}
"""Keys with a number: from, to."""
CODES = ("team", "registered", "attended")
WORDS = ("tag", "area", *CODES)
KEYS = ("all", "tag", "team", "area", "registered", "attended", "not_yet", "stars", "seen_within_days")
IMPERSONAL = ("all", "seen_within_days")
"""What asks nothing about the person behind the account."""
FEW = 8
"""How many names a refusal offers instead of a wrong one."""


# -- the rule ----------------------------------------------------------------------------------------


def check(db: Session, rule: Rule) -> dict[str, Any]:
    """The rule in its one form: codes in capitals, numbers as numbers. Raises AudienceWrong."""
    if not rule:
        raise AudienceWrong("", "empty", known=KEYS)
    checked = {key: _checked(db, key, value) for key, value in rule.items()}
    if "all" in checked and len(checked) > 1:
        raise AudienceWrong("all", "alone")
    return {key: checked[key] for key in KEYS if key in checked}


def describe(rule: Rule) -> str:
    """In words: 全部关注者; 在 T05 队，并且90天内没有服务过（含从未服务过的）."""
    return "，并且".join(SAID[key](rule[key]) for key in KEYS if key in rule)


SAID: dict[str, Callable[[Any], str]] = {
    "all": lambda _: "全部关注者",
    "tag": lambda name: f"有“{name}”标签",
    "team": lambda code: f"在 {code} 队",
    "area": lambda name: f"在{name}",
    "registered": lambda code: f"报了 {code}",
    "attended": lambda code: f"到过 {code} 现场",
    "not_yet": lambda days: f"{days}天内没有服务过（含从未服务过的）",
    "stars": lambda star: f"{star}星级及以上",
    "seen_within_days": lambda days: f"{days}天内和公众号说过话或点过菜单",
}


def _checked(db: Session, key: str, value: Any) -> Any:
    if key not in KEYS:
        raise AudienceWrong(key, "field", value, KEYS)
    if key == "all":
        if value is not True:
            raise AudienceWrong(key, "value", value)
        return True
    if key in NUMBERS:
        return _number(key, value)
    if not isinstance(value, str) or not value.strip():
        raise AudienceWrong(key, "value", value)
    word = value.strip().upper() if key in CODES else value.strip()
    known = _names(key)
    if db.scalars(known.where(_name_of(key) == word).limit(1)).first() is None:
        some = db.scalars(known.distinct().order_by(_name_of(key)).limit(FEW))
        raise AudienceWrong(key, "code", word, tuple(some))
    return word


def _number(key: str, value: Any) -> int:
    first, last = NUMBERS[key]
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not first <= value <= last:
        raise AudienceWrong(key, "value", value, (str(first), str(last)))
    return value


def _name_of(key: str) -> Any:
    return {"tag": FollowerTag.name, "team": Team.code, "area": Person.area}.get(key, Activity.code)


def _names(key: str) -> Select[str]:
    """All that the key may name; teams that are closed have nobody to tell."""
    known = select(_name_of(key))
    if key == "tag":
        return known.where(tags.given())
    if key == "team":
        return known.where(Team.closed_at.is_(None))
    return known.where(Person.area != "") if key == "area" else known


# -- whom it means -----------------------------------------------------------------------------------


def select_openids(db: Session, rule: Rule, now: datetime, *, rules: Rules = USUAL) -> Select[str]:
    """Openids in ascending order. Read it in pages: ``.where(Follower.openid > last).limit(n)``.

    Each page walks the primary key from ``last`` on and asks one index for each row; nothing is sorted.
    """
    who = select(Follower.openid).where(*_conditions(rule, now, rules))
    return who.order_by(Follower.openid)


def size(db: Session, rule: Rule, now: datetime, *, rules: Rules = USUAL) -> int:
    return int(db.scalars(select(func.count()).select_from(Follower).where(*_conditions(rule, now, rules))).one())


def _conditions(rule: Rule, now: datetime, rules: Rules) -> list[ColumnElement[bool]]:
    asked = [MEANS[key](rule[key], now, rules) for key in KEYS if key in rule]
    if not asked:
        raise AudienceWrong("", "empty", known=KEYS)
    if not set(rule) <= set(IMPERSONAL):
        asked.append(~_young_and_unasked(now, rules))
    return [Follower.followed.is_(True), Follower.broadcasts.is_(True), *asked]


def _young_and_unasked(now: datetime, rules: Rules) -> ColumnElement[bool]:
    """Under fourteen today, and no guardian has agreed."""
    today = now.astimezone(rules.timezone).date()
    guarded = select(Guardianship.id).where(Guardianship.minor_id == Person.id, Guardianship.state == "active")
    young = select(Person.id).where(
        Person.id == Follower.person_id, Person.birth_date > ages.born_by(today, ages.VOLUNTEER_FROM), ~guarded.exists()
    )
    return young.exists()


def _tag(name: str, _now: datetime, _rules: Rules) -> ColumnElement[bool]:
    has = select(FollowerTag.openid).where(FollowerTag.openid == Follower.openid, FollowerTag.name == name)
    return has.where(tags.given()).exists()


def _team(code: str, _now: datetime, _rules: Rules) -> ColumnElement[bool]:
    members = select(Membership.person_id).join(Team, Team.id == Membership.team_id)
    return Follower.person_id.in_(members.where(Team.code == code, Membership.state == "active"))


def _area(name: str, _now: datetime, _rules: Rules) -> ColumnElement[bool]:
    return select(Person.id).where(Person.id == Follower.person_id, Person.area == name).exists()


def _in_states(code: str, states: tuple[str, ...]) -> ColumnElement[bool]:
    """By the person, and by the account that signed up: a child stands under its guardian's."""
    shifts = select(Shift.id).join(Activity, Activity.id == Shift.activity_id).where(Activity.code == code)
    rows = and_(Registration.shift_id.in_(shifts), Registration.state.in_(states))
    own = Follower.person_id.in_(select(Registration.person_id).where(rows))
    return or_(own, Follower.openid.in_(select(Registration.openid).where(rows)))


def _not_yet(days: int, now: datetime, rules: Rules) -> ColumnElement[bool]:
    """The sum of the ledger since then is nothing: what was taken back is no service. Earlier records count along."""
    since = (now.astimezone(rules.timezone) - timedelta(days=days)).date()
    entry, earlier, merged = aliased(LedgerEntry), aliased(LedgerEntry), aliased(Person)
    own = select(func.sum(entry.minutes)).where(entry.person_id == Follower.person_id, entry.effective_on >= since)
    before = (
        select(func.sum(earlier.minutes))
        .join(merged, merged.id == earlier.person_id)
        .where(merged.merged_into == Follower.person_id, earlier.effective_on >= since)
    )
    return func.coalesce(own.scalar_subquery(), 0) + func.coalesce(before.scalar_subquery(), 0) <= 0


def _stars(star: int, _now: datetime, _rules: Rules) -> ColumnElement[bool]:
    granted = select(StarAward.person_id).where(StarAward.state == "granted", StarAward.star >= star)
    return Follower.person_id.in_(granted)


def _seen(days: int, now: datetime, _rules: Rules) -> ColumnElement[bool]:
    since = now - timedelta(days=days)
    return or_(Follower.last_message_at >= since, Follower.last_click_at >= since)


MEANS: dict[str, Callable[[Any, datetime, Rules], ColumnElement[bool]]] = {
    "all": lambda _value, _now, _rules: Follower.openid != "",
    "tag": _tag,
    "team": _team,
    "area": _area,
    "registered": lambda code, _now, _rules: _in_states(code, seats.LIVE),
    "attended": lambda code, _now, _rules: _in_states(code, seats.PRESENT),
    "not_yet": _not_yet,
    "stars": _stars,
    "seen_within_days": _seen,
}
