"""Guardians and what they agreed to."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.models import Guardianship


def has_consent(db: Session, minor_id: int) -> bool:
    active = select(Guardianship.id).where(Guardianship.minor_id == minor_id, Guardianship.state == "active")
    return db.scalars(active.limit(1)).first() is not None
