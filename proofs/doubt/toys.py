"""Small programs: one struct with two words, one operation ``run``, and a clause that is false of it.

The clause is read twice: the prover is asked for it, and it is evaluated after a run of the same text in CPython,
on a machine with a shadow that notices every access to what is not there.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from impl.machine import Machine
from impl.shadow import CheckedMemory
from model.language.logic import Clause, Operation, Subject, Transition
from proofs.checking.camera import Camera
from proofs.checking.harness import EXPECTED, UNSAFE
from proofs.checking.memory import WatchedMemory
from proofs.checking.state import ConcreteState
from proofs.checking.violation import Violation
from proofs.doubt.case import Case, Reply, by_itself, reply_of
from proofs.doubt.specified import specified
from proofs.engine.operation import Proof
from proofs.engine.runner import Options, prove

FILE = "/nowhere/toy.py"
HEAD = """\
from impl.layout import Struct, u8, u64, flag
from model.language.annotations import loop


{before}


class Cell(Struct, size=16):
    a = u64()
    b = u64()

{method}
"""
RAM = 1 << 20
CELL = 0x1_0000
"""Where the cell lies in a run, at the start of a page of its own."""
MOST_LINES = 20_000
"""A run that executes more lines than this is taken for one without an end."""

claimed = Clause("claimed", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])
word = Clause("word", "n is a machine word", lambda state, heap, ghost, given: (given["n"] >= 0) & (given["n"] < 2**64))


def clause(formula: Any, name: str = "false", sentence: str = "what is false") -> Clause:
    """A postcondition."""
    return Clause(name, sentence, formula)


def result_is(value: int) -> Clause:
    """The result is this number."""
    return clause(lambda t: t.result == value, f"result_is_{value}", f"the result is {value}")


def requiring(name: str, formula: Callable[[Any], Any]) -> Clause:
    """A precondition on ``n``."""
    return Clause(name, name.replace("_", " "), lambda state, heap, ghost, given: formula(given["n"]))


def below(more: str = "", changes: str = "()", measure: str = "n - i", state: str = "cell, i, n") -> str:
    """The usual specification of a loop that counts ``i`` up to ``n``."""
    return f"""
def spec({state}):
    return Loop([("range", "i stays within n", (0 <= i) & (i <= n)), {more}], {measure}, {changes})
"""


def counting(body: str, after: str = "return 0", before: str = "pass") -> str:
    """The method that runs ``body`` n times, under the usual specification."""
    return f"""
    def run(self, n):
        {_indented(before, 8)}
        i = 0
        while i < n:
            loop("spec", self, i, n)
            {_indented(body, 12)}
            i = i + 1
        {_indented(after, 8)}
"""


def _indented(text: str, by: int) -> str:
    return text.strip().replace("\n", "\n" + " " * by)


@dataclass(frozen=True)
class Toy:
    """``method`` is the text of ``run``; ``before`` stands above the class, and ``spec`` in a module by itself: there
    are the specifications that annotations name.

    ``demands`` are what is stated of it, the first of them false: ``breaks`` names another theorem that is.
    ``arguments`` are those of the run in CPython, ``cell`` what the cell holds before, ``ghost`` and ``alive`` make
    the abstract state for the prover and for the run.  ``prepare`` sets up more of the machine, and may give another
    view to call; the pages that are ``foreign`` are not the cell's own.  ``helpers`` are the operations before
    ``run``; only theorems of these ``patterns`` are asked for.  A toy that stands ``above`` the machine counts as
    proved if it is proved but for what the machine does.  ``told`` goes to the Operation, ``more`` to the Proof.
    """

    name: str
    statement: str
    method: str
    demands: Sequence[Clause] = ()
    before: str = ""
    requires: Sequence[Clause] = (word,)
    arguments: Mapping[str, Any] = field(default_factory=lambda: {"n": 5})
    cell: tuple[int, int] = (0, 0)
    breaks: str = ""
    raises: tuple[str, ...] = ("ValueError",)
    helpers: Sequence[Operation] = ()
    invariants: Sequence[Clause] = (claimed,)
    structs: tuple[str, ...] = ("Cell",)
    ghost: Callable[[], Any] = lambda: None
    alive: Callable[[], Any] = lambda: None
    prepare: Callable[[Any, Any], Any] = lambda memory, module: None
    patterns: tuple[str, ...] = ()
    above: bool = False
    foreign: tuple[int, ...] = ()
    jobs: int = 1
    told: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    spec: str = ""

    @property
    def source(self) -> str:
        """The text of the module."""
        return HEAD.format(before=self.before.strip(), method=self.method.strip("\n"))

    @property
    def false(self) -> str:
        """The theorem that a run breaks."""
        return self.breaks or self.demands[0].name

    @property
    def operation(self) -> Operation:
        """``run`` and what is stated of it."""
        facts = (tuple(self.demands), tuple(self.requires))
        return Operation("run", tuple(self.arguments), unmoved, *facts, raises=self.raises, **self.told)

    @property
    def proof(self) -> Proof:
        """How the prover takes it."""
        module = types.ModuleType("toy")
        module.__file__ = FILE
        subject = Subject("toy", tuple(self.invariants), (*self.helpers, self.operation))
        facts = {"heap": "Cell", "annotations": specified(self.spec), **self.more}
        return Proof(subject, module, structs=self.structs, ghost=self.ghost, unborn=self.ghost, **facts)

    def case(self, kind: str) -> Case:
        """The toy in the gallery."""
        text = f"{self.source}\n\n# its specifications\n{self.spec}" if self.spec else self.source
        return Case(self.name, kind, self.statement, text, partial(asked, self), partial(shown, self))


def unmoved(t: Transition) -> Any:
    """The abstract state stays."""
    return t.ghost


def asked(toy: Toy) -> Reply:
    """The prover's answer."""
    report = prove([toy.proof], toy.patterns, Options(jobs=toy.jobs, sources={"toy": toy.source}))
    if toy.above:
        report = by_itself(report)
    return reply_of(report, f"toy.run.{toy.false}")


