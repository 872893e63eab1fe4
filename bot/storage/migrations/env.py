"""Alembic's entry: runs the versions on the connection that upgrade() hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from bot.storage.models import Base, UTCDateTime


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A version must not depend on how the models look later: our date type is a plain one there."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
