"""What every test may ask for: the fixtures of tests/fixtures, and where the shared material lies."""

from __future__ import annotations

pytest_plugins = [
    "tests.fixtures.shared", "tests.fixtures.storage", "tests.fixtures.stack", "tests.fixtures.dealing",
    "tests.fixtures.chromium", "tests.fixtures.campaign",
]  # fmt: skip
