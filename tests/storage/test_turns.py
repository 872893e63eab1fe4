"""A follower's turn: one at a time, over processes, ending by itself when its holder dies."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.storage.locks import LOCK_TTL_MS
from bot.storage.turns import Turns
from bot.storage.valkey import Valkey, ValkeyDown, connect


def test_what_one_turn_leaves_the_next_finds(valkey: Valkey) -> None:
    turns = Turns(valkey)
    with turns.turn("m1", "oA", 1) as turn:
        assert turn.held and turn.reply is None and turn.session is None
        turn.leave({"type": "text", "content": "好"}, {"sealed": "s1"}, 60)
    with turns.turn("m1", "oA", 1) as turn:
        assert turn.reply == {"type": "text", "content": "好"} and not turn.held
    with turns.turn("m2", "oA", 1) as turn:
        assert turn.held and turn.session == {"sealed": "s1"}
    with turns.turn("m3", "oB", 1) as turn:
        assert turn.session is None


def test_a_turn_that_leaves_no_session_keeps_the_one_there_was(valkey: Valkey) -> None:
    turns = Turns(valkey)
    for delivery, session in (("m1", {"sealed": "s1"}), ("m2", None)):
        with turns.turn(delivery, "oA", 1) as turn:
            turn.leave({"type": "nothing"}, session, 60)
    with turns.turn("m3", "oA", 1) as turn:
        assert turn.session == {"sealed": "s1"}


def test_nobody_else_gets_in_and_a_repeat_learns_that_it_runs(valkey: Valkey) -> None:
    turns = Turns(valkey)
    with turns.turn("m1", "oA", 1) as first:
        assert first.held
        with turns.turn("m1", "oA", 0.05) as repeat:
            assert not repeat.held and repeat.running
        with turns.turn("m2", "oA", 0.05) as other:
            assert not other.held and not other.running
        with turns.turn("m3", "oB", 0.05) as somebody_else:
            assert somebody_else.held


def test_who_waits_gets_the_answer_as_soon_as_there_is_one(valkey: Valkey) -> None:
    turns = Turns(valkey)

    def repeat() -> object:
        with turns.turn("m1", "oA", 5) as turn:
            return turn.reply

    with ThreadPoolExecutor(1) as pool:
        with turns.turn("m1", "oA", 1) as turn:
            waiting = pool.submit(repeat)
            time.sleep(0.2)
            turn.leave({"n": 1}, None, 60)
        assert waiting.result(timeout=3) == {"n": 1}


def test_an_exception_ends_the_turn(valkey: Valkey) -> None:
    turns = Turns(valkey)
    with pytest.raises(RuntimeError), turns.turn("m1", "oA", 1):
        raise RuntimeError
    with turns.turn("m2", "oA", 0.05) as turn:
        assert turn.held


def test_a_question_asked_twice_is_one_turn(valkey: Valkey) -> None:
    """The client repeats a question whose answer was lost with the connection."""
    turns = Turns(valkey)
    keys = ["reply:m1", "lock:follower:oA", "session:oA"]
    assert turns._ask(keys, "mine").held
    assert turns._ask(keys, "mine").held
    assert not turns._ask(keys, "another's").held


def test_the_turn_of_a_dead_process_ends_by_itself(valkey: Valkey) -> None:
    turns = Turns(valkey)
    keys = ["reply:m1", "lock:follower:oA", "session:oA"]
    assert turns._ask(keys, "a process that was killed").held
    started = time.monotonic()
    with turns.turn("m2", "oA", 10) as turn:
        assert turn.held
    assert time.monotonic() - started > LOCK_TTL_MS / 1000 - 1


def test_without_valkey_there_is_no_turn() -> None:
    turns = Turns(connect("unix:///nonexistent/valkey.sock"))
    with pytest.raises(ValkeyDown), turns.turn("m1", "oA", 1):
        raise AssertionError("nobody gets in")
