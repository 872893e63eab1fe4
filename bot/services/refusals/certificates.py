"""Reasons to refuse about certificates, by name."""

from __future__ import annotations

from bot.services.refusals import Refused


class NothingToCertify(Refused):
    """No live entry of this person in the period or activity asked for."""

    code = "NOTHING_TO_CERTIFY"


class NameMissing(Refused):
    """A certificate states whose it is; nobody's name is known yet."""

    code = "NAME_MISSING"


class CannotBePrinted(Refused):
    """``characters``: those no font here has; empty: there is no font at all. Never printed with holes."""

    code = "CANNOT_BE_PRINTED"

    def __init__(self, characters: str = "") -> None:
        self.characters = characters


class CertificateUnknown(Refused):
    """No such certificate, or none of this person's."""

    code = "CERTIFICATE_UNKNOWN"

    def __init__(self, number: str = "") -> None:
        self.number = number


class CertificateRevoked(Refused):
    code = "CERTIFICATE_REVOKED"

    def __init__(self, number: str, reason: str) -> None:
        self.number, self.reason = number, reason


class SealNotDeclined(Refused):
    """A paper that is in order gets its seal; one that is not is revoked, with the reason."""

    code = "SEAL_NOT_DECLINED"

    def __init__(self, number: str) -> None:
        self.number = number
