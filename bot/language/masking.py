"""Numbers that are nobody's business, taken out of a text: phones and identity cards."""

from __future__ import annotations

import re

_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)")


def mask(text: str) -> str:
    """``打我电话〔手机号〕``."""
    return _PHONE.sub("〔手机号〕", _IDENTITY.sub("〔证件号〕", text))
