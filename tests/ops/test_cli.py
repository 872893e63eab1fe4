"""Each command as somebody types it: what it does, and the one line when it cannot."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import COMMANDS
from bot.settings import ROOT
from bot.storage.crypto import Cipher
from tests.fixtures.commands import run_forked
from tests.fixtures.learnt import already_learnt

Bot = Callable[..., subprocess.CompletedProcess[str]]
ACCOUNT = {
    "BOT_WECHAT__APP_ID": "wx0123456789abcdef",
    "BOT_WECHAT__APP_SECRET": "s" * 32,
    "BOT_WECHAT__TOKEN": "token123",
    "BOT_WECHAT__ENCODING_AES_KEY": "a" * 43,
    # Nothing listens there, so nothing leaves this machine.
    "BOT_WECHAT__API_BASE_URL": "http://127.0.0.1:9",
}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    """``python -m bot …`` with data of its own; ``fresh`` starts Python anew, as whoever types it does."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    env |= {"BOT_DATA_DIR": str(tmp_path / "data"), "BOT_SECURITY__KEY": Cipher.generate_key()}

    def run(*words: str, given: str = "", fresh: bool = False, **more: str) -> subprocess.CompletedProcess[str]:
        if not fresh:
            return run_forked(words, {**env, **more}, given)
        command = [sys.executable, "-m", "bot", *words]
        return subprocess.run(
            command, cwd=ROOT, env={**env, **more}, input=given, capture_output=True, text=True, timeout=120
        )

    return run


