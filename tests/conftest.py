"""What every test may ask for: the fixtures of tests/fixtures, and where the shared material lies."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.fixtures.shared", "tests.fixtures.storage", "tests.fixtures.stack"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several processes (``-n 2 --dist loadgroup``) a file stays in one, and so do all that share the demo."""
    for item in items:
        shares = "stack" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("stack" if shares else item.path.stem))
