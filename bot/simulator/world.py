"""One simulated WeChat: an account, its followers, the push server and the faults, put together."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from bot.simulator.calls import Calls
from bot.simulator.clock import Clock
from bot.simulator.config import SimulatorConfig
from bot.simulator.errors import ApiError
from bot.simulator.faults import Faults
from bot.simulator.followers import Follower
from bot.simulator.later import Later
from bot.simulator.push import Pusher
from bot.simulator.quotas import Quotas
from bot.simulator.state import State
from bot.simulator.store import Store
from bot.simulator.templates import add_configured
from bot.simulator.tokens import Tokens
from bot.wechat.envelope import Envelope


class World:
    """Parts are public; each guards itself with ``state.lock`` or a lock of its own."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.clock = Clock()
        self.state = State(self.clock, Store(config.state_path) if config.state_path else None)
        self.faults = Faults()
        self.later = Later()
        self.calls = Calls()
        self.tokens = Tokens(self.state)
        self.quotas = Quotas(self.state, self.faults)
        envelope = None
        if config.mode != "plain":
            envelope = Envelope(config.token, config.encoding_aes_key, config.app_id)
        self.pusher = Pusher(self, envelope)
        self.busy: set[str] = set()  # openids a notice is being sent to this moment (43108)
        self.verified: dict[str, Any] | None = None
        self.on_start: list[Callable[[World], None]] = []
        self._saver = Later(threads=1)
        self._started = 0
        self._starting = threading.Lock()
        add_configured(self.state, config.templates)

    def start(self) -> None:
        """Begin saving, and finish what a restart cut short. Called with every request, does something once."""
        if self._started == os.getpid():
            return
        with self._starting:
            if self._started != os.getpid():
                self._started = os.getpid()
                self._saver.every(self.config.save_every_s, self.state.save)
                for resume in self.on_start:
                    resume(self)

    def check_callback_once(self) -> None:
        """The GET check, in the background before the first push; the page says when it failed."""
        with self._starting:
            if self.verified is not None:
                return
            self.verified = {"ok": None, "detail": "正在验证"}

        def check() -> None:
            self.verified = self.pusher.verify()

        self.later.call(0.0, check)

    def reset(self) -> None:
        """Back to an account that was just registered, templates from the configuration included."""
        self.later.clear()
        self.state.clear()
        self.faults.clear()
        self.calls.clear()
        self.quotas.reset()
        self.pusher.reset()
        self.verified = None
        add_configured(self.state, self.config.templates)

    def close(self) -> None:
        """Nothing happens any more; what is not yet written is."""
        self.later.close()
        self._saver.close()
        self.state.close()

    # -- look-ups used by many API calls ----------------------------------------------------------------

    def follower(self, openid: object, *, missing: int = 40003) -> Follower:
        """Whoever this openid is; 40003 when it is nobody's."""
        if not isinstance(openid, str) or openid not in self.state.followers:
            raise ApiError(missing)
        return self.state.followers[openid]

    def following(self) -> list[Follower]:
        """Everyone who follows, oldest first."""
        with self.state.lock:
            return [f for f in self.state.followers.values() if f.following]

    def report(self, openid: str, event: str, fields: Mapping[str, Any], delay_s: float | None = None) -> None:
        """Tell the webhook about something that was not a follower's deed, a moment later."""
        delay = self.config.report_delay_s if delay_s is None else delay_s

        def push() -> None:
            common = {
                "ToUserName": self.config.gh_id,
                "FromUserName": openid,
                "CreateTime": int(self.clock.time()),
                "MsgType": "event",
                "Event": event,
            }
            self.pusher.push(openid, {**common, **fields}, shows=False)

        self.later.call(delay, push)
