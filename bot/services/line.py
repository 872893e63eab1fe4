"""The waiting line: in order, what falls to each who waits when seats are given out, and why not to the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import gates, seats
from bot.services.refusals import Refused
from bot.services.rules import Rules
from bot.storage.models import Activity, Follower, Offer, Person, Registration, Shift

MOST_SKIPS = 2
"""So often those behind may take seats too few for a party; then seats are kept until there are enough."""

Verdict = Literal["next", "no_seat", "too_few", "kept_for_party", "hindered", "unreached"]


@dataclass(frozen=True)
class Turn:
    """``past``: the parties that are passed over by this one's getting seats. ``refusal``: why one is hindered."""

    registration: Registration
    verdict: Verdict
    past: tuple[Registration, ...] = ()
    refusal: Refused | None = None


class Giving:
    """``left`` seats are given out down the line. Exact only while the shift is locked."""

    def __init__(self, db: Session, shift: Shift, activity: Activity, left: int, now: datetime, rules: Rules) -> None:
        self._db, self._shift, self._activity, self._now, self._rules = db, shift, activity, now, rules
        self.left = left
        self._skips: dict[int, int] = {}
        self._passed: list[Registration] = []

    @property
    def passed(self) -> tuple[Registration, ...]:
        """Parties ahead that could come and did not fit."""
        return tuple(self._passed)

    def turns(self, until: Registration | None = None) -> Iterator[Turn]:
        """Everybody in line, first first; only those before ``until`` if given."""
        silent = unreached(self._db, self._shift.id)
        kept = False
        for registration in seats.line(self._db, self._shift.id):
            if registration is until:
                return
            if registration.id in silent:
                yield Turn(registration, "unreached")
            elif self.left == 0:
                yield Turn(registration, "kept_for_party" if kept else "no_seat")
            elif refusal := hindrance(self._db, registration, self._shift, self._activity, self._now, self._rules):
                yield Turn(registration, "hindered", refusal=refusal)
            elif registration.party_size <= self.left:
                self.left -= registration.party_size
                yield Turn(registration, "next", past=self.passed)
                kept = self._pass_over() and self.left > 0
                self.left = 0 if kept else self.left
            else:
                yield Turn(registration, "too_few")
                self._passed.append(registration)
                self._skips[registration.id] = registration.skipped
                if self._must_wait():
                    kept, self.left = True, 0

    def _pass_over(self) -> bool:
        for registration in self._passed:
            self._skips[registration.id] += 1
        return self._must_wait()

    def _must_wait(self) -> bool:
        return any(
            self._skips[registration.id] >= MOST_SKIPS and registration.party_size <= self._shift.capacity
            for registration in self._passed
        )


def hindrance(
    db: Session, registration: Registration, shift: Shift, activity: Activity, now: datetime, rules: Rules
) -> Refused | None:
    """What keeps somebody who waits from taking a seat now; an agreement still to be signed is asked for with it."""
    person = db.get_one(Person, registration.person_id)
    asked = gates.request(db, shift, activity, person, now, rules, guardian_id=guardian_of(db, registration))
    objections = gates.about_person(db, asked)
    return next((refusal for refusal in objections if refusal.code != "AGREEMENT_REQUIRED"), None)


def guardian_of(db: Session, registration: Registration) -> int | None:
    """Who brings this companion along, if it is a child signed up from the guardian's own account."""
    if registration.party_of is None:
        return None
    head = db.get_one(Registration, registration.party_of)
    return head.person_id if head.openid == registration.openid else None


def unreached(db: Session, shift_id: int) -> set[int]:
    """Registrations in line whose last offer could not be said, and whose followers were not heard since."""
    silent = (
        select(Registration.id, func.max(Offer.answered_at), Follower.last_message_at, Follower.last_click_at)
        .join(Offer, Offer.registration_id == Registration.id)
        .outerjoin(Follower, Follower.openid == Registration.openid)
        .where(Registration.shift_id == shift_id, Registration.state == "waiting", Offer.answer == "unreached")
        .group_by(Registration.id, Follower.last_message_at, Follower.last_click_at)
    )
    return {
        id
        for id, since, message, click in db.execute(silent)
        if not any(at is not None and since is not None and at > since for at in (message, click))
    }


def left_for(
    db: Session, asked: gates.Request, counted: seats.Seats, size: int
) -> tuple[bool, tuple[Registration, ...]]:
    """Whether a newcomer with ``size`` people gets seats, after everybody ahead who could come has got theirs;
    and the parties that are passed over by it.

    Shortly before the start nobody is offered a seat any more: then the first in line may simply ask for it.
    """
    if counted.free < size or not counted.waiting:
        return counted.free >= size, ()
    giving = Giving(db, asked.shift, asked.activity, counted.free, asked.now, asked.rules)
    for _ in giving.turns(until=asked.existing):
        if giving.left < size:
            return False, ()
    return giving.left >= size, giving.passed


def skip(past: tuple[Registration, ...]) -> None:
    for registration in past:
        registration.skipped += 1
