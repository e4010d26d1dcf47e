"""One execution path: the decisions taken, the facts known, the obligations met; and the search over paths.

TRUSTED: a fact that does not hold, or an obligation that is dropped, makes a proof wrong.

``bool()`` of a symbolic condition asks ``Path.branch``.  A path replays a prefix of decisions and
then takes the first feasible side of every new branch, leaving the other to a later path.  What a
path proves while it replays was emitted by the path that took those decisions first, so nothing
is emitted twice.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import z3

from model.language.words import WORD_LIMIT
from proofs.engine import names, purity, reading, terms
from proofs.engine.errors import DECIDES, ENDLESS, EngineError, PathEnd, program_error, programs_own
from proofs.engine.facts import Fact, Obligation
from proofs.engine.feasible import Decider, Feasibility
from proofs.engine.hints import Hints, hint_of, place_of
from proofs.engine.names import mentioned_in
from proofs.engine.places import source_line, source_text, specification_line
from proofs.engine.relocation import RELOCATABLE, mentions

__all__ = ["WORD_LIMIT", "EngineError", "Path", "PathEnd", "program_error", "programs_own"]

WIDTH = "every arithmetic result is a machine word: nothing wraps around or falls below 0"
MOST_DECISIONS = 400
MOST_ROUNDS = 10_000
MOST_TIMES = 66  # at one line: bit by bit through a machine word, and a little more


@dataclass
class Path:
    """The state of one execution."""

    operation: str
    prefix: list[bool]
    pending: list[list[bool]]
    facts: list[Fact] = field(default_factory=list)
    obligations: list[Obligation] = field(default_factory=list)
    decisions: list[bool] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    values: list[tuple[str, Any]] = field(default_factory=list)
    counter: dict[str, int] = field(default_factory=dict)
    ghost_depth: int = 0
    words: bool = True
    over: bool = False
    memory: Any = None
    shown: dict[str, str] = field(default_factory=dict)
    trivial: dict[str, int] = field(default_factory=dict)
    end: tuple[str, ...] | None = None
    last: Obligation | None = None
    theories: frozenset[str] = frozenset()
    definitions: dict[Any, Any] = field(default_factory=dict)
    header: Any = None
    memo: dict[Any, Any] = field(default_factory=dict)
    decider: Decider = field(default_factory=Decider)
    evaluations: int = 0
    rounds: int = 0
    rests: frozenset[str] = frozenset()
    contracts: list[Any] = field(default_factory=list)
    hints: Hints = field(default_factory=dict)
    binders: list[Any] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    outermost: int = 0
    baseless: bool = False
    preparing: bool = False
    remarks: tuple[str, ...] = ()
    lost: tuple[tuple[str, str, str], ...] = ()
    asked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.feasibility = Feasibility(self.decider)
        self.widths_shown: dict[int, Any] = {}
        self.fact_ids: set[int] = set()
        self.placed: Counter[str] = Counter()

    def start_from(self, other: Path) -> None:
        """Begin where ``other``, which took no decision, has ended."""
        self.counter = dict(other.counter)
        self.values = list(other.values)
        self.theories = other.theories
        self.baseless = other.baseless
        for fact in other.facts:
            self._add(fact)

    # ------------------------------------------------------------ names and facts

    def name(self, stem: str) -> str:
        """A name that was not used on this path, and that nothing but such a constant has (names.py)."""
        number = self.counter.get(stem, 0)
        self.counter[stem] = number + 1
        return names.constant(stem, number)

    def integer(self, stem: str) -> Any:
        """A fresh integer constant."""
        return z3.Int(self.name(stem))

    def know(self, term: Any, label: str = "") -> None:
        """Add a fact."""
        self._add(Fact(term, label))

    def introduce(self, theory: str, laws: Callable[[], Iterable[tuple[str, Any]]]) -> None:
        """Make the (label, law) pairs of a theory known, once."""
        if theory not in self.theories:
            self.theories |= {theory}
            for label, law in laws():
                self.know(law, label)

    def define(self, constant: Any, term: Any) -> None:
        """Add the definition of a fresh constant."""
        self._add(Fact(term, defines=constant))

    def _add(self, fact: Fact) -> None:
        self.refuse_open(fact.term)
        self.facts.append(fact)
        self.fact_ids.add(reading.identity(fact.term.ast))
        self.feasibility.know(fact.term)

    def remembered(self, evaluate: Callable[[], Any]) -> Any:
        """``evaluate()``, done once for all paths that took the same decisions up to here.

        Such paths are equal so far, down to the names of constants; so the value is the same, and so
        are the facts that come with it.
        """
        key = (self.evaluations, *self.decisions)
        self.evaluations += 1
        if key in self.memo:
            value, facts, counter, self.theories = self.memo[key]
            for fact in facts:
                self._add(fact)
            self.counter = dict(counter)
            return value
        known, decided = len(self.facts), len(self.decisions)
        value = self.pure(evaluate)
        if len(self.decisions) == decided:
            self.memo[key] = (value, self.facts[known:], dict(self.counter), self.theories)
        return value

    def pure(self, evaluate: Callable[[], Any]) -> Any:
        """``evaluate()``, twice if it decides nothing: it must change nothing, and say the same again."""
        counter, theories, definitions = dict(self.counter), self.theories, dict(self.definitions)
        known, decided, before = len(self.facts), len(self.decisions), purity.mark(self.memory)
        value = evaluate()
        if len(self.decisions) == decided:
            said = self.facts[known:]
            self.counter, self.theories, self.definitions = counter, theories, definitions
            del self.facts[known:]
            again = evaluate()
            knew, knows = ([fact.term for fact in facts] for facts in (said, self.facts[known:]))
            if not purity.same((value, knew), (again, knows)):
                raise EngineError("a specification says another thing when it is evaluated again in the same state")
        if not purity.untouched(before, purity.mark(self.memory)):
            raise EngineError("a specification changes memory or the abstract state")
        return value

    # ------------------------------------------------------------ bound variables

    @contextmanager
    def binder(self, stem: str) -> Iterator[Any]:
        """A bound variable, open inside; its name says how deep it stands, so that no other open one has it."""
        variable = terms.variable(names.bound(stem, len(self.binders) - self.outermost, self.scopes))
        self.binders.append(variable)
        try:
            yield variable
        finally:
            self.binders.pop()

    @contextmanager
    def definition(self, name: str) -> Iterator[Any]:
        """The bound variable of a definition; inside, names are the same wherever the definition is met first."""
        if name in self.scopes:
            raise EngineError(f"the definition of {name} uses itself: write a ghost map and an invariant about it")
        outer, self.outermost = self.outermost, len(self.binders)
        self.scopes.append(name)
        try:
            with self.binder("x") as variable:
                yield variable
        finally:
            self.scopes.pop()
            self.outermost = outer

    def refuse_open(self, term: Any) -> None:
        """EngineError if the term mentions a bound variable whose formula is not complete."""
        if any(mentioned_in(term, variable) for variable in self.binders):
            raise EngineError(
                f"a fact about a bound variable, at {specification_line()}: nothing can be defined, set or unfolded "
                "of the variable of a quantified formula; do that outside, or give the definition all that it needs"
            )

    # ------------------------------------------------------------ decisions

    def branch(self, condition: Any) -> bool:
        """Decide a condition: by what is known if that is enough, else by the prefix, else the first feasible side."""
        simple = z3.simplify(condition)
        if z3.is_true(simple) or z3.is_false(simple):
            return bool(z3.is_true(simple))
        if self.binders:
            raise EngineError(f"a decision in a quantified formula, at {specification_line()}: it {DECIDES}")
        if self.preparing:
            raise EngineError(f"it {DECIDES}")
        number = len(self.decisions)
        self._not_too_often(number)
        self._same_as_before(condition)
        if not self.ghost_depth:
            self.relocatable(condition)
        side = self.prefix[number] if number < len(self.prefix) else self._first_feasible(condition)
        self.decisions.append(side)
        if not self.ghost_depth:
            self._describe(f"{source_line()}: {source_text()}", side)
        self.know(condition if side else z3.Not(condition))
        return side

    def _same_as_before(self, condition: Any) -> None:
        """EngineError if the program, executed again with the same decisions, asks something else than the first time.

        Then it keeps something between executions that the prover does not see.
        """
        known = self.memo.setdefault(("asked", *self.decisions), condition)
        if not known.eq(condition):
            raise EngineError(
                f"executed again, the program decides otherwise at {source_line()}: it keeps hidden state"
            )

    def _not_too_often(self, number: int) -> None:
        """EngineError if the path has taken so many decisions, or so many at this line, that it may never end."""
        if number >= MOST_DECISIONS:
            raise EngineError(f"{MOST_DECISIONS} decisions on one path at {source_line()}: {ENDLESS}")
        if not self.ghost_depth and (line := source_line()):
            self.asked[line] += 1
            if self.asked[line] > MOST_TIMES:
                raise EngineError(f"{MOST_TIMES} decisions on one path at {line}: {ENDLESS}")

    def again(self) -> None:
        """One more round of a loop that is executed as it is; EngineError after too many."""
        self.rounds += 1
        if self.rounds > MOST_ROUNDS:
            raise EngineError(f"{MOST_ROUNDS} rounds on one path at {source_line()}: {ENDLESS}")

    def _describe(self, condition: str, side: bool) -> None:
        """Note a decision; the parts of one condition (``a and b``) stand on one line."""
        if self.described and self.described[-1].startswith(f"{condition}  -> "):
            self.described[-1] += f", {side}"
        else:
            self.described.append(f"{condition}  -> {side}")

    def _first_feasible(self, condition: Any) -> bool:
        yes = self._feasible(condition)
        no = self._feasible(z3.Not(condition))
        if not yes and not no:
            raise PathEnd
        if yes and no:
            self.pending.append([*self.decisions, False])
        return yes

    def impossible(self) -> bool:
        """True only if the quantifier-free facts contradict each other."""
        return not self._feasible(z3.BoolVal(True))

    def _feasible(self, condition: Any) -> bool:
        """False only if the quantifier-free facts contradict ``condition``."""
        return self.feasibility.allows(condition)

    # ------------------------------------------------------------ obligations

    @property
    def fresh(self) -> bool:
        """Whether the path has left the prefix that an earlier path explored."""
        return len(self.decisions) >= len(self.prefix)

    def show(self, theorem: str, sentence: str, goal: Any, then_known: bool = True) -> None:
        """Emit the obligation that ``goal`` follows from the facts; afterwards it may be relied on."""
        if self.over:
            return
        self.refuse_open(goal)
        name = f"{self.operation}.{theorem}"
        if self.fresh and self._obvious(goal):
            self.shown[name] = sentence
            self.trivial[name] = self.trivial.get(name, 0) + 1
        elif self.fresh:
            self.shown[name] = sentence
            self.obligations.append(self._obligation(name, sentence, goal))
        if then_known:
            self.know(goal, theorem)

    def conclude(self, end: tuple[str, ...]) -> None:
        """The function came to this end; ``last`` is the obligation that it cannot."""
        if self.fresh or self.end is None:
            self.end = end
            self.last = self._obligation(f"{self.operation}.reachable", "", z3.BoolVal(False))

    def _obligation(self, name: str, sentence: str, goal: Any) -> Obligation:
        place = place_of(name, self.decisions, self.placed)
        return Obligation(
            name,
            sentence,
            goal,
            self.facts,
            len(self.facts),
            source_line() or f"the end {' < '.join(reversed(self.end or ()))}",
            tuple(self.described),
            tuple(self.values),
            hint_of(self.hints, name, place),
            self.remarks,
            self.lost,
            place,
        )

    def _obvious(self, goal: Any) -> bool:
        """Whether the goal is literally true, or literally one of the facts."""
        return reading.identity(goal.ast) in self.fact_ids or terms.is_valid(goal)

    def relocatable(self, term: Any) -> None:
        """If the subject claims that its header can be moved, this term must not depend on where it lies."""
        if self.header is not None and not self.ghost_depth:
            self.show("relocatable", RELOCATABLE, z3.BoolVal(not mentions(z3.simplify(term), self.header)))

    def arithmetic(self, term: Any) -> None:
        """The result of an arithmetic operation in an implementation must be a machine word."""
        if self.ghost_depth or not self.words:
            return
        simple = z3.simplify(term)
        if simple.get_id() in self.widths_shown:
            return
        self.widths_shown[simple.get_id()] = simple  # kept alive: Z3 reuses the identity of dead terms
        self.show("machine_width", WIDTH, terms.below(term, WORD_LIMIT))

    @contextmanager
    def ghost(self) -> Iterator[None]:
        """Inside, specifications are evaluated: integers are mathematical, decisions are not described."""
        self.ghost_depth += 1
        try:
            yield
        finally:
            self.ghost_depth -= 1


_paths: list[Path] = []


def current() -> Path:
    """The path that is being executed."""
    if not _paths:
        raise EngineError("symbolic values live only inside the prover")
    return _paths[-1]


def inside_specification() -> bool:
    """Whether a specification is being evaluated."""
    return bool(_paths and _paths[-1].ghost_depth)


def prepare(operation: str, run: Callable[[Path], Any]) -> Any:
    """What ``run`` makes on a path of its own, on which nothing may be decided."""
    path = Path(operation, [], [], preparing=True)
    _paths.append(path)
    try:
        return run(path)
    finally:
        _paths.pop()


def explore(operation: str, run: Callable[[Path], None], progress: Callable[[int], None] | None = None) -> list[Path]:
    """Execute ``run`` on every feasible path; the paths in the order of their discovery."""
    if sys.exc_info()[1] is not None:  # a program's ``finally`` would take it for the reason why it is executed
        raise EngineError("the prover cannot execute a program while an error is handled")
    pending: list[list[bool]] = [[]]
    done: list[Path] = []
    memo: dict[Any, Any] = {}
    decider = Decider()
    while pending:
        path = Path(operation, pending.pop(), pending, memo=memo, decider=decider)
        _paths.append(path)
        try:
            run(path)
        except PathEnd:
            pass
        finally:
            path.over = True
            _paths.pop()
        done.append(path)
        if progress:
            progress(len(done))
    return done
