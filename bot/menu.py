"""The custom menu: what config.yaml says, held against WeChat's limits, and the difference from what is live."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.settings import Button, TagMenu

TOP, SUB = 3, 5
TOP_NAME_BYTES, SUB_NAME_BYTES = 16, 60
TOP_NAME_SHOWN, SUB_NAME_SHOWN = 4, 8  # 汉字; a phone cuts what is longer
KEY_BYTES, URL_BYTES = 128, 1024
FOREIGN_HOSTS = 3
TAG_CHARS, MENUS_BY_TAG = 30, 100  # WeChat takes more menus, but an account has a hundred tags


def check(menu: Sequence[Button], intents: Collection[str]) -> list[str]:
    """Each mistake in one line; nothing to complain about is an empty list."""
    wrong = []
    if not menu:
        wrong.append("菜单是空的：请在 config.yaml 的 menu 下面写至少一个按钮。")
    if len(menu) > TOP:
        wrong.append(f"一级菜单最多 {TOP} 个，现在有 {len(menu)} 个。")
    for button in menu:
        wrong += _check_top(button, intents)
    names = [button.name for top in menu for button in (top, *top.buttons)]
    wrong += [f"“{name}”写了不止一次。" for name in sorted(set(names)) if names.count(name) > 1]
    hosts = {urlsplit(button.url).hostname for button in _leaves(menu) if button.url}
    if len(hosts) > FOREIGN_HOSTS:
        wrong.append(f"链接最多指向 {FOREIGN_HOSTS} 个网站，现在有 {len(hosts)} 个。")
    return wrong


def check_by_tag(menus: Sequence[TagMenu], intents: Collection[str]) -> list[str]:
    """The same for the menus of tags, each mistake with its tag."""
    wrong = []
    tags = [menu.tag.strip() for menu in menus]
    for tag, menu in zip(tags, menus, strict=True):
        if not 1 <= len(tag) <= TAG_CHARS:
            wrong.append(f"menus_by_tag 里的标签“{tag}”应有 1–{TAG_CHARS} 个字。")
        wrong += [f"“{tag}”的菜单：{mistake}" for mistake in check(menu.buttons, intents)]
    wrong += [f"标签“{tag}”有不止一份菜单，只留一份。" for tag in sorted(set(tags)) if tags.count(tag) > 1]
    if len(menus) > MENUS_BY_TAG:
        wrong.append(f"个性化菜单最多 {MENUS_BY_TAG} 份，现在有 {len(menus)} 份。")
    return wrong


def _check_top(button: Button, intents: Collection[str]) -> Iterable[str]:
    yield from _check_name(button.name, TOP_NAME_BYTES, TOP_NAME_SHOWN)
    if not button.buttons:
        yield from _check_leaf(button, intents)
        return
    if button.key or button.url:
        yield f"“{button.name}”有下级按钮，自己就不能再有 key 或 url。"
    if len(button.buttons) > SUB:
        yield f"“{button.name}”下面最多 {SUB} 个按钮，现在有 {len(button.buttons)} 个。"
    for inner in button.buttons:
        yield from _check_name(inner.name, SUB_NAME_BYTES, SUB_NAME_SHOWN)
        if inner.buttons:
            yield f"“{inner.name}”已经是二级按钮，下面不能再有按钮。"
        yield from _check_leaf(inner, intents)


def _check_name(name: str, limit: int, shown: int) -> Iterable[str]:
    size = len(name.encode())
    if not name.strip():
        yield "有一个按钮没有名字。"
    elif size > limit:
        yield f"“{name}”有 {size} 个字节，最多 {limit} 个（一个汉字 3 个字节）。"
    elif size > shown * 3:
        yield f"“{name}”太长，手机上只显示前 {shown} 个字。"


def _check_leaf(button: Button, intents: Collection[str]) -> Iterable[str]:
    if bool(button.key) == bool(button.url):
        yield f"“{button.name}”应有 key（做什么）或 url（打开网页）中的一个。"
    if button.key and button.key not in intents:
        near = difflib.get_close_matches(button.key, intents, 1)
        yield f"“{button.name}”的 key“{button.key}”没有对应的功能" + (f"；是不是 {near[0]}？" if near else "。")
    if len(button.key.encode()) > KEY_BYTES:
        yield f"“{button.name}”的 key 超过 {KEY_BYTES} 个字节。"
    if len(button.url.encode()) > URL_BYTES:
        yield f"“{button.name}”的 url 超过 {URL_BYTES} 个字节。"
    if button.url and urlsplit(button.url).scheme not in ("http", "https"):
        yield f"“{button.name}”的 url 应以 https:// 开头。"


def _leaves(menu: Iterable[Button]) -> list[Button]:
    return [leaf for top in menu for leaf in (top.buttons or (top,))]


def as_wechat(menu: Iterable[Button]) -> dict[str, Any]:
    """What menu/create takes."""
    return {"button": [_as_wechat(button) for button in menu]}


def _as_wechat(button: Button) -> dict[str, Any]:
    if button.buttons:
        return {"name": button.name, "sub_button": [_as_wechat(inner) for inner in button.buttons]}
    if button.url:
        return {"type": "view", "name": button.name, "url": button.url}
    return {"type": "click", "name": button.name, "key": button.key}


def lines(menu: Mapping[str, Any]) -> list[str]:
    """A menu in WeChat's form, a line per button, whatever else WeChat adds to it."""
    result = []
    for button in menu.get("button", []):
        result.append(_line(button))
        result += ["  " + _line(inner) for inner in button.get("sub_button") or []]
    return result


