"""What a person does in WeChat: follow, leave, scan, say, tap, consent; each becomes a push and perhaps a bubble."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from bot.simulator.followers import Follower, new_openid
from bot.simulator.judge import Reply
from bot.simulator.messages import NEWS_LIMIT_EVENT, BadMessage, Composed, compose
from bot.simulator.push import Outcome
from bot.simulator.windows import grant
from bot.simulator.world import World

NICKNAMES = ["小林", "阿青", "陈晨", "王一帆", "李想", "周舟", "吴桐", "郑好", "许愿", "何田", "苏叶", "江澄"]
NOTICE_EVENTS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
}


class NotFollowing(ValueError):
    """Someone who does not follow the account cannot write to it."""


def meet(world: World, nickname: str = "", openid: str = "") -> Follower:
    """A new person in WeChat who does not follow yet."""
    with world.state.lock:
        if openid in world.state.followers:
            raise BadMessage(f"{openid} exists already")
        name = nickname or NICKNAMES[len(world.state.followers) % len(NICKNAMES)]
        follower = Follower(openid or new_openid(), name, created_at=world.clock.time())
        world.state.keep(follower)
    return follower


def follow(world: World, follower: Follower, scene: str = "", ticket: str = "") -> Outcome:
    """Follow the account, by a QR code's scene or plainly."""
    with world.state.lock:
        now = world.clock.time()
        follower.following, follower.followed_at, follower.acted_at = True, now, now
        follower.subscribe_scene = "ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_PROFILE_CARD"
        follower.qr_scene = int(scene) if scene.isdecimal() and len(scene) < 10 else 0
        follower.qr_scene_str = scene if not follower.qr_scene else ""
        follower.windows.clear()
        grant(follower.windows, "follow", now)
        world.state.keep(follower)
    key = {"EventKey": f"qrscene_{scene}", "Ticket": ticket or _ticket(world, scene)} if scene else {"EventKey": ""}
    composed = Composed("event", {"Event": "subscribe", **key}, "", event="subscribe")
    return _push(world, follower, composed, {}, kind="welcome")


def unfollow(world: World, follower: Follower) -> Outcome:
    """Leaving closes every window and withdraws every consent."""
    with world.state.lock:
        follower.following = False
        follower.windows.clear()
        follower.consents.clear()
        follower.tags.clear()
        world.state.keep(follower)
    return _push(world, follower, Composed("event", {"Event": "unsubscribe"}, "", event="unsubscribe"), {})


def say(world: World, follower: Follower, body: Mapping[str, Any]) -> list[Outcome]:
    """A message or event as the control describes it, pushed ``repeat`` times at once with the same ids."""
    event = str(body.get("event", "")).lower() if body.get("type") == "event" else ""
    if event == "subscribe":
        return [follow(world, follower, str(body.get("key", "")).removeprefix("qrscene_"), str(body.get("ticket", "")))]
    if event == "unsubscribe":
        return [unfollow(world, follower)]
    if event == "scan":
        body = {**body, "key": str(body.get("key") or _scene(world, str(body.get("ticket", ""))))}
        if not follower.following:
            return [follow(world, follower, body["key"], str(body.get("ticket", "")))]
        body["ticket"] = body.get("ticket") or _ticket(world, body["key"])
    if not follower.following:
        raise NotFollowing(follower.openid)
    composed = _notice_choices(world, follower, event, body) if event in NOTICE_EVENTS else compose(body)
    _act(world, follower, composed)
    if composed.type != "event":
        item_body = {"type": composed.type, **composed.shown_as}
        world.state.show(follower.openid, "own", composed.type, composed.text, own=True, body=item_body)
    if follower.blacklisted:  # what a blacklisted follower writes does not reach the account
        return [Outcome()]
    return _push_repeated(world, follower, composed, body)


def push_event(world: World, follower: Follower, fields: Mapping[str, Any]) -> Outcome:
    """An event with just these fields, whatever they are."""
    return _push(world, follower, Composed("event", fields, "", event=str(fields["Event"])), {})


def _act(world: World, follower: Follower, composed: Composed) -> None:
    with world.state.lock:
        follower.acted_at = world.clock.time()
        follower.typing_until = 0.0
        if composed.grant:
            grant(follower.windows, composed.grant, follower.acted_at)
        world.state.keep(follower)


