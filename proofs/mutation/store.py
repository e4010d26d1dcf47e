"""The fates that are known already, so that a long survey can be taken up again where it was left."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from proofs.engine.program import source_fingerprint
from proofs.mutation.trial import Fate, Trial

SCHEMA = "CREATE TABLE IF NOT EXISTS fates (mutant TEXT PRIMARY KEY, sources TEXT NOT NULL, trial TEXT NOT NULL)"


class Store:
    """A file of fates; each counts only as long as no source file changes.  ``None`` as path: nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._sources = source_fingerprint()
        self._connection = sqlite3.connect(":memory:" if path is None else _made(path), timeout=10)
        self._connection.execute(SCHEMA)

    def recall(self, mutant: str) -> Trial | None:
        """The fate of a mutant, if it is known."""
        query = "SELECT trial FROM fates WHERE mutant = ? AND sources = ?"
        row = self._connection.execute(query, (mutant, self._sources)).fetchone()
        if row is None:
            return None
        fate, theorem, how, seconds = json.loads(row[0])
        return Trial(Fate(fate), theorem, how, seconds)

    def remember(self, mutant: str, trial: Trial) -> None:
        """Write down a fate at once."""
        text = json.dumps([trial.fate.value, trial.theorem, trial.how, trial.seconds])
        with self._connection:
            self._connection.execute("INSERT OR REPLACE INTO fates VALUES (?, ?, ?)", (mutant, self._sources, text))

    def close(self) -> None:
        """Release the file."""
        self._connection.close()


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
