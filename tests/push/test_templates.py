"""Each way in which the account's templates and config.yaml can disagree is named, with its place, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.push import fields, templates
from bot.push.templates import Family, Live
from bot.settings import PushTemplate
from tests.ops.test_cli import Bot, bot
from tests.push.account import APP_ID, SECRET, TEMPLATES
from tests.push.stage import Stage

__all__ = ["bot"]
ZONE = ZoneInfo("Asia/Shanghai")
BOTH: tuple[Family, ...] = ("template", "subscribe")
USUAL = {"thing1": "活动名称", "time2": "活动时间", "thing3": "活动地点", "thing4": "距离开始", "thing5": "温馨提示"}


def complaints(own: PushTemplate, *live: Live) -> list[str]:
    return templates.mistakes({"reminder": own}, live, BOTH, ZONE)


def test_the_usual_fields_fit_the_usual_templates() -> None:
    for kind, mapping in fields.USUAL_FIELDS.items():
        live = Live("T", "template", kind, dict.fromkeys(mapping, "标签"))
        assert templates.mistakes({kind: PushTemplate(template="T")}, [live], BOTH, ZONE) == []


@pytest.mark.parametrize(
    ("own", "live", "complaint"),
    [
        (PushTemplate(template="T"), [], "push.templates.reminder.template：帐号的模板消息里没有 T（可能已删除"),
        (PushTemplate(template="S"), [Live("S", "subscribe", "提醒", USUAL)], "没有 S（它是订阅通知的，填反了）"),
        (
            PushTemplate(template="T", template_fields={"thing1": "title", "thing9": "place"}),
            [Live("T", "template", "提醒", {"thing1": "名称"})],
            "reminder.template_fields：“提醒”没有字段 thing9，它有 thing1（名称）",
        ),
        (
            PushTemplate(template="T", template_fields={"thing1": "colour"}),
            [Live("T", "template", "提醒", {"thing1": "名称"})],
            "thing1 要填的 colour 不认识，可以填 code、title",
        ),
        (
            PushTemplate(template="T", template_fields={"phrase1": "title"}),
            [Live("T", "template", "提醒", {"phrase1": "名称"})],
            "phrase1 放不下 title，这种字段是5个以内的汉字",
        ),
        (
            PushTemplate(template="T", template_fields={"time1": "place"}),
            [Live("T", "template", "提醒", {"time1": "时间"})],
            "time1 放不下 place，这种字段是时间",
        ),
        (
            PushTemplate(template="T", template_fields={"character_string1": "place"}),
            [Live("T", "template", "提醒", {"character_string1": "编号"})],
            "character_string1 放不下 place",
        ),
        (
            PushTemplate(template="T"),
            [Live("T", "template", "提醒", {**USUAL, "name6": "联系人", "first": ""})],
            "“提醒”的 name6（联系人）没有填，微信会退回",
        ),
        (
            PushTemplate(subscribe="S"),
            [Live("S", "subscribe", "提醒", USUAL, lasting=True)],
            "“提醒”是长期订阅，subscribe_lasts 应为 true",
        ),
    ],
)
def test_each_disagreement_has_its_sentence(own: PushTemplate, live: list[Live], complaint: str) -> None:
    (said,) = complaints(own, *live)
    assert complaint in said


def test_what_the_account_has_is_read_over_http(lite: Stage) -> None:
    live = [one for family in BOTH for one in templates.of_account(lite.client, family)]
    assert {one.id for one in live} == {id for each in TEMPLATES.values() for id in (each.template, each.subscribe)}
    reminder = next(one for one in live if one.id == TEMPLATES["reminder"].template)
    assert (reminder.title, reminder.family, dict(reminder.fields)) == ("活动开始提醒", "template", USUAL)
    usual = {kind: TEMPLATES[kind] for kind in ("reminder", "offer", "change")}
    assert templates.mistakes(usual, live, BOTH, ZONE) == []


def test_the_commands(lite: Stage, bot: Bot, tmp_path: Path) -> None:
    env = {"BOT_WECHAT__APP_ID": APP_ID, "BOT_WECHAT__APP_SECRET": SECRET, "BOT_WECHAT__API_BASE_URL": lite.wechat.url}

    def configured(**reminder: object) -> str:
        path = tmp_path / "config.yaml"
        path.write_text(f"push: {{templates: {{reminder: {json.dumps(reminder)}}}}}", "utf-8")
        return str(path)

    mine = TEMPLATES["reminder"]
    done = bot("templates", "check", BOT_CONFIG=configured(template=mine.template), **env)
    assert (done.returncode, done.stdout.strip()) == (0, "模板没有问题：1 种消息。"), done.stderr
    wrong = configured(template=mine.subscribe, subscribe="x")
    done = bot("templates", "check", "--json", BOT_CONFIG=wrong, **env)
    assert done.returncode == 1 and len(json.loads(done.stdout)["mistakes"]) == 2
    assert "还没有配置模板" in bot("templates", "check", BOT_CONFIG=configured(), **env).stdout
    listed = bot("templates", "list", BOT_CONFIG=configured(template=mine.template), **env).stdout
    assert f"{mine.template}  模板消息  活动开始提醒  用于：reminder" in listed
    unverified = {"BOT_WECHAT__ACCOUNT": "unverified", **env}
    assert "不用配置" in bot("templates", "check", BOT_CONFIG=configured(template="x"), **unverified).stdout
