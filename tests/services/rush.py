"""Many at once: runs operations on a database from threads of several processes, with the guard on or off."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy.exc import IntegrityError

from bot.services import (
    authority,
    campaigns,
    desk_sign_ups,
    offers,
    parties,
    presence,
    registrations,
    reservations,
    seats,
)
from bot.services.refusals import Refused
from bot.storage.crypto import Cipher
from bot.storage.database import Database, StorageError, retrying, unguarded
from tests.fixtures.world import NOW

ROOT = Path(__file__).resolve().parents[2]
Operation = list[Any]


class Rush:
    """Processes that are up already; calling it runs the operations on all at the same moment."""

    def __init__(self, processes: int = 2) -> None:
        command = [sys.executable, "-m", "tests.services.rush"]
        self._processes = [
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]

    def __call__(self, url: str, operations: list[Operation], *, guard: bool = True, pause_s: float = 0.0) -> list[str]:
        """Outcomes in the operations' order. ``pause_s`` widens the gap between counting seats and taking one."""
        number = len(self._processes)
        for at, process in enumerate(self._processes):
            _send(process.stdin, {"url": url, "operations": operations[at::number], "guard": guard, "pause_s": pause_s})
        for process in self._processes:
            assert _receive(process.stdout) == "ready"
        for process in self._processes:
            _send(process.stdin, "go")
        outcomes = [_receive(process.stdout) for process in self._processes]
        return [outcomes[at % number][at // number] for at in range(len(operations))]

    def stop(self) -> None:
        for process in self._processes:
            process.communicate()  # closes its input, which ends it


def _send(stream: IO[str] | None, what: Any) -> None:
    assert stream is not None
    stream.write(json.dumps(what) + "\n")
    stream.flush()


def _receive(stream: IO[str] | None) -> Any:
    assert stream is not None
    return json.loads(stream.readline())


def serve() -> None:
    for line in sys.stdin:
        _send(sys.stdout, run(json.loads(line)))


def run(task: dict[str, Any]) -> list[str]:
    database = Database(task["url"], wait_s=10)
    with database.session() as db:
        registrations.mine(db, 0, NOW)  # connected and compiled before the start
    counted, leads, judged, pause_s = seats.of, authority.leads_team, presence.judge, task["pause_s"]

    def slowly(*given: Any) -> seats.Seats:
        found = counted(*given)
        time.sleep(pause_s)
        return found

    def leads_slowly(*given: Any) -> bool:
        time.sleep(pause_s)
        return leads(*given)

    def judge_slowly(*given: Any, **more: Any) -> str:
        verdict = judged(*given, **more)
        time.sleep(pause_s)
        return verdict

    guard: contextlib.AbstractContextManager[None] = contextlib.nullcontext() if task["guard"] else unguarded()
    _send(sys.stdout, "ready")
    sys.stdin.readline()
    seats.of, authority.leads_team, presence.judge = slowly, leads_slowly, judge_slowly
    try:
        with guard, ThreadPoolExecutor(8) as threads:
            return list(threads.map(lambda operation: attempt(database, operation), task["operations"]))
    finally:
        seats.of, authority.leads_team, presence.judge = counted, leads, judged
        database.dispose()


def attempt(database: Database, operation: Operation) -> str:
    def transaction() -> str:
        with database.session() as db:
            outcome = perform(db, *operation)
            db.commit()
            return outcome

    try:
        return retrying(transaction, times=5, within_s=20)
    except Refused as refused:
        return refused.code
    except IntegrityError:
        return "INTEGRITY"
    except StorageError as error:
        return type(error).__name__


def perform(db: Any, name: str, *arguments: Any) -> str:
    if name == "sign_up":
        shift_id, person_id = arguments
        outcome = registrations.sign_up(db, shift_id, person_id, f"o-{person_id}", NOW)
        return outcome.state if outcome.place_in_line is None else f"waiting {outcome.place_in_line}"
    if name == "party":
        shift_id, person_id, children, friends = arguments
        party = parties.Party(tuple(children), friends)
        return registrations.sign_up(db, shift_id, person_id, f"o-{person_id}", NOW, party=party).state
    if name == "reserve":
        shift_id, team_id, leader_id, wanted = arguments
        reservations.reserve(db, shift_id, team_id, leader_id, f"o-{leader_id}", wanted, NOW)
        return "reserved"
    if name == "check_in":
        shift_id, person_id, nonce, at = arguments
        moment = datetime.fromisoformat(at)
        return presence.record(
            db, shift_id=shift_id, person_id=person_id, kind="in", captured_at=moment, channel="code",
            entered_by=f"person:{person_id}", nonce=nonce, now=moment,
        ).verdict  # fmt: skip
    if name == "enter":
        shift_id, key, number, at = arguments
        moment = datetime.fromisoformat(at)
        return desk_sign_ups.enter(
            db, Cipher(key), shift_id, f"来人{chr(0x4E00 + number)}", f"139{number:08d}", "staff:1", moment,
            agreed=True, nonce=f"door:{number}",
        ).state  # fmt: skip
    if name == "cancel":
        return "passed on" if registrations.cancel(db, arguments[0], NOW).passed_on else "cancelled"
    if name == "accept":
        return registrations.accept_offer(db, arguments[0], NOW).state
    if name == "decline":
        return f"declined, {len(registrations.decline_offer(db, arguments[0], NOW))} offered"
    if name == "expire":
        return f"expired {len(registrations.expire_offers(db, datetime.fromisoformat(arguments[0])))}"
    if name == "claim":
        campaigns.claim(db, *arguments, NOW)
        return "claimed"
    assert name == "promote"
    return f"promoted {len(offers.promote(db, arguments[0], NOW))}"


if __name__ == "__main__":
    serve()
