"""Two hundred sign-ups (or a thousand), every message three times at once, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.storage.models import Registration
from tests.chat_script import plain
from tests.crowd import SIGN_UPS, gather, in_parallel, publish, rows
from tests.fixtures.stack import Follower, Stack, start_stack

ROUNDS, DELIVERIES = 5, 3
FOLLOWERS = SIGN_UPS // ROUNDS
SEATS = FOLLOWERS // 4


@pytest.fixture(params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    environment = {}
    if request.param == "postgresql":
        environment["BOT_DATABASE__URL"] = request.getfixturevalue("postgresql_url")
    stack = start_stack(tmp_path, **environment)
    yield stack
    stack.stop()


def say(follower: Follower, text: str) -> set[str]:
    """All texts that the three simultaneous deliveries were answered with."""
    answer = follower.send(type="text", content=text, repeat=DELIVERIES)
    return {str(reply["shown"]) for reply in answer["replies"]}


def test_exactly_the_seats_there_are(running: Stack) -> None:
    shift_id = publish(running, "M42", SEATS)
    crowd = gather(running, FOLLOWERS)

    def sign_up(follower: Follower) -> list[set[str]]:
        # Whoever is in already is told so; asking again changes nothing.
        said = []
        for _ in range(ROUNDS):
            first = say(follower, "报名 M42")
            said.append(first)
            if any("排队" in text for text in first):
                said.append(say(follower, "排队"))
            if any("确认" in plain(text) for text in said[-1]):
                said.append(say(follower, "确认"))
        return said

    answers = in_parallel(sign_up, crowd)

    several = [texts for each in answers for texts in each if len(texts) != 1]
    assert not several, f"one message, several answers: {several[:3]}"

    found = rows(running, select(Registration.openid, Registration.state, Registration.queued_at, Registration.id)
                 .where(Registration.shift_id == shift_id))  # fmt: skip
    confirmed = [row for row in found if row.state == "confirmed"]
    line = sorted((row for row in found if row.state == "waiting"), key=lambda row: (row.queued_at, row.id))
    assert len(confirmed) == SEATS
    assert len(line) == FOLLOWERS - SEATS
    assert len({row.openid for row in found}) == FOLLOWERS

    told = {}
    for follower, said in zip(crowd, answers, strict=True):
        for texts in said:
            place = re.search(r"已进入候补，排在第(\d+)位", plain(min(texts)))
            if place:
                told[follower.openid] = int(place.group(1))
    assert [told[row.openid] for row in line] == list(range(1, len(line) + 1))

    verified = running.command("db", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
