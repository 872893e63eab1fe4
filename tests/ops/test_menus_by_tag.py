"""Menus by tag as somebody publishes them, over HTTP: checked, compared, published, seen by whom they are for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import menu
from bot.settings import Button, TagMenu
from bot.simulator.api.menu import menu_for
from handlers import INTENTS
from tests.ops.test_cli import Bot, bot, one_line
from tests.push.account import APP_ID, SECRET
from tests.push.stage import Simulated, simulated

__all__ = ["bot"]
LEADERS = {"tag": "队长", "buttons": [{"name": "我的队伍", "key": "teams.mine"}]}
REVIEWERS = {"tag": "审核员", "buttons": [{"name": "帮助", "key": "always.help"}]}


@pytest.fixture(scope="module")
def wechat() -> Iterator[Simulated]:
    with simulated() as made:
        yield made


def as_menu(given: dict[str, object]) -> TagMenu:
    return TagMenu.model_validate(given)


@pytest.mark.parametrize(
    ("menus", "complaint"),
    [
        ([{**LEADERS, "tag": ""}], "标签“”应有 1–30 个字"),
        ([{**LEADERS, "tag": "长" * 31}], "应有 1–30 个字"),
        ([LEADERS, LEADERS], "标签“队长”有不止一份菜单"),
        ([{**LEADERS, "buttons": []}], "“队长”的菜单：菜单是空的"),
        ([{**LEADERS, "buttons": [{"name": "队", "key": "teams.mein"}]}], "“队长”的菜单：“队”的 key“teams.mein”没有"),
        ([{**LEADERS, "tag": f"t{n}"} for n in range(101)], "最多 100 份，现在有 101 份"),
    ],
)
def test_each_limit_has_its_sentence(menus: list[dict[str, object]], complaint: str) -> None:
    assert complaint in "\n".join(menu.check_by_tag([as_menu(one) for one in menus], INTENTS))


def test_the_first_of_the_file_is_added_last_and_so_wins() -> None:
    wanted = menu.by_tag([as_menu(LEADERS), as_menu(REVIEWERS)], {"队长": 100, "审核员": 101})
    assert [one["matchrule"] for one in wanted] == [{"tag_id": "101"}, {"tag_id": "100"}]
    assert menu.same({**wanted[0], "menuid": 1, "matchrule": {"group_id": 101, "sex": ""}}, wanted[0])
    assert not menu.same({**wanted[0], "matchrule": {"tag_id": "7"}}, wanted[0])
    assert menu.as_wechat((Button(name="帮助", key="always.help"),))["button"] == wanted[0]["button"]


def test_from_the_file_to_the_phone(bot: Bot, wechat: Simulated, tmp_path: Path) -> None:
    env = {"BOT_WECHAT__APP_ID": APP_ID, "BOT_WECHAT__APP_SECRET": SECRET, "BOT_WECHAT__API_BASE_URL": wechat.url}

    def configured(*menus: object) -> dict[str, str]:
        path = tmp_path / "config.yaml"
        path.write_text(f"menus_by_tag: {json.dumps(menus)}", "utf-8")
        return {"BOT_CONFIG": str(path), **env}

    def published(*menus: object) -> str:
        done = bot("menu", "publish", **configured(*menus))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shown(openid: str) -> str:
        """What the phone shows first."""
        state = wechat.world.state
        return str(menu_for(state, state.followers[openid])[0]["name"])

    changes = bot("menu", "diff", **configured(LEADERS)).stdout
    assert "+ （标签 队长）我的队伍 [click] teams.mine" in changes
    assert "新发布 2 份，撤下 0 份" in published(LEADERS, REVIEWERS)
    assert "个性化菜单" not in published(LEADERS, REVIEWERS), "the same again changes nothing"
    assert bot("menu", "diff", **configured(LEADERS, REVIEWERS)).stdout.strip() == "公众号上的菜单和 config.yaml 一样。"

    openid = wechat.new_follower()
    assert shown(openid) == "志愿活动"
    wechat.world.state.followers[openid].tags = [int(id) for id in wechat.world.state.shelf("tags")]
    assert bot("menu", "try", openid, **env).stdout.strip() == "我的队伍 [click] teams.mine"
    assert "新发布 2 份，撤下 2 份" in published(REVIEWERS, LEADERS), "another order"
    assert shown(openid) == "帮助"
    assert "新发布 0 份，撤下 2 份" in published()
    assert shown(openid) == "志愿活动"
    assert "微信没有接受" in one_line(bot("menu", "try", "o-nobody", **env), 1)


def test_tags_as_somebody_types_them(bot: Bot) -> None:
    bot("db", "upgrade")
    assert "没有这位粉丝：oA" in one_line(bot("tags", "give", "队长", "--openid", "oA"), 1)
    assert "说明给谁" in one_line(bot("tags", "give", "队长"), 1)
    assert "没有关注着的人" in one_line(bot("tags", "give", "队长", "--leaders"), 1)
    assert "已收回 0 人" in bot("tags", "take", "队长", "--openid", "oA").stdout
    assert "还没有标签" in bot("tags", "list").stdout
