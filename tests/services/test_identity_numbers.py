"""Identity numbers: the examples of the standard pass, every single slip is caught."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services import identity_numbers as ids
from bot.services.refusals import IdentityInvalid

GOOD = ("11010519491231002X", "440524188001010014", "34052419800101001X")


@pytest.mark.parametrize("number", GOOD)
def test_the_standards_examples_pass(number: str) -> None:
    assert ids.normal(number) == number


@pytest.mark.parametrize(
    "typed", ["11010519491231002x", "１１０１０５19491231002Ｘ", "110105 19491231 002X", "110105-19491231-002x"]
)
def test_ways_of_typing(typed: str) -> None:
    assert ids.normal(typed) == "11010519491231002X"


@pytest.mark.parametrize(
    ("typed", "why"),
    [("", "empty"), ("1101051949123100", "length"), ("110105194912310021", "check"),
     ("11010519491331002X", "birth_date"),
     ("1101051949123100ZX", "form"), ("110105199902300025", "birth_date")],
)  # fmt: skip
def test_what_is_wrong_is_named(typed: str, why: str) -> None:
    with pytest.raises(IdentityInvalid) as refused:
        ids.normal(typed)
    assert refused.value.why == why


def test_nobody_is_born_tomorrow_or_older_than_120() -> None:
    with pytest.raises(IdentityInvalid):
        ids.normal("440524188001010014", today=date(2026, 3, 3))
    assert ids.normal("440524188001010014", today=date(1999, 12, 31))
    with pytest.raises(IdentityInvalid):
        ids.normal("11010519491231002X", today=date(1949, 12, 30))


@given(st.sampled_from(GOOD), st.integers(0, 16), st.integers(1, 9))
def test_a_wrong_digit_never_passes(number: str, place: int, more: int) -> None:
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    with pytest.raises(IdentityInvalid):
        ids.normal(wrong)


@given(st.sampled_from(GOOD), st.integers(0, 15))
def test_swapped_neighbours_never_pass(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(IdentityInvalid):
            ids.normal(swapped)


def test_other_documents_and_masks() -> None:
    assert ids.normal("e 12345678", "passport") == "E12345678"
    assert ids.masked("330102199001011234") == "330***********1234"
    assert (ids.born(GOOD[0]), ids.gender(GOOD[0])) == (date(1949, 12, 31), "female")
