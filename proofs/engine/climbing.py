"""How one obligation is tried: by short tries first, then by long ones, the last with MBQI.

TRUSTED: proved is only what one try proves; refuted, what has a model of the whole problem.

Which proof the solver comes to hangs on accidents, and once it has lost its way it seldom finds back.  So several short
tries prove more than a long one, and what they take varies less.  But the seed changes too little: a try that fails
with one seed mostly fails with the next.  Therefore each look has the facts in another order.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from proofs.engine.discharge import ALL_TERMS, BUDGET, MBQI_BUDGET, NEWER, OLDER, Answer, Way, solve
from proofs.engine.text import Text


@dataclass(frozen=True)
class Look:
    """Tries without MBQI, with so many resource units each, and with the facts in the order of that number.

    The first text is tried in the ``first`` ways, then each of the others in ``others``.
    """

    budget: int
    order: int
    first: tuple[Way, ...]
    others: tuple[Way, ...]


WAYS = (OLDER, NEWER, ALL_TERMS)
LOOKS = (
    Look(100_000, 0, (OLDER, NEWER), ()),
    Look(100_000, 0, (ALL_TERMS,), WAYS),
    Look(200_000, 1, (NEWER, OLDER), (NEWER, OLDER)),
    Look(400_000, 2, (NEWER, OLDER), (NEWER, OLDER)),
)
"""With the first one come all but one proof in a hundred, most of them at its first try."""
ORDERS = 1 + max(one.order for one in LOOKS)
"""Long tries have the facts in the order of this number."""

Rungs = Iterable[tuple[Text | str, bool, bool]]
"""Texts; of each whether it is tried with MBQI, and whether a model of it refutes the obligation."""


@dataclass(frozen=True)
class Solved:
    """The answer to an obligation, and the seconds that all its tries took."""

    answer: Answer
    seconds: float


def climb(rungs: Rungs, seed: int, looked: int = 0, mbqi_budget: int = MBQI_BUDGET) -> Solved:
    """Try the rungs, by short tries first; ``looked`` so many times before, in vain.

    Stop at the first proof, at a model of the whole problem, or at an error of the solver.
    """
    start = time.perf_counter()
    kept = _Kept(rungs)
    answer = _looked(kept, seed, range(looked, len(LOOKS)))
    if answer.answer == "unknown":
        answer = _after(answer, _climbed(kept, seed, mbqi_budget))
    return Solved(answer, time.perf_counter() - start)


def look(rungs: Rungs, seed: int, number: int = 0) -> Solved:
    """The look of that number at the rungs: "unknown" says only that its tries prove nothing."""
    start = time.perf_counter()
    answer = _looked(_Kept(rungs), seed, [number])
    return Solved(answer, time.perf_counter() - start)


ASSERTION = "\n(assert "

NOTHING = Answer("unknown", 0, "nothing was tried")


class _Kept:
    """Rungs that can be gone through more than once; none is made before somebody comes to it."""

    def __init__(self, rungs: Rungs) -> None:
        self._coming = iter(rungs)
        self._known: list[tuple[str, bool, bool]] = []

    def __iter__(self) -> Iterator[tuple[str, bool, bool]]:
        yield from self._known
        for text, mbqi, whole in self._coming:
            self._known.append((str(text), mbqi, whole))
            yield self._known[-1]


def _looked(rungs: _Kept, seed: int, numbers: Iterable[int]) -> Answer:
    """What these looks come to."""
    answer = NOTHING
    for one in (LOOKS[number] for number in numbers):
        for place, (text, mbqi, whole) in enumerate(rungs):
            for way in () if mbqi else one.others if place else one.first:
                said = _said(reordered(text, one.order), False, whole, seed + one.order, one.budget, way)
                answer = _after(answer, said)
                if answer.answer != "unknown":
                    return answer
    return answer


def _climbed(rungs: _Kept, seed: int, mbqi_budget: int) -> Answer:
    """What the long tries come to."""
    answer = NOTHING
    for text, mbqi, whole in rungs:
        text, budget = reordered(text, ORDERS), mbqi_budget if mbqi else BUDGET
        said = _said(text, mbqi, whole, seed + ORDERS, budget, NEWER)
        answer = _after(answer, said)
        if answer.answer != "unknown":
            break
    return answer


def reordered(text: str, number: int) -> str:
    """The text with its assertions in the order of that number; 0 is the one in which they are."""
    if not number:
        return text
    declarations, *assertions = text.rstrip("\n").split(ASSERTION)
    random.Random(number).shuffle(assertions)
    return ASSERTION.join([declarations, *assertions]) + "\n"


def _said(text: str, mbqi: bool, whole: bool, seed: int, budget: int, way: Way) -> Answer:
    """What one try comes to; a model of a part of the facts is none of the problem.

    A model that is found in another way is looked for with the newer arithmetic.
    """
    answer = _solve(text, mbqi, seed, budget, way)
    if answer.answer == "sat" and whole and way != NEWER:
        answer = _after(answer, _solve(text, mbqi, seed, budget, NEWER))
    if answer.answer == "sat" and not whole:
        return Answer("unknown", answer.resources, "a model of a part of the facts only")
    return answer


def _after(earlier: Answer, now: Answer) -> Answer:
    """What was said last, with what all of it took."""
    return Answer(now.answer, earlier.resources + now.resources, now.reason)


def _solve(text: str, mbqi: bool, seed: int, budget: int, way: Way) -> Answer:
    """The solver's answer, or "error" if it fails."""
    try:
        return solve(text, mbqi, seed, budget, way)
    except Exception as error:
        return Answer("error", 0, f"{type(error).__name__}: {error}")
