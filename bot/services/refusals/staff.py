"""Why something about an account of staff is refused; the sentences are in handlers.

Refused
├── about an account   StaffUnknown StaffDisabled LoginInvalid LoginTaken PasswordTooShort
├── about who asks     OwnAccount LastAdmin
└── about proving it   FactorCodeWrong
"""

from __future__ import annotations

from bot.services.refusals import Refused


class StaffUnknown(Refused):
    code = "STAFF_UNKNOWN"


class StaffDisabled(Refused):
    code = "STAFF_DISABLED"

    def __init__(self, username: str) -> None:
        self.username = username


class LoginInvalid(Refused):
    code = "LOGIN_INVALID"


class LoginTaken(Refused):
    code = "LOGIN_TAKEN"

    def __init__(self, username: str) -> None:
        self.username = username


class PasswordTooShort(Refused):
    code = "PASSWORD_TOO_SHORT"

    def __init__(self, least: int) -> None:
        self.least = least


class OwnAccount(Refused):
    """Nobody changes their own role or shuts their own account."""

    code = "OWN_ACCOUNT"


class LastAdmin(Refused):
    code = "LAST_ADMIN"


class FactorCodeWrong(Refused):
    code = "FACTOR_CODE_WRONG"
