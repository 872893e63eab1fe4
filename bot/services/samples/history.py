"""What a county has behind it, for the demo: weeks of activities with presence and hours, made by the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import actors, presence, registrations, settlement, teams
from bot.services.rules import USUAL, Rules
from bot.services.samples.answers import add_answers
from bot.services.samples.broadcasts import add_broadcasts
from bot.services.samples.conversations import add_conversations
from bot.services.samples.county import County, activity, add_people, add_staff, add_teams, signed_up
from bot.services.samples.knowledge import add_knowledge
from bot.services.samples.questions import add_questions
from bot.services.samples.states import add_merits, add_states, add_words
from bot.storage.crypto import Cipher
from bot.storage.database import writing
from bot.storage.models import Registration, Shift, Team

WEEKS = 14
PAST = (
    ("江滨公园清洁", "江滨公园南门"),
    ("敬老院陪伴日", "城东敬老院"),
    ("清溪巡河", "清溪桥头"),
    ("图书馆整架", "县图书馆二楼"),
    ("文明交通劝导", "人民路口"),
    ("四点钟学校", "石桥镇青年之家"),
    ("社区义诊", "老城文化广场"),
)


def load_history(db: Session, cipher: Cipher, now: datetime, *, rules: Rules = USUAL) -> int:
    """How many people were added; 0 when there is a team already: a restart goes on with what is there."""
    if db.scalars(select(Team.id).limit(1)).first() is not None:
        return 0
    writing(db)
    county = County(db, cipher, now, rules)
    add_staff(county)
    add_people(county)
    add_teams(county)
    for week in range(WEEKS, 0, -1):
        _past(county, week)
    _running(county)
    add_states(county)
    add_merits(county)
    add_words(county)
    add_questions(county)
    add_conversations(county)
    add_broadcasts(county)
    add_knowledge(county)
    add_answers(county)
    db.flush()
    return len(county.people)


def _past(county: County, week: int) -> None:
    """An afternoon some weeks ago: most came, one was late, one never; all but the latest two are settled."""
    db, rules = county.db, county.rules
    title, place = PAST[week % len(PAST)]
    shift = activity(county, title, place, county.at(-7 * week, "13:00"), county.at(-7 * week, "15:30"))
    team = county.teams[week % len(county.teams)]
    shift.activity.team_id, shift.activity.leader_id = team.id, teams.leaders(db, team.id)[0].person_id
    chosen = county.chance.sample(county.people, 18)
    rows = [signed_up(county, shift, person, shift.starts_at - timedelta(days=3)) for person in chosen]
    seated = [row for row in rows if row is not None]
    for position, row in enumerate(seated):
        if position == 0:
            registrations.cancel(db, row.id, shift.starts_at - timedelta(hours=30), "加班", rules=rules)
        elif position == 1:
            registrations.cancel(db, row.id, shift.starts_at - timedelta(hours=3), "发烧", rules=rules)
        elif position != 2:
            _attends(county, row, shift, late=position == 3, leaves=not (position == 4 and week < 3))
    presence.close(db, shift.id, shift.ends_at + timedelta(hours=2), rules)
    if week > 2:
        settlement.settle(db, shift.id, county.actor("admin"), shift.ends_at + timedelta(days=1), rules)


def _attends(county: County, row: Registration, shift: Shift, *, late: bool = False, leaves: bool = True) -> None:
    tries = [("in", shift.starts_at + timedelta(minutes=12 if late else -county.chance.randrange(1, 20)))]
    tries += [("out", shift.ends_at + timedelta(minutes=county.chance.randrange(0, 15)))] if leaves else []
    for kind, at in tries:
        _try(county, shift, row, kind, at)


def _running(county: County) -> None:
    """One that goes on right now: some are there, one has left already."""
    begun = county.now - timedelta(hours=1)
    shift = activity(county, "便民服务集市", "老城文化广场", begun, begun + timedelta(hours=3), capacity=30)
    rows = [signed_up(county, shift, person, begun - timedelta(days=1)) for person in county.people[130:140]]
    for position, row in enumerate(row for row in rows if row is not None):
        if position < 6:
            at = begun - timedelta(minutes=position)
            _try(county, shift, row, "in", at)
        if position == 0:
            _try(county, shift, row, "out", county.now - timedelta(minutes=5))


def _try(county: County, shift: Shift, row: Registration, kind: Any, at: datetime) -> None:
    presence.record(
        county.db, shift_id=shift.id, person_id=row.person_id, kind=kind, captured_at=at, channel="code",
        entered_by=actors.person(row.person_id), nonce=f"sample:{row.id}:{kind}", now=at, rules=county.rules,
    )  # fmt: skip
