"""Which facts prove a theorem, and how surely: hints are chosen among what several proofs use.

NOT TRUSTED: a hint chooses which facts are tried first, whatever stands in it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final, Literal

from proofs.engine.climbing import LOOKS, WAYS, reordered
from proofs.engine.core import core_of
from proofs.engine.discharge import BUDGET, NEWER, OLDER, Answer, solve
from proofs.engine.facts import Obligation
from proofs.engine.smtlib import Printer
from proofs.engine.text import Text

TRIES = 4
"""A hint is judged by so many tries, each with the facts in another order, and in every way of a first look."""
CORES = 8
"""So many proofs, each with the facts in another order, are asked which facts they use."""
CORE_BUDGET = 500_000
"""Resource units for each of these; where none of them proves anything, each may spend BUDGET."""
CHEAP = 40_000
"""Resource units: what a try takes is not worth a better hint below that."""

Labels = frozenset[str] | None
"""Names of facts; None for all facts."""
Used = frozenset[str] | Literal["all"] | None
"""The names of facts that prove a theorem; ALL if none can be left out; None if no short try proves it."""
ALL: Final = "all"


@dataclass(frozen=True, order=True)
class Worth:
    """How a hint fares: so many tries come to nothing, and so many resource units are spent."""

    failures: int = 0
    spent: int = 0

    def __add__(self, other: Worth) -> Worth:
        return Worth(self.failures + other.failures, self.spent + other.spent)


def known_to(obligation: Obligation) -> frozenset[str]:
    """The names of the facts that are known where an obligation is shown."""
    return frozenset(fact.label for fact in obligation.facts[: obligation.known] if fact.label)


@dataclass(frozen=True)
class Slices:
    """The obligations of one theorem, and what of their facts proves them."""

    printer: Printer
    obligations: Sequence[Obligation]
    budget: int = LOOKS[0].budget
    """Resource units for each try."""

    def best(self) -> Used:
        """What proves the theorem most surely.

        The hint that the theorem has stays if it does, so that a lock file does not change without need; but for names
        that nothing has any more.
        """
        hint, known = self.obligations[0].hint, frozenset[str]().union(*map(known_to, self.obligations))
        old = None if hint is None else known.intersection(hint)
        if self._does(self._worths(old)):
            return ALL if old is None else old
        candidates = list(dict.fromkeys(self._candidates(old)))
        for budget in dict.fromkeys(look.budget for look in LOOKS):
            judge = replace(self, budget=budget)
            found = min(candidates, key=judge._account)
            if not any(worth.failures == TRIES for worth in judge._worths(found)):
                return ALL if found is None else found
        return None

    def _candidates(self, old: Labels) -> Iterator[Labels]:
        """The hint as it is, all facts, and what proofs of the obligations use, with the hint and without it."""
        yield from (old, None)
        known = old or frozenset()
        done = [self._does([worth]) for worth in self._worths(old)]
        weak = [self._used(one) for one, does in zip(self.obligations, done, strict=True) if not does]
        if old is not None:
            yield known.union(*weak)
        others = [self._used(one) for one, does in zip(self.obligations, done, strict=True) if does]
        yield frozenset[str]().union(*weak, *others)

    def _used(self, obligation: Obligation) -> frozenset[str]:
        """The names of facts that prove an obligation most surely, of those that some proof uses."""
        found: dict[frozenset[str], Worth] = {}
        for budget in (CORE_BUDGET, BUDGET):
            for labels in self._cores(obligation, budget):
                found[labels] = found.get(labels) or self._worth(obligation, labels)
                if self._does([found[labels]]):
                    return labels
            if found:
                return min(found, key=lambda labels: (found[labels], sorted(labels)))
        return self._narrowed(obligation)

    def _cores(self, obligation: Obligation, budget: int) -> Iterator[frozenset[str]]:
        """The names of the facts that proofs from all facts use."""
        text = self.printer.problem(obligation)
        names = {id(self.printer.piece(fact)): fact.label for fact in obligation.facts[: obligation.known]}
        for number in range(CORES):
            core = core_of(_shuffled(text, number), number, budget, (OLDER, NEWER)[number % 2])
            if core is not None:
                yield frozenset(label for piece in core.pieces if (label := names.get(id(piece))))

    def _narrowed(self, obligation: Obligation) -> frozenset[str]:
        """What is left of all names when each is left out in turn, if the rest still does.

        For the proofs that are lost when the solver keeps account of what it uses.
        """
        left = known_to(obligation)
        if self._worth(obligation, left).failures:
            return left
        return reduce(lambda some, name: self._without(obligation, some, name), sorted(left), left)

    def _without(self, obligation: Obligation, labels: frozenset[str], name: str) -> frozenset[str]:
        fewer = labels - {name}
        return labels if self._worth(obligation, fewer).failures else fewer

    def _account(self, labels: Labels) -> Worth:
        return sum(self._worths(labels), Worth())

    def _worths(self, labels: Labels) -> list[Worth]:
        return [self._worth(one, labels) for one in self.obligations]

    def _worth(self, obligation: Obligation, labels: Labels) -> Worth:
        """What comes of short tries of an obligation with these facts."""
        text = str(self.printer.problem(obligation, labels))
        tries = [self._tried(reordered(text, number), number) for number in range(TRIES)]
        return Worth(sum(one.answer != "unsat" for one in tries), sum(one.resources for one in tries))

    def _tried(self, text: str, seed: int) -> Answer:
        """The answer to a text in the ways of a first look, and what they took together."""
        spent = 0
        for way in WAYS:
            answer = solve(text, False, seed, self.budget, way)
            spent += answer.resources
            if answer.answer == "unsat":
                break
        return Answer(answer.answer, spent)

    @staticmethod
    def _does(worths: Iterable[Worth]) -> bool:
        """Whether every try of each proves it, and none is dear."""
        return all(not worth.failures and worth.spent < TRIES * CHEAP for worth in worths)


def _shuffled(text: Text, number: int) -> Text:
    """The same pieces in another order."""
    pieces = list(text.pieces)
    random.Random(number).shuffle(pieces)
    return Text(tuple(pieces))
