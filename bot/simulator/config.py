"""What a simulated WeChat needs to know: the account's credentials, where to push, and how long WeChat waits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FAILURE_LINE = "该公众号暂时无法提供服务，请稍后再试"
MODES = ("plain", "compatible", "secure")
ACCOUNTS = ("verified_service", "verified_subscription", "unverified_service", "unverified")


@dataclass(frozen=True)
class SimulatorConfig:
    """Defaults are WeChat's own; tests shorten the waits.

    ``templates`` are the template ids the account already has: a string (a notice when it contains ``subscribe``) or
    ``{"id", "title", "content", "kind": "template"|"notice", "long_term": bool}``. ``state_path`` None keeps nothing.
    """

    app_id: str
    app_secret: str
    token: str
    encoding_aes_key: str = ""
    mode: str = "secure"
    account: str = "verified_service"
    callback_url: str = "http://127.0.0.1:8000/wechat"
    state_path: Path | None = None
    templates: Sequence[str | Mapping[str, Any]] = ()
    name: str = "青声"
    delivery_timeout_s: float = 5.0
    delivery_times_s: tuple[float, ...] = (0.0, 5.0, 10.0)
    mark_fail_after: int = 5
    mark_fail_s: float = 60.0
    report_delay_s: float = 1.0  # until TEMPLATESENDJOBFINISH, subscribe_msg_sent_event, PUBLISHJOBFINISH
    mass_delay_s: float = 2.0  # until MASSSENDJOBFINISH
    clock_settle_s: float = 0.45  # processes that follow the clock poll it every 0.2 s
    save_every_s: float = 1.0
    page_size: int = 10_000  # openids per page of user/get
    media_cap_bytes: int = 256 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, not {self.mode!r}")
        if self.account not in ACCOUNTS:
            raise ValueError(f"account must be one of {', '.join(ACCOUNTS)}, not {self.account!r}")

    @property
    def gh_id(self) -> str:
        """The account's own id, the other end of every message."""
        return "gh_" + hashlib.sha1(self.app_id.encode()).hexdigest()[:12]
