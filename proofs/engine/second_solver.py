"""The second solver: cvc5 on the very SMT-LIB text that Z3 was asked about.

Its budget is counted in its own resource units, which repeat themselves from run to run.

cvc5 is told to leave quantified variables and patterns as they are written: by default it solves
``y = x + 1`` for y, and the pattern that it then looks for, ``p(x + 1)``, matches nothing.

It also takes every quotient apart into inequalities, and then searches long for what two equal ones have in common.
Some ways therefore put a weaker question: ``div`` and ``mod`` become two functions of which it is told three laws and
no more.  What follows without knowing the rest follows with it; a model of the weaker text says nothing.

What it cannot prove of the whole text it is asked of the few assertions that Z3 used (core.py): many facts that
have nothing to do with the goal make it search where there is nothing to find.

NOT TRUSTED: what cvc5 says never makes a theorem PROVED; it only speaks for or against what Z3 says.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import cvc5

from proofs.engine.climbing import Solved
from proofs.engine.core import core_of
from proofs.engine.discharge import Answer
from proofs.engine.text import Rung

BUDGET = 200_000
"""Resource units for one try."""
SMALL_BUDGET = 40_000
"""Most obligations need a quarter of it."""
MOST_MILLISECONDS = 15_000
"""A net under the budget, for steps of the solver that do not count."""

PLAIN = {"var-elim-quant": "false", "var-ineq-elim-quant": "false"}
EAGER = {**PLAIN, "user-pat": "interleave"}
"""Patterns of its own, too, in turn with those that are written down."""
RELEVANT = {**PLAIN, "decision": "stoponly"}
"""An answer as soon as what is decided makes the text true, as Z3 does it."""

DIVISION = {"(div ": "(div! ", "(mod ": "(mod! "}
LAWS = """\
(declare-fun div! (Int Int) Int)
(declare-fun mod! (Int Int) Int)
(assert (forall ((x Int) (y Int)) (! (=> (> y 0) (and (<= (* y (div! x y)) x) (< x (+ y (* y (div! x y))))))
  :pattern ((div! x y)))))
(assert (forall ((x Int) (y Int)) (! (=> (> y 0) (and (<= 0 (mod! x y)) (< (mod! x y) y))) :pattern ((mod! x y)))))
(assert (forall ((x Int) (y Int)) (! (=> (> y 0) (= (mod! x y) (- x (* y (div! x y))))) :pattern ((mod! x y)))))
"""
"""True of ``div`` and ``mod`` of SMT-LIB; no symbol of an obligation has a "!" in its name (names.py)."""


def weaker(text: str) -> str:
    """The text with two functions for ``div`` and ``mod``, and their laws: if it is unsat, so is the text itself."""
    for word, function in DIVISION.items():
        text = text.replace(word, function)
    return LAWS + text


@dataclass(frozen=True)
class Way:
    """One way to try an obligation: the whole text, or only the facts that it needs; options; weaker or not; units."""

    whole: bool
    options: dict[str, str]
    weak: bool = False
    budget: int = BUDGET

    def text(self, texts: dict[bool, str]) -> str:
        """What the solver reads, of the text with the facts that are needed (False) and the whole one (True)."""
        return weaker(texts[self.whole]) if self.weak else texts[self.whole]


LADDER = (
    Way(False, PLAIN, budget=SMALL_BUDGET),
    Way(False, RELEVANT, weak=True),
    Way(False, EAGER, weak=True),
    Way(True, PLAIN),
    Way(False, PLAIN),
    Way(False, EAGER),
    Way(True, EAGER),
    Way(True, EAGER, weak=True),
)

CORE_LADDER = (Way(False, RELEVANT, weak=True), Way(False, EAGER, weak=True), Way(False, PLAIN), Way(False, EAGER))
"""What is tried last, of the pieces that Z3 used: what follows from a part of the facts follows from all."""

WHOLE = tuple(way for way in LADDER if way.whole)

STAMP = f"cvc5 {cvc5.__version__} {LADDER} {CORE_LADDER} {LAWS}\n"
"""What an answer depends on besides the obligation."""


def key_of(key: str) -> str:
    """The cache key of the second solver's answer to the obligation with this key."""
    return hashlib.sha256((STAMP + key).encode()).hexdigest()


def solve(text: str, options: dict[str, str], budget: int = BUDGET) -> Answer:
    """Solve one SMT-LIB text in a solver of its own."""
    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    limits = {"rlimit-per": str(budget), "tlimit-per": str(MOST_MILLISECONDS)}
    for name, value in {**options, **limits}.items():
        solver.setOption(name, value)
    solver.setLogic("ALL")
    symbols = cvc5.SymbolManager(terms)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    command = parser.nextCommand()
    while not command.isNull():
        said = str(command.invoke(solver, symbols))
        if "error" in said:
            raise ValueError(said.strip())
        command = parser.nextCommand()
    result = solver.checkSat()
    answer = "unsat" if result.isUnsat() else "sat" if result.isSat() else "unknown"
    reason = str(result) if answer == "unknown" else ""
    return Answer(answer, int(solver.getStatistics().get(True)["resource::resourceUnitsUsed"]["value"]), reason)


def climb(rungs: Sequence[Rung], ladder: Sequence[Way] | None = None) -> tuple[Solved, str]:
    """Try the ladder; stop at the first proof, at a model, or at an error.  Also the text that was answered last."""
    start = time.perf_counter()
    texts = {False: str(rungs[0][0]), True: str(rungs[-1][0])}
    answer, text = _climbed(texts, LADDER if ladder is None else ladder)
    return Solved(answer, time.perf_counter() - start), text


def climb_core(rungs: Sequence[Rung]) -> Solved | None:
    """A proof from no more than the pieces that Z3 used; None if there is none, which says nothing."""
    start = time.perf_counter()
    core = next((core for text, _, _ in rungs if (core := core_of(text)) is not None), None)
    if core is None:
        return None
    answer, _ = _climbed({False: str(core)}, CORE_LADDER)
    return Solved(answer, time.perf_counter() - start) if answer.answer == "unsat" else None


def _climbed(texts: dict[bool, str], ladder: Sequence[Way]) -> tuple[Answer, str]:
    """The first answer that is more than "unknown", else the last one; and the text that was answered."""
    answer, spent, text = Answer("unknown", 0, "nothing was tried"), 0, ""
    for way in ladder:
        if way.whole and texts[True] == texts[False]:
            continue
        text = way.text(texts)
        answer = _solve(text, way)
        spent += answer.resources
        if way.weak and answer.answer == "sat":
            answer = Answer("unknown", 0, "a model of the weaker text")
        if answer.answer != "unknown":
            break
    return Answer(answer.answer, spent, answer.reason), text


def _solve(text: str, way: Way) -> Answer:
    """The solver's answer, or "error" if it fails."""
    try:
        return solve(text, way.options, way.budget)
    except Exception as error:
        return Answer("error", 0, f"{type(error).__name__}: {error}")
