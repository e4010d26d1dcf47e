"""The cache of proofs: answers keyed on the obligation's own text, the solver and its options.

Only definite answers are kept, never an unknown or a timeout.  A damaged file is reported and
left alone; the run goes on without it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import z3

from proofs.engine.discharge import BUDGET, Answer

SCHEMA = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL, resources INTEGER NOT NULL)"


class Cache:
    """A file of answers; ``None`` as path means no cache at all."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.complaint = ""
        self._known: dict[str, Answer] = {}
        self._new: dict[str, Answer] = {}
        if path is not None and path.exists():
            self._read(path)

    def _read(self, path: Path) -> None:
        try:
            with sqlite3.connect(path) as connection:
                rows = connection.execute("SELECT key, answer, resources FROM answers").fetchall()
        except sqlite3.DatabaseError as error:
            self.complaint = f"{path}: not a usable cache ({error}); ignored - delete the file to start a new one"
            self.path = None
            return
        for key, answer, resources in rows:
            if answer in ("sat", "unsat"):
                self._known[key] = Answer(answer, resources)

    @staticmethod
    def key(text: str, seed: int) -> str:
        """What an answer depends on."""
        stamp = f"{z3.get_version_string()} budget={BUDGET} seed={seed}\n"
        return hashlib.sha256((stamp + text).encode()).hexdigest()

    def get(self, key: str) -> Answer | None:
        """A definite answer from an earlier run."""
        return self._known.get(key)

    def put(self, key: str, answer: Answer) -> None:
        """Remember a definite answer."""
        if answer.answer in ("sat", "unsat"):
            self._new[key] = answer

    def save(self) -> None:
        """Write what is new."""
        if self.path is None or not self._new:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with sqlite3.connect(self.path, timeout=10) as connection:
                connection.execute(SCHEMA)
                rows = [(key, a.answer, a.resources) for key, a in self._new.items()]
                connection.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)
        except (sqlite3.DatabaseError, OSError) as error:
            self.complaint = f"{self.path}: the cache could not be written ({error})"
