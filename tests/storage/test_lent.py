"""The PostgreSQL database that tests lend one another comes back as the migrations leave it."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import URL, text

from bot.services import people
from bot.storage.database import Database, writing
from bot.storage.models import Follower, Gap
from tests.fixtures.lent import Lender
from tests.fixtures.world import NOW


def test_it_is_empty_again_counts_from_one_and_is_made_anew_after_a_change(
    postgres_server: URL, _postgres_template: str
) -> None:
    lender = Lender(postgres_server, _postgres_template)

    def used(change: str = "") -> tuple[int, str]:
        """The number of the first gap, and where it was written."""
        database = Database(lender.lend().render_as_string(hide_password=False))
        with database.session() as db:
            assert db.query(Follower).count() == 0
            writing(db)
            people.follow(db, "o-1", "", NOW)
            db.add(gap := Gap(text="x", decision="none", candidates=[], chosen="", at=NOW))
            db.commit()
            number = gap.id
            if change:
                db.execute(text(change))
                db.commit()
            people.follow(db, "o-2", "", NOW)
            db.flush()  # still open, with its locks: nobody waits for it
            name = lender.name
            lender.take_back()
            with pytest.raises(Exception, match="terminat|closed"):
                db.execute(text("SELECT 1"))
        database.dispose()
        return number, name

    first, again = used(), used()
    assert first == again and first[0] == 1
    changed = used("ALTER TABLE followers ADD COLUMN more integer")
    assert changed == first
    after = used()
    assert after[0] == 1 and after[1] != first[1]
    lender.drop()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(postgres_server.set(database=after[1]).set(drivername="postgresql").render_as_string())