def _line(button: Mapping[str, Any]) -> str:
    if button.get("sub_button") or "type" not in button:
        return str(button["name"])
    does = button.get("key") or button.get("url") or json.dumps(button, ensure_ascii=False, sort_keys=True)
    return f"{button['name']} [{button['type']}] {does}"


def by_tag(menus: Iterable[TagMenu], ids: Mapping[str, int]) -> list[dict[str, Any]]:
    """What menu/addconditional takes, in the order to add them: WeChat shows the newest that fits, so the first of
    config.yaml comes last. Tags that WeChat does not have yet stand with 0."""
    wanted = [{**as_wechat(menu.buttons), "matchrule": {"tag_id": str(ids.get(menu.tag.strip(), 0))}} for menu in menus]
    return wanted[::-1]


def live_by_tag(live: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The conditional menus that are live, oldest first as they were added."""
    return list((live or {}).get("conditionalmenu") or [])[::-1]


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two conditional menus show the same to the same, whatever WeChat adds."""
    return _rule(one) == _rule(other) and lines(one) == lines(other)


def difference_by_tag(
    live: Mapping[str, Any] | None, wanted: Sequence[Mapping[str, Any]], names: Mapping[int, str]
) -> list[str]:
    """As `difference`, with the tag in front; also when only their order differs."""
    before = [line for menu in live_by_tag(live)[::-1] for line in _named(menu, names)]
    after = [line for menu in wanted[::-1] for line in _named(menu, names)]
    return [line for line in difflib.ndiff(before, after) if line[:1] in "+-"]


def _named(menu: Mapping[str, Any], names: Mapping[int, str]) -> list[str]:
    rule = _rule(menu)
    id = int(rule.get("tag_id", 0))
    tag = f"标签 {names.get(id, id)}" if set(rule) == {"tag_id"} else json.dumps(rule, sort_keys=True)
    return [f"（{tag}）{line}" for line in lines(menu)]


def _rule(menu: Mapping[str, Any]) -> dict[str, str]:
    """WeChat called a tag a group once, and answers with either."""
    rule = {name: str(value) for name, value in menu.get("matchrule", {}).items() if value not in ("", None)}
    if "group_id" in rule:
        rule.setdefault("tag_id", rule.pop("group_id"))
    return rule


def difference(live: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> list[str]:
    """``-`` for what is live now, ``+`` for what would be; empty when they are the same."""
    before = lines(live.get("menu", live)) if live else []
    after = lines(wanted)
    return [line for line in difflib.ndiff(before, after) if line[:1] in "+-"]
