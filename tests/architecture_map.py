"""The map in ARCHITECTURE.md: every file with its first docstring line; `make map` writes it between the markers."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- map -->", "<!-- /map -->"
ROOMS = ("bot", "handlers", "benchmarks", "training")
# Migrations are a history, not rooms; their names say what they hold.
LEFT_OUT = ("bot/storage/migrations/versions/",)


def files() -> list[Path]:
    found = [ROOT / "wsgi.py", *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]
    names = {path.relative_to(ROOT).as_posix(): path for path in found}
    return [names[name] for name in sorted(names) if not name.startswith(LEFT_OUT)]


def first_line(path: Path) -> str:
    """The first line of the file's docstring; empty when it has none."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    return docstring.splitlines()[0].strip() if docstring else ""


def written() -> str:
    """A paragraph for each folder: what its __init__ says, then its files in alphabetical order."""
    folders: dict[str, list[Path]] = {}
    for path in files():
        folders.setdefault(path.parent.relative_to(ROOT).as_posix(), []).append(path)
    lines = []
    for folder, paths in sorted(folders.items()):
        about = [first_line(path) for path in paths if path.name == "__init__.py"]
        title = "" if folder == "." else f"{folder}/"
        lines += ["", f"{title:<34}{' '.join(about)}".rstrip()] if title else [""]
        lines += [f"  {path.name:<32}{first_line(path)}" for path in paths if path.name != "__init__.py"]
    return "\n".join(["```", *lines[1:], "```"])


def in_page() -> str:
    """The map as it stands in ARCHITECTURE.md."""
    page = PAGE.read_text("utf-8")
    return page[page.index(BEGIN) + len(BEGIN) : page.index(END)].strip()


def main() -> None:
    page = PAGE.read_text("utf-8")
    before, after = page[: page.index(BEGIN) + len(BEGIN)], page[page.index(END) :]
    PAGE.write_text(f"{before}\n\n{written()}\n\n{after}", "utf-8")


if __name__ == "__main__":
    main()
