"""The account's menu, the conditional menus, and their limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from bot.simulator.endpoints import OK, Answer, Call, endpoint
from bot.simulator.errors import ApiError
from bot.simulator.followers import Follower
from bot.simulator.state import State
from bot.simulator.world import World

Button = dict[str, Any]

TOP, SUB = 3, 5
NAME_BYTES, SUB_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
MAX_DOMAINS = 3
CONDITIONAL_MAX = 1000
_KEYED = {
    "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select",
}  # fmt: skip
_MEDIA = {"media_id": "media_id", "view_limited": "media_id", "article_id": "article_id"}
_MEDIA |= {"article_view_limited": "article_id"}
_PLATFORM = "2"  # the simulator's phones call themselves Android


@endpoint("POST", "/cgi-bin/menu/create", right="menu")
def create(world: World, call: Call) -> Answer:
    buttons = checked(call.body.get("button"))
    with world.state.lock:
        shelf = world.state.shelf("menu")
        shelf["button"] = buttons
        shelf["menuid"] = world.state.next_id("menu") + 200_000_000
        world.state.touch("menu")
    return OK


@endpoint("GET", "/cgi-bin/menu/get", right="menu")
def get(world: World, call: Call) -> Answer:
    with world.state.lock:
        shelf = world.state.shelf("menu")
        if "button" not in shelf:
            raise ApiError(46003)
        answer: dict[str, Any] = {"menu": {"button": shelf["button"], "menuid": shelf["menuid"]}}
        if shelf.get("conditional"):
            answer["conditionalmenu"] = [*shelf["conditional"]][::-1]
        return answer


@endpoint("GET", "/cgi-bin/menu/delete", right="menu")
def delete(world: World, call: Call) -> Answer:
    """Takes the conditional menus with it."""
    with world.state.lock:
        world.state.shelf("menu").clear()
        world.state.touch("menu")
    return OK


@endpoint("GET", "/cgi-bin/get_current_selfmenu_info", right="menu")
def live(world: World, call: Call) -> Answer:
    with world.state.lock:
        buttons = world.state.shelf("menu").get("button", [])
    return {"is_menu_open": int(bool(buttons)), "selfmenu_info": {"button": [_as_live(one) for one in buttons]}}


@endpoint("POST", "/cgi-bin/menu/addconditional", right="menu")
def add_conditional(world: World, call: Call) -> Answer:
    buttons, rule = checked(call.body.get("button")), call.body.get("matchrule")
    if not isinstance(rule, dict) or not any(rule.values()):
        raise ApiError(65304)
    with world.state.lock:
        shelf = world.state.shelf("menu")
        if "button" not in shelf:
            raise ApiError(65303)
        conditional = shelf.setdefault("conditional", [])
        if len(conditional) >= CONDITIONAL_MAX:
            raise ApiError(65305)
        menuid = world.state.next_id("menu") + 400_000_000
        conditional.append({"button": buttons, "matchrule": rule, "menuid": menuid})
        world.state.touch("menu")
    return {"menuid": str(menuid)}


@endpoint("POST", "/cgi-bin/menu/delconditional", right="menu")
def delete_conditional(world: World, call: Call) -> Answer:
    with world.state.lock:
        conditional = world.state.shelf("menu").get("conditional", [])
        kept = [one for one in conditional if str(one["menuid"]) != str(call.body.get("menuid"))]
        if len(kept) == len(conditional):
            raise ApiError(65301)
        world.state.shelf("menu")["conditional"] = kept
        world.state.touch("menu")
    return OK


@endpoint("POST", "/cgi-bin/menu/trymatch", right="menu")
def try_match(world: World, call: Call) -> Answer:
    return {"button": menu_for(world.state, world.follower(call.body.get("user_id"), missing=65302))}


def menu_for(state: State, follower: Follower) -> list[Button]:
    """What this follower's phone shows: the newest conditional menu that fits, else the default."""
    with state.lock:
        shelf = state.shelf("menu")
        for menu in reversed(shelf.get("conditional", [])):
            rule = menu["matchrule"]
            tag, platform = str(rule.get("tag_id") or ""), str(rule.get("client_platform_type") or "")
            if (not tag or int(tag) in follower.tags) and platform in ("", _PLATFORM):
                return list(menu["button"])
        return list(shelf.get("button", []))


# -- limits ---------------------------------------------------------------------------------------------------


def checked(buttons: object) -> list[Button]:
    """The buttons as they are kept, or the first limit they break."""
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= TOP:
        raise ApiError(40016)
    kept = [_top(button) for button in buttons]
    if len({urlsplit(url).hostname for url in _urls(kept)} - {None, "mp.weixin.qq.com"}) > MAX_DOMAINS:
        raise ApiError(65316)
    return kept


def _top(button: object) -> Button:
    if not isinstance(button, dict):
        raise ApiError(40017)
    _measure(button.get("name"), NAME_BYTES, 40018)
    subs = button.get("sub_button") or []
    if not subs:
        return {**_leaf(button, sub=False), "sub_button": []}
    if not isinstance(subs, list) or len(subs) > SUB:
        raise ApiError(40023)
    return {"name": button["name"], "sub_button": [_sub(one) for one in subs]}


def _sub(button: object) -> Button:
    if not isinstance(button, dict):
        raise ApiError(40024)
    if button.get("sub_button"):
        raise ApiError(40022)
    _measure(button.get("name"), SUB_NAME_BYTES, 40025)
    return {**_leaf(button, sub=True), "sub_button": []}


def _leaf(button: Button, sub: bool) -> Button:
    type = button.get("type")
    if type is None:
        raise ApiError(65308)
    if type in _KEYED:
        _measure(button.get("key"), KEY_BYTES, 40026 if sub else 40019)
        names = ["key"]
    elif type in ("view", "miniprogram"):
        _measure(button.get("url"), URL_BYTES, 40027 if sub else 40020)
        if not str(button["url"]).startswith(("http://", "https://")):
            raise ApiError(65317)
        names = ["url", "appid", "pagepath"] if type == "miniprogram" else ["url"]
        if type == "miniprogram" and not (button.get("appid") and button.get("pagepath")):
            raise ApiError(45064)
    elif type in _MEDIA:
        if not button.get(_MEDIA[type]):
            raise ApiError(40007)
        names = [_MEDIA[type]]
    else:
        raise ApiError(40024 if sub else 40017)
    return {name: button[name] for name in ("type", "name", *names)}


def _measure(text: object, most: int, code: int) -> None:
    if not isinstance(text, str) or not 1 <= len(text.encode()) <= most:
        raise ApiError(code)


def _urls(buttons: Iterable[Button]) -> list[str]:
    return [one["url"] for top in buttons for one in (top, *top["sub_button"]) if one.get("type") == "view"]


def _as_live(button: Button) -> Button:
    """get_current_selfmenu_info wraps sub-buttons in ``list``."""
    subs = button.get("sub_button")
    bare = {name: value for name, value in button.items() if name != "sub_button"}
    return {**bare, "sub_button": {"list": [_as_live(one) for one in subs]}} if subs else bare
