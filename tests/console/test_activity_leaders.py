"""Who leads an activity at the console: a code made, shown with its end, used once, taken back; somebody relieved."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from bot.services import appointments
from bot.services.refusals.teams import AppointmentInvalid
from bot.storage.database import writing
from bot.storage.models import Activity, AuditEntry
from tests.console.conftest import Office, Visitor
from tests.fixtures.world import NOW


def code_of(page: str) -> str:
    found = re.search(r"<code>负责 A12 ([A-Z0-9]{6})</code>", page)
    return found[1] if found else ""


def cancel(db: Any, world: Any) -> None:
    writing(db)
    db.query(Activity).one().state = "cancelled"


def later(office: Office, days: int) -> tuple[Visitor, Visitor]:
    """On another day everybody logs in anew."""
    office.now = NOW + timedelta(days=days)
    office._visitors.clear()
    return office.as_("reviewer"), office.as_("editor")


def test_a_leader_is_appointed_and_relieved(office: Office) -> None:
    person = office.change(lambda db, world: (world.shift(code="A12", title="<b>巡河"), world.person("何小河"))[1])
    reviewer, editor = office.as_("reviewer"), office.as_("editor")
    page = reviewer.get("/activities/A12").text
    assert "还没有人带队。" in page and 'href="/console/activities/A12/leader"' in page
    page = reviewer.get("/activities/A12/leader").text
    assert "还没有人带队" in page and not code_of(page) and "<b>巡河" not in page
    page = reviewer.post("/activities/A12/leader/code").text
    code = code_of(page)
    assert code and "3月5日" in page and "data:image/svg" in page and "审核员做的" in page
    assert code not in editor.get("/activities/A12/leader").text, "only those who appoint see it"
    assert editor.post("/activities/A12/leader/code").status_code == 403

    def accept(word: str) -> Any:
        return lambda db, world: appointments.accept(db, office.cipher, "A12", word, person, office.now)

    assert "作废了" in reviewer.post("/activities/A12/leader/revoke").text
    with pytest.raises(AppointmentInvalid):
        office.change(accept(code))
    assert not code_of(reviewer.get("/activities/A12/leader").text)
    again = code_of(reviewer.post("/activities/A12/leader/code").text)
    assert again and again != code
    reviewer, editor = later(office, days=1)
    assert code_of(reviewer.get("/activities/A12/leader").text) == again, "good until the end of tomorrow"
    office.change(accept(again))
    page = reviewer.get("/activities/A12/leader").text
    assert "何小河" in page and "单独指定的" in page and not code_of(page)
    assert "何小河" not in editor.get("/activities/A12").text and "何*河" in editor.get("/activities/A12").text

    assert code_of(reviewer.post("/activities/A12/leader/code").text)
    reviewer, editor = later(office, days=3)
    assert not code_of(reviewer.get("/activities/A12/leader").text), "lapsed"
    assert "已经不由这个人带队" in reviewer.post("/activities/A12/leader/relieve").text
    assert "没有单独指定" in reviewer.post("/activities/A12/leader/relieve").text
    assert office.read(lambda db: db.query(Activity).one().leader_id) is None
    led = office.read(lambda db: [(row.actor, row.before) for row in db.query(AuditEntry) if "leader_id" in row.after])
    assert led[-1] == ("staff:3", {"leader_id": person})

    office.change(cancel)
    assert "已经不办了" in reviewer.get("/activities/A12/leader").text
    assert "已经不办了" in reviewer.post("/activities/A12/leader/code").text
    assert reviewer.get("/activities/Z99/leader").status_code == 404
