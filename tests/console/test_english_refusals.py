"""Every refusal has its English: with what it knows in its places, and no Chinese of the program left."""

from __future__ import annotations

from string import Formatter
from zoneinfo import ZoneInfo

from flask import session

from bot.console import english_refusals
from bot.services.refusals import TimeConflict
from bot.services.refusals.hours import HoursImpossible, NotOver
from bot.services.refusals.questions import QuestionEmpty
from handlers.refusals import SENTENCES
from tests.console.conftest import Office
from tests.console.test_matrix import console_of
from tests.fixtures.world import NOW

ZONE = ZoneInfo("Asia/Shanghai")
MADE_BY_HAND = {TimeConflict, HoursImpossible, QuestionEmpty}


def test_each_reason_has_a_sentence_whose_places_are_known() -> None:
    assert english_refusals.SENTENCES.keys() == SENTENCES.keys()
    for kind, sentence in english_refusals.SENTENCES.items():
        assert sentence.endswith((".", "}")), "a whole sentence"
        places = {name for _, name, _, _ in Formatter().parse(sentence) if name}
        made = getattr(kind.__init__, "__code__", None)
        assert kind in MADE_BY_HAND or places <= set(made.co_varnames if made else ()), kind


def test_what_a_refusal_knows_is_written_in_english(office: Office) -> None:
    with console_of(office).test_request_context():
        session["language"] = "en"
        assert english_refusals.said(NotOver(NOW), ZONE).startswith("The activity ends on ")
        assert english_refusals.said(HoursImpossible("planned", 90), ZONE).endswith("(1.5 left).")
        assert english_refusals.said(QuestionEmpty("note"), ZONE) == "Write the note."
