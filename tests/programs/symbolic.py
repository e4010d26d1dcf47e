"""Programs run by the prover: every path of ``run``, and what it says of one input."""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from typing import Any

import z3

from impl.errors import DrystoneError
from proofs.doubt.specified import specified
from proofs.engine import names
from proofs.engine import path as paths
from proofs.engine.annotations import Names
from proofs.engine.cut import Cutter
from proofs.engine.edition import load_symbolic
from proofs.engine.memory import SymMemory
from proofs.engine.operating import SymOperation
from proofs.engine.path import EngineError, Fact, Obligation, Path, programs_own
from proofs.engine.values import SymBool, SymInt, term_of
from tests.programs.concrete import CELL, PLACES, Input, Outcome, plain
from tests.programs.program import STRUCTS, Program
from tests.programs.terms import Quantified, Reader, Undefined, Values

MODULE = types.ModuleType("program")
MODULE.__file__ = "/nowhere/program.py"
EXPECTED = (ValueError, ZeroDivisionError, DrystoneError)
MOST_PATHS = 260


class TooMany(Exception):
    """There are more paths than the test has time for."""


@dataclass
class Ended:
    """A path that came to the end of ``run``."""

    path: Path
    memory: SymMemory
    result: Any
    raised: str


@dataclass
class Explored:
    """All paths of a program, and those that came to an end."""

    paths: list[Path]
    ended: list[Ended] = field(default_factory=list)
    reader: Reader = field(default_factory=Reader)


def explore(program: Program, given: Input | None = None, literal: bool = False) -> Explored:
    """Every path; of one input, if it is given: known by facts, or the arguments written as ``literal`` numbers."""
    specifications = specified(program.specification)
    said = Names("program", frozenset(specifications))
    edition = load_symbolic(MODULE, Cutter(), program.text, names=said)
    explored = Explored([])

    def run(path: Path) -> None:
        memory = path.memory = SymMemory({name: getattr(edition, name) for name in STRUCTS})
        memory.operation = SymOperation(memory, None, memory.state(), words={}, specifications=specifications)
        arguments = [SymInt(path.integer("n")), SymInt(path.integer("m"))]
        if given is not None:
            _know(path, memory, arguments, given)
            arguments = [SymInt(z3.IntVal(one)) for one in given.arguments] if literal else arguments
        explored.ended.append(_executed(edition, path, memory, arguments))

    explored.paths = paths.explore("program.run", run, _limited)
    return explored


def _limited(count: int) -> None:
    if count > MOST_PATHS:
        raise TooMany


def _know(path: Path, memory: SymMemory, arguments: list[SymInt], given: Input) -> None:
    """The input, as facts."""
    for one, value in zip(arguments, given.arguments, strict=True):
        path.know(one.term == value, "input")
    for (struct, address, name), value in given.fields.items():
        path.know(term_of(memory.arrays[f"{struct}.{name}"][address]) == term_of(value), "input")


def _executed(edition: Any, path: Path, memory: SymMemory, arguments: list[SymInt]) -> Ended:
    result, raised = None, ""
    try:
        result = edition.Cell(memory, CELL).run(*arguments)
    except EXPECTED as error:
        if not programs_own(error):
            raise EngineError(f"the program did not raise {error!r}") from error
        raised = type(error).__name__
    return Ended(path, memory, result, raised)


# ---------------------------------------------------------------- of one input


def first(stem: str) -> str:
    """The name of the first constant of a stem on a path."""
    return names.constant(stem, 0)


def constants(given: Input) -> dict[str, Any]:
    """The constants of a path's beginning, for one input."""
    said: dict[str, Any] = {first("n"): given.arguments[0], first("m"): given.arguments[1], first("log_length"): 0}
    said[first("log")] = {"else": None}
    for struct, fields in STRUCTS.items():
        there = [address for name, address in PLACES if name == struct]
        said[first(f"claimed.{struct}")] = {**dict.fromkeys(there, True), "else": False}
        for name, bits in fields.items():
            at = {address: given.fields[struct, address, name] for address in there}
            said[first(f"{struct}.{name}")] = {**at, "else": bits == 0 and False}
    return said


def is_decision(fact: Fact) -> bool:
    """Whether a fact is a side that the program took."""
    return fact.defines is None and not fact.label


class Followed:
    """One path, followed with the values of one input."""

    def __init__(self, path: Path, given: Input, reader: Reader) -> None:
        self.values = Values(constants(given), reader)
        self.taken = True
        self.unproved = ""
        self.false: list[Fact] = []
        waiting = sorted(path.obligations, key=lambda one: one.known, reverse=True)
        for number, fact in enumerate(path.facts):
            self._show(waiting, number)
            self._know(fact)
            if not self.taken:
                return
        self._show(waiting, len(path.facts))

    def _show(self, waiting: list[Obligation], known: int) -> None:
        """The obligations that were met when so many facts were known."""
        while waiting and waiting[-1].known <= known:
            one = waiting.pop()
            if not self.unproved and not self.holds(one.goal, False):
                self.unproved = f"{one.theorem} at {one.line}: {one.goal}"

    def _know(self, fact: Fact) -> None:
        if fact.defines is not None:
            self.values.constants[fact.defines.decl().name()] = self.values.of(fact.term.arg(1))
        elif is_decision(fact):
            self.taken = self.holds(fact.term, False)
        elif not self.holds(fact.term, True):
            self.false.append(fact)

    def holds(self, term: Any, otherwise: bool) -> bool:
        """Whether a formula holds, as far as it can be worked out; ``otherwise`` if it has no value."""
        try:
            return bool(self.values.of(term))
        except Quantified:
            return True
        except Undefined:
            return otherwise


def outcome(explored: Explored, given: Input) -> Outcome:
    """What the prover says of one input.

    LookupError if no path, or more than one, is that of the input, or if it knows something that is false of it.
    """
    followed = [Followed(path, given, explored.reader) for path in explored.paths]
    for one in followed:
        if one.unproved:
            return Outcome(fault=one.unproved)
    taken = [one for one in zip(explored.paths, followed, strict=True) if one[1].taken]
    if len(taken) != 1:
        raise LookupError(f"{len(taken)} paths of the input {given.arguments}")
    path, values = taken[0]
    if values.false:
        raise LookupError(f"the path knows {values.false[0].term} ({values.false[0].label}), which is false")
    (end,) = [end for end in explored.ended if end.path is path]
    return _outcome(end, values.values)


def _outcome(end: Ended, values: Values) -> Outcome:
    """The end of a path, its values worked out."""

    def number(value: Any) -> Any:
        return values.of(value.term) if isinstance(value, SymInt | SymBool) else value

    fields = {
        (struct, address, name): number(end.memory.arrays[f"{struct}.{name}"][address])
        for struct, address in PLACES
        for name in STRUCTS[struct]
    }
    lines = values.of(end.memory.arrays["log"].array)
    log = [lines.get(line) for line in range(number(end.memory.log_length))]
    return Outcome(plain(end.result, number), end.raised, fields, log, number(end.memory.cost))
