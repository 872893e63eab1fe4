"""Which kind of account may call what (otherwise 48001)."""

from __future__ import annotations

from bot.simulator.errors import ApiError

_EVERYONE = {"base"}
_VERIFIED = {"menu", "customer", "mass", "users", "material", "drafts"}
_SERVICE = {"mass_openids", "template", "notice", "qrcode", "oauth", "agents"}

RIGHTS = {
    "unverified": _EVERYONE,
    "verified_subscription": _EVERYONE | _VERIFIED,
    "unverified_service": _EVERYONE | {"menu"},
    "verified_service": _EVERYONE | _VERIFIED | _SERVICE,
}


def check(account: str, right: str) -> None:
    if right not in RIGHTS[account]:
        raise ApiError(48001)
