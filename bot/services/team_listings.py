"""Teams as followers find them: by where they are, what they are good at, and words. Reads only."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.listings import plain
from bot.storage.models import Team

AREA_ENDING = re.compile(r"(?<=..)(?:街道|社区|乡|镇|村|区|县|市|片区)$")
"""城东街道 is what people call 城东."""
GENERIC = re.compile(
    r"(?:有没有|有哪些|哪些|哪个|有什么|什么|我想|我要|想|找|加入|推荐|看看|附近|最近|可以|能|会|做|搞|干|的|个|一支|一个|支|志愿者?|青年"
    r"|服务|队伍|队员|小队|分队|团队|组织|[队吗呢吧了请在去有那这])+"
)
_PART = 2


@dataclass(frozen=True)
class Found:
    """One page, and how many there are in all. ``by_words``: the words decided; else these are simply all teams."""

    teams: list[Team]
    total: int
    by_words: bool


def find(
    db: Session, words: str = "", *, area: str = "", specialty: str = "", limit: int = 5, offset: int = 0
) -> Found:
    """Teams that are not closed. ``area`` and ``specialty`` must fit; of ``words`` the best fit only (城东会急救的).

    A county has some two hundred teams, so they are compared here and not in the database.
    """
    every = select(Team).where(Team.closed_at.is_(None)).order_by(Team.open_to_join.desc(), Team.code)
    teams = [team for team in db.scalars(every) if _fits(team, area, specialty)]
    wanted = plain(GENERIC.sub(" ", words))
    if wanted:
        ranked = [(_rank(team, plain(words), wanted), team) for team in teams]
        best = max((rank for rank, _ in ranked), default=0)
        teams = [team for rank, team in ranked if rank == best] if best else []
    return Found(teams[offset : offset + limit], len(teams), bool(wanted))


def _fits(team: Team, area: str, specialty: str) -> bool:
    in_area = not area or _short(area) in plain(team.area)
    return in_area and (not specialty or any(plain(specialty) in plain(each) for each in team.specialties))


def _short(area: str) -> str:
    return plain(AREA_ENDING.sub("", area.strip()))


def _rank(team: Team, said: str, wanted: str) -> int:
    """What of a team stands in the words: its code and name before all, then where it is and what it can do.

    城东 alone asks for all teams there, not for the one with 城东 in its name.
    """
    name, area = plain(team.name), _short(team.area)
    named = team.code == wanted or (len(name) > _PART and name in said) or (wanted in name and wanted != area)
    rank = 100 if named else 0
    rank += 10 if area and area in said else 0
    rank += 10 * sum(_named(plain(each), wanted) for each in team.specialties)
    return rank or (1 if len(wanted) >= _PART and wanted in plain(team.about) else 0)


def _named(specialty: str, wanted: str) -> bool:
    """急救 stands for 应急救护, 水上救援 for 救援: one in the other, or two characters of it side by side."""
    if not specialty:
        return False
    pairs = {specialty[at : at + _PART] for at in range(len(specialty) - 1)}
    return specialty in wanted or wanted in specialty or any(pair in wanted for pair in pairs)
