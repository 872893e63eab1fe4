"""Random lives of the outbox: workers that claim, call, die, come late. Nothing twice unmarked, nothing forgotten."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.push import outbox
from bot.push.outbox import Claimed, Settlement
from bot.push.sender import put_off
from bot.services import announcements
from bot.storage.database import Database, writing
from bot.storage.models import Push
from tests.fixtures import machines
from tests.fixtures.world import NOW

WORKERS = 2
ROUNDS = count(1)
TERMINAL = {"sent", "failed", "unknown", "expired", "superseded", "unreached"}


class Outbox(RuleBasedStateMachine):
    """``hands``: what each worker believes to hold, and whether the call was made; ``said``: what WeChat heard."""

    database: Database
    fenced = True

    def __init__(self) -> None:
        super().__init__()
        self.prefix = f"r{next(ROUNDS)}-"
        self.now = NOW
        self.owed: set[str] = set()
        self.said: Counter[str] = Counter()
        self.asleep: set[tuple[int, int]] = set()
        self.hands: list[dict[int, tuple[Claimed, bool]]] = [{} for _ in range(WORKERS)]

    def do(self, work: Any) -> Any:
        with self.database.session() as db:
            result = work(db)
            db.commit()
            return result

    def rows(self) -> dict[str, Push]:
        with self.database.session() as db:
            return {push.key: push for push in db.query(Push).filter(Push.key.startswith(self.prefix))}

    # -- what happens --------------------------------------------------------------------------------------------

    @rule(whom=st.integers(0, 3), late=st.sampled_from((0, 0, 0, 20)))
    def owe(self, whom: int, late: int) -> None:
        key = f"{self.prefix}{len(self.owed)}"
        row = {"key": key, "openid": f"{self.prefix}o-{whom}", "kind": "late_reply", "payload": {},
               "due_at": self.now + timedelta(seconds=late), "expires_at": None}  # fmt: skip
        self.do(lambda db: (writing(db), announcements.announce_all(db, [row], self.now)))
        self.owed.add(key)

    @rule(worker=st.integers(0, WORKERS - 1), limit=st.integers(1, 4))
    def claim(self, worker: int, limit: int) -> None:
        claimed = self.do(
            lambda db: outbox.claim(db, holder=f"w{worker}", now=self.now, lease_s=60, limit=limit)
        )  # fmt: skip
        self.hands[worker].update({one.id: (one, False) for one in claimed if one.key.startswith(self.prefix)})

    @rule(worker=st.integers(0, WORKERS - 1), most=st.integers(1, 4))
    def call(self, worker: int, most: int) -> None:
        """WeChat takes them, and nothing is written down yet. A custom message of two doubts is not called again."""
        for one, called in [*self.hands[worker].values()][:most]:
            if not called and one.doubts <= 1 and (one.id, one.fence) not in self.asleep:
                self.said[one.key] += 1
                self.hands[worker][one.id] = (one, True)

    @rule(worker=st.integers(0, WORKERS - 1), how=st.sampled_from(("sent", "doubt", "later")))
    def settle(self, worker: int, how: str) -> None:
        """All that this worker believes to hold; it may come late."""
        settlements = [_settlement(one, called, how, self.now) for one, called in self.hands[worker].values()]
        self.hands[worker] = {}
        if settlements:
            self.do(lambda db: outbox.settle(db, settlements, self.now, fenced=self.fenced))

    @rule(worker=st.integers(0, WORKERS - 1))
    def die(self, worker: int) -> None:
        """kill -9, and somebody finds the rows."""
        self.recover(list(self.hands[worker]))
        self.hands[worker] = {}

    @precondition(lambda self: any(self.hands))
    @rule(worker=st.integers(0, WORKERS - 1))
    def sleep(self, worker: int) -> None:
        """SIGSTOP: the lease runs out and the rows are found; the worker believes to hold them, but calls no more."""
        self.asleep.update((one.id, one.fence) for one, _ in self.hands[worker].values())
        self.recover(list(self.hands[worker]))

    def recover(self, ids: list[int]) -> None:
        sending = [(row.id, row.fence) for row in self.rows().values() if row.state == "sending" and row.id in ids]
        held = [(one.id, one.fence) for hand in self.hands for one, _ in hand.values()]
        self.do(lambda db: outbox.recover(db, [pair for pair in sending if pair in held]))

    @rule(seconds=st.sampled_from((5, 30)))
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    # -- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def none_is_forgotten(self) -> None:
        rows = self.rows()
        assert set(rows) == self.owed
        held = {one.id for hand in self.hands for one, _ in hand.values()}
        for row in rows.values():
            assert row.state in TERMINAL | {"due", "sending"}
            assert row.state != "sending" or row.id in held, "somebody has it, or it is found again"
            assert (row.settled_at is not None) == (row.state in TERMINAL)

    @invariant()
    def what_was_said_twice_is_marked(self) -> None:
        rows = self.rows()
        for key, times in self.said.items():
            assert times <= 1 or rows[key].maybe_sent, f"{key} was said {times} times"
            assert times <= 1 + max(1, rows[key].doubts)

    @invariant()
    def what_is_sent_was_said(self) -> None:
        assert all(self.said[key] for key, row in self.rows().items() if row.state == "sent")

    def teardown(self) -> None:
        """A last worker ends everything."""
        for worker in range(WORKERS):
            self.die(worker)
        self.now += timedelta(hours=1)
        for _ in range(len(self.owed) + 1):
            self.claim(0, 50)
            self.call(0, 50)
            self.settle(0, "sent")
        assert {row.state for row in self.rows().values()} <= TERMINAL
        self.none_is_forgotten()
        self.what_was_said_twice_is_marked()


def _settlement(one: Claimed, called: bool, how: str, now: Any) -> Settlement:
    """As the sender makes them: what was not called is given back, or ends as unknown after two doubts."""
    if one.doubts > 1:
        return Settlement(one, "unknown", error="two calls without an answer", counted=False)
    if not called:
        return put_off(one, None, "")
    if how == "sent":
        return Settlement(one, "sent", "custom")
    if how == "later":  # WeChat's answer was lost on the way
        return Settlement(one, "due", "custom", error="no answer", not_before=now + timedelta(seconds=10), doubt=True)
    return Settlement(one, "unknown" if one.doubts else "due", "custom", error="no answer", doubt=True)


def play(database: Database, machine: type[Outbox], examples: int) -> None:
    machine.database = database
    machines.play(machine, examples, 25)


def test_no_row_is_said_twice_unmarked_and_none_is_forgotten(sqlite_database: Database) -> None:
    play(sqlite_database, Outbox, 30)


class Unfenced(Outbox):
    """The twin: a late result overwrites."""

    fenced = False


@pytest.mark.parametrize("machine", [Outbox, Unfenced])
def test_a_worker_that_slept_comes_late_and_its_twin_overwrites(
    sqlite_database: Database, machine: type[Outbox]
) -> None:
    machine.database = sqlite_database
    life = machine()
    life.owe(0, 0)
    for worker in range(2):
        life.claim(worker, 4)
        life.call(worker, 4)
        if worker == 0:
            life.sleep(worker)
    life.settle(0, "sent")
    assert list(life.said.values()) == [2]
    if machine is Outbox:
        life.what_was_said_twice_is_marked()
        return
    with pytest.raises(AssertionError, match="said 2 times"):
        life.what_was_said_twice_is_marked()
