"""Which theorems and tests stand for each documented statement: read out of the code, nothing is kept by hand.

A theorem stands for a statement if its clause says ``covers=``, a test if its docstring cites it.
Tests are read as text, not imported.  This file does not say whether the theorems hold: that is
``drystone prove``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from model.language.logic import Clause, Operation, Subject
from proofs import project, registry
from proofs.registry import Mistake
from proofs.statements import Statement

TESTS = Path(__file__).parent.parent / "tests"


class NoTests(Mistake):
    """The tests are not where a checkout has them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: no tests are there; claims are drawn up in a checkout of the repository")


class StrayCitation(Mistake):
    """A clause or a test cites a statement that does not exist, or that another subject makes."""


@dataclass(frozen=True)
class Claim:
    """A documented statement with what stands for it."""

    statement: Statement
    theorems: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def missing(self) -> str:
        """What the statement lacks, "" if nothing: a theorem, or a test where no theorem can say it."""
        if self.theorems:
            return ""
        if not self.statement.tested:
            return "no theorem"
        return "" if self.tests else "neither theorem nor test"


def claims(tests: Path | None = None) -> list[Claim]:
    """Every documented statement, in the order of the subjects; in a project those of its subjects, and its tests."""
    near = project.at_hand()
    documented = {name: registry.statements_of(name) for name in registry.SUBJECTS}
    made = {name: statements or _own_statements(name) for name, statements in documented.items()}
    if near is not None:
        made = {name: statements for name, statements in made.items() if name in dict(near.packages)}
        cited = _cited_in(tests or near.folder / "tests", made)
    else:
        kinds = {one.id.split("-")[0] for statements in documented.values() for one in statements}
        cited = citations(tests or TESTS, re.compile(rf"\b(?:{'|'.join(sorted(kinds))})-\d+\b"))
    found = []
    for name, statements in made.items():
        covered: dict[str, list[str]] = {}
        for subject in (name, *registry.record_of(name).seen_in) if statements else ():
            covered_there = covers(registry.proof_of(subject).subject)
            _no_strays(f"the model of {subject}", covered_there, frozenset(statement.id for statement in statements))
            for statement_id, theorems_there in covered_there.items():
                covered.setdefault(statement_id, []).extend(theorems_there)
        known = theorem_ids(name)
        for statement in statements:
            theorems = [*covered.get(statement.id, []), *(own for own in statement.theorems if own in known)]
            found.append(Claim(statement, tuple(theorems), tuple(cited.get(statement.id, []))))
    _no_strays("a test", cited, frozenset(claim.statement.id for claim in found))
    return found


def _own_statements(name: str) -> tuple[Statement, ...]:
    """The statements that a subject from elsewhere makes itself (``Subject.statements``)."""
    return tuple(Statement(*pair) for pair in registry.proof_of(name).subject.statements.items())


def _cited_in(tests: Path, made: Mapping[str, tuple[Statement, ...]]) -> dict[str, list[str]]:
    """What the tests of a project, if it has any, say of its own statements."""
    names = [re.escape(statement.id) for statements in made.values() for statement in statements]
    return citations(tests, re.compile(rf"\b(?:{'|'.join(names)})\b")) if names and tests.is_dir() else {}


def _no_strays(where: str, cited: Mapping[str, list[str]], known: frozenset[str]) -> None:
    for statement, places in cited.items():
        if statement not in known:
            raise StrayCitation(f"{where} cites {statement}, which it cannot: {', '.join(places[:3])}")


# ---------------------------------------------------------------- theorems


def covers(subject: Subject) -> dict[str, list[str]]:
    """Statement -> ids of the theorems whose clause covers it."""
    found: dict[str, list[str]] = {}
    for operation in subject.operations:
        for clause in stated(subject, operation):
            for statement in clause.covers:
                found.setdefault(statement, []).append(f"{subject.name}.{operation.name}.{clause.name}")
    return found


def stated(subject: Subject, operation: Operation) -> Iterator[Clause]:
    """The clauses that are theorems of an operation: what it ensures, and the invariants that it keeps.

    An operation that establishes them need not always succeed, so there they are not counted.
    """
    yield from operation.ensures
    if not operation.establishes and not operation.stateless:
        yield from subject.invariants


def theorem_ids(name: str) -> frozenset[str]:
    """Theorems that the prover states of every operation of a subject by itself."""
    proof = registry.proof_of(name)
    own = ["safety", "machine_width", "raises_only", *(["relocatable"] if proof.relocatable else [])]
    return frozenset(f"{name}.{operation.name}.{theorem}" for operation in proof.subject.operations for theorem in own)


# ---------------------------------------------------------------- tests


def citations(folder: Path, pattern: re.Pattern[str]) -> dict[str, list[str]]:
    """Statement -> ids of the tests whose docstring cites it, in a way that the pattern finds."""
    if not folder.is_dir():
        raise NoTests(folder)
    found: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("test_*.py")):
        for name, text in documented_tests(file):
            for statement in sorted(set(pattern.findall(text))):
                found.setdefault(statement, []).append(f"{file.relative_to(folder.parent).as_posix()}::{name}")
    return found


def documented_tests(file: Path) -> Iterator[tuple[str, str]]:
    """Name and docstring of each test function of a file."""
    for node in ast.parse(file.read_text(), str(file)).body:
        tests = node.body if isinstance(node, ast.ClassDef) else [node]
        for test in tests:
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                name = test.name if test is node else f"{node.name}::{test.name}"  # type: ignore[attr-defined]
                yield name, ast.get_docstring(test) or ""
