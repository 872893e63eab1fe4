"""Codes shown on the spot, and presence that the leader says."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.services.rules import Rules
from bot.storage.crypto import Cipher
from bot.storage.models import Shift


def current_code(cipher: Cipher, shift: Shift, now: datetime, rules: Rules) -> str:
    turn = int(now.timestamp()) // rules.attendance.code_seconds
    return f"{int(cipher.keyed_hash(f'check_in:{shift.id}:{turn}'), 16) % 10**6:06d}"


def leader_says(
    db: Session, shift_id: int, name: str, actor: str, now: datetime, rules: Rules, last4: str = ""
) -> object:
    return None
