"""Memory: what each part of understanding adds, and what two forked web processes share of it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.tables import table, write

STEPS = {
    "Python and numpy": "import numpy",
    "jieba and tables": "from bot.language import text, tokens; tokens.warm(); text.warm()",
    "sentence encoder": "from bot.language import encoder; loaded = encoder.load()",
    "library of faq/": "library = commands_library(loaded)",
}
SCRIPT = """
import os, sys, re
from pathlib import Path

def megabytes(field):
    found = re.search(rf"^{field}:\\s+(\\d+) kB", Path("/proc/self/smaps_rollup").read_text(), re.M)
    return int(found.group(1)) / 1024

def commands_library(loaded):
    from datetime import date
    from bot.knowledge.library import Library, Mind
    from bot.knowledge.loader import load
    return Library(load(Path("faq")), {}, date.today(), Mind(loaded, cache=Path(sys.argv[1])))
"""


def measure(cache: Path) -> tuple[dict[str, float], list[float]]:
    """(resident MB after each step, what each of two forked processes has of its own after 200 messages)."""
    lines = [SCRIPT]
    for name, code in STEPS.items():
        lines += [code, f"print('step', {name!r}, megabytes('Rss'), sep='|', flush=True)"]
    lines.append(
        "for child in range(2):\n"
        "    if os.fork() == 0:\n"
        "        for number in range(200):\n"
        "            library.match(f'第{number}次去要带什么衣服呀')\n"
        "        print('own', megabytes('Private_Clean') + megabytes('Private_Dirty'), sep='|', flush=True)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
    )
    command = [sys.executable, "-c", "\n".join(lines), str(cache)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "."})
    rows = [line.split("|") for line in said.stdout.splitlines()]
    return {row[1]: float(row[2]) for row in rows if row[0] == "step"}, [float(r[1]) for r in rows if r[0] == "own"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into benchmarks/README.md")
    parser.add_argument("--cache", type=Path, default=Path("data/faq-index"))
    options = parser.parse_args()
    measure(options.cache)  # learnt now if it was not: learning needs more for a while than serving
    steps, own = measure(options.cache)
    rows = {name: [f"{resident:.0f}"] for name, resident in steps.items()}
    rows["of its own in a forked process, after 200 messages"] = [f"{sum(own) / len(own):.0f}"]
    found = table(["after loading", "MB resident"], rows)
    print(found)
    if options.write:
        write("footprint", found)


if __name__ == "__main__":
    main()
