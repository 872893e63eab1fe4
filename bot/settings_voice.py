"""Settings of 青年之声: the two clocks of a question, what follows an answer, how long words are kept."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Whole = Annotated[int, Field(ge=1)]
Kept = Annotated[int, Field(ge=14)]
"""Days: so long an asker may still come back to it."""


class Voice(BaseModel):
    """``clock``: natural (every minute counts) or working (only ``opens`` to ``closes`` of working days)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clock: Literal["natural", "working"] = "natural"
    opens: time = time(8, 30)
    closes: time = time(17, 30)
    review_hours: Whole = 3
    review_warning_hours: Whole = 2
    reply_days: Whole = 3
    reply_warning_days: Whole = 2
    close_days: Whole = 7
    keep_days: Annotated[int, Field(ge=62)] = 365
    keep_private_days: Kept = 180
    keep_rights_days: Kept = 730
    keep_withdrawn_days: Kept = 30
    pictures_days: Whole = 180
    pictures_mb: Whole = 2048

    @model_validator(mode="after")
    def _in_order(self) -> Voice:
        if self.opens >= self.closes:
            raise ValueError("voice.closes 要晚于 voice.opens，比如 08:30 和 17:30")
        if self.review_warning_hours >= self.review_hours:
            raise ValueError("voice.review_warning_hours 要小于 voice.review_hours，比如 2 和 3")
        if self.reply_warning_days >= self.reply_days:
            raise ValueError("voice.reply_warning_days 要小于 voice.reply_days，比如 2 和 3")
        if self.close_days >= min(self.keep_days, self.keep_private_days, self.keep_rights_days):
            raise ValueError("voice.close_days 要小于 voice.keep_…_days，比如 7 和 180")
        return self
