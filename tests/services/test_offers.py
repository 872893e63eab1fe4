"""Free seats offered to the line: to whom, for how long, what they answer, what happens when they do not."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.services import activities, offers, registrations
from bot.services.refusals import NoOffer, NotRegistered, OfferExpired, ShiftStarted, TimeConflict
from bot.storage.models import Follower, Offer, Push, Registration
from tests.fixtures.world import NOW, World, hours

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def offer_after(world: World, starts_at: datetime, freed_at: datetime) -> Offer | None:
    """One seat, one waiting; the seat comes free at ``freed_at``."""
    world.now = min(world.now, freed_at)
    shift = world.shift(capacity=1, starts_at=starts_at)
    seat, _ = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, freed_at)
    return world.db.scalars(select(Offer)).one_or_none()


@pytest.mark.parametrize(
    ("freed", "starts", "expires"),
    [
        ("2026-03-03 08:00", "2026-03-07 13:00", "2026-03-03 20:00"),  # more than two days: 12 h
        ("2026-03-03 10:00", "2026-03-07 13:00", "2026-03-03 22:00"),  # just until the night
        ("2026-03-03 15:00", "2026-03-07 13:00", "2026-03-04 12:30"),  # 7 h today, 5 h tomorrow
        ("2026-03-06 10:00", "2026-03-07 13:00", "2026-03-06 14:00"),  # more than a day: 4 h
        ("2026-03-07 06:59", "2026-03-07 13:00", "2026-03-07 07:59"),  # more than 6 h: 1 h, night or not: start is near
        ("2026-03-06 21:40", "2026-03-07 13:00", "2026-03-07 08:10"),  # 15 h ahead: 20 min, a night, 40 min
        ("2026-03-06 23:00", "2026-03-07 13:00", "2026-03-07 08:30"),  # the clock starts in the morning
        ("2026-03-07 10:30", "2026-03-07 13:00", "2026-03-07 10:50"),  # more than 2 h: 20 min
    ],
)
def test_the_nearer_the_start_the_shorter_the_offer(world: World, freed: str, starts: str, expires: str) -> None:
    offer = offer_after(world, local(starts), local(freed))
    assert offer is not None
    assert offer.expires_at == local(expires)


def test_less_than_two_hours_before_nobody_is_offered_a_seat(world: World) -> None:
    assert offer_after(world, local("2026-03-07 13:00"), local("2026-03-07 11:01")) is None
    assert world.db.scalars(select(Push)).all() == []


def test_at_night_the_message_waits_for_the_morning(world: World) -> None:
    offer_after(world, local("2026-03-07 13:00"), local("2026-03-04 23:00"))
    push = world.db.scalars(select(Push)).one()
    assert push.due_at == local("2026-03-05 07:30")


def test_with_the_start_near_the_message_goes_out_at_night(world: World) -> None:
    offer_after(world, local("2026-03-07 09:00"), local("2026-03-06 23:00"))
    assert world.db.scalars(select(Push)).one().due_at == local("2026-03-06 23:00")


def test_one_open_offer_for_each_free_seat_in_order(world: World) -> None:
    shift = world.shift(capacity=3)
    first, second, *_ = world.fill(shift, waiting=4)
    registrations.cancel(world.db, first, NOW)
    registrations.cancel(world.db, second, NOW)
    assert world.states(shift) == ["cancelled", "cancelled", "confirmed", "offered", "offered", "waiting", "waiting"]


def test_promoting_again_changes_nothing(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, *_ = world.fill(shift, waiting=2)
    registrations.cancel(world.db, seat, NOW)
    before = world.states(shift)
    assert registrations.promote(world.db, shift.id, NOW) == []
    assert world.states(shift) == before
    assert registrations.promote(world.db, 4711, NOW) == []


def test_no_offers_once_sign_up_closed_or_the_activity_is_off(world: World) -> None:
    shift = world.shift(capacity=1, signup_closes_at=NOW + hours(5))
    seat, _ = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, NOW + hours(5))
    assert world.states(shift) == ["cancelled", "waiting"]
    assert registrations.promote(world.db, shift.id, NOW + hours(6)) == []
    activities.cancel(world.db, shift.activity_id, "雨", NOW)
    assert registrations.promote(world.db, shift.id, NOW) == []


def test_accepting_takes_the_seat_once(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, next_in_line = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, NOW)
    outcome = registrations.accept_offer(world.db, next_in_line, NOW + hours(1))
    again = registrations.accept_offer(world.db, next_in_line, NOW + hours(99))
    assert (outcome.state, outcome.free) == ("confirmed", 0)
    assert again == outcome
    assert world.db.scalars(select(Offer.answer)).all() == ["accepted"]
    assert world.db.scalars(select(Push.state)).all() == ["superseded"]


def test_accepting_too_late(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, next_in_line = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, NOW)
    world.tell()
    expires_at = world.db.scalars(select(Offer.expires_at)).one()
    with pytest.raises(OfferExpired) as unswept:
        registrations.accept_offer(world.db, next_in_line, expires_at)
    registrations.expire_offers(world.db, expires_at)
    with pytest.raises(OfferExpired) as swept:
        registrations.accept_offer(world.db, next_in_line, expires_at)
    assert unswept.value.expired_at == swept.value.expired_at == expires_at


def test_nothing_to_accept(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, waiting = world.fill(shift, waiting=1)
    with pytest.raises(NoOffer) as refused:
        registrations.accept_offer(world.db, waiting, NOW)
    assert refused.value.state == "waiting"
    with pytest.raises(NotRegistered):
        registrations.decline_offer(world.db, 4711, NOW)
    activities.cancel(world.db, shift.activity_id, "雨", NOW)
    with pytest.raises(NoOffer):
        registrations.accept_offer(world.db, waiting, NOW)


def test_accepting_while_engaged_elsewhere(world: World) -> None:
    shift = world.shift(capacity=1, starts_in=hours(50))
    seat, waiting = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, NOW)
    world.sign_up(world.shift(starts_in=hours(51)), 2)
    with pytest.raises(TimeConflict):
        registrations.accept_offer(world.db, waiting, NOW)


def test_declining_passes_the_seat_on_at_once(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, first, second = world.fill(shift, waiting=2)
    registrations.cancel(world.db, seat, NOW)
    offered = registrations.decline_offer(world.db, first, NOW)
    assert [offer.registration_id for offer in offered] == [second]
    assert world.states(shift) == ["cancelled", "declined", "offered"]
    with pytest.raises(NoOffer):
        registrations.decline_offer(world.db, first, NOW)


def test_cancelling_an_offered_place_withdraws_the_offer(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, first, second = world.fill(shift, waiting=2)
    registrations.cancel(world.db, seat, NOW)
    assert registrations.cancel(world.db, first, NOW).passed_on is True
    assert world.db.scalars(select(Offer.answer).order_by(Offer.id)).all() == ["withdrawn", None]


def test_offers_that_run_out_go_to_the_next_and_both_are_told(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, first, second = world.fill(shift, waiting=2)
    registrations.cancel(world.db, seat, NOW)
    world.tell()
    expires_at = world.db.scalars(select(Offer.expires_at)).one()
    assert registrations.expire_offers(world.db, expires_at - timedelta(seconds=1)) == []
    assert len(registrations.expire_offers(world.db, expires_at)) == 1
    assert registrations.expire_offers(world.db, expires_at) == []
    assert world.states(shift) == ["cancelled", "offer_expired", "offered"]
    told = world.db.execute(select(Push.openid, Push.kind, Push.state).order_by(Push.id)).all()
    assert told == [("o-2", "offer", "superseded"), ("o-2", "offer_lapsed", "due"), ("o-3", "offer", "due")]


def test_open_offers_of_a_person(world: World) -> None:
    shift = world.shift(capacity=1, title="微笑驿站值班")
    seat, first = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, NOW)
    (offer,) = registrations.open_offers(world.db, 2, NOW)
    assert (offer.registration_id, offer.title, offer.starts_at) == (first, "微笑驿站值班", shift.starts_at)
    assert registrations.open_offers(world.db, 1, NOW) == []
    assert registrations.open_offers(world.db, 2, offer.expires_at) == []
    assert registrations.mine(world.db, 2, NOW)[0].offer_expires_at == offer.expires_at


def test_who_is_engaged_elsewhere_is_passed_over_and_keeps_the_place(world: World) -> None:
    shift = world.shift(capacity=1, starts_in=hours(50))
    seat, busy, free = world.fill(shift, waiting=2)
    elsewhere = world.sign_up(world.shift(starts_in=hours(50)), 2)
    registrations.cancel(world.db, seat, NOW)
    assert world.states(shift) == ["cancelled", "waiting", "offered"]
    registrations.cancel(world.db, elsewhere.registration_id, NOW)
    registrations.decline_offer(world.db, free, NOW)
    assert world.states(shift) == ["cancelled", "offered", "declined"]


def test_the_sweep_finds_seats_that_came_free_unnoticed(world: World) -> None:
    shift, full = world.shift(capacity=1, starts_in=hours(50)), world.shift(capacity=1)
    seat, waiting = world.fill(shift, waiting=1)
    world.fill(full, waiting=1)
    assert registrations.shifts_to_promote(world.db, NOW) == []
    elsewhere = world.sign_up(world.shift(starts_in=hours(50)), 2).registration_id
    registrations.cancel(world.db, seat, NOW)
    registrations.cancel(world.db, elsewhere, NOW)  # only now could the waiting one come
    assert registrations.shifts_to_promote(world.db, NOW) == [shift.id]
    assert len(registrations.promote(world.db, shift.id, NOW)) == 1
    assert registrations.shifts_to_promote(world.db, NOW) == []


def test_an_offer_ends_with_the_start_it_was_moved_to(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, waiting = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, NOW)
    activities.move(world.db, shift.id, NOW + hours(3), NOW + hours(5), now=NOW)
    assert world.db.scalars(select(Offer.expires_at)).one() == NOW + hours(3)
    offer = world.db.scalars(select(Offer)).one()
    offer.expires_at = NOW + hours(9)
    with pytest.raises(ShiftStarted):
        registrations.accept_offer(world.db, waiting, NOW + hours(4))


def test_lengths_are_in_order() -> None:
    assert list(offers.LENGTHS) == sorted(offers.LENGTHS, reverse=True)
    assert all(length < far for far, length in offers.LENGTHS)


def test_registrations_keep_every_step(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, first = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, NOW)
    registrations.decline_offer(world.db, first, NOW)
    assert world.sign_up(shift, 2).state == "confirmed"
    rows = world.db.scalars(select(Registration).where(Registration.person_id == 2)).all()
    assert sorted(row.state for row in rows) == ["confirmed", "declined"]


def lengthened(world: World, *, freed: str, said: str, starts: str) -> Offer:
    offer = offer_after(world, local(starts), local(freed))
    assert offer is not None
    world.tell(local(said))
    return offer


@pytest.mark.parametrize(
    ("said", "expires"),
    [("2026-03-03 08:00", "2026-03-03 20:00"), ("2026-03-03 09:30", "2026-03-03 21:30")],
)
def test_the_clock_starts_when_the_offer_was_said(world: World, said: str, expires: str) -> None:
    offer = lengthened(world, freed="2026-03-03 08:00", said=said, starts="2026-03-07 13:00")
    assert (offer.delivered_at, offer.expires_at) == (local(said), local(expires))
    world.tell(local("2026-03-03 21:00"))
    assert offer.expires_at == local(expires), "said again, it does not start anew"


def test_said_so_late_that_the_length_is_shorter_it_is_never_cut(world: World) -> None:
    offer = lengthened(world, freed="2026-03-03 08:00", said="2026-03-03 19:00", starts="2026-03-05 09:00")
    assert offer.expires_at == local("2026-03-04 08:30")  # 4 h from 19:00, of which one after the night


def test_who_was_never_told_keeps_the_place(world: World) -> None:
    """A worker that is dead holds a seat no longer than the offer would have lasted."""
    shift = world.shift(capacity=1)
    seat, first, second = world.fill(shift, waiting=2)
    registrations.cancel(world.db, seat, NOW)
    expires_at = world.db.scalars(select(Offer.expires_at)).one()
    (ended,) = registrations.expire_offers(world.db, expires_at)
    assert ended.answer == "unreached"
    assert world.states(shift) == ["cancelled", "waiting", "offered"]
    assert registrations.mine(world.db, 2, NOW)[0].place_in_line == 1


def test_whom_no_channel_reaches_keeps_the_place_and_the_next_is_offered(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, first, second = world.fill(shift, waiting=2)
    registrations.cancel(world.db, seat, NOW)
    world.db.scalars(select(Push).where(Push.kind == "offer")).one().state = "unreached"
    world.db.flush()
    (ended,) = registrations.pass_over_unreached(world.db, NOW + hours(1))
    assert (ended.registration_id, ended.answer) == (first, "unreached")
    assert registrations.pass_over_unreached(world.db, NOW + hours(1)) == []
    assert world.states(shift) == ["cancelled", "waiting", "offered"]
    registrations.decline_offer(world.db, second, NOW + hours(1))
    assert world.states(shift) == ["cancelled", "waiting", "declined"], "not offered again while nothing was heard"
    follower = world.db.get_one(Follower, "o-2")
    follower.last_message_at = NOW + hours(2)
    world.db.flush()
    registrations.promote(world.db, shift.id, NOW + hours(2))
    assert world.states(shift) == ["cancelled", "offered", "declined"]


def test_who_wished_so_is_seated_at_once_and_told(world: World) -> None:
    shift = world.shift(capacity=1)
    (seat,) = world.fill(shift)
    person = world.person()
    id = world.sign_up(shift, person, auto_accept=True).registration_id
    registrations.cancel(world.db, seat, NOW)
    assert world.states(shift) == ["cancelled", "confirmed"]
    assert world.db.scalars(select(Offer)).all() == []
    told = world.db.scalars(select(Push).where(Push.kind == "notice")).one()
    assert (told.openid, told.payload) == (f"o-{person}", {"notice": "registrations.seated", "registration_id": id})


def test_not_seated_at_once_when_engaged_elsewhere_by_then(world: World) -> None:
    shift = world.shift(capacity=1, starts_in=hours(50))
    (seat,) = world.fill(shift)
    person = world.person()
    world.sign_up(shift, person, auto_accept=True)
    world.sign_up(world.shift(starts_in=hours(50)), person)
    registrations.cancel(world.db, seat, NOW)
    assert world.states(shift) == ["cancelled", "waiting"]


def test_the_wish_may_come_later_and_be_taken_back(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, waiting = world.fill(shift, waiting=1)
    registrations.set_auto_accept(world.db, waiting, 2, NOW)
    registrations.set_auto_accept(world.db, waiting, 2, NOW, on=False)
    with pytest.raises(NotRegistered):
        registrations.set_auto_accept(world.db, waiting, 1, NOW)
    registrations.cancel(world.db, seat, NOW)
    assert world.states(shift) == ["cancelled", "offered"]


def test_shortly_before_the_start_the_leader_gets_the_list(world: World) -> None:
    shift = world.shift(capacity=1, starts_in=hours(3))
    shift.activity.leader_id = world.person("王老师", "leader")
    seat, _ = world.fill(shift, waiting=1)
    registrations.cancel(world.db, seat, NOW + hours(1.5))
    registrations.promote(world.db, shift.id, NOW + hours(1.6))
    told = world.db.scalars(select(Push).where(Push.kind == "notice").order_by(Push.id)).all()
    assert [row.payload["notice"] for row in told] == ["registrations.cancelled_late", "registrations.fill_in"]
    assert told[1].payload["shift_id"] == shift.id


def test_priority_by_a_published_rule_comes_first(world: World) -> None:
    shift = world.shift(capacity=1)
    seat, first, second = world.fill(shift, waiting=2)
    world.db.get_one(Registration, second).priority = 1
    world.db.flush()
    assert registrations.mine(world.db, 2, NOW)[0].place_in_line == 2
    registrations.cancel(world.db, seat, NOW)
    assert world.states(shift) == ["cancelled", "waiting", "offered"]


def test_why_nobody_was_promoted(world: World) -> None:
    shift = world.shift(capacity=1, starts_in=hours(50))

    def why(now: datetime = NOW) -> list[tuple[str, int | None]]:
        return [(one.code, one.place) for one in offers.explain(world.db, shift.id, now)]

    assert why() == [("nobody_waits", None)]
    seat, _, _ = world.fill(shift, waiting=2)
    assert why() == [("no_free_seat", None), ("no_seat", 1), ("no_seat", 2)]
    world.sign_up(world.shift(starts_in=hours(50)), 2)
    world.db.get_one(Registration, seat).state = "cancelled"
    world.db.flush()
    assert why() == [("hindered", 1), ("next", 2)]
    refusal = offers.explain(world.db, shift.id, NOW)[0].refusal
    assert isinstance(refusal, TimeConflict)
    assert why(NOW + hours(49))[0] == ("too_near", None)
    assert why(NOW + hours(50))[0] == ("started", None)
    shift.signup_closes_at = NOW
    assert why()[0] == ("closed", None)
    assert offers.explain(world.db, 4711, NOW) == []
