"""What every test may ask for: the fixtures of tests/fixtures, and where the shared material lies."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.fixtures.shared", "tests.fixtures.storage", "tests.fixtures.stack"]


CHAT_GROUPS = 4


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several processes (``-n 2 --dist loadgroup``) a file stays in one of them; conversations, which all begin
    alone, are dealt out. Each process starts its own demo when a test first asks for one."""
    for number, item in enumerate(items):
        name = item.path.stem
        item.add_marker(pytest.mark.xdist_group(f"{name}-{number % CHAT_GROUPS}" if name == "test_chats" else name))
