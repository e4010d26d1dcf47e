"""What operations really cost, beside what is proved of it: each subject's story is played, and the costs are noted.

Every call gives one dot: the loads and stores that it took, and the most that the theorem on its cost allows it.
Nothing is judged: all other clauses are left out while the story is played, so that it takes a few seconds.

NOT TRUSTED: a dot is what one run took, and proves nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from importlib import import_module
from typing import Any

from model.language.logic import Clause, Operation, Subject, Transition
from proofs import registry
from proofs.checking.variant import import_anew
from proofs.comparing.bound import proved_bound
from proofs.engine.lineage import edited
from proofs.engine.workers import LONG_PATIENCE, Pool

LARGEST = 1 << 30
"""A word from that on is an address, not a number of things."""
MOST_DOTS = 160
"""Of one operation."""
ABSURD = 1 << 36
"""A bound from that on is one of a request for more than any memory holds."""
SECONDS = 1.2
"""Of processor time: then the story of a subject is broken off."""


@dataclass(frozen=True)
class Dot:
    """One call: what it took, the most it might have taken, and the numbers that it began with, by name."""

    cost: int
    bound: int
    numbers: tuple[tuple[str, int], ...]


Dots = dict[str, list[Dot]]
"""Operation -> its dots, in the order of the calls."""


def measured(names: Sequence[str], sources: dict[str, str], jobs: int) -> dict[str, Dots]:
    """The dots of each subject, each in a process of its own; none of one that cannot be run."""
    with Pool(jobs, LONG_PATIENCE, apart=True) as pool:
        calls = [(name, sources.get(name)) for name in names]
        found = pool.each(costs_of, calls, lambda number, reason, hung: {})
        return {name: _dots(told or {}) for name, told in zip(names, found, strict=True)}


Told = dict[str, list[tuple[int, int, tuple[tuple[str, int], ...]]]]


def costs_of(name: str, source: str | None) -> Told:
    """The same as plain data: the process that plays a story may have imported everything anew."""
    return {one: [(dot.cost, dot.bound, dot.numbers) for dot in dots] for one, dots in dots_of(name, source).items()}


def _dots(told: Told) -> Dots:
    return {name: [Dot(*row) for row in rows] for name, rows in told.items()}


def dots_of(name: str, source: str | None) -> Dots:
    """Play the story of a subject, on an edition of it if there is a ``source``; it changes what this process holds."""
    if source is not None:
        import_anew({edited(registry.proof_of(name).module, source): source})
    witness = import_module("proofs.checking.witness")
    found: Dots = {}
    try:
        for subject in subjects_of(name, witness):
            listen(subject, found)
        told = witness.told_of(name)
        if told is None:
            witness.run_of(name)()
        else:
            kind, story = told
            story(kind)
    except Enough:
        return found
    except Exception:  # of code that cannot even be run there are no dots, or few
        return found
    return found


def subjects_of(name: str, witness: Any) -> Iterator[Subject]:
    """All that this process knows as the contract of a subject: for the proof, and for runs."""
    registry_ = import_module("proofs.registry")
    yield registry_.proof_of(name).subject
    yield registry_.public_of(name)
    told = witness.told_of(name)
    if told is not None:
        yield told[0].bench.subject


def listen(subject: Subject, found: Dots) -> None:
    """From now on of this contract nothing is demanded, and what calls cost is noted in ``found``.

    Contracts cannot be changed; that they are, here, ends with the process.
    """
    object.__setattr__(subject, "invariants", ())
    for operation in subject.operations:
        costs = [one for one in operation.ensures if one.name.endswith("cost")]
        heard = tuple(replace(one, formula=_listener(operation.name, costs, found)) for one in costs[:1])
        if not costs or not isinstance(costs[0].formula, Listener):
            object.__setattr__(operation, "ensures", heard)
        for cost, instead in zip(costs, heard, strict=False):  # some worlds ask the clause itself
            object.__setattr__(cost, "formula", instead.formula)


class Enough(BaseException):
    """The story has told enough; no Exception, so that nothing takes it for one of the code's."""


class Listener:
    """Stands for the formula of a theorem on a cost: it notes what a call took, and always holds."""

    def __init__(self, note: Callable[[Transition], None]) -> None:
        self.note = note

    def __call__(self, t: Transition) -> bool:
        """True; the call is noted."""
        self.note(t)
        return True


def _listener(name: str, costs: Sequence[Clause], found: Dots) -> Listener:
    ends = time.process_time() + SECONDS
    costed = Operation(name, (), lambda t: None, [replace(one) for one in costs])

    def note(t: Transition) -> None:
        bound = proved_bound(costed, t)
        if bound is not None:
            found.setdefault(name, []).append(Dot(int(t.cost), bound, tuple(numbers_of(t).items())))
        if time.process_time() > ends:
            raise Enough

    return Listener(note)


def numbers_of(t: Transition) -> dict[str, int]:
    """The numbers on which a bound may depend: sizes among the arguments, and counts in the abstract state."""
    given = {name: value for name, value in t.arguments.items() if _is_number(value)}
    parts = {one.name: getattr(t.ghost, one.name) for one in fields(t.ghost)} if is_dataclass(t.ghost) else {}
    counts = {name: value for name, value in parts.items() if _is_number(value)}
    return {**counts, **given, "pages asked for": int(t.pages_asked)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST


# ---------------------------------------------------------------- along which number


@dataclass(frozen=True)
class Axis:
    """What a plot goes along: ``name`` of the number, and where each dot lies.

    Along ``ALLOWED`` each dot lies at its own bound, which then is the diagonal.
    """

    name: str
    places: tuple[int, ...]


ALLOWED = "loads and stores that the theorem allows the call"
IN_TURN = "calls, as they came"


def axis_of(dots: Sequence[Dot]) -> Axis:
    """The number that alone settles the bound, the one with most values; the bound itself if there is none."""
    if len({dot.bound for dot in dots}) == 1:
        return Axis(IN_TURN, tuple(range(1, len(dots) + 1)))
    best = Axis(ALLOWED, tuple(dot.bound for dot in dots))
    most = 2
    for name in dict.fromkeys(name for dot in dots for name, _ in dot.numbers):
        places = [dict(dot.numbers).get(name, -1) for dot in dots]
        bounds = {place: dot.bound for place, dot in zip(places, dots, strict=True)}
        settled = all(bounds[place] == dot.bound for place, dot in zip(places, dots, strict=True))
        rising = [bounds[place] for place in sorted(bounds)]
        if settled and rising == sorted(rising) and -1 not in bounds and len(bounds) > most:
            best, most = Axis(name.replace("_", " "), tuple(places)), len(bounds)
    return best


def thinned(dots: Sequence[Dot]) -> list[Dot]:
    """At most MOST_DOTS of them, no two alike: the one nearest to its bound, and others spread evenly.

    Calls that ask for more than any memory holds are refused at once, and may cost anything: they are left out.
    """
    sane = [dot for dot in dots if dot.bound < ABSURD] or dots
    alike = {(dot.cost, dot.bound): dot for dot in reversed(sane)}
    found = list(reversed(alike.values()))
    nearest = max(found, key=lambda dot: dot.cost / max(dot.bound, 1))
    step = -(-len(found) // MOST_DOTS)
    return [dot for number, dot in enumerate(found) if number % step == 0 or dot is nearest]
