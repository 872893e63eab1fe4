"""The families of WeChat's API; importing this package fills the table of endpoints."""

from bot.simulator.api import (
    agents,
    articles,
    mass,
    mass_tools,
    media,
    menu,
    messages,
    notices,
    oauth,
    others,
    qrcodes,
    tags,
    templates,
    tokens,
    users,
)

__all__ = [
    "agents",
    "articles",
    "mass",
    "mass_tools",
    "media",
    "menu",
    "messages",
    "notices",
    "oauth",
    "others",
    "qrcodes",
    "tags",
    "templates",
    "tokens",
    "users",
]
