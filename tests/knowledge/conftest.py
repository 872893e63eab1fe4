"""What the tests of the knowledge share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with one file: the ``TEXT`` of the test's own module."""
    path = tmp_path / "faq"
    path.mkdir()
    (path / "a.yaml").write_text(request.module.TEXT, "utf-8")
    return path
