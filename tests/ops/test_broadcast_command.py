"""The broadcast command as staff type it: from a draft to its report, and one line for each thing that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from bot.commands.broadcasts import broadcast_command
from bot.services import broadcasts, people
from bot.settings import settings
from bot.storage.crypto import Cipher
from bot.storage.database import Database, writing
from bot.storage.models import Staff
from tests.ops.test_cli import ACCOUNT, Bot, bot, one_line

__all__ = ["bot"]
Console = Callable[..., Result]


def staffed(file: Path) -> Database:
    """wang writes and has bound an account, li decides; three follow, one wants no broadcasts."""
    now = datetime.now(timezone.utc)
    database = Database(f"sqlite:///{file}")
    database.upgrade()
    with database.session() as db:
        writing(db)
        for openid in ("o-1", "o-2", "o-3"):
            people.follow(db, openid, "", now).last_message_at = now if openid == "o-1" else None
        people.follow(db, "o-4", "", now).broadcasts = False
        for login, role, bound in (("wang", "editor", "o-1"), ("li", "reviewer", None), ("zhang", "merchant", None)):
            db.add(Staff(username=login, role=role, openid=bound, password_hash="", created_at=now))
        db.commit()
    return database


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Console:
    """``broadcast …`` with data of its own; in this process, because there are many."""
    env = {**ACCOUNT, "BOT_DATA_DIR": str(tmp_path / "data"), "BOT_SECURITY__KEY": Cipher.generate_key()}

    def run(*words: str, **more: str) -> Result:
        with monkeypatch.context() as patched:
            for name, value in {**env, **more}.items():
                patched.setenv(name, value)
            settings.cache_clear()
            try:
                return CliRunner().invoke(broadcast_command, words)
            finally:
                settings.cache_clear()

    return run


def said(console: Console, *words: str, **more: str) -> str:
    done = console(*words, **more)
    assert done.exit_code == 0, done.output
    return done.output


def test_from_a_draft_to_its_report(console: Console, tmp_path: Path) -> None:
    database = staffed(tmp_path / "data" / "qingsheng.db")
    picture = tmp_path / "河.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    made = said(
        console, "create", "--title", "周末去江边", "--body", "一起去", "--picture", str(picture), "--by", "wang"
    )
    assert made.startswith("群发 1 周末去江边（草稿）\n正文：一起去\n图片：")
    assert (
        "发给：全部关注者（现在3人）\n" in made
        and "此刻可触达 3 人（群发 3），全部能马上送达。\n全员群发本月还剩 4 次（共4次），" in made
    )
    assert "发给：3650天内没有服务过（含从未服务过的）" in said(
        console, "edit", "1", "--to", "not_yet=3650", "--by", "wang"
    )
    assert "1 周末去江边（草稿）" in said(console, "list", BOT_WECHAT__ACCOUNT="verified_subscription")
    lesser = said(console, "show", "1", BOT_WECHAT__ACCOUNT="verified_subscription")
    assert "此刻可触达 3 人（群发 3），全部能马上送达。\n群发今天还剩 1 次（共1次），" in lesser
    said(console, "edit", "1", "--channel", "custom", "--by", "wang")
    assert "此刻可触达 1 人（客服消息 1），其余 2 人将在下次互动时送达。\n" in said(console, "show", "1")
    said(console, "edit", "1", "--channel", "auto", "--by", "wang")
    assert "还没有预览过" in console("submit", "1", "--by", "wang").output
    assert "马上发到 wang 的微信" in said(console, "preview", "1", "--by", "wang")
    with database.session() as db:
        broadcasts.preview_done(db, 1, datetime.now(timezone.utc))
        db.commit()
    assert "已提交，发给 3 人，等另一位审核员同意。此刻可触达 3 人" in said(console, "submit", "1", "--by", "wang")
    assert "退回" in said(console, "reject", "1", "--reason", "写明集合地点", "--by", "li")
    assert "退回：写明集合地点" in said(console, "show", "1")
    said(console, "submit", "1", "--by", "wang")
    at = (datetime.now(timezone.utc) + timedelta(days=3)).strftime("%Y-%m-%d 09:00")
    assert "09:00开始发给 3 人" in said(console, "approve", "1", "--at", at, "--by", "li")
    assert "已暂停" in said(console, "pause", "1", "--by", "wang")
    assert "接着发" in said(console, "resume", "1", "--by", "wang")
    assert "已停止" in said(console, "stop", "1", "--by", "li")
    assert json.loads(said(console, "report", "1", "--json"))["states"]["sent"] == 0
    with database.session() as db:
        roles = dict(db.execute(select(Staff.username, Staff.id)).all())  # type: ignore[arg-type]
        it = broadcasts.get(db, 1)
        assert (it.author, it.reviewer) == (f"staff:{roles['wang']}", f"staff:{roles['li']}")
        assert (tmp_path / "data" / it.picture).read_bytes() == b"\x89PNG\r\n\x1a\n"
    database.dispose()


def test_what_cannot_be_is_one_line_with_what_to_write(console: Console, bot: Bot, tmp_path: Path) -> None:
    staffed(tmp_path / "data" / "qingsheng.db").dispose()

    def refused(*words: str) -> str:
        done = console(*words)
        assert done.exit_code == 1 and len(done.output.splitlines()) == 1, done.output
        return done.output.removeprefix("Error: ")

    assert refused("create", "--title", "x", "--to", "city=江山", "--by", "wang").startswith(
        "“city”不是发送对象的条件。"
    )
    assert "team=T09：没有这个队伍。现在一个都没有。" in refused(
        "create", "--title", "x", "--to", "team=t09", "--by", "wang"
    )
    assert "--to 写成 条件=值" in refused("create", "--title", "x", "--to", "all", "--by", "wang")
    assert "链接（以 https:// 开头" in refused("create", "--title", "x", "--link", "www.cn", "--by", "wang")
    assert "“骨干”给了 3 人" in said(console, "tag", "骨干", "--to", "all=true", "--by", "wang")
    assert said(console, "tags") == "骨干\t3\n"
    assert "骨干”从 3 人身上去掉了" in said(console, "untag", "骨干", "--by", "wang")
    assert "zhang 不能做这件事" in refused("create", "--title", "x", "--by", "zhang")
    assert "wang 不能做这件事" in refused("approve", "1", "--by", "wang")
    assert "没有编号 9 的群发" in refused("show", "9")
    assert "没有编号 9 的群发" in refused("stop", "9", "--by", "li")
    assert "没有编号 9 的群发" in one_line(bot("broadcast", "report", "9"), 1), "as typed in a shell"
