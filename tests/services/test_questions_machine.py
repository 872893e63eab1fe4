"""Random lives of questions against a reference of a few lines: states, whose turn it is, and every deadline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import delete

from bot.services.questions import after, answering, asking, promises, reviewing
from bot.services.questions.states import EVENTS
from bot.services.refusals import Refused
from bot.services.verification.questions import RULES
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Base, Question, Staff
from tests.fixtures import machines
from tests.fixtures.world import NOW
from tests.services.test_questions import Office

HOUR = timedelta(hours=1)
SEEN: Counter[str] = Counter()
DEEDS = [
    *["ask"] * 4, *["accept"] * 4, "decline", "transfer", *["merge"] * 3, *["withdraw"] * 2, *["want_more"] * 2,
    *["add"] * 2, *["draft"] * 3, "give_back", *["send"] * 3, "rate", *["object"] * 2, "ask_on", *["wait"] * 3,
]  # fmt: skip
EVENT_OF = {"give_back": "return"}


@dataclass
class Life:
    """``due``: promise → when it falls due; ``stopped`` is when the clocks were stopped, if they are."""

    openid: str
    state: str = "submitted"
    due: dict[str, datetime] = field(default_factory=dict)
    stopped: datetime | None = None
    drafted: bool = False
    into: int | None = None

    def resume(self, now: datetime) -> None:
        if self.stopped is not None:
            stood = now - self.stopped
            self.due = {kind: due + stood if due > self.stopped else due for kind, due in self.due.items()}
            self.stopped = None

    def end(self, state: str) -> None:
        self.state, self.due, self.stopped, self.into = state, {}, None, None


class Lives(RuleBasedStateMachine):
    database: Database
    cipher: Cipher

    @initialize()
    def open(self) -> None:
        self.db = self.database.session()
        writing(self.db)
        for table in reversed(Base.metadata.sorted_tables):
            if table.name.startswith(("question", "experts", "staff", "pushes")):
                self.db.execute(delete(table))
        self.office, self.now = Office(self.db, self.cipher), NOW
        self.lives: dict[int, Life] = {}
        self.db.commit()

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()

    @rule(what=st.sampled_from(DEEDS), number=st.integers(0, 99), hours=st.sampled_from([1, 2, 5, 30]))
    def do(self, what: str, number: int, hours: int) -> None:
        """One rule for all deeds: choosing among rules, a short run of hypothesis does the same thing all along."""
        if what == "wait":
            self.now += hours * HOUR
        elif what == "ask" or not self.lives:
            self.ask()
        else:
            fitting = [id for id, life in self.lives.items() if life.state in EVENTS[EVENT_OF.get(what, what)][0]]
            known = fitting if fitting and number % 5 else sorted(self.lives)
            id = known[number % len(known)]
            getattr(self, what)(id, self.lives[id])
        self.db.commit()

    def tried(self, goes: bool, act: Callable[[], object]) -> bool:
        """Does what the reference says it does."""
        try:
            act()
        except Refused as refused:
            SEEN[refused.code] += 1
            self.db.rollback()
            assert not goes, refused
            return False
        assert goes
        return True

    def ask(self) -> None:
        openid = f"o-{len(self.lives)}"
        row = self.office.ask(openid=openid, now=self.now)
        self.lives[row.id] = Life(openid, due={"review": self.now + 3 * HOUR, "reply": self.now + 72 * HOUR})

    def accept(self, id: int, life: Life) -> None:
        if self.tried(life.state == "submitted", lambda: reviewing.accept(self.db, id, self.reviewer, self.now)):
            life.resume(self.now)
            life.state = "accepted"
            del life.due["review"]

    def decline(self, id: int, life: Life) -> None:
        act = lambda: reviewing.decline(self.db, id, "请拨 12333", self.reviewer, self.now)  # noqa: E731
        if self.tried(life.state in ("submitted", "accepted"), act):
            self.ends(id, life, "declined")

    def transfer(self, id: int, life: Life) -> None:
        act = lambda: reviewing.transfer(self.db, id, "12345", "街道", self.reviewer, self.now)  # noqa: E731
        if self.tried(life.state in ("submitted", "accepted"), act):
            self.ends(id, life, "transferred")

    def ends(self, id: int, life: Life, state: str) -> None:
        for each in [life, *self.merged(id)]:
            each.end(state)

    def merged(self, id: int) -> list[Life]:
        return [each for each in self.lives.values() if each.into == id]

    def merge(self, id: int, life: Life) -> None:
        """Into the newest that may be."""
        may = [one for one, each in self.lives.items() if one != id and each.state in ("submitted", "accepted")]
        into = max(may, default=id)
        goes = (
            into != id and life.state in ("submitted", "accepted") and not self.merged(id)
            and self.lives[into].state in ("submitted", "accepted")
        )  # fmt: skip
        if self.tried(goes, lambda: reviewing.merge(self.db, id, into, self.reviewer, self.now)):
            life.resume(self.now)
            life.state, life.into, life.drafted = "merged", into, False
            life.due.pop("review", None)
            SEEN["merged"] += 1

    def withdraw(self, id: int, life: Life) -> None:
        """Mostly one that others were merged into: of all there are, chance would hardly find it."""
        id = next((one for one in self.lives if self.merged(one)), id)
        life = self.lives[id]
        SEEN["withdrawn under others"] += bool(self.merged(id))
        goes = life.state in ("submitted", "accepted", "merged")
        if self.tried(goes, lambda: after.withdraw(self.db, id, life.openid, self.now)):
            for each in self.merged(id):
                each.state, each.into = "accepted", None
            life.end("withdrawn")

    def want_more(self, id: int, life: Life) -> None:
        act = lambda: reviewing.want_more(self.db, self.cipher, id, "有合同吗", self.reviewer, self.now)  # noqa: E731
        if self.tried(life.state in ("submitted", "accepted"), act) and life.stopped is None:
            life.stopped = self.now

    def add(self, id: int, life: Life) -> None:
        goes = life.state in ("submitted", "accepted", "merged")
        if self.tried(goes, lambda: asking.add(self.db, self.cipher, id, life.openid, "没有", self.now)):
            SEEN["went on"] += life.stopped is not None
            life.resume(self.now)

    def draft(self, id: int, life: Life) -> None:
        writer = self.db.get_one(Question, id).assignee_id or self.office.staff["head"].id
        staff = self.db.get_one(Staff, writer)
        act = lambda: answering.draft(self.db, self.cipher, id, "请先投诉", staff, self.now)  # noqa: E731
        if self.tried(life.state == "accepted", act):
            life.drafted = True

    def give_back(self, id: int, life: Life) -> None:
        act = lambda: answering.give_back(self.db, self.cipher, id, "写清地址", self.reviewer, self.now)  # noqa: E731
        if self.tried(life.state == "accepted" and life.drafted, act):
            life.drafted = False

    def send(self, id: int, life: Life) -> None:
        if life.state == "merged":
            return
        act = lambda: answering.send(self.db, self.cipher, id, self.reviewer, self.now)  # noqa: E731
        if self.tried(life.state == "accepted" and life.drafted, act):
            life.drafted = False
            self.ends(id, life, "answered")
            SEEN["answered"] += 1

    def rate(self, id: int, life: Life) -> None:
        if self.tried(life.state == "answered", lambda: after.satisfied(self.db, id, life.openid, self.now)):
            life.state = "closed"

    def object(self, id: int, life: Life) -> None:
        act = lambda: after.dissatisfied(self.db, self.cipher, id, life.openid, "没说清", self.now)  # noqa: E731
        if self.tried(life.state == "answered", act):
            life.state, life.due = "accepted", {"reply": self.now + 72 * HOUR}

    def ask_on(self, id: int, life: Life) -> None:
        act = lambda: after.ask_on(self.db, self.cipher, id, life.openid, "那呢", self.now)  # noqa: E731
        if self.tried(life.state in ("answered", "closed"), act):
            life.state, life.due = "accepted", {"reply": self.now + 72 * HOUR}

    @property
    def reviewer(self) -> str:
        return self.office.actor("reviewer")

    @invariant()
    def the_rows_say_the_same(self) -> None:
        if not hasattr(self, "db"):
            return
        for id, life in self.lives.items():
            row = self.db.get_one(Question, id)
            assert (row.state, row.paused_at) == (life.state, life.stopped)
            assert {clock.kind: clock.due_at for clock in promises.running(self.db, row)} == life.due
        assert [b for check in RULES for b in check(self.db, self.cipher, None)] == []
        self.db.rollback()


def test_random_lives(database: Database, cipher: Cipher) -> None:
    SEEN.clear()
    machine = type("Played", (Lives,), {"database": database, "cipher": cipher})
    examples, steps = (20, 40) if database.is_sqlite else (4, 25)
    machines.play(machine, examples, steps)
    if database.is_sqlite:
        wanted = {"QUESTION_STATE", "QUESTION_NO_DRAFT", "merged", "went on", "answered", "withdrawn under others"}
        assert wanted <= set(+SEEN)
