"""A signed list of problems becomes one draft in WeChat's box, within its limits, whoever is killed on the way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.push import jobs_articles, problem_articles
from bot.services.questions import problem_lists
from bot.storage.models import ProblemItem, ProblemList, Push, Staff
from tests.fixtures.world import NOW
from tests.push.stage import Stage


def signed(stage: Stage) -> None:
    def made(db: Any) -> None:
        editor = Staff(username="e", role="editor", password_hash="", openid="o-editor", created_at=NOW)
        item = ProblemItem(position=1, topic="league", asked="团费<怎么>交", answer="每月\n两毛", times=2, questions=[])
        row = ProblemList(month="2026-02", state="draft", built_at=NOW, items=[item])
        db.add_all([editor, row])
        db.flush()
        problem_lists.confirm(db, row.id, 1, f"staff:{editor.id}", NOW)
        problem_lists.sign(db, row.id, f"staff:{editor.id}", NOW)

    stage.write(made)


def draft(stage: Stage) -> int:
    return jobs_articles.draft(stage.database, stage.client, stage.clock, stage.settings)


def box(stage: Stage) -> list[dict[str, Any]]:
    return [one["articles"][0] for one in stage.wechat.world.state.shelf("drafts").values()]


def row(stage: Stage) -> ProblemList:
    with stage.database.session() as db:
        return db.scalars(select(ProblemList)).one()


def test_the_worker_puts_it_into_the_box_once(stage: Stage) -> None:
    signed(stage)
    stage.work()
    (article,) = box(stage)
    assert article["title"] == "青年之声问题清单（2026年2月）"
    assert "<strong>问：团费&lt;怎么&gt;交</strong>（2人问过）" in article["content"]
    assert "答：每月<br>两毛" in article["content"] and article["content_source_url"].endswith("/problems/2026-02")
    assert (row(stage).article, bool(row(stage).article_id)) == ("done", True)
    stage.later(minutes=30)
    stage.work()
    assert len(box(stage)) == 1
    with stage.database.session() as db:
        told = db.scalars(select(Push.openid).where(Push.key.startswith("questions.list_article"))).all()
    assert list(told) == ["o-editor"]
    assert stage.wechat.calls("/cgi-bin/freepublish/submit") == [], "people publish it"


@pytest.mark.parametrize("arrived", [True, False])
def test_a_lost_answer_leaves_one_draft(lite: Stage, arrived: bool) -> None:
    signed(lite)
    path = "/cgi-bin/draft/add" if arrived else "/cgi-bin/material/add_material"
    lite.wechat.faults(reset_after_accept=[{"path": path, "times": 1}])
    assert (draft(lite), row(lite).article, len(box(lite))) == (0, "asking", int(arrived))
    assert draft(lite) == 0, "whoever asks may still be at it"
    lite.later(minutes=10)
    assert (draft(lite), row(lite).article, len(box(lite))) == (1, "done", 1)


def test_killed_between_the_call_and_its_row_it_is_known_again(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    signed(lite)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs_articles.list_articles, "done", killed)
    with pytest.raises(KeyboardInterrupt):
        draft(lite)
    assert (row(lite).article, len(box(lite))) == ("asking", 1)
    monkeypatch.undo()
    lite.later(minutes=10)
    assert (draft(lite), row(lite).article, len(box(lite))) == (1, "done", 1)
    # Without the look into the box there would be two.
    lite.write(lambda db: setattr(db.scalars(select(ProblemList)).one(), "article", "asking"))
    monkeypatch.setattr(jobs_articles, "_there", lambda *_: "")
    lite.later(minutes=10)
    assert (draft(lite), len(box(lite))) == (1, 2)


def test_what_wechat_refuses_is_said_and_not_asked_again(lite: Stage) -> None:
    signed(lite)
    lite.wechat.faults(errcode=[{"path": "/cgi-bin/draft/add", "code": 48001}])
    assert (draft(lite), row(lite).article) == (0, "failed")
    lite.wechat.faults(clear=True)
    lite.later(minutes=30)
    assert (draft(lite), box(lite)) == (0, [])


def test_a_long_list_keeps_within_the_limits() -> None:
    items = [
        ProblemItem(position=number, topic="law", asked="问" * 1000, answer="答&" * 280, times=1)
        for number in range(40)
    ]
    made = problem_articles.article(
        ProblemList(month="2026-12"), items, "共青团青山县委员会宣传部和志愿者部", "http://x/p", "t"
    )
    assert len(made["content"]) < 20_000 and "全部清单：http://x/p" in made["content"] and "还有" in made["content"]
    assert len(made["digest"]) <= 120 and len(made["title"]) <= 32 and len(made["author"]) <= 16
    assert made["content"].count("<p>") == made["content"].count("</p>")
