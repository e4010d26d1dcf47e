"""The specification language: every property is one Python function, read three ways.

On a live allocator the operators below compute with ``bool`` and ``int`` and yield True or
False.  Over the prover's symbolic values the same operators build a formula.  Nothing here
knows which of the two it serves: a symbolic value brings its own operators, and everything
else takes the plain branch.

    p & q, p | q        both, either (``and`` and ``or`` decide at once, which only what an operation ensures may do)
    negate(p)           not p
    implies(p, q)       q wherever p
    when(p, a, b)       a if p else b
    s.all(body)         body holds for every member of a ghost set (``each`` makes a clause of that)
    s.pairs(body)       body holds for every ordered pair of members (a transitive relation)

TRUSTED: a formula means what its words mean, and an operation is shown to keep all of its clauses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter
from typing import Any

Truth = Any
"""A bool on a live allocator, a symbolic bool in a proof."""

Word = Any
"""An int on a live allocator, a symbolic int in a proof."""


def negate(p: Truth) -> Truth:
    """Not ``p``."""
    return (not p) if isinstance(p, bool) else p.negated()


def implies(p: Truth, q: Truth) -> Truth:
    """``q`` wherever ``p``."""
    return (not p) | q if isinstance(p, bool) else p.negated() | q


def when(p: Truth, yes: Any, no: Any) -> Any:
    """``yes`` where ``p`` holds, ``no`` elsewhere."""
    if isinstance(p, bool):
        return yes if p else no
    return p.choose(yes, no)


def mention(*values: Word) -> Truth:
    """True.  As a premise it makes a prover look at these values, whatever else it decides to look at."""
    return every([value.mentioned() for value in values if hasattr(value, "mentioned")])


def defined(name: str, value: Word, formula: Callable[[Word], Any]) -> Any:
    """``formula(value)``.  A prover may give it a name, and reason without looking into the definition.

    The definition is known under ``name``.  One name stands for one formula.
    """
    return value.defined(name, formula) if hasattr(value, "defined") else formula(value)


def unfold(name: str, value: Word, formula: Callable[[Word], Any]) -> Truth:
    """``defined(name, value, formula)`` is ``formula(value)``; a prover knows it from here on, of this very value.

    For a value that is a long expression: found by its trigger, it may be written in another way, and divided anew.
    """
    return value.unfolded(name, formula) if hasattr(value, "unfolded") else True


def every(conjuncts: Sequence[Truth]) -> Truth:
    """All of ``conjuncts``."""
    result: Truth = True
    for conjunct in conjuncts:
        result = result & conjunct
    return result


@dataclass(frozen=True)
class Clause:
    """One property: a name, one English sentence, a formula.

    A ``lemma`` among the clauses of an operation may be relied on by those after it; one that is ``inner`` serves them
    alone, and is no part of the contract that callers rely on.
    """

    name: str
    sentence: str
    formula: Callable[..., Truth]
    covers: tuple[str, ...] = ()
    lemma: bool = False
    inner: bool = False

    @property
    def written(self) -> Callable[..., Truth]:
        """The formula as it is written, without the ends of which alone it speaks."""
        return self.formula.formula if isinstance(self.formula, Only) else self.formula


@dataclass(frozen=True)
class Only:
    """The formula of a clause that speaks of those ends of an operation of which ``when`` says so, on every path."""

    when: Callable[[Transition], bool]
    formula: Callable[[Transition], Truth]

    def __call__(self, t: Transition) -> Truth:
        """The formula, of such an end; of any other the clause says nothing."""
        return self.formula(t) if self.when(t) else True


def clause(
    sentence: str, *, covers: str = "", when: Callable[[Transition], bool] | None = None
) -> Callable[..., Clause]:
    """Turn a function into a clause of the same name; ``covers`` lists documented statements ("SEG-4 SEG-5").

    One of an operation speaks only of ends of which ``when`` says so, if that is given.
    """

    if not isinstance(sentence, str):
        raise TypeError(f'{getattr(sentence, "__name__", "a clause")}: write @clause("one sentence") above it')

    def wrap(formula: Callable[..., Truth]) -> Clause:
        return Clause(formula.__name__, sentence, Only(when, formula) if when else formula, tuple(covers.split()))

    return wrap


Quantifier = Callable[[Callable[..., Truth]], Truth]
"""Of a statement about one member, or some: whether it holds of each."""


@dataclass(frozen=True)
class Members:
    """Of the last thing that a clause is given: each member of its part ``of``; or each with each one of ``other``.

    It is looked at where the part ``by`` is read, if that is given, else where membership is.
    Without ``of`` it is each address, or number.
    """

    of: str
    by: str = ""
    other: str = ""

    def __call__(self, *given: Any) -> Quantifier:
        """The quantifier."""
        if not self.of:
            everywhere: Quantifier = attrgetter(self.by)(given[-1]).everywhere
            return everywhere
        members = attrgetter(self.of)(given[-1])
        one = partial(attrgetter(self.by)(given[-1]).at, members) if self.by else members.all
        if not self.other:
            return one
        others = attrgetter(self.other)(given[-1])
        return lambda body: one(lambda a: others.all(lambda b: body(a, b)))


@dataclass(frozen=True)
class Each:
    """The formula of a clause that says the ``body`` of each member, of what the clause is given."""

    members: Callable[..., Quantifier]
    body: Callable[..., Truth]

    def __call__(self, *given: Any) -> Truth:
        """The body, of each."""
        return self.members(*given)(lambda *member: self.body(*given, *member))


def each(
    of: str | Callable[..., Quantifier],
    sentence: str,
    *,
    covers: str = "",
    by: str = "",
    other: str = "",
    when: Callable[[Transition], bool] | None = None,
) -> Callable[..., Clause]:
    """Turn what is said of one member into a clause of the same name that says it of each.

    The function that is decorated is given the member after what the clause is given.  Of that the quantifier is made:
    ``of`` names the set, as ``Members`` does, or is a function that gives it, ``heap.blocks.all``, say.
    """
    members = Members(of, by, other) if isinstance(of, str) else of

    def wrap(body: Callable[..., Truth]) -> Clause:
        formula = Each(members, body)
        return Clause(body.__name__, sentence, Only(when, formula) if when else formula, tuple(covers.split()))

    return wrap


def everywhere(by: str, sentence: str, *, covers: str = "") -> Callable[..., Clause]:
    """The same of each address, or number: it is looked at where the part ``by`` is read."""
    return each("", sentence, covers=covers, by=by)


def clauses_of(module: str) -> tuple[Clause, ...]:
    """All clauses that stand in a module, in their order; it imports none."""
    return tuple(one for one in vars(sys.modules[module]).values() if isinstance(one, Clause))


Named = tuple[str, str, Truth]
"""What holds at a place of the code: its name, one English sentence, whether it holds."""


@dataclass(frozen=True)
class Loop:
    """What holds at the head of a loop, and why it ends.

    ``invariants`` are (name, sentence, truth) triples about the state at the head.
    ``measure`` is a number >= 0 that falls with every iteration.  ``changes`` names the parts of memory that the body
    may change ("Segment.magic", "claimed.Segment", "byte", ...); cost and log may always change, but the cost of a
    loop that is ``costless``, which neither loads nor stores.
    """

    invariants: Sequence[Named]
    measure: Word
    changes: tuple[str, ...] = ()
    costless: bool = False


@dataclass(frozen=True)
class Answers:
    """What the machine answered an operation that asked for pages; of one that did not ask, all is 0 and False.

    It looked for a place for ``sought`` pages; ``no_place`` says that the window has no hole of so many pages.  Of the
    pages that it asked to be mapped, ``taken`` says that one was mapped already, by whomever, and ``frames_lack`` that
    the free frames do not suffice for the pages and the tables that are missing there.
    """

    sought: Word = 0
    no_place: Truth = False
    taken: Truth = False
    frames_lack: Truth = False

    def and_then(self, later: Answers) -> Answers:
        """These, and what the machine answered later."""
        return Answers(
            self.sought + later.sought,
            self.no_place | later.no_place,
            self.taken | later.taken,
            self.frames_lack | later.frames_lack,
        )


NO_ANSWERS = Answers()
"""Those of an operation that does not ask."""


@dataclass
class Transition:
    """One execution of an operation, from the state before to the state after.

    ``arguments`` by name; ``result`` is what was returned (None if it raised), ``raised`` the name
    of the exception's class or "".  ``cost`` counts loads + stores.  ``pages_asked`` is the
    number of pages that it asked the machine to map, ``pages_mapped`` of those that it got, and
    ``map_refused`` says whether the machine refused.  ``asked_at`` is the address of the pages that it asked for
    last, if it asked for any.  ``answers`` say why the machine refused, or offered no place.  ``pages_unmapped`` is the
    number of pages that it gave back to the machine.
    """

    heap: Word
    old: Any
    new: Any
    ghost: Any
    arguments: dict[str, Any]
    result: Any = None
    raised: str = ""
    cost: Word = 0
    pages_mapped: Word = 0
    pages_asked: Word = 0
    map_refused: Truth = False
    ghost_after: Any = None
    asked_at: Word = 0
    answers: Answers = NO_ANSWERS
    pages_unmapped: Word = 0

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["arguments"][name]
        except KeyError:
            known = ", ".join(self.__dict__.get("arguments", ())) or "no arguments"
            raise AttributeError(f"an end of the operation has no {name}; its arguments are {known}") from None


RAISES_ONLY = "no exception is raised but those that the contract names"


@dataclass(frozen=True)
class Operation:
    """The contract of one operation.

    ``requires`` are clauses over (state, heap, ghost, arguments) beyond the subject's invariants;
    ``after`` gives the abstract state that a transition must lead to; ``ensures`` are clauses over
    the transition.  ``establishes`` marks an initialiser, which does not rely on the invariants;
    they must hold after it wherever ``established`` says that it succeeded.  A ``stateless`` operation
    reads no heap: it neither relies on the invariants nor could break them.

    An operation that is marked ``by_contract`` says here what its callers must know of it: ``changes``
    names the parts of memory and of the abstract state that it may change (as in ``Loop``; "pages" are those that it
    maps or unmaps), ``returns`` the kind of its result: "word", "flag", "bytes", "list" or "nothing".

    ``lemmas`` are clauses like ``requires`` that follow from what is known on entry; they are shown first.
    ``kinds`` tells which arguments are no words: name -> "flag", or "bytes".
    """

    name: str
    arguments: tuple[str, ...]
    after: Callable[[Transition], Any]
    ensures: Sequence[Clause]
    requires: Sequence[Clause] = ()
    establishes: bool = False
    established: Callable[[Transition], bool] = lambda t: bool(t.result)
    raises: tuple[str, ...] = ("ValueError",)
    changes: tuple[str, ...] | None = None
    returns: str = "nothing"
    stateless: bool = False
    lemmas: Sequence[Clause] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in ("ensures", "requires", "lemmas", "raises"):
            object.__setattr__(self, part, tuple(getattr(self, part)))  # a generator would be read once only

    @property
    def promise(self) -> Operation:
        """The operation without what only serves its proof: lemmas, inner clauses, and what clauses are relied on."""
        return replace(self, ensures=[replace(one, lemma=False) for one in self.ensures if not one.inner], lemmas=())

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of what only serves its proof."""
        return tuple(one.name for one in (*self.lemmas, *self.ensures) if one.inner or one in self.lemmas)

    def may_end_with(self, raised: str) -> bool:
        """Whether the contract knows this exception, or none ("")."""
        return not raised or raised in self.raises


@dataclass(frozen=True)
class Subject:
    """Everything that is claimed of one module: its invariants and its operations."""

    name: str
    invariants: Sequence[Clause]
    operations: Sequence[Operation]
    statements: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in ("invariants", "operations"):
            object.__setattr__(self, part, tuple(getattr(self, part)))  # a generator would be read once only
        names = [operation.name for operation in self.operations]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{self.name}: two operations are called {', '.join(twice)}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its operations."""
        return tuple(operation.name for operation in self.operations)

    def made_of(self, operations: Iterable[Operation]) -> Subject:
        """The subject with the operations of which it consists.

        ValueError unless its own are among them, and promise what they promise here.
        """
        whole = Subject(self.name, self.invariants, tuple(operations), self.statements)
        promised = [one.promise for one in whole.operations]
        if missing := [one.name for one in self.operations if one.promise not in promised]:
            raise ValueError(f"{self.name}: what is proved is not what is promised: {', '.join(missing)}")
        return whole

    def operation(self, name: str) -> Operation:
        """The operation called ``name``."""
        found = [operation for operation in self.operations if operation.name == name]
        if not found:
            raise KeyError(f"{self.name} has no operation {name}; it has {', '.join(self.names)}")
        return found[0]
