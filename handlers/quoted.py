"""A message of ours that was quoted (引用): it says what the words below it are about."""

from __future__ import annotations

import re

from bot.conversation.context import Context
from bot.conversation.router import Router
from handlers import reference

router = Router("quoted")

QUOTED = re.compile(r"「(?P<quote>.+?)」\s*[-—][-—\s]*(?P<said>[^-—\s].*)", re.DOTALL)
"""「青声：A12 河道清洁…」, a line of dashes, and what was typed."""


@router.when(lambda ctx: QUOTED.fullmatch(ctx.text) is not None)
def set_subject(ctx: Context) -> None:
    """Only sets what is talked about; the words themselves go on to the other routers."""
    found = QUOTED.fullmatch(ctx.text)
    assert found is not None
    named = reference.among(found.group("quote"), reference.coming(ctx))
    if len(named) == 1:
        ctx.session.focus = named[0]
    ctx.hear(found.group("said").strip())
