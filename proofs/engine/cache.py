"""The cache of proofs: answers keyed on the obligation's own text, the solver and its options.

Only proofs are kept: never an unknown or a timeout, and a refutation is worked out again each
time.  Beside them it remembers which obligations an operation had, keyed on the text of every
source file, so that a run over unchanged sources need not execute anything.  Nothing of that is kept by a run
during which a source was changed.  A damaged file is reported and left alone; the run goes on without it.

TRUSTED: what it remembers was proved, of just that text.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import z3

from proofs.engine import program
from proofs.engine.discharge import BUDGET, Answer
from proofs.engine.theorem import Collected, Problem, Theorem
from proofs.engine.verdict import TheoremResult, Verdict

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL, resources INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS collections (operation TEXT, fingerprint TEXT, obligations TEXT NOT NULL,
                                        PRIMARY KEY (operation, fingerprint));
"""

DROP_OLD = """
DELETE FROM collections WHERE operation = ? AND rowid NOT IN
    (SELECT rowid FROM collections WHERE operation = ? ORDER BY rowid DESC LIMIT ?)
"""

KEPT = 4
"""So many collections are kept under one name: an edit that is taken back, and a text that is tried, cost nothing."""


class Cache:
    """A file of answers; ``None`` as path means no cache at all."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.complaint = ""
        self._known: dict[str, Answer] = {}
        self._new: dict[str, Answer] = {}
        self._collections: dict[tuple[str, str], str] = {}
        self.counted: Callable[[], Collection[Path] | None] = lambda: None
        """The own files on which what is remembered depends; None for all of them."""
        self._marks: dict[str, list[str]] = {}
        self._new_collections: dict[tuple[str, str], str] = {}
        self._of_sources: set[tuple[str, str]] = set()
        if path is not None and path.exists():
            self._read(path)

    def _read(self, path: Path) -> None:
        try:
            with sqlite3.connect(path) as connection:
                rows = connection.execute("SELECT key, answer, resources FROM answers").fetchall()
                remembered = connection.execute("SELECT operation, fingerprint, obligations FROM collections")
                for name, mark, text in remembered:
                    self._collections[name, mark] = text
                    self._marks.setdefault(name, []).append(mark)
        except sqlite3.DatabaseError as error:
            self.complaint = f"{path}: not a usable cache ({error}); ignored - delete the file to start a new one"
            self.path = None
            return
        for key, answer, resources in rows:
            if answer == "unsat":
                self._known[key] = Answer(answer, resources)

    @staticmethod
    def key(text: str, seed: int) -> str:
        """What an answer depends on."""
        stamp = f"{z3.get_version_string()} budget={BUDGET} seed={seed}\n"
        return hashlib.sha256((stamp + text).encode()).hexdigest()

    def get(self, key: str) -> Answer | None:
        """A proof from an earlier run."""
        return self._known.get(key)

    def put(self, key: str, answer: Answer) -> None:
        """Remember a proof."""
        if answer.answer == "unsat":
            self._new[key] = answer

    def recall(self, name: str, fingerprint: str) -> Any:
        """What was remembered under ``name`` when the sources were just the same; None if nothing."""
        text = self._collections.get((name, fingerprint))
        return None if text is None else json.loads(text)

    def recall_any(self, name: str, fingerprint: str) -> Iterator[Any]:
        """What was remembered under ``name`` of several texts, when the sources were just the same but for these.

        No ``fingerprint`` holds a blank.
        """
        for mark in self._marks.get(name, ()):
            if mark.partition(" ")[0] == fingerprint:
                yield json.loads(self._collections[name, mark])

    def remember_one(self, name: str, fingerprint: str, data: Any, which: Any) -> None:
        """Remember JSON data of a text among several; ``which`` tells it from others."""
        told = hashlib.sha256(json.dumps(which).encode()).hexdigest()
        self.remember(name, f"{fingerprint} {told}", data)

    def remember(self, name: str, fingerprint: str, data: Any, lasting: bool = False) -> None:
        """Remember JSON data that follows from the sources alone; what is ``lasting`` follows from ``name`` alone."""
        self._new_collections[name, fingerprint] = json.dumps(data)
        if not lasting:
            self._of_sources.add((name, fingerprint))

    def collections(self, operation: str, fingerprint: str) -> Iterator[Collected]:
        """The obligations (without their texts) that ``operation`` had when the sources were just the same.

        There may be several, of different texts of the functions that ran.
        """
        return (_unpacked(operation, data) for data in self.recall_any(operation, fingerprint))

    def put_collection(self, collected: Collected, fingerprint: str) -> None:
        """Remember the obligations of an operation, unless it could not be executed or calls what was not proved."""
        if not collected.disagreements and all(not theorem.result.failures for theorem in collected.theorems):
            which = [collected.functions, collected.contracts, collected.ends]
            self.remember_one(collected.operation, fingerprint, _packed(collected), which)

    def _forget_sources(self) -> None:
        """What was found out about the sources may be about other texts than those that are there now."""
        for key in self._of_sources:
            self._new_collections.pop(key, None)
        self._of_sources.clear()

    def save(self) -> None:
        """Write what is new; nothing that follows from the sources if one of them was changed meanwhile."""
        if self.path is None or not (self._new or self._new_collections):
            return
        if self._of_sources and program.modified(self.counted()):
            self._forget_sources()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with sqlite3.connect(self.path, timeout=10) as connection:
                connection.executescript(SCHEMA)
                rows = [(key, a.answer, a.resources) for key, a in self._new.items()]
                connection.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)
                for (operation, fingerprint), text in self._new_collections.items():
                    row = (operation, fingerprint, text)
                    connection.execute("INSERT OR REPLACE INTO collections VALUES (?, ?, ?)", row)
                    connection.execute(DROP_OLD, (operation, operation, KEPT))
        except (sqlite3.DatabaseError, OSError) as error:
            self.complaint = f"{self.path}: the cache could not be written ({error})"


def _packed(collected: Collected) -> list[Any]:
    """What must be remembered of a collection, as JSON data."""
    theorems = [
        [
            [t.result.id, t.result.subject, t.result.operation, t.result.sentence, t.result.obvious, t.result.step],
            [[p.sentence, p.line, p.key] for p in t.problems],
        ]
        for t in collected.theorems
    ]
    lists = (collected.contracts, collected.files, collected.functions)
    return [theorems, sorted(collected.rests), *lists, collected.ends]


def _unpacked(operation: str, data: list[Any]) -> Collected:
    """The collection that was packed."""
    theorems = []
    packed, rests, *lists, reached = data
    contracts, files, functions = map(_tuples, lists)
    ends = None if reached is None else _tuples(reached)
    for (name, subject, short, sentence, obvious, step), problems in packed:
        result = TheoremResult(name, subject, short, sentence, Verdict.PROVED, obvious=obvious, step=step)
        theorems.append(Theorem(result, [Problem(text, line, (), key) for text, line, key in problems]))
    return Collected(operation, theorems, frozenset(rests), contracts, (), files, functions, ends)


def _tuples(lists: list[list[Any]]) -> Any:
    """What JSON made lists of."""
    return tuple(map(tuple, lists))
