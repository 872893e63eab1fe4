"""What must hold of consents to notices, for ``db verify``: the balance is the sum of its changes, never below zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services.breaches import Breach
from bot.services.notice_consents import SOURCES
from bot.storage.crypto import Cipher
from bot.storage.models import NoticeConsent, NoticeConsentEvent


def _balances(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    same = (NoticeConsentEvent.openid == NoticeConsent.openid) & (
        NoticeConsentEvent.template_id == NoticeConsent.template_id
    )
    total = func.coalesce(func.sum(NoticeConsentEvent.change), 0)
    balances = (
        select(NoticeConsent.openid, NoticeConsent.template_id, NoticeConsent.remaining, total)
        .outerjoin(NoticeConsentEvent, same)
        .group_by(NoticeConsent.openid, NoticeConsent.template_id, NoticeConsent.remaining)
        .having((NoticeConsent.remaining != total) | (NoticeConsent.remaining < 0))
    )
    for openid, template_id, remaining, changes in db.execute(balances):
        yield Breach("consent_balance", f"{remaining} consents, the changes add up to {changes}", (openid, template_id))
    without = (
        select(NoticeConsentEvent.openid, NoticeConsentEvent.template_id)
        .outerjoin(NoticeConsent, same)
        .where(NoticeConsent.openid.is_(None))
        .distinct()
    )
    for openid, template_id in db.execute(without):
        yield Breach("consent_balance", "changes of a consent that is not there", (openid, template_id))


def _sources(db: Session, _cipher: Cipher, _now: datetime | None) -> Iterator[Breach]:
    for row in db.scalars(select(NoticeConsentEvent).where(NoticeConsentEvent.source.not_in(SOURCES))):
        yield Breach("consent_source", f"unknown source {row.source!r}", (row.id,))


RULES: tuple[Callable[[Session, Cipher, datetime | None], Iterator[Breach]], ...] = (_balances, _sources)
