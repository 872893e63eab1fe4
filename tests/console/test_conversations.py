"""人工 at the console: who waits, taken once, words back and forth, live without a note for each look, the end."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import conversations, people
from bot.storage.database import writing
from bot.storage.models import AuditEntry, Conversation, Push, Staff
from tests.console.conftest import Office
from tests.fixtures.world import NOW, World


@pytest.fixture
def town(office: Office) -> Office:
    """Somebody waits; the reviewer and the editor are on duty."""

    def fill(db, world: World) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        for role in ("reviewer", "editor"):
            row = db.scalars(select(Staff).where(Staff.username == role)).one()
            row.on_duty, row.openid = True, f"o-{role}"
        people.follow(db, "o-1", "", NOW)
        conversations.ask(db, world.cipher, "o-1", "<script>集合点在哪</script>", NOW)

    office.change(fill)
    return office


def looks(office: Office) -> int:
    noted = select(AuditEntry.id).where(AuditEntry.subject == "conversations:1", AuditEntry.reason == "viewed")
    return len(office.read(lambda db: db.scalars(noted).all()))


def test_a_conversation(town: Office) -> None:
    reviewer, editor = town.as_("reviewer"), town.as_("editor")
    assert 'title="有人在等">1<' in reviewer.get("/").text, "the menu says so"
    page = reviewer.get("/conversations").text
    assert "H1" in page and "集合点" not in page
    assert "由您接待了" in reviewer.post("/conversations/1/take").text
    page = reviewer.get("/conversations/1").text
    assert "&lt;script&gt;集合点在哪" in page and "<script>集合点" not in page
    assert "微信现在不让送给对方" in page, "nothing was written lately"
    assert "已由审核员" in editor.post("/conversations/1/take").text
    assert "已由审核员" in editor.post("/conversations/1/say", {"text": "我来"}).text
    assert reviewer.post("/conversations/1/say", {"text": "桥头停车场"}, follow=False).status_code == 303
    assert "请写要说的话" in reviewer.post("/conversations/1/say", {"text": " "}).text
    long = reviewer.post("/conversations/1/say", {"text": "长" * 601})
    assert long.status_code == 422 and "长" * 601 in long.text and "请分成几条" in long.text
    owed = town.read(lambda db: db.scalars(select(Push.key).where(Push.key.startswith("conversations.answer"))).all())
    assert len(owed) == 1
    assert "桥头停车场" in reviewer.get("/conversations/1").text
    assert "结束了" in reviewer.post("/conversations/1/end").text
    assert town.read(lambda db: db.get_one(Conversation, 1).state) == "ended"


def test_live_lines_are_one_look(town: Office) -> None:
    reviewer = town.as_("reviewer")
    reviewer.get("/conversations/1")
    for _ in range(3):
        assert "集合点" in reviewer.get("/conversations/1/lines?seen=0").text
    assert reviewer.get("/conversations/1/lines?seen=1-waiting").status_code == 204, "nothing new"
    assert looks(town) == 1
    town.change(lambda db, world: conversations.receive(db, world.cipher, "o-1", "text", "还在吗", NOW))
    assert "还在吗" in reviewer.get("/conversations/1/lines?seen=1-waiting").text


def test_off_duty_nothing_is_read(town: Office) -> None:
    admin = town.as_("admin")
    assert "您不在值班" in admin.get("/conversations").text
    assert admin.get("/conversations/1").status_code == 404
    admin.post("/conversations/1/take")
    assert town.read(lambda db: db.get_one(Conversation, 1).state) == "waiting"
    assert "您在值班了" in admin.post("/conversations/duty", {"on": "yes"}).text
    assert "集合点" in admin.get("/conversations/1").text
    assert "您下班了" in admin.post("/conversations/duty", {"on": "no"}).text
    assert town.as_("expert").get("/conversations").status_code == 403


def test_a_colleagues_talk_is_read_by_others_and_taken_over(town: Office) -> None:
    reviewer, editor, admin = town.as_("reviewer"), town.as_("editor"), town.as_("admin")
    reviewer.post("/conversations/1/take")
    assert 'href="/console/conversations/1"' in admin.get("/conversations").text, "off duty, but of those who may"
    page = admin.get("/conversations/1").text
    assert "集合点" in page and "只能看，看过会记下来" in page and "由我接手</button>" not in page
    assert 'name="text"' not in page and looks(town) == 2, "read, not written, and noted"
    assert admin.post("/conversations/1/take-over", {"keeper": 3}).status_code == 200
    assert town.read(lambda db: db.get_one(Conversation, 1).taken_by) == 3, "nobody takes over who is off duty"
    assert town.as_("expert").get("/conversations/1").status_code == 403

    assert "由我接手</button>" in editor.get("/conversations/1").text
    assert "已由审核员" in editor.post("/conversations/1/take-over", {"keeper": 1}).text, "it was somebody else's"
    assert "由您接着说" in editor.post("/conversations/1/take-over", {"keeper": 3}).text
    row = town.read(lambda db: db.get_one(Conversation, 1))
    assert (row.state, row.taken_by) == ("open", 2)
    assert "由您接着说" in editor.post("/conversations/1/take-over", {"keeper": 3}).text, "twice is once"
    owed = town.read(lambda db: db.scalars(select(Push).where(Push.key.startswith("conversations.handed"))).all())
    assert [push.openid for push in owed] == ["o-reviewer"]
    assert "已由编辑" in reviewer.post("/conversations/1/say", {"text": "我还在"}).text
    assert editor.post("/conversations/1/say", {"text": "我来接着说"}, follow=False).status_code == 303
    audit = town.read(lambda db: [row.after for row in db.query(AuditEntry).filter_by(actor="staff:2") if row.after])
    assert audit == [{"taken_by": 2}]
    editor.post("/conversations/1/end")
    assert "已经结束" in reviewer.post("/conversations/1/take-over", {"keeper": 2}).text
    assert admin.get("/conversations/1").status_code == 404, "over: only those on duty look back"
