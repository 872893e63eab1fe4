"""The menu against WeChat's limits, and what differs from the one that is live."""

from __future__ import annotations

import pytest

from bot import menu
from bot.settings import MENU, Button
from handlers import INTENTS

KNOWN = {"activities.list", "always.help"}


def leaf(name: str = "活动", **more: str) -> Button:
    return Button(name=name, **(more or {"key": "activities.list"}))  # type: ignore[arg-type]


def test_the_menu_that_comes_with_it_is_fine() -> None:
    assert menu.check(MENU, INTENTS) == []


@pytest.mark.parametrize(
    "buttons, complaint",
    [
        ((), "菜单是空的"),
        (tuple(leaf(f"活动{n}") for n in range(4)), "一级菜单最多 3 个，现在有 4 个"),
        ((Button(name="更多", buttons=tuple(leaf(f"活动{n}") for n in range(6))),), "最多 5 个按钮，现在有 6 个"),
        ((leaf("六个汉字太长"),), "18 个字节，最多 16 个"),
        ((leaf("五个汉字了"),), "手机上只显示前 4 个字"),
        ((leaf(" "),), "有一个按钮没有名字"),
        ((leaf(key="activities.lst"),), "没有对应的功能；是不是 activities.list？"),
        ((leaf(key="k" * 129),), "key 超过 128 个字节"),
        ((leaf(url="https://x.cn/" + "a" * 1024),), "url 超过 1024 个字节"),
        ((leaf(url="x.cn"),), "url 应以 https:// 开头"),
        ((Button(name="空"),), "应有 key（做什么）或 url（打开网页）中的一个"),
        ((Button(name="父", key="always.help", buttons=(leaf(),)),), "自己就不能再有 key 或 url"),
        ((Button(name="父", buttons=(Button(name="子", buttons=(leaf(),)),)),), "下面不能再有按钮"),
        ((leaf(), leaf()), "“活动”写了不止一次"),
        (
            (Button(name="网页", buttons=tuple(leaf(f"页{n}", url=f"https://{n}.cn/") for n in range(4))),),
            "最多指向 3 个网站，现在有 4 个",
        ),
    ],
)
def test_each_limit_has_its_sentence(buttons: tuple[Button, ...], complaint: str) -> None:
    assert complaint in "\n".join(menu.check(buttons, KNOWN))


def test_wechat_gets_its_own_form() -> None:
    buttons = (Button(name="父", buttons=(leaf(),)), leaf("网页", url="https://x.cn/"))
    assert menu.as_wechat(buttons) == {
        "button": [
            {"name": "父", "sub_button": [{"type": "click", "name": "活动", "key": "activities.list"}]},
            {"type": "view", "name": "网页", "url": "https://x.cn/"},
        ]
    }


def test_the_difference_is_by_button_whatever_wechat_adds() -> None:
    wanted = menu.as_wechat(MENU)
    live = {"menu": {"button": [{**button, "sub_button": button.get("sub_button", [])} for button in wanted["button"]]}}
    assert menu.difference(live, wanted) == []
    assert menu.difference(None, wanted)[0].startswith("+ 志愿活动")
    other = menu.as_wechat((leaf("老按钮"),))
    changes = menu.difference({"menu": other}, wanted)
    assert "- 老按钮 [click] activities.list" in changes and "+   近期活动 [click] activities.list" in changes
