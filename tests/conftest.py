"""What every test may ask for: the fixtures of tests/fixtures, and where the shared material lies."""

from __future__ import annotations

import os
import tempfile

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

pytest_plugins = [
    "tests.fixtures.shared", "tests.fixtures.storage", "tests.fixtures.stack", "tests.fixtures.dealing",
    "tests.fixtures.chromium", "tests.fixtures.campaign",
]  # fmt: skip

# `make run` leaves a demo in data/, which is nothing to the tests: by default they would take its settings over.
os.environ["BOT_DATA_DIR"] = os.path.join(tempfile.gettempdir(), "qingsheng-no-data")


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hundreds of tests have an app of their own; its templates are everybody's."""
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))}
