"""``python -m bot.storage.migrations "what changes"``: draft the next version from the difference to the models."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bot.storage.database import Database
from bot.storage.migrations import draft

if len(sys.argv) != 2:
    sys.exit(__doc__)
with tempfile.TemporaryDirectory() as folder:
    database = Database(f"sqlite:///{folder}/draft.db")
    database.upgrade()
    sys.stdout.write(f"{draft(database, sys.argv[1], Path(__file__).parent / 'versions')}\n")
    database.dispose()
