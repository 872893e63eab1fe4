"""Lists that are read page by page, with their filters in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

T = TypeVar("T")
PER_PAGE = 25


@dataclass(frozen=True)
class Page(Generic[T]):
    """Items of one page. ``number`` counts from 1, ``total`` is of all pages."""

    items: Sequence[T]
    number: int
    total: int
    per_page: int = PER_PAGE

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.per_page))

    def at(self, number: int) -> str:
        """The same list with the same filters, at another page."""
        return here(page=number)


def number() -> int:
    """The page that the address asks for."""
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 7 else 1


def rows(db: Session, query: Select[Any], *, per_page: int = PER_PAGE) -> Page[Any]:
    """The page of a query that the address asks for; what is past the end shows the last."""
    counted = select(func.count()).select_from(query.order_by(None).subquery())
    total = db.scalar(counted) or 0
    at = min(number(), max(1, -(-total // per_page)))
    found = db.scalars(query.limit(per_page).offset((at - 1) * per_page)).unique().all()
    return Page(found, at, total, per_page)


def cut(items: Sequence[T], *, per_page: int = PER_PAGE) -> Page[T]:
    """The page of a list that is already here."""
    at = min(number(), max(1, -(-len(items) // per_page)))
    return Page(items[(at - 1) * per_page : at * per_page], at, len(items), per_page)


def here(**change: Any) -> str:
    """This address with other filters; a value of None takes one away, and a changed filter begins at page one."""
    arguments = {**request.args.to_dict(), **change}
    if "page" not in change:
        arguments.pop("page", None)
    kept = {name: value for name, value in arguments.items() if value not in (None, "")}
    return url_for(request.endpoint or "today", **(request.view_args or {}), **kept)