def _push_repeated(world: World, follower: Follower, composed: Composed, body: Mapping[str, Any]) -> list[Outcome]:
    """The same message delivered several times at once; the phone shows one answer, a real one if there is any."""
    repeat = max(1, min(int(body.get("repeat", 1)), 50))
    fields = _fields(world, follower, composed, body)
    outcomes: list[Outcome] = []
    others = [
        threading.Thread(target=lambda: outcomes.append(_deliver(world, follower, composed, fields)), daemon=True)
        for _ in range(repeat - 1)
    ]
    for thread in others:
        thread.start()
    outcomes.append(_deliver(world, follower, composed, fields))
    for thread in others:
        thread.join()
    if composed.shows_reply:
        _show(world, follower.openid, "reply", first_answer(outcomes))
    return outcomes


def first_answer(outcomes: Sequence[Outcome]) -> Outcome:
    return next((outcome for outcome in outcomes if outcome.reply), outcomes[0])


def _push(
    world: World, follower: Follower, composed: Composed, body: Mapping[str, Any], kind: str = "reply"
) -> Outcome:
    outcome = _deliver(world, follower, composed, _fields(world, follower, composed, body))
    if composed.shows_reply:
        _show(world, follower.openid, kind, outcome)
    return outcome


def _deliver(world: World, follower: Follower, composed: Composed, fields: Mapping[str, Any]) -> Outcome:
    articles = NEWS_LIMIT_EVENT if composed.type == "event" else 1
    return world.pusher.push(follower.openid, fields, shows=composed.shows_reply, articles=articles)


def _show(world: World, openid: str, kind: str, outcome: Outcome) -> None:
    if outcome.failure:
        world.state.show(openid, "failure", "failure", outcome.shown)
    elif outcome.reply and outcome.reply["type"] == "transfer_customer_service":
        world.state.show(openid, "system", "system", "正在为您转接人工客服，请稍候")
    elif outcome.reply:
        _show_reply(world, openid, kind, outcome.reply, outcome.shown)


def _show_reply(world: World, openid: str, kind: str, reply: Reply, shown: str) -> None:
    articles = reply.get("articles") or [{}]
    world.state.show(openid, kind, reply["type"], shown, url=articles[0].get("url", ""), body=reply)


def _fields(world: World, follower: Follower, composed: Composed, body: Mapping[str, Any]) -> dict[str, Any]:
    created = body.get("create_time")
    fields: dict[str, Any] = {
        "ToUserName": world.config.gh_id,
        "FromUserName": follower.openid,
        "CreateTime": int(world.clock.time()) if created is None else int(created),
        "MsgType": composed.type,
        **composed.fields,
    }
    if composed.type != "event":
        given = body.get("msg_id")
        fields["MsgId"] = world.state.next_id() if given is None else int(given)
    return fields


def _notice_choices(world: World, follower: Follower, event: str, body: Mapping[str, Any]) -> Composed:
    """Consents given in a pop-up, or taken back in the settings, with the event WeChat tells about them."""
    choices: Sequence[Mapping[str, Any]] = body.get("choices") or []
    if not choices:
        raise BadMessage("choices must list {template_id, status: accept|reject}")
    rows = []
    with world.state.lock:
        for choice in choices:
            id, status = str(choice.get("template_id", "")), str(choice.get("status", "accept"))
            if status == "accept":
                follower.consents[id] = follower.consents.get(id, 0) + 1
            elif event == "subscribe_msg_change_event":
                follower.consents.pop(id, None)
            row: dict[str, Any] = {"TemplateId": id, "SubscribeStatusString": status}
            if event == "subscribe_msg_popup_event":
                row["PopupScene"] = int(choice.get("scene", 1))
            rows.append(row)
        world.state.keep(follower)
    wrapper = NOTICE_EVENTS[event]
    if world.faults["wrong_wrapper"]:
        wrapper = "SubscribeMsgPopupEvent"
    return Composed("event", {"Event": event, wrapper: {"List": rows}}, "", event=event)


def _ticket(world: World, scene: str) -> str:
    """The ticket of the QR code with this scene; a stranger's code gets a ticket nobody knows."""
    with world.state.lock:
        for ticket, code in world.state.shelf("qrcodes").items():
            if str(code["scene"]) == scene:
                return str(ticket)
    return "gQ" + secrets.token_urlsafe(60)


def _scene(world: World, ticket: str) -> str:
    with world.state.lock:
        return str(world.state.shelf("qrcodes").get(ticket, {}).get("scene", ""))
