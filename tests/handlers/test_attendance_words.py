"""What is said about presence: every refusal has a sentence, every notice a name that somebody uses."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from bot.push.notices import attendance as notices
from bot.services import anomalies
from bot.services.refusals import Refused, attendance
from bot.services.roles import MAY
from handlers.attendance_words import metres
from handlers.refusals import SENTENCES

SERVICES = Path(__file__).resolve().parents[2] / "bot" / "services"


def test_every_refusal_about_presence_has_a_sentence() -> None:
    reasons = {
        kind
        for _, kind in inspect.getmembers(attendance, inspect.isclass)
        if issubclass(kind, Refused) and kind is not Refused
    }
    assert len(reasons) > 8
    assert reasons - set(SENTENCES) == set()


def test_every_notice_is_owed_somewhere_and_has_words() -> None:
    program = "".join(path.read_text("utf-8") for path in SERVICES.glob("*.py"))
    program = re.sub("|".join(f'"{action}"' for action in MAY), "", program)  # what staff may do is named alike
    owed = set(re.findall(r'"attendance\.([a-z_]+)"', program)) | {"unclosed", "absent", "upheld", "refused"}
    owed |= set(re.findall(r'_tell_staff\(db, appeal, "([a-z_]+)"', program)) | {"photo"}  # owed by the face itself
    assert owed == set(notices.NOTICES)


def test_every_fact_of_an_anomaly_has_a_unit() -> None:
    program = (SERVICES / "anomalies.py").read_text("utf-8")
    facts = set(re.findall(r'"([a-z]+)": (?!")', program)) - set(anomalies.KINDS)
    assert facts and facts <= set(anomalies.UNITS)


@pytest.mark.parametrize(("number", "said"), [(0, "0米"), (500, "500米"), (1801, "1.8公里"), (12_000, "12.0公里")])
def test_distances_are_short(number: int, said: str) -> None:
    assert metres(number) == said
