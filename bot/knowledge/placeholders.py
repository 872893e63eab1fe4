"""Facts that differ from place to place: names in braces inside answers, filled in when answering."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def of_organisation(organisation: Mapping[str, object]) -> dict[str, str]:
    """The settings' ``organisation`` section as placeholders; its ``name`` is called ``organisation`` in answers."""
    return {("organisation" if key == "name" else key): str(value) for key, value in organisation.items()}


def used(text: str) -> list[str]:
    """The names in a text, in order."""
    return _NAME.findall(text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Known names replaced, one level deep (a place's phone number may stand in its address); unknown ones stay."""
    once = _NAME.sub(lambda found: values.get(found.group(1), found.group()), text)
    return _NAME.sub(lambda found: values.get(found.group(1), found.group()), once)