# ---------------------------------------------------------------- in CPython


class Endless(BaseException):
    """The run executed more lines than any that ends."""


def shown(toy: Toy) -> str:
    """What a run in CPython does, if that breaks the theorem."""
    t, broken = run(toy)
    if toy.false not in broken:
        return ""
    given = ", ".join(f"{name}={value}" for name, value in toy.arguments.items())
    outcome = "does not end" if "terminates" in broken else f"raises {t.raised}" if t.raised else f"returns {t.result}"
    return f"run({given}) {outcome}, which breaks {toy.false}"


def run(toy: Toy) -> tuple[Transition, frozenset[str]]:
    """One execution on a checked machine, and the theorems that it breaks."""
    machine, module = Machine(RAM, checked=True), loaded(toy.source)
    if not isinstance(machine.memory, CheckedMemory):
        raise TypeError("the machine is not checked")
    memory = WatchedMemory(machine.memory)
    memory.map(CELL, 1)
    cell = module.Cell.claim(memory, CELL)
    cell.a, cell.b = toy.cell
    cell = toy.prepare(memory, module) or cell
    camera = Camera(machine, {name: getattr(module, name) for name in toy.structs}, memory.watch)
    camera.foreign = set(toy.foreign)
    camera.cost_before, ghost = machine.counter.total, toy.alive()
    old = camera.take()
    meets(toy, old, ghost)
    memory.watch.begin("toy.run.safety")
    result, raised, broken = executed(cell, toy.arguments)
    new = camera.take()
    watch = memory.watch
    facts = (dict(toy.arguments), result, raised, new.cost, watch.mapped, watch.asked, watch.refused)
    t = Transition(CELL, old, new, ghost, *facts)
    t.ghost_after, t.asked_at, t.pages_unmapped = ghost, watch.asked_at, watch.unmapped
    return t, broken | (frozenset() if broken else fallen(toy, t))


def meets(toy: Toy, state: ConcreteState, ghost: Any) -> None:
    """ValueError unless the theorems speak of the run."""
    for one in toy.invariants:
        if not one.formula(state, CELL, ghost):
            raise ValueError(f"{toy.name}: {one.sentence}, but not before the run")
    for one in toy.requires:
        if not one.formula(state, CELL, ghost, dict(toy.arguments)):
            raise ValueError(f"{toy.name}: {one.sentence}, but not of this run")


def executed(cell: Any, arguments: Mapping[str, Any]) -> tuple[Any, str, frozenset[str]]:
    """Result, name of the exception, and what the end itself breaks."""
    try:
        with at_most(MOST_LINES):
            return cell.run(*arguments.values()), "", frozenset()
    except Endless:
        return None, "", frozenset({"terminates"})
    except (*UNSAFE, Violation) as error:
        return None, type(error).__name__, frozenset({"safety", "raises_only"})
    except EXPECTED as error:
        return None, type(error).__name__, frozenset()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, type(error).__name__, frozenset({"raises_only"})


def fallen(toy: Toy, t: Transition) -> frozenset[str]:
    """The clauses that are false of an execution, the invariants afterwards included."""
    broken = {one.name for one in toy.demands if not one.formula(t)}
    broken |= {one.name for one in toy.invariants if not one.formula(t.new, t.heap, t.ghost_after)}
    return frozenset(broken | (set() if toy.operation.may_end_with(t.raised) else {"raises_only"}))


def loaded(source: str) -> Any:
    """The module, as CPython runs it."""
    module = types.ModuleType("toy.live")
    module.__dict__.update(__file__=FILE, __package__="impl")
    sys.modules[module.__name__] = module
    exec(compile(source, FILE, "exec", dont_inherit=True), module.__dict__)
    return module


@contextmanager
def at_most(lines: int) -> Iterator[None]:
    """Inside, Endless is raised where a toy executes more lines than that."""
    left = [lines]

    def count(frame: Any, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != FILE:
            return None
        left[0] -= event == "line"
        if left[0] < 0:
            raise Endless
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
