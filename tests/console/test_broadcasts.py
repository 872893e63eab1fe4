"""Broadcasts at the console: written, wrong, decided by another, held up, and nobody's HTML in them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import broadcasts
from bot.storage.database import writing
from bot.storage.models import Broadcast, Staff
from tests.console.conftest import Office
from tests.fixtures.world import World

FORM = {"title": "周末去江边", "body": "周末一起去江边捡垃圾，带上水杯。", "whom": "all", "channel": "auto"}
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def town(office: Office) -> Office:
    """Three followers, one activity; the editor has a WeChat account."""

    def fill(db, world: World) -> None:  # type: ignore[no-untyped-def]
        world.shift()
        world.people(3)
        writing(db)
        db.scalars(select(Staff).where(Staff.username == "editor")).one().openid = "o-1"

    office.change(fill)
    return office


def drafted(office: Office, **change: str) -> int:
    answer = office.as_("editor").post("/broadcasts/new", {**FORM, **change}, follow=False)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def state(office: Office, id: int) -> str:
    return office.read(lambda db: db.get_one(Broadcast, id).state)  # type: ignore[no-any-return]


def test_from_an_empty_list_to_a_decision(town: Office) -> None:
    editor, reviewer = town.as_("editor"), town.as_("reviewer")
    assert "还没有群发" in editor.get("/broadcasts").text
    id = drafted(town, activity="A01")
    assert "上次修改以后还没有预览过" in editor.post(f"/broadcasts/{id}/submit").text
    assert "马上发到您的微信" in editor.post(f"/broadcasts/{id}/preview").text
    town.change(lambda db, world: broadcasts.preview_done(db, id, town.now))
    assert "已提交，发给3人" in editor.post(f"/broadcasts/{id}/submit").text
    assert "请您审核" not in editor.get(f"/broadcasts/{id}").text
    page = reviewer.get(f"/broadcasts/{id}").text
    assert "请您审核" in page and "江滨公园清洁" in page
    assert "请写一句原因" in reviewer.post(f"/broadcasts/{id}/reject", {"reason": " "}).text
    assert "没看懂时间" in reviewer.post(f"/broadcasts/{id}/approve", {"due_at": "soon"}).text
    assert "3月5日（周四）09:00" in reviewer.post(f"/broadcasts/{id}/approve", {"due_at": "2026-03-05T09:00"}).text
    assert state(town, id) == "approved"
    for act, then in (("pause", "paused"), ("resume", "approved"), ("stop", "stopped")):
        editor.post(f"/broadcasts/{id}/{act}")
        assert state(town, id) == then


def test_nobody_decides_their_own(town: Office) -> None:
    id = int(town.as_("reviewer").post("/broadcasts/new", FORM, follow=False).headers["Location"].rsplit("/", 1)[1])
    town.change(lambda db, world: broadcasts.preview_done(db, id, town.now))
    town.as_("reviewer").post(f"/broadcasts/{id}/submit")
    assert "自己写的群发要由另一个人来审" in town.as_("reviewer").post(f"/broadcasts/{id}/approve").text
    assert state(town, id) == "submitted"


def test_what_is_wrong_is_marked_and_nothing_typed_is_lost(town: Office) -> None:
    answer = town.as_("editor").post("/broadcasts/new", {**FORM, "title": "长" * 40, "link": "江边"})
    assert answer.status_code == 422
    assert answer.text.count("is-invalid") == 2 and "长" * 40 in answer.text and FORM["body"] in answer.text
    assert town.read(lambda db: db.scalars(select(Broadcast.id)).all()) == []


def test_the_audience_and_its_size_are_seen_while_writing(town: Office) -> None:
    look = town.as_("editor").post("/broadcasts/look", FORM).text
    assert "发给 3 人" in look and "周末一起去江边" in look
    some = town.as_("editor").post("/broadcasts/look", {**FORM, "whom": "some", "to_registered": "A01"}).text
    assert "发给 0 人" in some and "全部关注者 3 人" in some
    moon = town.as_("editor").post("/broadcasts/look", {**FORM, "whom": "some", "to_area": "月球"}).text
    assert "没有这个地区" in moon
    assert "还没有选条件" in town.as_("editor").post("/broadcasts/look", {**FORM, "whom": "some"}).text


def test_only_the_author_changes_a_draft(town: Office) -> None:
    id = drafted(town)
    assert "别人起草的" in town.as_("admin").post(f"/broadcasts/{id}/edit", {**FORM, "title": "改了"}).text
    assert "已存成草稿" in town.as_("editor").post(f"/broadcasts/{id}/edit", {**FORM, "title": "改了"}).text


def test_words_are_words(town: Office) -> None:
    id = drafted(town, title=f"好{EVIL}"[:32], body=EVIL)
    for page in (f"/broadcasts/{id}", "/broadcasts", f"/broadcasts/{id}/edit", "/broadcasts?q=<script>"):
        assert "<script>alert" not in town.as_("editor").get(page).text
    assert "<script>alert" not in town.as_("editor").post("/broadcasts/look", {**FORM, "body": EVIL}).text
