"""Ages: how old somebody is on a day; what is asked is the age on the day of the shift, not of signing up."""

from __future__ import annotations

from datetime import date

ADULT = 18
VOLUNTEER_FROM = 14
"""中国注册志愿者管理办法 第7条."""


def on(day: date, born: date) -> int:
    """Whole years; who was born on 29 February turns a year older on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def born_by(day: date, age: int) -> date:
    """The last day of birth of who is at least ``age`` on ``day``; born later is younger."""
    try:
        return day.replace(year=day.year - age)
    except ValueError:  # 29 February of a year that has none so long before
        return date(day.year - age, 2, 28)
