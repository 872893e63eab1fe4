"""Rows of an export as they come from the database: one statement for all of them, a page of them in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

PAGE = 2000


def pages(db: Session, query: Select[Any], key: Any) -> Iterator[Sequence[Any]]:
    """By ``key``. What else a page needs is asked for the whole page; memory does not grow with the county.

    One cursor, not a statement for each page: the database sorts once, and what changes meanwhile is in all pages or in
    none (PostgreSQL shows each statement its own moment). The session lets go of rows that nobody holds.
    """
    yield from db.execute(query.order_by(key).execution_options(yield_per=PAGE)).partitions()


def rows(db: Session, query: Select[Any], key: Any) -> Iterator[Any]:
    """For what needs nothing else."""
    for page in pages(db, query, key):
        yield from page
