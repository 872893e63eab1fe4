"""Tags that staff give followers: to whomever a rule means at this moment, so that a later broadcast can name them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CursorResult, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from bot.services import audiences
from bot.services.refusals_broadcasts import AudienceWrong
from bot.services.rules import USUAL, Rules
from bot.storage.audit import note
from bot.storage.database import alone, writing
from bot.storage.models import Follower, FollowerTag

LONGEST = 30
"""Characters, as WeChat's own tags (platform §3.10)."""


def give(db: Session, name: str, rule: audiences.Rule, actor: str, now: datetime, rules: Rules = USUAL) -> int:
    """To all whom the rule means and who have it not yet; how many. Raises AudienceWrong, also for an empty name."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST:
        raise AudienceWrong("tag", "value", name)
    writing(db)
    alone(db, f"tag {name}")
    has = select(FollowerTag.openid).where(FollowerTag.openid == Follower.openid, FollowerTag.name == name)
    meant = audiences.select_openids(db, audiences.check(db, rule), now, rules=rules).where(~has.exists())
    who = meant.add_columns(literal(name), literal(actor), literal(now, FollowerTag.given_at.type))
    before = _number(db, name)
    db.execute(insert(FollowerTag).from_select(["openid", "name", "given_by", "given_at"], who))
    given = _number(db, name) - before
    note(db, f"follower_tags:{name}", f"给了{given}人")
    return given


def take(db: Session, name: str) -> int:
    """From everybody; how many had it."""
    writing(db)
    taken = db.execute(delete(FollowerTag).where(FollowerTag.name == name.strip()))
    assert isinstance(taken, CursorResult)
    note(db, f"follower_tags:{name.strip()}", f"从{taken.rowcount}人收回")
    return taken.rowcount


def names(db: Session) -> Sequence[tuple[str, int]]:
    """Each tag, and how many followers have it."""
    known = select(FollowerTag.name, func.count()).group_by(FollowerTag.name).order_by(FollowerTag.name)
    return [(name, int(number)) for name, number in db.execute(known)]


def _number(db: Session, name: str) -> int:
    return int(db.scalars(select(func.count()).where(FollowerTag.name == name)).one())
