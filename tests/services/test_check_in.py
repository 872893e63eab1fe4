"""Checking in: codes that change, sheets to scan, places with consent, the leader's word, and nobody guesses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import actors, check_in, places
from bot.services.refusals.attendance import NobodySo, SeveralSo, TooManyTries
from bot.storage.crypto import Cipher
from bot.storage.models import AttendanceEvent, Consent, Push
from tests.fixtures.world import World
from tests.services.presence_world import GATE, Afternoon, saturday

FAR = (GATE[0] + 0.0162, GATE[1])
"""1.8 km to the north."""


@pytest.fixture
def afternoon(db: Session, world: World) -> Afternoon:
    return Afternoon(db, world)


@pytest.fixture
def placed(db: Session, world: World) -> Afternoon:
    return Afternoon(db, world, placed=True)


def test_the_code_that_the_leader_shows_lets_in_and_out(afternoon: Afternoon) -> None:
    came = afternoon.types(afternoon.code("12:58"), "12:58")
    assert came is not None and (came.kind, came.verdict, came.at) == ("in", "accepted", saturday("12:58"))
    left = afternoon.types(afternoon.code("15:31", "out"), "15:31")
    assert left is not None and (left.kind, left.verdict, left.minutes) == ("out", "accepted", 150)
    assert afternoon.state == "checked_out"


def test_the_code_before_still_counts_and_older_ones_do_not(afternoon: Afternoon) -> None:
    old = afternoon.code("12:54")
    assert afternoon.types(old, "12:58").verdict == "wrong_code"  # type: ignore[union-attr]
    assert afternoon.types(afternoon.code("12:58"), "13:00").verdict == "accepted"  # type: ignore[union-attr]


def test_codes_differ_between_shifts_purposes_and_times(db: Session, world: World, afternoon: Afternoon) -> None:
    other = world.shift(code="B07", starts_at=saturday("13:00"))
    at = saturday("12:58")
    codes = [
        check_in.current_code(world.cipher, shift, at, purpose=purpose)
        for shift in (afternoon.shift, other)
        for purpose in ("in", "out")  # type: ignore[attr-defined]
    ]
    assert len({*codes, afternoon.code("13:00")}) == 5
    assert all(len(code) == 6 and code.isdecimal() for code in codes)


def test_the_code_of_another_key_is_wrong(afternoon: Afternoon) -> None:
    foreign = check_in.current_code(Cipher(Cipher.generate_key()), afternoon.shift, saturday("12:58"))
    assert afternoon.types(foreign, "12:58").verdict == "wrong_code"  # type: ignore[union-attr]


def test_before_the_time_no_code_is_judged(afternoon: Afternoon) -> None:
    for code in (afternoon.code("11:52"), "000000"):
        tried = afternoon.types(code, "11:52", nonce=code)
        assert tried is not None and tried.verdict == "outside_window"
        assert tried.near.opens_at == saturday("12:30")


def test_six_digits_without_a_shift_of_ones_own_are_nobodys(world: World, afternoon: Afternoon) -> None:
    stranger = world.person("路人甲")
    assert afternoon.types(afternoon.code("12:58"), "12:58", person=stranger) is None
    assert afternoon.db.scalar(select(func.count()).select_from(AttendanceEvent)) == 0


def test_of_two_shifts_at_the_time_the_code_says_which(db: Session, world: World, afternoon: Afternoon) -> None:
    later = world.shift(code="B07", starts_at=saturday("15:30"), ends_at=saturday("17:00"))
    world.sign_up(later, afternoon.person)
    code = check_in.current_code(world.cipher, later, saturday("15:15"))
    tried = afternoon.types(code, "15:15")
    assert tried is not None and (tried.near.code, tried.verdict) == ("B07", "accepted")
    assert afternoon.state == "confirmed"


def test_after_five_wrong_codes_the_right_one_is_not_looked_at_for_ten_minutes(afternoon: Afternoon) -> None:
    for number in range(5):
        assert afternoon.types("000000", f"12:5{number}").verdict == "wrong_code"  # type: ignore[union-attr]
    with pytest.raises(TooManyTries) as refused:
        afternoon.types(afternoon.code("12:56"), "12:56")
    assert refused.value.until == saturday("13:00")
    assert afternoon.types(afternoon.code("13:01"), "13:01").verdict == "accepted"  # type: ignore[union-attr]


# -- sheets -------------------------------------------------------------------------------------------


def scans(afternoon: Afternoon, clock: str, scanned: str = "") -> check_in.Tried | None:
    return check_in.by_sheet(
        afternoon.db, afternoon.cipher, afternoon.person,
        scanned or check_in.scene(afternoon.cipher, afternoon.shift.id),
        openid="o-1", nonce=f"scan-{clock}", now=saturday(clock),
    )  # fmt: skip


def test_a_sheet_lets_in_then_out(afternoon: Afternoon) -> None:
    verdicts = [(clock, scans(afternoon, clock)) for clock in ("12:58", "12:59", "15:31", "15:33")]
    assert [(clock, tried.kind, tried.verdict) for clock, tried in verdicts if tried] == [
        ("12:58", "in", "accepted"),
        ("12:59", "in", "repeated"),  # scanned twice, not gone after a minute
        ("15:31", "out", "accepted"),
        ("15:33", "out", "repeated"),
    ]


def test_a_sheet_made_at_home_is_nothing(afternoon: Afternoon) -> None:
    assert scans(afternoon, "12:58", f"chk_{afternoon.shift.id}_0123456789abcdef") is None
    other = check_in.scene(afternoon.cipher, afternoon.shift.id + 1).split("_")[2]
    assert scans(afternoon, "12:58", f"chk_{afternoon.shift.id}_{other}") is None


def test_a_scene_fits_into_wechats_64_characters(cipher: Cipher) -> None:
    assert len(check_in.scene(cipher, 10**9 - 1)) <= 64


# -- places -------------------------------------------------------------------------------------------


def test_where_the_place_is_known_the_code_alone_waits(placed: Afternoon) -> None:
    tried = placed.types(placed.code("12:58"), "12:58")
    assert tried is not None and (tried.verdict, tried.consent, tried.radius_m) == ("needs_person", "", 500)
    assert placed.state == "confirmed"


def test_the_place_within_the_radius_counts_from_the_code(placed: Afternoon) -> None:
    places.agree(placed.db, placed.person, saturday("12:00"))
    placed.types(placed.code("12:58"), "12:58")
    tried = placed.stands_at(GATE[0] + 0.001, GATE[1], "13:01")
    assert tried is not None and (tried.verdict, tried.distance_m, tried.at) == ("accepted", 111, saturday("12:58"))
    assert placed.state == "checked_in"
    kept = placed.db.scalars(select(AttendanceEvent).where(AttendanceEvent.channel == "location")).one()
    assert placed.cipher.decrypt(kept.place_encrypted or b"") == "28.901000,120.400000"


def test_too_far_is_kept_and_the_leaders_word_counts_from_the_code(placed: Afternoon) -> None:
    places.agree(placed.db, placed.person, saturday("12:00"))
    placed.types(placed.code("12:58"), "12:58")
    tried = placed.stands_at(*FAR, "13:00")
    assert tried is not None and (tried.verdict, tried.distance_m) == ("too_far", 1801)
    said = check_in.leader_says(
        placed.db, placed.shift.id, "王晓雨", "staff:1", saturday("13:10"), cipher=placed.cipher
    )
    assert (said.verdict, said.captured_at, said.channel) == ("accepted", saturday("12:58"), "leader")
    assert placed.state == "checked_in"
    told = placed.db.scalars(select(Push).where(Push.kind == "notice")).one()
    assert (told.openid, told.payload) == ("o-1", {"notice": "attendance.confirmed", "event_id": said.id})


def test_a_second_place_may_be_right(placed: Afternoon) -> None:
    places.agree(placed.db, placed.person, saturday("12:00"))
    placed.types(placed.code("12:58"), "12:58")
    placed.stands_at(*FAR, "13:00")
    assert placed.stands_at(*GATE, "13:05").verdict == "accepted"  # type: ignore[union-attr]
    assert placed.stands_at(*GATE, "13:06") is None


def test_a_place_long_after_the_code_belongs_to_nothing(placed: Afternoon) -> None:
    places.agree(placed.db, placed.person, saturday("12:00"))
    placed.types(placed.code("12:58"), "12:58")
    assert placed.stands_at(*GATE, "13:09") is None


def test_without_consent_nothing_of_a_place_is_kept(placed: Afternoon) -> None:
    placed.types(placed.code("12:58"), "12:58")
    tried = placed.stands_at(*GATE, "12:59")
    assert tried is not None and (tried.verdict, tried.consent) == ("needs_person", "")
    assert placed.db.scalars(select(AttendanceEvent.channel)).all() == ["code"]


def test_consent_is_asked_once_and_taken_back_as_easily(placed: Afternoon) -> None:
    db, person = placed.db, placed.person
    assert places.consent(db, person) == ""
    places.refuse(db, person, saturday("12:00"))
    places.refuse(db, person, saturday("12:01"))
    assert places.consent(db, person) == "refused"
    places.agree(db, person, saturday("12:02"))
    assert places.consent(db, person) == "given"
    places.refuse(db, person, saturday("12:03"))
    assert places.consent(db, person) == "refused"
    assert db.scalar(select(func.count()).select_from(Consent).where(Consent.withdrawn_at.is_(None))) == 0


@given(st.floats(-80, 80), st.floats(-179, 179), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
def test_distances_are_the_same_both_ways_and_zero_at_the_gate(
    lat: float, lon: float, north: float, east: float
) -> None:
    there = places.metres(lat, lon, lat + north, lon + east)
    assert there == places.metres(lat + north, lon + east, lat, lon)
    assert 0 <= there <= 1.02 * 111_320 * (abs(north) + abs(east)) + 1
    assert places.metres(lat, lon, lat, lon) == 0


# -- the leader's word --------------------------------------------------------------------------------


def says(afternoon: Afternoon, name: str, clock: str, phone_end: str = "") -> AttendanceEvent:
    return check_in.leader_says(
        afternoon.db, afternoon.shift.id, name, "staff:1", saturday(clock), phone_end=phone_end, cipher=afternoon.cipher
    )


def test_the_leaders_word_counts_and_is_judged_too(afternoon: Afternoon) -> None:
    assert says(afternoon, "王晓雨", "11:00").verdict == "outside_window"
    event = says(afternoon, " 王晓雨 ", "13:05")
    assert (event.verdict, event.captured_at, event.entered_by) == ("accepted", saturday("13:05"), "staff:1")
    assert says(afternoon, "王晓雨", "13:06").verdict == "repeated"
    with pytest.raises(NobodySo):
        says(afternoon, "王小明", "13:05")


def test_two_of_one_name_are_told_apart_by_the_phone(world: World, afternoon: Afternoon) -> None:
    namesake = world.person("王晓雨")
    world.sign_up(afternoon.shift, namesake)
    with pytest.raises(SeveralSo) as refused:
        says(afternoon, "王晓雨", "13:05")
    assert refused.value.number == 2
    assert says(afternoon, "王晓雨", "13:05", "0002").person_id == namesake
    with pytest.raises(NobodySo):
        says(afternoon, "王晓雨", "13:05", "9999")


def test_who_enters_it_fits_into_its_column(afternoon: Afternoon) -> None:
    """32 characters; an openid with its prefix would not fit on PostgreSQL."""
    afternoon.types(afternoon.code("12:58"), "12:58")
    event = afternoon.db.scalars(select(AttendanceEvent)).one()
    assert event.entered_by == actors.person(afternoon.person) and event.note.startswith("from ")
