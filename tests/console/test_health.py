"""The machine room at the console: findings, settings with their places, pushes, the audit log, who came in."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot import examination
from bot.examination import Finding
from bot.services import alerts, announcements, auditing, staffing
from bot.storage.database import writing
from bot.storage.models import Push, Staff
from tests.console.conftest import Office
from tests.console.test_login import log_in


def push(db, key: str, state: str, error: str, due, **more) -> None:  # type: ignore[no-untyped-def]
    db.add(Push(key=key, openid="o-1", kind="reminder", due_at=due, state=state, error=error, created_at=due, **more))


def test_what_is_wrong_and_what_stands_still(office: Office, tmp_path: Path) -> None:
    auditor = office.as_("auditor")
    page = auditor.get("/health").text
    assert "还没有做过" in page and "还没有备份" in page and "停着" not in page

    def go_wrong(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        alerts.open_alert(db, office.cipher, "o-9", "mind", "救我", office.now)
        push(db, "late", "due", "", office.now - timedelta(minutes=11))

    office.change(go_wrong)
    examination.remember(tmp_path, [Finding("微信令牌", False, "IP 不在白名单<script>")])
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "monday.db").write_bytes(b"x" * 3_000_000)
    page = auditor.get("/health").text + auditor.get("/health/findings").text
    assert "警报 J1 还没有人接手" in page and "收到 J1" in page and "1 条消息该发 10 分钟了" in page
    assert "IP 不在白名单" in page and "<script>" not in page.replace("<script src", "").replace("<script defer", "")
    assert "monday.db" in page and "2.9 MB" in page and "救我" not in page
    assert office.as_("editor").get("/health").status_code == 403


def test_settings_say_where_they_come_from_and_keep_their_secrets(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_ORGANISATION__PHONE", "0571-1")
    monkeypatch.setenv("BOT_WECHAT__APP_SECRET", "very-secret")
    page = office.as_("admin").get("/health/settings").text
    assert "环境变量 BOT_ORGANISATION__PHONE" in page and re.search(r"config\.yaml 第 \d+ 行", page)
    assert "very-secret" not in page
    found = office.as_("admin").get("/health/settings?q=waitlist").text
    assert "registrations.waitlist_limit" in found and "organisation.phone" not in found
    assert "没有这样的设置" in office.as_("admin").get("/health/settings?q=nowhere").text


def test_in_english_the_demos_own_file_is_named_too(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo.yaml").write_text("web: {port: 8001}\n", "utf-8")
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path))
    admin = office.as_("admin")
    admin.post("/language", {"language": "en"})
    page = admin.get("/health/settings").text
    assert "demo.yaml, line 1" in page and re.search(r"config\.yaml, line \d+", page) and " 行" not in page


def test_pushes_by_state_and_reason(office: Office) -> None:
    def send(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        settled = {"settled_at": office.now}
        for number in range(3):
            push(db, f"f{number}", "failed", "45015 <b>", office.now - timedelta(hours=1), **settled)
        push(db, "s", "sent", "", office.now - timedelta(hours=1), channel="custom", **settled)
        push(db, "old", "failed", "an old one", office.now - timedelta(days=8), **settled)

    admin = office.as_("admin")
    assert "都送到了" in admin.get("/health/pushes").text
    office.change(send)
    page = admin.get("/health/pushes").text
    assert "45015 &lt;b&gt;" in page and "an old one" not in page and 'state=failed">3</a>' in page


def test_the_audit_log_is_searched_and_its_chain_checked(office: Office) -> None:
    def change(db, world) -> int:  # type: ignore[no-untyped-def]
        writing(db)
        id = int(db.scalars(select(Staff.id).where(Staff.username == "expert")).one())
        staffing.change_role(db, id, "editor", None)
        auditing.seal(db)
        return id

    id, auditor = office.change(change), office.as_("auditor")
    assert "expert → editor" in auditor.get(f"/health/audit?subject=staff:{id}").text
    assert "expert → editor" in auditor.get("/health/audit?subject=staff&actor=system").text
    assert "没有这样的记录" in auditor.get("/health/audit?subject=staff:999").text
    assert "没有这样的记录" in auditor.get("/health/audit?day=2020-01-01").text
    assert "is-invalid" in auditor.get("/health/audit?day=tomorrow&before=x").text
    assert "没有被改动" in auditor.post("/health/audit/check").text

    def forge(db, world) -> None:  # type: ignore[no-untyped-def]
        writing(db)
        db.execute(text("DROP TRIGGER IF EXISTS audit_entries_no_update"))
        for (name,) in db.execute(
            text("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='audit_entries'")
        ):
            db.execute(text(f"DROP TRIGGER {name}"))
        db.execute(
            text("UPDATE audit_entries SET reason = 'forged' WHERE subject = :subject"), {"subject": f"staff:{id}"}
        )

    office.change(forge)
    assert "记录被改动过" in auditor.post("/health/audit/check").text


def test_who_came_in(office: Office) -> None:
    log_in(office.visitor(), "nobody<i>", "wrong")
    page = office.as_("admin").get("/health/sign-ins").text
    assert "nobody&lt;i&gt;" in page and "密码不对" in page
    assert "没有这样的记录" in office.as_("admin").get("/health/sign-ins?q=stranger").text
    assert "nobody" not in office.as_("admin").get("/health/sign-ins?outcome=in").text


def test_a_push_is_sent_again_from_where_it_is_listed(office: Office) -> None:
    def owe(db, world) -> int:  # type: ignore[no-untyped-def]
        person = world.person("王小雨", "o-9")
        writing(db)
        for state, error in (("failed", "43101 <b>refused"), ("unknown", ""), ("expired", "late"), ("sent", "")):
            push = announcements.announce(
                db, key=state, openid="o-9", kind="notice", payload={"notice": "hours.settled"}, due_at=office.now,
                now=office.now,
            )  # fmt: skip
            push.state, push.error = state, error
        return person  # type: ignore[no-any-return]

    person = office.change(owe)
    admin, auditor = office.as_("admin"), office.as_("auditor")
    page = admin.get("/health/pushes/unsent").text
    assert "王*雨" in page and f'href="/console/people/{person}"' in page and "<b>refused" not in page
    assert page.count("再发一次</button>") == 2 and page.count("可能收到两遍") == 1
    assert "没有这样的" in admin.get("/health/pushes/unsent?kind=offer").text
    assert "再发一次</button>" not in admin.get("/health/pushes/unsent?state=expired").text
    assert "再发一次</button>" not in auditor.get("/health/pushes/unsent").text
    assert auditor.post("/pushes/1/again").status_code == 403
    assert "/health/pushes/unsent?kind=notice&amp;state=failed" in admin.get("/health/pushes").text
    assert "最近没送到的消息" in office.as_("reviewer").get(f"/people/{person}").text
    at = {"headers": {"Referer": f"http://localhost/console/people/{person}"}}
    said = office.as_("reviewer").post("/pushes/1/again", **at).text  # type: ignore[arg-type]
    assert "已排上" in said and "王小雨" in said and said.count("再发一次</button>") == 1
    assert "收到两遍" in admin.post("/pushes/2/again").text
    assert "已排上" in admin.post("/pushes/2/again", {"twice": "yes"}).text
    assert "过时" in admin.post("/pushes/3/again").text and "不用再发" in admin.post("/pushes/4/again").text
    states = office.read(lambda db: [push.state for push in db.query(Push).order_by(Push.id)])
    assert states == ["due", "due", "expired", "sent"]
