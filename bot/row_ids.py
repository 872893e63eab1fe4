"""Numbers of rows as they stand in addresses and forms: what no database's integer can hold is no row's."""

from __future__ import annotations

from werkzeug.routing import IntegerConverter

DIGITS = 9
"""PostgreSQL's integer ends at 2,147,483,647, and SQLite's driver fails beyond 2**63; no county has a billion rows."""


class RowId(IntegerConverter):
    """``<int:id>``: a longer number is a page that does not exist, not a question that the database cannot take."""

    regex = rf"\d{{1,{DIGITS}}}"


def typed(text: str) -> int | None:
    """A number from a form or a filter; None when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None
