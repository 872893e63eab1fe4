"""Tags given to whomever a rule means at this moment, so that a later broadcast can name them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bot.services import audiences, tags
from bot.services.refusals.broadcasts import AudienceWrong
from bot.services.refusals.people import TagRefused
from bot.services.rules import USUAL, Rules


def give(db: Session, name: str, rule: audiences.Rule, actor: str, now: datetime, rules: Rules = USUAL) -> int:
    """To all whom the rule means and who have it not yet; how many. Raises AudienceWrong, also for a wrong name."""
    try:
        name = tags.checked(name)
    except TagRefused as refused:
        raise AudienceWrong("tag", "value", name) from refused
    meant = audiences.select_openids(db, audiences.check(db, rule), now, rules=rules)
    return tags.give_all(db, meant, name, actor, now)


def take(db: Session, name: str, now: datetime) -> int:
    """From everybody; how many had it."""
    return tags.take(db, None, name, now)


def names(db: Session) -> Sequence[tuple[str, int]]:
    """Each tag, and how many followers have it."""
    return [(name, many) for name, many, _, _ in tags.counted(db)]
