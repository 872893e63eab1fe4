"""Groups of unanswered messages that need no answer: put aside, taken up again, and back by themselves if asked on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.knowledge.clusters import Cluster, one_line
from bot.knowledge.gaps import Asked
from bot.language.text import normalise
from bot.storage.database import locked, writing
from bot.storage.models import Gap, GapDismissal

WHYS = {"chat": "闲聊", "elsewhere": "不归我们答", "unclear": "没说清楚", "covered": "别处答了"}
AGAIN = 5  # new messages of a group bring it back: one curious follower does not, a topic that people have does
MOST_TEXTS = 500  # of one group that are remembered; it has more only where people type nonsense


@dataclass(frozen=True)
class Shown:
    """A group to look at; ``why`` and ``fresh`` (messages since) where it was put aside once and came back."""

    group: Cluster
    why: str = ""
    fresh: int = 0


def dismiss(db: Session, texts: Sequence[str], why: str, by: str, now: datetime) -> GapDismissal:
    """What was asked in these words up to now needs no answer. ``why`` is one of WHYS; ``by`` is an actor."""
    if why not in WHYS or not texts:
        raise ValueError(f"cannot be put aside: {why!r}, {len(texts)} texts")
    writing(db)
    last = db.scalar(select(func.max(Gap.id))) or 0
    row = GapDismissal(texts=list(texts[:MOST_TEXTS]), why=why, last_gap_id=last, dismissed_by=by, at=now)
    db.add(row)
    db.flush()
    return row


def take_up(db: Session, dismissal_id: int, now: datetime) -> GapDismissal | None:
    """They are to be answered after all; None when it is gone or was taken up already."""
    writing(db)
    row = locked(db, GapDismissal, dismissal_id)
    if row is None or row.withdrawn_at is not None:
        return None
    row.withdrawn_at = now
    db.flush()
    return row


def standing() -> Select[GapDismissal]:
    """Newest first."""
    return select(GapDismissal).where(GapDismissal.withdrawn_at.is_(None)).order_by(GapDismissal.id.desc())


def left(db: Session, groups: Sequence[Cluster], since: datetime) -> list[Shown]:
    """Without what was put aside, unless so many asked on that it is worth another look. ``since`` is the groups'."""
    standing_by_key = {key: row for row in reversed(db.scalars(standing()).all()) for key in map(_key, row.texts)}
    if not standing_by_key:
        return [Shown(group) for group in groups]
    put_aside: Counter[str] = Counter()
    upto = max(row.last_gap_id for row in standing_by_key.values())
    for id, text in db.execute(select(Gap.id, Gap.text).where(Gap.at >= since, Gap.id <= upto)):
        row = standing_by_key.get(_key(text))
        if row is not None and id <= row.last_gap_id:
            put_aside[_key(text)] += 1
    return list(_left(groups, standing_by_key, put_aside))


def _left(groups: Sequence[Cluster], known: dict[str, GapDismissal], put_aside: Counter[str]) -> Iterator[Shown]:
    for group in groups:
        keys = [_key(text) for text in group.texts]
        row = next((known[key] for key in keys if key in known), None)
        fresh = max(0, group.count - sum(put_aside[key] for key in keys))
        if row is None:
            yield Shown(group)
        elif fresh >= AGAIN:
            yield Shown(group, row.why, fresh)


def without_dismissed(db: Session, asked: Sequence[Asked]) -> list[Asked]:
    """For a quick count: the very words that were put aside do not count, however often they are said again."""
    keys = {_key(text) for row in db.scalars(standing()) for text in row.texts}
    return [each for each in asked if _key(each.text) not in keys]


def _key(text: str) -> str:
    """Texts that differ in more than spaces and punctuation, as groups are made."""
    return normalise(one_line(text)).replace(" ", "")
