"""One follower of the simulated account: identity, windows, consents, and what the account noted about them."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from bot.simulator.windows import Windows

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


def new_openid() -> str:
    """28 characters, as WeChat makes them: openids of one account share their first six."""
    return "oQS7k1" + "".join(secrets.choice(_ALPHABET) for _ in range(22))


@dataclass
class Follower:
    openid: str
    nickname: str
    created_at: float
    following: bool = False
    followed_at: float = 0.0
    subscribe_scene: str = "ADD_SCENE_OTHERS"
    qr_scene: int = 0
    qr_scene_str: str = ""
    remark: str = ""
    tags: list[int] = field(default_factory=list)
    blacklisted: bool = False
    blocks_pushes: bool = False  # switched off 接收消息: template reports say "failed:user block", mass skips
    windows: Windows = field(default_factory=dict)
    consents: dict[str, int] = field(default_factory=dict)  # notice template: messages still allowed
    one_time: dict[str, int] = field(default_factory=dict)  # legacy one-time subscribe, by scene
    client_ids: dict[str, list[float]] = field(default_factory=dict)  # client_msg_id: [msgid, sent at]
    mass_received: dict[str, int] = field(default_factory=dict)  # month: mass messages that arrived
    acted_at: float = 0.0
    typing_until: float = 0.0
    agent: str = ""
    agent_since: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Follower:
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})
