"""Notices about colleagues' accounts: what one administrator wishes and another is to agree to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.services import duty, staff_pairs
from bot.storage.crypto import Cipher
from bot.storage.models import Staff

NAME = "staff"
Payload = Mapping[str, Any]


def _wished(db: Session, _cipher: Cipher, payload: Payload, now: datetime, _zone: ZoneInfo) -> str | None:
    account = db.get_one(Staff, payload["staff_id"], populate_existing=True)
    if not staff_pairs.is_open(account, now) or account.wanted_by is None:
        return None
    asker, deed = duty.called(db.get_one(Staff, account.wanted_by)), staff_pairs.CALLED[account.wanted]
    if payload["own"]:
        return f"【您的工作台帐号】{asker} 提出：{deed}，另一位管理员同意以后生效。\n不是您要的，请马上告诉另一位管理员，点不同意。"
    return (
        f"【管理员帐号】{asker} 提出：{deed}（{duty.called(account)}）。\n"
        "请先和本人当面或电话确认，再到工作台的“今天”里点同意；不对就点不同意。三天内有效。"
    )


NOTICES: dict[str, Callable[..., str | None]] = {"wished": _wished}
