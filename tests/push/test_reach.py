"""The number said before sending is what the channels then choose, follower by follower, in one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import Select, event, literal, select, union_all
from sqlalchemy.orm import Session

from bot.push import channels
from bot.push.closures import Closures
from bot.push.facts import Facts
from bot.push.outbox import Claimed
from bot.services import broadcast_words, reach
from bot.services.reach import Reach
from bot.settings import PushTemplate
from bot.storage.database import Database, writing
from bot.storage.models import Follower, NoticeConsent
from tests.fixtures.world import NOW
from tests.push.account import TEMPLATES, settings_for

REMINDER = Facts(
    "reminder", "A12", "江滨公园清洁", "江滨公园南门", NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2)
)
SPOKE = [(None, 0), *((timedelta(hours=h), used) for h in (1, 48, 49) for used in (0, 5))]
CLICKED = [(None, 0), *((timedelta(seconds=s), used) for s in (30, 60, 90) for used in (0, 3))]
CONSENTS = (None, 0, 2)


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    with database.session() as session:
        yield session


def crowd(db: Session, subscribe: str) -> list[str]:
    """A follower in every state that matters, and one whom nobody knows."""
    writing(db)
    states = list(product((True, False), SPOKE, CLICKED, CONSENTS))
    for number, (followed, (spoke, used), (clicked, tapped), left) in enumerate(states):
        openid = f"o-{number:04}"
        db.add(
            Follower(
                openid=openid, followed=followed, followed_at=NOW - timedelta(days=9),
                last_message_at=NOW - spoke if spoke else None, message_used=used,
                last_click_at=NOW - clicked if clicked else None, click_used=tapped,
            )
        )  # fmt: skip
        if left is not None:
            db.add(NoticeConsent(openid=openid, template_id=subscribe, remaining=left, updated_at=NOW))
    db.flush()
    return [f"o-{number:04}" for number in range(len(states))]


def everybody(*strangers: str) -> Select[str]:
    parts = [select(Follower.openid), *(select(literal(one)) for one in strangers)]
    return select(union_all(*parts).subquery().c[0])


def chosen(db: Session, openid: str, account: str, template: PushTemplate) -> str:
    settings = settings_for("http://127.0.0.1:9", account=account, templates={"reminder": template})
    claimed = Claimed(1, "k", openid, "reminder", {}, NOW, None, None, NOW, 1, 0, NOW, 1)
    ways = channels.ways(db, claimed, REMINDER, Closures(), NOW, settings).open
    return ways[0].channel if ways else ""


@pytest.mark.parametrize("account", reach.RIGHTS)
def test_what_is_counted_is_what_the_channels_choose(db: Session, account: str) -> None:
    both = TEMPLATES["reminder"]
    openids = [*crowd(db, both.subscribe), "o-stranger"]
    for template in (
        both, PushTemplate(), PushTemplate(template=both.template), PushTemplate(subscribe=both.subscribe),
    ):  # fmt: skip
        by_channel = Counter(chosen(db, openid, account, template) for openid in openids)
        later = by_channel.pop("", 0)
        found = reach.counted(db, everybody("o-stranger"), NOW, account, template)
        assert found == Reach(sum(by_channel.values()), later, dict(by_channel))
        assert found.now + found.later == len(openids)


def test_a_crowd_is_counted_in_one_statement(db: Session, database: Database) -> None:
    crowd(db, TEMPLATES["reminder"].subscribe)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    reach.counted(db, everybody(), NOW, "verified_service", TEMPLATES["reminder"])
    assert len(asked) == 1


def test_broadcasts_prefer_a_free_window_and_never_take_a_template(db: Session) -> None:
    both = TEMPLATES["reminder"]
    crowd(db, both.subscribe)
    found = reach.counted(db, everybody(), NOW, "verified_service", both, reach.BROADCAST)
    assert list(found.by_channel) == ["custom", "subscribe"]
    by_mass = reach.counted(db, everybody(), NOW, "verified_subscription", both, ("mass",))
    assert by_mass.by_channel == {"mass": by_mass.now}
    assert by_mass.now == by_mass.later == len(list(db.scalars(everybody()))) / 2, "half of them follow"
    assert reach.counted(db, everybody(), NOW, "unverified", both, ("mass",)).now == 0


def test_the_sentence() -> None:
    assert broadcast_words.at_once(Reach(12, 3, {"custom": 10, "subscribe": 2})) == (
        "此刻可触达 12 人（客服消息 10、订阅通知 2），其余 3 人将在下次互动时送达。"
    )
    assert broadcast_words.at_once(Reach(0, 5)) == "此刻可触达 0 人，其余 5 人将在下次互动时送达。"
    assert broadcast_words.at_once(Reach(4, 0, {"mass": 4})) == "此刻可触达 4 人（群发 4），全部能马上送达。"
    assert broadcast_words.at_once(Reach(0, 0)) == "这次没有要送达的人。"
