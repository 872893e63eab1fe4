"""Settings: every mistake at once, with the place it stands; config.yaml and the model say the same."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
import yaml

from bot.processes import demo
from bot.settings import ROOT, SECRETS, Settings, load_settings, variable
from bot.settings_sources import SettingsError, known, read_yaml

KEY = base64.b64encode(bytes(32)).decode()


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("BOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path / "data"))


def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text, "utf-8")
    monkeypatch.setenv("BOT_CONFIG", str(file))


def complaints() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return [str(mistake) for mistake in caught.value.mistakes]


def test_config_yaml_and_the_model_have_the_same_defaults() -> None:
    written = load_settings().model_dump(exclude={"data_dir", "faq_dir"})
    assert written == Settings().model_dump(exclude={"data_dir", "faq_dir"})
    assert load_settings().faq_dir == ROOT / Settings().faq_dir


def test_every_setting_stands_in_config_yaml_with_a_line_of_why() -> None:
    written = read_yaml(ROOT / "config.yaml")
    lines = (ROOT / "config.yaml").read_text("utf-8").splitlines()
    seen = 0
    for name, field in known(Settings).items():
        path = tuple(name.split("."))
        assert path in written.places, f"{name} is not in config.yaml"
        if isinstance(field.annotation, type) and hasattr(field.annotation, "model_fields"):
            continue
        number = int(re.search(r"(\d+)", written.places[path]).group(1))
        assert re.search(r"#\s*\S", lines[number - 1]), f"{name}: no comment in line {number}"
        seen += 1
    assert seen > 25


def test_a_telephone_number_stays_the_text_that_was_written(monkeypatch, tmp_path) -> None:
    config(monkeypatch, tmp_path, "organisation:\n  hotline: 012355\n  office_hours: 12:30\n  short_name: no\n")
    office = load_settings().organisation
    assert (office.hotline, office.office_hours, office.short_name) == ("012355", "12:30", "no")


def test_the_environment_wins_over_the_demo_and_the_demo_over_the_file(monkeypatch, tmp_path) -> None:
    config(monkeypatch, tmp_path, "web: {port: 1111, workers: 3}\nwechat: {app_id: wxfile}\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "demo.yaml").write_text("web: {port: 2222}\nwechat: {app_id: wxdemo, token: demotoken}\n")
    monkeypatch.setenv("BOT_WEB__PORT", "3333")
    loaded = load_settings()
    assert (loaded.web.port, loaded.web.workers, loaded.wechat.app_id) == (3333, 3, "wxdemo")


def test_all_mistakes_come_at_once_each_with_its_place(monkeypatch, tmp_path) -> None:
    config(monkeypatch, tmp_path, "web:\n  port: 80800\nwechat:\n  mode: secured\n  tokn: x\npush:\n  sweep_s: soon\n")
    monkeypatch.setenv("BOT_WECHAT__ENCODING_AES_KEY", "abc")
    monkeypatch.setenv("BOT_WEB__THREADS", "0")
    assert complaints() == [
        "wechat.encoding_aes_key（环境变量 BOT_WECHAT__ENCODING_AES_KEY）："
        "应为公众平台上的 43 个字母或数字（不带 =），现在是 3 个字符。",
        "wechat.mode（config.yaml 第 4 行）：写的是 “secured”，只能是 plain、compatible、secure；是不是 secure？",
        "wechat.tokn（config.yaml 第 5 行）：没有这个设置；是不是 wechat.token？",
        "web.port（config.yaml 第 2 行）：写的是 “80800”，至多 65535。",
        "web.threads（环境变量 BOT_WEB__THREADS）：写的是 “0”，至少 1。",
        "push.sweep_s（config.yaml 第 7 行）：写的是 “soon”，应为数字，例如 4.5。",
    ]


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_in_config_yaml_is_refused(monkeypatch, tmp_path, name: str) -> None:
    section, key = name.split(".")
    config(monkeypatch, tmp_path, f"{section}:\n  {key}: {KEY}\n")
    said = "\n".join(complaints())
    assert f"{name}（config.yaml 第 2 行）" in said and variable(name) in said
    assert KEY not in said


def test_a_password_in_an_address_is_refused_and_never_repeated(monkeypatch, tmp_path) -> None:
    config(monkeypatch, tmp_path, "database:\n  url: postgresql+psycopg://bot:geheim@db/bot\n")
    assert "BOT_DATABASE__URL" in complaints()[0]
    config(monkeypatch, tmp_path, "")
    monkeypatch.setenv("BOT_DATABASE__URL", "mysql://bot:geheim@db/bot")
    said = complaints()
    assert said[0].startswith("database.url（环境变量 BOT_DATABASE__URL）") and "geheim" not in said[0]


@pytest.mark.parametrize(
    "name, value",
    [
        ("BOT_WECHAT__TOKEN", "ab"),
        ("BOT_WECHAT__TOKEN", "has space"),
        ("BOT_SECURITY__KEY", "too short"),
        ("BOT_ORGANISATION__TIMEZONE", "Asia/Qingshan"),
        ("BOT_REDIS__URL", "localhost:6379"),
        ("BOT_WECHAT__API_BASE_URL", "api.weixin.qq.com"),
        ("BOT_CONVERSATION__REPLY_BUDGET_S", "6"),
        ("BOT_REGISTRATIONS__REMIND_BEFORE_HOURS", "24,soon"),
        ("BOT_WECHAT", "something"),
        ("BOT_WEB__PORTS", "1"),
        ("BOT_DATADIR", "/tmp"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    said = complaints()
    assert len(said) == 1 and f"（环境变量 {name}）" in said[0]


def test_lists_and_tables_come_from_the_environment_too(monkeypatch) -> None:
    monkeypatch.setenv("BOT_REGISTRATIONS__REMIND_BEFORE_HOURS", "48, 3")
    monkeypatch.setenv("BOT_PUSH__TEMPLATES__REMINDER__TEMPLATE", "T1")
    monkeypatch.setenv("BOT_WEB__WORKERS", "")
    monkeypatch.setenv("BOT_WEATHER", "somebody else's")
    loaded = load_settings()
    assert loaded.registrations.remind_before_hours == (48, 3)
    assert loaded.push.templates["reminder"].template == "T1"
    assert loaded.web.workers == 2


@pytest.mark.parametrize(
    "text, expected",
    [
        ("web:\n port: 1\n  host: x\n", "config.yaml（第 3 行）：YAML 写法有误"),
        ("web: {port: 1}\nweb: {port: 2}\n", "web（config.yaml 第 2 行）：与config.yaml 第 1 行重复"),
        ("- a\n", "应为“名称: 值”的形式"),
        ("web: 8000\n", "web（config.yaml 第 1 行）：写的是 “8000”，这是一组设置"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(monkeypatch, tmp_path, text: str, expected: str) -> None:
    config(monkeypatch, tmp_path, text)
    assert expected in "\n".join(complaints())


def test_a_missing_file_is_one_line(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("BOT_CONFIG", str(tmp_path / "nowhere.yaml"))
    assert "读不了这个文件" in complaints()[0]


def test_what_a_command_needs_is_named_with_the_place_to_find_it() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings().require("wechat.token", "security.key")
    text = str(caught.value)
    assert "BOT_WECHAT__TOKEN" in text and "openssl rand -base64 32" in text


def test_the_socket_is_in_the_data_folder_unless_its_path_is_too_long(tmp_path) -> None:
    short, long = Settings(data_dir=tmp_path / "d"), Settings(data_dir=tmp_path / ("长" * 30) / "d")
    assert short.valkey_socket == tmp_path / "d" / "valkey.sock"
    assert long.valkey_socket.parent == long.runtime_dir
    assert len(str(long.valkey_socket).encode()) < 100
    assert long.redis_url == Settings(data_dir=long.data_dir).redis_url


def test_the_demo_makes_up_a_whole_account_and_keeps_it(tmp_path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    assert demo.prepare(data, 8123)
    first = yaml.safe_load((data / "demo.yaml").read_text("utf-8"))
    assert (data / "demo.yaml").stat().st_mode & 0o777 == 0o600
    loaded = load_settings()
    loaded.require("wechat.app_id", "wechat.app_secret", "wechat.token", "wechat.encoding_aes_key", "security.key")
    assert loaded.simulator.callback_url == "http://127.0.0.1:8123/wechat"
    assert loaded.wechat.api_base_url == "http://127.0.0.1:8124"
    assert {len(id) for each in loaded.push.templates.values() for id in (each.template, each.subscribe)} == {43}
    assert not demo.prepare(data, 9000)
    second = yaml.safe_load((data / "demo.yaml").read_text("utf-8"))
    assert second["security"] == first["security"]
    assert {**second["wechat"], "api_base_url": ""} == {**first["wechat"], "api_base_url": ""}
    assert second["simulator"]["port"] == 9001
