"""Parties: seats together, in line together, children with their guardian, friends who say yes themselves."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import invitations, offers, parties, registrations, seats
from bot.services.parties import Party
from bot.services.refusals import AlreadyRegistered, NotRegistered, ProfileMissing, TimeConflict
from bot.services.refusals.registrations import InvitationUnknown, NotYourChild, PartyTooLarge
from bot.storage.crypto import Cipher
from bot.storage.models import Guardianship, Invitation, Person, Push, Registration, Shift
from tests.fixtures.world import NOW, World, hours


def child_of(world: World, guardian: int, name: str = "王小宝") -> int:
    """Ten years old, known through the guardian only."""
    child = Person(name=name, birth_date=NOW.date().replace(year=2016), created_at=NOW)
    world.db.add(child)
    world.db.flush()
    world.db.add(
        Guardianship(minor_id=child.id, guardian_id=guardian, state="active", asked_at=NOW, active_at=NOW)
    )  # fmt: skip
    world.db.flush()
    return child.id


def rows(world: World, shift: Shift) -> list[tuple[int, str, int]]:
    """(person, state, seats) of everybody live, in the order of coming."""
    live = select(Registration).where(Registration.shift_id == shift.id, Registration.state.in_(seats.LIVE))
    return [(row.person_id, row.state, row.party_size) for row in world.db.scalars(live.order_by(Registration.id))]


def test_a_guardian_with_children_takes_seats_for_all(world: World) -> None:
    shift, mother = world.shift(capacity=4), world.person()
    children = (child_of(world, mother), child_of(world, mother, "王小贝"))
    outcome = world.sign_up(shift, mother, party=Party(children=children))
    assert (outcome.state, outcome.free) == ("confirmed", 1)
    first, second = children
    assert rows(world, shift) == [(mother, "confirmed", 3), (first, "confirmed", 0), (second, "confirmed", 0)]


def test_only_ones_own_children(world: World) -> None:
    shift, mother, stranger = world.shift(), world.person(), world.person()
    child = child_of(world, mother)
    with pytest.raises(NotYourChild):
        world.sign_up(shift, stranger, party=Party(children=(child,)))
    world.sign_up(shift, mother, party=Party(children=(child,)))
    with pytest.raises(AlreadyRegistered):
        world.sign_up(shift, mother, party=Party(children=(child,)))


def test_a_child_needs_a_birth_date_and_free_time(world: World) -> None:
    shift, mother = world.shift(starts_in=hours(50)), world.person()
    child = child_of(world, mother)
    world.sign_up(world.shift(starts_in=hours(51)), mother, party=Party(children=(child,)))
    father = world.person()
    world.db.add(Guardianship(minor_id=child, guardian_id=father, state="active", asked_at=NOW, active_at=NOW))
    world.db.flush()
    with pytest.raises(TimeConflict):
        world.sign_up(shift, father, party=Party(children=(child,)))
    world.db.get_one(Person, child).birth_date = None
    with pytest.raises(ProfileMissing):
        world.sign_up(world.shift(), father, party=Party(children=(child,)))


def test_larger_than_the_shift_or_than_a_party(world: World) -> None:
    with pytest.raises(PartyTooLarge) as refused:
        world.sign_up(world.shift(capacity=2), world.person(), party=Party(friends=2))
    assert refused.value.limit == 2
    with pytest.raises(PartyTooLarge) as refused:
        world.sign_up(world.shift(), world.person(), party=Party(friends=parties.LARGEST))
    assert refused.value.limit == parties.LARGEST


def test_a_friend_says_yes_with_the_code(world: World, cipher: Cipher) -> None:
    shift, one, friend = world.shift(capacity=3), world.person(), world.person()
    head = world.sign_up(shift, one, party=Party(friends=1)).registration_id
    code = invitations.invite(world.db, cipher, head, 1, NOW)
    assert rows(world, shift) == [(one, "confirmed", 2)], "nobody is enrolled by another's word"
    outcome = invitations.join(world.db, cipher, code.lower(), friend, f"o-{friend}", NOW)
    assert (outcome.state, outcome.free) == ("confirmed", 1)
    assert rows(world, shift) == [(one, "confirmed", 2), (friend, "confirmed", 0)]
    with pytest.raises(InvitationUnknown):
        invitations.join(world.db, cipher, code, world.person(), "o", NOW)
    told = world.db.scalars(select(Push.openid).where(Push.kind == "notice")).all()
    assert told == [f"o-{one}"]
    assert code not in str(world.db.scalars(select(Invitation.code_hash)).all())


def test_a_friend_meets_the_same_gates(world: World, cipher: Cipher) -> None:
    shift, one, friend = world.shift(starts_in=hours(50)), world.person(), world.person()
    code = invitations.invite(
        world.db, cipher, world.sign_up(shift, one, party=Party(friends=1)).registration_id, 1, NOW
    )  # fmt: skip
    world.sign_up(world.shift(starts_in=hours(51)), friend)
    with pytest.raises(TimeConflict):
        invitations.join(world.db, cipher, code, friend, "o", NOW)
    with pytest.raises(AlreadyRegistered):
        invitations.join(world.db, cipher, code, one, "o", NOW)


@pytest.mark.parametrize("how", ["decline", "expire"])
def test_a_friend_who_does_not_come_frees_the_seat(world: World, cipher: Cipher, how: str) -> None:
    shift, one = world.shift(capacity=2), world.person()
    head = world.sign_up(shift, one, party=Party(friends=1)).registration_id
    code = invitations.invite(world.db, cipher, head, 1, NOW)
    waiting = world.person()
    assert world.sign_up(shift, waiting).state == "waiting"
    if how == "decline":
        invitations.decline(world.db, cipher, code, NOW)
    else:
        assert invitations.expire(world.db, NOW + invitations.OPEN_FOR - hours(0.1)) == 0
        assert invitations.expire(world.db, NOW + invitations.OPEN_FOR) == 1
        assert invitations.expire(world.db, NOW + invitations.OPEN_FOR) == 0
    assert rows(world, shift) == [(one, "confirmed", 1), (waiting, "offered", 1)]


def test_a_companion_who_cancels_shrinks_the_party(world: World, cipher: Cipher) -> None:
    shift, one, friend, waiting = world.shift(capacity=2), world.person(), world.person(), world.person()
    head = world.sign_up(shift, one, party=Party(friends=1)).registration_id
    row = invitations.join(
        world.db, cipher, invitations.invite(world.db, cipher, head, 1, NOW), friend, f"o-{friend}", NOW
    ).registration_id  # fmt: skip
    world.sign_up(shift, waiting)
    with pytest.raises(NotRegistered):
        registrations.cancel(world.db, row, NOW, person_id=waiting)
    registrations.cancel(world.db, row, NOW, person_id=one)  # the head may take somebody off, too
    assert rows(world, shift) == [(one, "confirmed", 1), (waiting, "offered", 1)]


def test_when_the_head_leaves_children_go_and_friends_stay(world: World, cipher: Cipher) -> None:
    shift, mother, friend, other = world.shift(capacity=5), world.person(), world.person(), world.person()
    party = Party(children=(child_of(world, mother),), friends=3)
    head = world.sign_up(shift, mother, party=party).registration_id
    code = invitations.invite(world.db, cipher, head, 3, NOW)
    for person in (friend, other):
        invitations.join(world.db, cipher, code, person, f"o-{person}", NOW)
    waiting = world.person()
    world.sign_up(shift, waiting)
    registrations.cancel(world.db, head, NOW)
    assert rows(world, shift) == [(friend, "confirmed", 2), (other, "confirmed", 0), (waiting, "offered", 1)]
    with pytest.raises(InvitationUnknown):
        invitations.find(world.db, cipher, code, NOW)
    (ours,) = [one for one in registrations.mine(world.db, friend, NOW) if one.shift_id == shift.id]
    assert ours.party_size == 2


def test_a_party_waits_until_there_are_seats_for_all_and_is_skipped_twice(world: World) -> None:
    shift = world.shift(capacity=4)
    seated = world.fill(shift)
    head, *singles = world.people(4)
    world.sign_up(shift, head, party=Party(friends=1))
    for person in singles:
        world.sign_up(shift, person)
    for registration_id in seated[:2]:
        registrations.cancel(world.db, registration_id, NOW)
    assert rows(world, shift)[2:] == [
        (head, "waiting", 2), (singles[0], "offered", 1), (singles[1], "offered", 1), (singles[2], "waiting", 1),
    ]  # fmt: skip
    registrations.cancel(world.db, seated[2], NOW)
    assert rows(world, shift)[1] == (head, "waiting", 2), "now seats are kept for it"
    assert rows(world, shift)[-1] == (singles[2], "waiting", 1)
    with pytest.raises(AlreadyRegistered):
        world.sign_up(shift, singles[2])
    assert world.sign_up(shift, world.person()).state == "waiting", "not for a newcomer either"
    why = [(one.code, one.place) for one in offers.explain(world.db, shift.id, NOW)]
    assert why == [("too_few", 1), ("kept_for_party", 2), ("kept_for_party", 3)]
    registrations.cancel(world.db, seated[3], NOW)
    assert rows(world, shift)[0] == (head, "offered", 2)


def test_the_party_in_line_is_seated_with_its_friends(world: World, cipher: Cipher) -> None:
    shift = world.shift(capacity=2)
    seated = world.fill(shift)
    one, friend = world.people(2)
    head = world.sign_up(shift, one, party=Party(friends=1)).registration_id
    invitations.join(
        world.db, cipher, invitations.invite(world.db, cipher, head, 1, NOW), friend, f"o-{friend}", NOW
    )  # fmt: skip
    assert seats.of(world.db, shift).waiting == 1, "a party is one place in line"
    assert registrations.mine(world.db, friend, NOW)[0].place_in_line == 1
    for registration_id in seated:
        registrations.cancel(world.db, registration_id, NOW)
    registrations.accept_offer(world.db, head, NOW)
    assert rows(world, shift) == [(one, "confirmed", 2), (friend, "confirmed", 0)]


def test_a_companion_who_waits_gets_no_seat_by_asking_again(world: World, cipher: Cipher) -> None:
    """One seat, and the party needs two: the companion, who counts for none, would have been seated for free."""
    shift = world.shift(capacity=2)
    seated = world.fill(shift)
    one, friend = world.people(2)
    head = world.sign_up(shift, one, party=Party(friends=1)).registration_id
    code = invitations.invite(world.db, cipher, head, 1, NOW)
    invitations.join(world.db, cipher, code, friend, f"o-{friend}", NOW)
    registrations.cancel(world.db, seated[0], NOW)
    with pytest.raises(AlreadyRegistered):
        world.sign_up(shift, friend)
    assert rows(world, shift)[1:] == [(one, "waiting", 2), (friend, "waiting", 0)]


def test_a_head_who_declines_leaves_the_place_to_the_friend(world: World, cipher: Cipher) -> None:
    shift = world.shift(capacity=2)
    seated = world.fill(shift)
    one, friend = world.people(2)
    head = world.sign_up(shift, one, party=Party(friends=1)).registration_id
    code = invitations.invite(world.db, cipher, head, 1, NOW)
    invitations.join(world.db, cipher, code, friend, f"o-{friend}", NOW)
    for registration_id in seated:
        registrations.cancel(world.db, registration_id, NOW)
    registrations.decline_offer(world.db, head, NOW)
    assert rows(world, shift) == [(friend, "offered", 1)]


def test_who_is_engaged_elsewhere_by_then_stays_behind(world: World, cipher: Cipher) -> None:
    shift = world.shift(capacity=2, starts_in=hours(50))
    seated = world.fill(shift)
    one, friend = world.people(2)
    head = world.sign_up(shift, one, party=Party(friends=1)).registration_id
    code = invitations.invite(world.db, cipher, head, 1, NOW)
    invitations.join(world.db, cipher, code, friend, f"o-{friend}", NOW)
    world.sign_up(world.shift(starts_in=hours(50)), friend)
    for registration_id in seated:
        registrations.cancel(world.db, registration_id, NOW)
    registrations.accept_offer(world.db, head, NOW)
    assert rows(world, shift) == [(one, "confirmed", 1)]
