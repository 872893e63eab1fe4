"""Presence noted on paper: entered later by one person, approved by another, and only then it counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session


def propose_offline(
    db: Session, registration_id: int, in_at: datetime, out_at: datetime, actor: str, nonce: str, now: datetime
) -> object:
    return None
