"""What is known of a theorem beside its proof, as far as it was asked for and kept: nothing is worked out here.

The second solver and the disguises are remembered in the cache beside that of the proofs, mutants in a file of their
own, each as long as its texts stay what they are.  Known defects stand in the tree, with the theorems that refute them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs import project, registry
from proofs.claims import NoTests, StrayCitation, claims
from proofs.engine.cache import Cache
from proofs.engine.program import source_fingerprint
from proofs.engine.second_solver import key_of
from proofs.engine.verdict import Asked
from proofs.gallery import defects_of

DISGUISED = "stability "
"""How the names begin under which the cache remembers disguises."""


@dataclass
class Known:
    """Of one theorem: obligations for the solver, how many the ``second`` solver proves, and were ``disguised``.

    ``disguises`` is how often each was disguised, ``flips`` how often one was then not proved; ``mutants`` are those
    that it killed, ``defects`` known faults that it refutes, ``claims`` the documented statements that it stands for.
    """

    obligations: int = 0
    second: int = 0
    disguised: int = 0
    disguises: int = 0
    flips: int = 0
    mutants: int = 0
    defects: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)


@dataclass
class Evidence:
    """What is known of each theorem, by its id, and how many ``mutants`` were tried of these very sources."""

    theorems: dict[str, Known] = field(default_factory=dict)
    mutants: int = 0
    statements: list[dict[str, Any]] = field(default_factory=list)

    def of(self, theorem: str) -> Known:
        """What is known of a theorem."""
        return self.theorems.setdefault(theorem, Known())


def gathered(names: Sequence[str], asked: Iterable[Asked], beside: Path | None, mutants: Path | None) -> Evidence:
    """All that is kept about the theorems of these subjects; ``beside`` and ``mutants`` are files, None for none."""
    found = Evidence()
    answers, disguises = Cache(beside), _disguises(beside)
    for one in asked:
        known = found.of(one.theorem)
        known.obligations += 1
        known.second += answers.get(key_of(one.key)) is not None
        if one.key in disguises:
            times, flips = disguises[one.key]
            known.disguised, known.disguises, known.flips = known.disguised + 1, times, known.flips + flips
    _add_mutants(found, mutants)
    if project.at_hand() is None:
        _add_defects(found, names)
    _add_claims(found, names)
    return found


def _disguises(file: Path | None) -> dict[str, tuple[int, int]]:
    """Obligation -> how often it was disguised, and how often it was not proved then."""
    query = "SELECT operation, obligations FROM collections WHERE operation LIKE ?"
    found = {}
    for name, text in _rows(file, query, (f"{DISGUISED}%",)):
        tries = json.loads(text)
        found[name.removeprefix(DISGUISED)] = (len(tries), sum(answer != "unsat" for answer, _ in tries))
    return found


def _add_mutants(found: Evidence, file: Path | None) -> None:
    """The mutants of just these sources: each is entered with the theorem that noticed it."""
    for (text,) in _rows(file, "SELECT trial FROM fates WHERE sources = ?", (source_fingerprint(),)):
        fate, theorem, *_ = json.loads(text)
        found.mutants += 1
        if fate in ("refuted", "unproved") and theorem:
            found.of(theorem).mutants += 1


def _rows(file: Path | None, query: str, values: tuple[str, ...]) -> list[Any]:
    """The rows of a database; none if it is not there or of no use."""
    if file is None or not file.is_file():
        return []
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(file)) as connection:
        return connection.execute(query, values).fetchall()
    return []


def _add_defects(found: Evidence, names: Sequence[str]) -> None:
    """The faults that the tests put back, one by one: each theorem that is named by one refutes it."""
    for name in names:
        with suppress(NoTests):
            for defect in defects_of(name):
                for theorem in defect.theorems:
                    found.of(theorem).defects.append(defect.fault)


def _add_claims(found: Evidence, names: Sequence[str]) -> None:
    """The documented statements, each with its theorems; none where the tests are not at hand."""
    with suppress(NoTests, StrayCitation):
        for claim in claims():
            theorems = [one for one in claim.theorems if one.split(".")[0] in names]
            for theorem in theorems:
                found.of(theorem).claims.append(claim.statement.id)
            if theorems or any(claim.statement in registry.statements_of(name) for name in names):
                sentence, tests = claim.statement.sentence, len(claim.tests)
                one = {"id": claim.statement.id, "sentence": sentence, "theorems": theorems, "tests": tests}
                found.statements.append({**one, "missing": claim.missing})
