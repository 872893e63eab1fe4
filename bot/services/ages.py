"""Ages: how old somebody is on a day; what is asked is the age on the day of the shift, not of signing up."""

from __future__ import annotations

from datetime import date

ADULT = 18
VOLUNTEER_FROM = 14
"""中国注册志愿者管理办法 第7条."""


def on(day: date, born: date) -> int:
    """Whole years; who was born on 29 February turns a year older on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
