"""db verify about certificates: each rule is broken once, behind the guards' back, and named."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.services import certificates, documents
from bot.services.rules import USUAL
from bot.services.snapshots import Scope
from bot.services.verification.certificates import RULES
from bot.storage.crypto import Cipher
from tests.fixtures.ledger import entry, reversal
from tests.fixtures.world import NOW, World

BREACHES = {
    "certificate_number": "UPDATE certificate_numbers SET last = 3",
    "certificate_number ": "UPDATE certificates SET number = 'ZM-2026-000009' WHERE id = 2",
    "certificate_changed": "UPDATE certificates SET minutes = 999 WHERE id = 1",
    "certificate_total": "DELETE FROM certificate_entries WHERE certificate_id = 1 AND entry_id = 1",
    "certificate_reason": "UPDATE certificates SET revoked_at = issued_at",
    "document_unreadable": "UPDATE documents SET content_encrypted = opened_or_not",
}


def found(db: Session, cipher: Cipher) -> set[str]:
    return {breach.rule for rule in RULES for breach in rule(db, cipher, NOW)}


@pytest.mark.parametrize("rule", BREACHES)
def test_a_breach_is_noticed(db: Session, cipher: Cipher, world: World, rule: str) -> None:
    person = world.person("王晓雨")
    kept = [entry(db, person, minutes, date(2026, 1, 10)) for minutes in (60, 90, 45)]
    for _ in range(2):
        certificates.issue(db, cipher, person, Scope(), NOW, issuer="团委", rules=USUAL)
    reversal(db, kept[2])
    documents.keep(
        db, cipher, openid="o", person_id=person, kind="export", filename="x", media_type="text/plain", content=b"x",
        now=NOW, rules=USUAL,
    )  # fmt: skip
    assert found(db, cipher) == set(), "a reversal afterwards is no breach: the code says so"
    other = "x'0102'" if db.get_bind().dialect.name == "sqlite" else "'\\x0102'::bytea"
    db.execute(text(BREACHES[rule].replace("opened_or_not", other)))
    db.expire_all()
    assert rule.strip() in found(db, cipher)
