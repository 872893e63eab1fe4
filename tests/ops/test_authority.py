"""Who acts at the console: only roles that may decide do, and the audit log says in whose name."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.models import AuditEntry
from tests.ops.test_cli import Bot, bot, one_line

__all__ = ["bot"]


@pytest.fixture
def office(bot: Bot, upgraded_data: Path) -> Bot:
    bot("team", "add", "绿水队")
    for login, role in (("li", "editor"), ("wang", "reviewer")):
        bot("staff", "add", login, "--role", role)
    return bot


@pytest.mark.parametrize(
    "command",
    [
        "team add 城西队", "team appoint T01", "team leader T01 --openid o", "team close T01", "certificate sealed X",
        "certificate revoke X --reason 写错", "reward add 门票 --cost 2 --stock 1 --merchant wang", "reward change 1",
    ],
)  # fmt: skip
def test_an_editor_decides_nothing_at_the_console(office: Bot, command: str) -> None:
    assert "li 不能做这件事" in one_line(office(*command.split(), "--by", "li"), 1)
    assert "没有叫 nobody 的帐号" in one_line(office(*command.split(), "--by", "nobody"), 1)


def test_the_audit_log_says_who(office: Bot, tmp_path: Path) -> None:
    assert office("team", "close", "T01", "--by", "wang").returncode == 0
    database = Database(f"sqlite:///{tmp_path / 'data' / 'qingsheng.db'}")
    with database.session() as db:
        closed = db.scalars(select(AuditEntry).where(AuditEntry.subject == "teams:1")).all()
        assert closed[-1].actor == "staff:2"
    database.dispose()
