"""/problems over real HTTP: what was signed, nothing before it is, and words are words."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import ProblemItem, ProblemList
from tests.fixtures.world import NOW
from tests.pages.conftest import Town, get


def two_months(db: Session, _cipher: Cipher) -> None:
    writing(db)
    for month, state, asked in (
        ("2025-11", "signed", "<script>alert(1)</script>怎么办"),
        ("2025-12", "draft", "还没签发的"),
    ):
        row = ProblemList(month=month, state=state, built_at=NOW)
        db.add(row)
        db.flush()
        for position, dropped in ((1, False), (2, True)):
            words = {"asked": f"{asked}{position}", "answer": "一般30天内办好。", "topic": "league", "times": 3}
            db.add(ProblemItem(list_id=row.id, position=position, dropped=dropped, **words))


def test_only_what_was_signed_is_read(town: Town) -> None:
    assert get(f"{town.stack.web}/problems/2025-11").status == 404
    town.change(two_months)
    answer = get(f"{town.stack.web}/problems/2025-11")
    page = answer.text
    assert answer.status == 200 and "2025-11 问题清单" in page and "3人问过" in page
    assert "&lt;script&gt;" in page and "<script>" not in page
    assert "怎么办1" in page and "怎么办2" not in page
    assert get(f"{town.stack.web}/problems/2025-12").status == 404
    assert get(f"{town.stack.web}/problems").status == 200
    assert get(f"{town.stack.web}/problems/2025-13").status == 404
