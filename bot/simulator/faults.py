"""The fault knobs: what may go wrong on purpose, in the API and in the pushes."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import Any

# knob: (default, what it does); GET /sim/faults shows this table
KNOBS: dict[str, tuple[Any, str]] = {
    "errcode": ([], "列表 {path, code, times?, text?}：接口返回这个错误码 times 次（不写就一直）；path 可用 * 结尾"),
    "http": ([], "列表 {path, status, times?, body?}：这个接口返回这个 HTTP 状态和正文，例如 502 或半截 JSON"),
    "api_delay_ms": (0, "每次接口调用先等这么久；也可写 {path, ms} 的列表"),
    "reset_after_accept": ([], "列表 {path, times?}：照常执行，但不回答就断开连接（结果未知）；也可写 true 或次数"),
    "lost_after_accept": ([], "列表 {path, times?, ms?}：照常执行，但 ms 毫秒（默认 15000）里什么也不回答，然后断开"),
    "quota": ({}, "{path: 每日上限}：到了就返回 45009"),
    "minute_quota": ({}, "{path: 每分钟上限}：到了就返回 45011"),
    "secret_frozen": (False, "AppSecret 被冻结：取 token 返回 40243"),
    "ip_blocked": (False, "我们的 IP 不在白名单：取 token 返回 40164"),
    "drop_replies": (0.0, "这个比例的回复在路上丢失，微信会重试；true 等于全部"),
    "push_duplicate": (0.0, "这个比例的消息同时推送两遍；true 等于全部"),
    "push_delay_ms": (0, "每次推送前等这么久"),
    "push_out_of_order": (False, "同一时间的推送乱序到达"),
    "mark_fail": (True, "连续失败后停止推送一分钟；false 关掉"),
    "template_result": ("success", "模板消息的结果：success | user block | system failed"),
    "notice_result": ("success", "订阅通知的结果：success | user refuse | system failed"),
    "mass_status": ("", "群发结果，例如 err(20001)；空为正常"),
    "mass_confirm": ("", "群发要管理员确认：wait 一直等（30 分钟后失败）| refuse 拒绝；空为不用确认"),
    "wrong_wrapper": (False, "subscribe_msg_change_event 用错的外层元素（真的出现过）"),
    "seed": (None, "随机数种子，让比例可以重演"),
}
ACTIONS = {
    "invalidate_token": "true：别的系统刷新了 token，现有的全部失效；stuck：stable_token 也给失效的直到强制刷新",
    "expire_token": "true：现有 token 立刻过期（42001）",
    "unknown_event": "true 或 openid：推送一个谁也不认识的事件",
    "clear": "true：所有故障复位",
}
_LISTS = ("errcode", "http", "reset_after_accept", "lost_after_accept")


class UnknownKnob(ValueError):
    """A fault that does not exist; tests must not believe they switched something on."""


@dataclass
class Faults:
    """The knobs' present values. Small reads need no lock: values are replaced, never changed in place."""

    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self.values = {name: default for name, (default, _) in KNOBS.items()}
            self._random = random.Random()

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def set(self, name: str, value: Any) -> None:
        if name not in KNOBS:
            raise UnknownKnob(name)
        with self._lock:
            if name == "seed":
                self._random = random.Random(value)
            self.values = {**self.values, name: _rules(name, value) if name in _LISTS else value}

    def chance(self, name: str) -> bool:
        """Whether a fault given as a fraction strikes this time."""
        fraction = float(self.values[name])
        if fraction <= 0:
            return False
        with self._lock:
            return self._random.random() < fraction

    def delay_s(self, path: str) -> float:
        value = self.values["api_delay_ms"]
        if isinstance(value, list):
            return next((rule["ms"] for rule in value if _matches(rule["path"], path)), 0) / 1000
        return float(value) / 1000

    def take(self, name: str, path: str) -> dict[str, Any] | None:
        """The first rule for this path, counted down by one."""
        if not self.values[name]:
            return None
        with self._lock:
            for rule in self.values[name]:
                if _matches(rule["path"], path):
                    rest = rule if rule["times"] is None else {**rule, "times": rule["times"] - 1}
                    rules = [rest if one is rule else one for one in self.values[name]]
                    self.values = {**self.values, name: [r for r in rules if r["times"] is None or r["times"] > 0]}
                    return dict(rule)
        return None


def _rules(name: str, value: Any) -> list[dict[str, Any]]:
    if not value:
        return []
    if value is True or isinstance(value, int):
        value = {"path": "*", "times": None if value is True else value}
    rules = value if isinstance(value, list) else [value]
    needs = {"path"} | {"errcode": {"code"}, "http": {"status"}}.get(name, set())
    for rule in rules:
        if not isinstance(rule, dict) or needs - rule.keys():
            raise UnknownKnob(f"{name}: each rule needs {', '.join(sorted(needs))}")
    return [{"times": None, **rule} for rule in rules]


def _matches(pattern: str, path: str) -> bool:
    pattern = "/" + pattern.lstrip("/") if pattern != "*" else pattern
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
