"""Which files of a folder are read, and which look as if they were meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.knowledge.entries import Mistake, Place


def files(directory: Path) -> list[Path]:
    """The YAML files of a folder and its sub-folders, in a fixed order; broken links too, for they are mistakes."""
    if directory.is_file():
        return [directory]
    return sorted(
        path for path in _visible(directory)
        if path.suffix.lower() in {".yaml", ".yml"} and (path.is_file() or _is_broken_link(path))
    )  # fmt: skip


def _visible(directory: Path) -> Iterator[Path]:
    """Without what editors and macOS leave behind under names that begin with a dot."""
    return (path for path in directory.rglob("*") if not path.name.startswith("."))


def _is_broken_link(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def misnamed(directory: Path) -> Iterator[Mistake]:
    """Windows hides the ending that Notepad adds."""
    for path in sorted(_visible(directory)):
        if path.suffix.lower() == ".txt" and path.is_file():
            name = path.stem if Path(path.stem).suffix.lower() in {".yaml", ".yml"} else f"{path.stem}.yaml"
            message = f"文件名以 .txt 结尾，里面的内容不会用上；要用就把文件改名为 {name}"
            yield Mistake(Place(name_of(path, directory)), message, "advice")


def name_of(path: Path, directory: Path) -> str:
    return str(path.relative_to(directory.parent)) if path != directory else path.name