def one_line(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert done.returncode == code, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_help_lists_every_command_of_the_contract(bot: Bot) -> None:
    done = bot(fresh=True)
    assert done.returncode == 0
    for name in COMMANDS.keys() - {"prepare"}:
        assert re.search(rf"^  {name}\s", done.stdout, re.MULTILINE), name
    assert "prepare" not in done.stdout


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(bot: Bot, name: str) -> None:
    done = bot(name, "--help", fresh=True)
    assert done.returncode == 0 and len(done.stdout) > 60


def test_the_readme_names_only_commands_that_exist() -> None:
    told = set()
    for page in ("README.md", "README.zh-CN.md"):
        told |= set(re.findall(r"python -m bot ([a-z]+)", (ROOT / page).read_text("utf-8")))
    assert told and told <= set(COMMANDS)


@pytest.mark.parametrize(
    "words, said",
    [
        (["rum"], "没有命令 rum；是不是 run？"),
        (["db", "upgrad"], "没有命令 upgrad；是不是 upgrade？"),
        (["run", "--prot", "1"], "没有选项 --prot；是不是 --port？"),
        (["run", "--port", "80800"], "--port 应为 1 到 65534 之间的整数"),
        (["staff", "add"], "还缺少 登录名"),
        (["staff", "add", "x", "--role", "king"], "--role 只能是 admin"),
        (["import", "/nowhere.csv"], "打不开，请检查路径"),
        (["work", "--at", "2026-01-01T00:00"], "--at 要和 --once 一起用"),
        (["work", "--once", "--at", "tomorrow"], "--at 请写成 2026-05-01T09:00"),
    ],
)
def test_a_slip_of_the_fingers_is_one_line(bot: Bot, words: list[str], said: str) -> None:
    assert said in one_line(bot(*words, fresh=True, **ACCOUNT), 2)


def test_a_wrong_setting_is_told_by_any_command(bot: Bot) -> None:
    assert "wechat.mode（环境变量 BOT_WECHAT__MODE）" in one_line(bot("faq", "check", BOT_WECHAT__MODE="safe"), 1)


@pytest.mark.parametrize("words", [["serve"], ["work", "--once"], ["simulate"], ["menu", "diff"], ["db", "verify"]])
def test_a_missing_secret_is_told_with_what_to_do(bot: Bot, words: list[str]) -> None:
    done = bot(*words, fresh=True, BOT_SECURITY__KEY="")
    assert done.returncode == 1 and "还没有设置" in done.stderr and "Traceback" not in done.stderr


def test_the_database_is_made_copied_brought_back_and_verified(bot: Bot, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert "没有备份成" in one_line(bot("db", "backup", str(copy)), 1)
    assert bot("db", "upgrade").returncode == 0
    assert bot("db", "upgrade").returncode == 0
    assert bot("staff", "add", "小李", "--role", "editor").returncode == 0
    assert "已备份" in bot("db", "backup", str(copy)).stdout
    assert copy.stat().st_mode & 0o777 == 0o600
    (tmp_path / "data" / "qingsheng.db").unlink()
    assert "已从" in bot("db", "restore", str(copy)).stdout
    assert "已经有叫 小李 的帐号" in one_line(bot("staff", "add", "小李", "--role", "editor"), 1)
    assert "没有恢复" in one_line(bot("db", "restore", str(ROOT / "README.md")), 1)
    assert json.loads(bot("db", "verify", "--json").stdout) == {"ok": True, "breaches": []}


@pytest.mark.parametrize(
    "words",
    [["db", "verify"], ["faq", "gaps"], ["faq", "popular"], ["export", "activities"], ["db", "backup", "x"]],
)
def test_without_a_database_it_says_so(bot: Bot, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "data").mkdir()
    said = one_line(bot(*words), 1)
    assert "db upgrade" in said or "没有备份成" in said


def test_verify_finds_what_is_wrong(bot: Bot, tmp_path: Path) -> None:
    import sqlite3

    assert bot("db", "upgrade").returncode == 0
    with sqlite3.connect(tmp_path / "data" / "qingsheng.db") as db:
        db.execute("INSERT INTO people (name, phone_hash, created_at) VALUES ('x', 'h', '2026-01-01')")
    done = bot("db", "verify")
    assert done.returncode == 1 and "phone_half" in done.stdout
    assert not json.loads(bot("db", "verify", "--json").stdout)["ok"]


def test_staff_get_a_password_once_and_it_is_not_kept(bot: Bot, tmp_path: Path) -> None:
    assert "db upgrade" in one_line(bot("staff", "add", "xiaoli", "--role", "editor"), 1)
    bot("db", "upgrade")
    made = json.loads(bot("staff", "add", "xiaoli", "--role", "editor", "--json").stdout)
    assert len(made["password"]) >= 12
    assert made["password"].encode() not in (tmp_path / "data" / "qingsheng.db").read_bytes()
    assert "至少 12 个字符" in one_line(
        bot("staff", "add", "b2", "--role", "admin", "--password-stdin", given="short\n"), 1
    )
    assert (
        "密码" not in bot("staff", "add", "b2", "--role", "admin", "--password-stdin", given="long enough 123\n").stdout
    )


def test_staff_are_bound_by_a_code_and_put_on_duty(bot: Bot, tmp_path: Path) -> None:
    bot("db", "upgrade")
    assert "没有叫 xiaoli 的帐号" in one_line(bot("staff", "bind", "xiaoli"), 1)
    assert "on、off" in one_line(bot("staff", "duty", "xiaoli", "maybe"), 2)
    bot("staff", "add", "xiaoli", "--role", "admin")
    assert "security.key" in one_line(bot("staff", "bind", "xiaoli", BOT_SECURITY__KEY=""), 1)
    made = json.loads(bot("staff", "bind", "xiaoli", "--json").stdout)
    assert re.fullmatch(r"[2-9A-Z]{6}", made["code"]) and made["minutes"] == 10
    assert made["code"].encode() not in (tmp_path / "data" / "qingsheng.db").read_bytes()
    assert re.search(r"10分钟内发给公众号：绑定 [2-9A-Z]{6}", bot("staff", "bind", "xiaoli").stdout)
    assert "还没有绑定微信" in bot("staff", "duty", "xiaoli", "on").stdout
    assert "现在没有人值班" in bot("staff", "duty", "xiaoli", "off").stdout


HEADINGS = "标题,地点,开始,结束,名额,内容,风险提示,主办,负责人"
ROW = "河道清洁,清溪桥,2027-03-07 13:00,2027-03-07 16:00,20,捡垃圾,水边小心,青山团县委,李老师"


def test_activities_come_from_a_table_all_or_none(bot: Bot, tmp_path: Path) -> None:
    bot("db", "upgrade")
    table = tmp_path / "activities.csv"
    table.write_text(f"{HEADINGS}\n{ROW}\n{ROW.replace('20', 'many')}\n", "utf-8")
    refused = bot("import", str(table), "--json")
    assert refused.returncode == 1 and json.loads(refused.stdout)["mistakes"][0]["line"] == 3
    assert len(bot("export", "activities").stdout.splitlines()) == 1

    table.write_text(f"{HEADINGS}\n{ROW}\n", "utf-8")
    assert json.loads(bot("import", str(table), "--json").stdout)["codes"] == ["A01"]
    out = tmp_path / "out.csv"
    assert bot("export", "activities", "--out", str(out)).returncode == 0
    assert out.read_bytes().startswith("\ufeff编号,".encode()) and "河道清洁" in out.read_text("utf-8")
    assert "写不了" in one_line(bot("export", "registrations", "--out", "/nowhere/x.csv"), 1)


def test_the_faq_is_checked_and_asked(bot: Bot, tmp_path: Path) -> None:
    already_learnt(tmp_path / "data")
    assert bot("faq", "check").returncode == 0
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq" / "a.yaml").write_text("topic: x\nentries:\n  - id: one\n    ask: []\n", "utf-8")
    done = bot("faq", "check", str(tmp_path / "faq"))
    assert done.returncode == 1 and re.search(r"a\.yaml:\d+:\d+: ", done.stdout)
    answers = bot("faq", "match", given="我要报名\n今天天气怎么样\n").stdout.splitlines()
    first, second = map(json.loads, answers)
    assert (first["decision"], first["text"]) == ("intent", "我要报名")
    assert set(second) == {"text", "decision", "id", "confidence", "candidates"}


def test_the_faq_explains_and_tests_itself(bot: Bot, tmp_path: Path) -> None:
    already_learnt(tmp_path / "data")
    bot("db", "upgrade")
    assert "sign-up" in bot("faq", "ask", "我要报名").stdout
    assert "没有没答上来的" in bot("faq", "gaps").stdout
    assert "还没有人问过" in bot("faq", "popular").stdout
    assert json.loads(bot("faq", "popular", "--json", "--days", "7").stdout)["days"] == 7
    assert "--days 应为 1 到" in one_line(bot("faq", "gaps", "--days", "0"), 2)


def test_the_menu_is_checked_without_a_network(bot: Bot, tmp_path: Path) -> None:
    assert "没有问题" in bot("menu", "check").stdout
    config = tmp_path / "config.yaml"
    config.write_text("menu:\n  - {name: 名字实在太长太长, key: activities.lst}\n", "utf-8")
    done = bot("menu", "check", BOT_CONFIG=str(config))
    assert done.returncode == 1
    assert "24 个字节，最多 16 个" in done.stdout and "是不是 activities.list？" in done.stdout
    assert "没有发布" in bot("menu", "publish", BOT_CONFIG=str(config), **ACCOUNT).stderr
    assert "自定义菜单" in one_line(bot("menu", "publish", BOT_WECHAT__ACCOUNT="unverified", **ACCOUNT), 1)
    assert "连不上 http://127.0.0.1:9" in one_line(bot("menu", "diff", **ACCOUNT), 1)


def test_the_doctor_says_what_to_do(bot: Bot) -> None:
    findings = {each["name"]: each for each in json.loads(bot("check", "--json", **ACCOUNT).stdout)}
    assert findings["设置"]["ok"] and findings["知识库"]["ok"]
    assert "db upgrade" in findings["数据库"]["text"] and "run 启动" in findings["Valkey"]["text"]
    assert "连不上" in findings["微信令牌"]["text"]
    assert not findings["回调地址"]["ok"]
    bot("db", "upgrade")
    findings = {each["name"]: each for each in json.loads(bot("check", "--json", **ACCOUNT).stdout)}
    assert not findings["值班"]["ok"] and "staff duty" in findings["值班"]["text"]
    assert not findings["提醒程序"]["ok"] and "python -m bot run" in findings["提醒程序"]["text"]
    missing = bot("check", BOT_SECURITY__KEY="")
    assert missing.returncode == 1 and "BOT_WECHAT__TOKEN" in missing.stdout
