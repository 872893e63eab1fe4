"""The house is as ARCHITECTURE.md draws it: the map, the grid, small files, no forbidden words in names."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import architecture_map

ROOT = architecture_map.ROOT
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def test_the_map_equals_the_first_lines() -> None:
    assert len(architecture_map.files()) > 80
    page, files = set(architecture_map.in_page().splitlines()), set(architecture_map.written().splitlines())
    assert (page - files, files - page) == (set(), set()), "run `make map`"
    assert architecture_map.in_page() == architecture_map.written(), "run `make map`: the order differs"


def test_every_file_says_what_it_holds() -> None:
    lines = {path: architecture_map.first_line(path) for path in architecture_map.files() if path.stat().st_size}
    assert [path for path, line in lines.items() if not line] == []
    assert [path for path, line in lines.items() if not line.endswith((".", "?"))] == []


def test_no_file_is_called_after_nothing() -> None:
    assert [path for path in architecture_map.files() if path.stem in FORBIDDEN_NAMES] == []


def test_files_stay_small() -> None:
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in architecture_map.files()}
    assert {path: size for path, size in sizes.items() if size > 300} == {}
    assert sorted(sizes.values())[len(sizes) // 2] <= 120


def test_nothing_is_left_to_do_and_nothing_is_swallowed() -> None:
    found = []
    for path in architecture_map.files():
        text = path.read_text("utf-8")
        found += [f"{path}: {word}" for word in re.findall(r"\b(?:TODO|FIXME|XXX)\b", text)]
        found += [f"{path}: swallowed" for _ in re.findall(r"except(?: Exception)?:\s*\n\s*pass\b", text)]
    assert found == []


def contracts() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def test_every_room_has_its_place_in_the_grid() -> None:
    grid = next(each for each in contracts()["contracts"] if each["type"] == "layers")
    placed = {name.strip(" ()") for layer in grid["layers"] for name in re.split(r"[|:]", layer)}
    rooms = {
        f"bot.{path.stem}"
        for path in (ROOT / "bot").iterdir()
        if (path.is_dir() and (path / "__init__.py").exists()) or path.suffix == ".py"
    } - {"bot.__init__"}
    assert len(rooms) > 15
    assert rooms - placed == {"bot.simulator"}, "beside the grid stands the simulator alone"


def test_the_grid_holds() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"Analyzed (\d+) files", done.stdout).group(1)) > 80


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_locks_have_hashes_and_name_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    pins = re.findall(r"^[a-z0-9][\w.\-]*(?:\[[\w,]+\])?==\S+", text, re.MULTILINE)
    assert len(pins) > 30
    assert text.count("--hash=sha256:") >= len(pins)
    assert "http" not in text and "index-url" not in text
    assert "/" not in re.sub(r"#.*", "", text).replace("sha256:", "")


def names(pattern: str, page: str) -> set[str]:
    found = re.findall(pattern, (ROOT / page).read_text("utf-8"), re.MULTILINE)
    return {name.lower().replace("_", "-") for name in found}


@pytest.mark.parametrize("wanted", ["requirements", "requirements-dev"])
def test_locks_hold_what_was_asked_for(wanted: str) -> None:
    pinned = names(r"^([\w.\-]+)(?:\[[\w,]+\])?==", f"{wanted}.txt")
    asked = names(r"^([A-Za-z][\w.\-]*)", f"{wanted}.in")
    assert len(asked) > 5
    assert asked - pinned == set(), "run `make lock`"
