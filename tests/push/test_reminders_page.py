"""docs/reminders.md: the table of field types is the one that is sent by, its examples load, its names exist."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from bot import menu
from bot.push import fields, quiet, templates
from bot.push.fields import TYPES
from bot.services.quiet_hours import is_quiet
from bot.settings import Settings
from handlers import INTENTS
from tests.push.test_reminders import saturday

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reminders.md").read_text("utf-8")
ZONE = ZoneInfo("Asia/Shanghai")


def test_the_types_are_those_of_the_code() -> None:
    table = PAGE.partition("<!-- types -->")[2].partition("<!-- /types -->")[0]
    rows = dict(re.findall(r"^\| ([a-z_]+) \| (.+) \|$", table, re.MULTILINE))
    assert rows == {name: type.limit for name, type in TYPES.items()}


def test_the_examples_are_taken_as_they_stand() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    written: dict[str, object] = {}
    for block in blocks:
        written |= yaml.safe_load(block)
    chosen = Settings.model_validate(written)
    assert menu.check_by_tag(chosen.menus_by_tag, INTENTS) == []
    own = chosen.push.templates["reminder"]
    usual = dict.fromkeys(fields.USUAL_FIELDS["reminder"], "")
    live = [
        templates.Live(own.template, "template", "提醒", dict.fromkeys(own.template_fields, "")),
        templates.Live(own.subscribe, "subscribe", "提醒", usual, lasting=True),
    ]
    assert templates.mistakes({"reminder": own}, live, ("template", "subscribe"), ZONE) == []


def test_what_may_be_filled_in_is_listed_whole() -> None:
    said = PAGE.partition("左边是模板里的字段")[2].partition("2. 对照")[0]
    listed = set(re.findall(r"`([a-z_]+)` [\u4e00-\u9fff]", said))
    assert listed == set(templates.samples("reminder", ZONE))


def test_the_hours_of_the_night_are_those_of_the_code() -> None:
    assert [is_quiet(saturday(*at), ZONE) for at in ((21, 59), (22, 0), (7, 29), (7, 30))] == [False, True, True, False]
    assert quiet.EVENING_BEFORE.strftime("%H:%M") in PAGE and quiet.LEAST_NOTICE.total_seconds() == 90 * 60
