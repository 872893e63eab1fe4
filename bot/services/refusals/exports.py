"""Reasons to refuse about exports."""

from __future__ import annotations

from bot.services.refusals import Refused


class ExportUnknown(Refused):
    """No such table, no such form of file, or a file that is not there any more."""

    code = "EXPORT_UNKNOWN"


class ExportNotYours(Refused):
    """Rows that this role sees on no page, or numbers it may not reveal, or a colleague's file."""

    code = "EXPORT_NOT_YOURS"


class ExportPeriodWrong(Refused):
    """A period that ends before it begins, or begins before anything was."""

    code = "EXPORT_PERIOD"
