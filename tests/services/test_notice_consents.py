"""Consents to notices: each change once, the balance exact under many threads, a breach noticed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from bot.services import notice_consents
from bot.services.verification.reach import RULES
from bot.storage.crypto import Cipher
from bot.storage.database import Database, retrying
from bot.storage.models import NoticeConsent, NoticeConsentEvent
from tests.fixtures.world import NOW

THREADS = 50


def remaining(db: Session, openid: str = "o-1") -> int:
    return db.get_one(NoticeConsent, (openid, "T"), populate_existing=True).remaining


def changes(db: Session) -> list[tuple[str, int]]:
    return [(row.source, row.change) for row in db.query(NoticeConsentEvent).order_by(NoticeConsentEvent.id)]


def rules_broken(db: Session, cipher: Cipher) -> set[str]:
    return {breach.rule for rule in RULES for breach in rule(db, cipher, NOW)}


def test_consents_add_up_are_used_and_a_refusal_ends_them(db: Session, cipher: Cipher) -> None:
    for number, accepted in enumerate((True, True, True)):
        assert notice_consents.answered(db, "o-1", "T", accepted, "popup", f"p:{number}", NOW)
    notice_consents.used(db, "o-1", "T", "used:1", NOW)
    assert remaining(db) == 2
    notice_consents.reported(db, "o-1", "T", "sent:1", NOW)
    notice_consents.answered(db, "o-1", "T", False, "change", "c:1", NOW)
    assert remaining(db) == 0
    notice_consents.used(db, "o-1", "T", "used:2", NOW)
    assert remaining(db) == 0, "never below zero"
    notice_consents.answered(db, "o-1", "T", True, "popup", "p:9", NOW)
    notice_consents.gone(db, "o-1", "T", "unknown_to_wechat", "gone:1", NOW)
    assert changes(db) == [
        ("popup", 1), ("popup", 1), ("popup", 1), ("used", -1), ("sent", 0), ("change", -2), ("used", 0), ("popup", 1),
        ("unknown_to_wechat", -1),
    ]  # fmt: skip
    assert rules_broken(db, cipher) == set()


def test_a_lasting_consent_is_not_used_up(db: Session) -> None:
    notice_consents.answered(db, "o-1", "T", True, "popup", "p:1", NOW)
    notice_consents.used(db, "o-1", "T", "used:1", NOW, lasting=True)
    assert remaining(db) == 1
    assert changes(db) == [("popup", 1), ("used", 0)]


def test_the_same_report_again_counts_once(db: Session) -> None:
    assert notice_consents.answered(db, "o-1", "T", True, "popup", "p:1", NOW)
    assert not notice_consents.answered(db, "o-1", "T", True, "popup", "p:1", NOW)
    assert remaining(db) == 1


# -- fifty at once ---------------------------------------------------------------------------------------


def rush(database: Database, guarded: bool) -> list[BaseException]:
    """Two hundred reports of five followers, each reported twice, by fifty threads. Returns what went wrong."""

    def accept(number: int) -> BaseException | None:
        def transaction() -> None:
            with database.session() as db:
                key = f"p:{number // 2}"
                notice_consents.answered(db, f"o-{number // 2 % 5}", "T", True, "popup", key, NOW, guarded=guarded)
                db.commit()

        try:
            retrying(transaction, within_s=30.0) if guarded else transaction()
        except Exception as error:
            return error
        return None

    with ThreadPoolExecutor(THREADS) as pool:
        return [error for error in pool.map(accept, range(4 * THREADS)) if error]


def test_fifty_threads_count_exactly(database: Database, cipher: Cipher) -> None:
    assert rush(database, guarded=True) == []
    with database.session() as db:
        assert [remaining(db, f"o-{n}") for n in range(5)] == [2 * THREADS // 5] * 5
        assert rules_broken(db, cipher) == set()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer, whatever we do
def test_twin_without_the_guard_loses_some(database: Database, cipher: Cipher) -> None:
    rush(database, guarded=False)
    with database.session() as db:
        assert rules_broken(db, cipher) == {"consent_balance"}


BREACHES: dict[str, Callable[[Session], object]] = {
    "consent_balance": lambda db: setattr(db.get_one(NoticeConsent, ("o-1", "T")), "remaining", 7),
    "consent_source": lambda db: setattr(db.get_one(NoticeConsentEvent, 1), "source", "magic"),
}


@pytest.mark.parametrize("rule", BREACHES)
def test_each_breach_is_noticed(db: Session, cipher: Cipher, rule: str) -> None:
    notice_consents.answered(db, "o-1", "T", True, "popup", "p:1", NOW)
    assert rules_broken(db, cipher) == set()
    BREACHES[rule](db)
    db.flush()
    assert rules_broken(db, cipher) == {rule}


def test_changes_without_a_balance_are_noticed(db: Session, cipher: Cipher) -> None:
    notice_consents.answered(db, "o-1", "T", True, "popup", "p:1", NOW)
    db.delete(db.get_one(NoticeConsent, ("o-1", "T")))
    db.flush()
    assert rules_broken(db, cipher) == {"consent_balance"}
