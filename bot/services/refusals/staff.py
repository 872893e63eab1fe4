"""Why something about an account of staff is refused; the sentences are in handlers.

Refused
├── about an account   StaffUnknown StaffDisabled LoginInvalid LoginTaken PasswordTooShort
├── about who asks     OwnAccount LastAdmin AdminBindsAlone
├── about the second   TwoAdminsNeeded NoSecondAdmin SameAdmin NotWanted
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


class AdminBindsAlone(Refused):
    """Whoever holds a code to bind is who it binds: of administrators only they themselves get one."""

    code = "ADMIN_BINDS_ALONE"


class TwoAdminsNeeded(Refused):
    code = "TWO_ADMINS_NEEDED"


class NoSecondAdmin(Refused):
    code = "NO_SECOND_ADMIN"

    def __init__(self, username: str) -> None:
        self.username = username


class SameAdmin(Refused):
    """The account itself, or whoever asked, also by another account of theirs."""

    code = "SAME_ADMIN"


class NotWanted(Refused):
    """Taken back, done, too old or another wish by now."""

    code = "NOT_WANTED"


class FactorCodeWrong(Refused):
    code = "FACTOR_CODE_WRONG"
