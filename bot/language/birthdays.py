"""Birth dates as people type them: 2008-05-01, 2008年5月1日, 20080501, 2008.5.1; never a guess."""

from __future__ import annotations

import re
from datetime import date

from bot.language.text import clean

_WRITTEN = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})\s*[-./年]\s*(?P<m>\d{1,2})\s*[-./月]\s*(?P<d>\d{1,2})(?!\d)")
_EIGHT = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?!\d)")


def read(text: str) -> date | None:
    """None when there is no whole date, or no such day."""
    said = clean(text)
    found = _WRITTEN.search(said) or _EIGHT.search(said)
    if found is None:
        return None
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None
