"""Which facts prove a theorem, and how surely: hints are chosen among what several proofs use.

NOT TRUSTED: a hint chooses which facts are tried first, whatever stands in it.

A theorem has one hint for all its obligations.  An obligation that this one does not prove surely gets a hint of its
own, if that saves enough.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from proofs.engine.climbing import LOOKS, WAYS, reordered
from proofs.engine.core import core_of
from proofs.engine.discharge import BUDGET, NEWER, OLDER, Answer, solve
from proofs.engine.facts import Obligation
from proofs.engine.smtlib import Printer
from proofs.engine.text import Text

TRIES = 4
"""A hint is judged by so many tries, each with the facts in another order, and in each of these ways."""
CORES = 8
"""So many proofs, each with the facts in another order, are asked which facts they use."""
CORE_BUDGET = 500_000
"""Resource units for each of these; where none of them proves anything, each may spend BUDGET."""
CHEAP = 30_000
"""Resource units: what a try takes is not worth a better hint below that."""
APART = 10_000
"""Resource units: a hint for one obligation must save so much of each try."""
BUDGETS = tuple(dict.fromkeys(look.budget for look in LOOKS))
"""Resource units for each try of a hint: where some obligation is not proved at all with few, more are allowed."""

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

    @property
    def does(self) -> bool:
        """Whether every try is a proof, and they are cheap."""
        return not self.failures and self.spent < TRIES * CHEAP


UNLIMITED = Worth(TRIES + 1)
"""More than any hint takes."""


def known_to(obligation: Obligation) -> frozenset[str]:
    """The names of the facts that are known where an obligation is shown."""
    return frozenset(fact.label for fact in obligation.facts[: obligation.known] if fact.label)


@dataclass(frozen=True)
class Slices:
    """The obligations of one theorem, the hint that it has, and what of their facts proves them."""

    printer: Printer
    obligations: Sequence[Obligation]
    hint: tuple[str, ...] | None = None
    _known: dict[tuple[str, int], Worth] = field(default_factory=dict)
    """What came of the tries of a text with a budget."""

    def best(self) -> tuple[Used, Mapping[str, frozenset[str]]]:
        """What proves the theorem most surely; and, by its place, what proves an obligation more surely by itself.

        The hints that it has stay if they do, so that a lock file does not change without need; but for names that
        nothing has any more.
        """
        known = frozenset[str]().union(*map(known_to, self.obligations))
        old = None if self.hint is None else known.intersection(self.hint)
        weak = [one for one in self.obligations if not self.worth(one, _labels(one.hint)).does]
        own = {one.place: known_to(one) & frozenset(one.hint) for one in self.obligations if one.hint is not None}
        if not weak:
            return _said(old), {one.place: own[one.place] for one in self.obligations if one.hint != self.hint}
        own |= self._lists(weak)
        union = frozenset[str]().union(*own.values())
        candidates: list[Labels] = list(dict.fromkeys([old, *own.values(), union, None]))
        for budget in BUDGETS:
            found = self._cheapest(candidates, own, budget)
            apart = self._apart(found, own, budget)
            worths = [self.worth(one, apart.get(one.place, found), budget) for one in self.obligations]
            if not any(worth.failures == TRIES for worth in worths):
                return _said(found), apart
        return None, {}

    def _lists(self, weak: Sequence[Obligation]) -> dict[str, frozenset[str]]:
        """For each of these what proves it by itself, the same for as many as it does for."""
        lists: list[frozenset[str]] = []
        for one in weak:
            if not any(self.worth(one, labels).does for labels in lists):
                lists.append(self._used(one))
        lists.sort(key=lambda labels: sum(self.worth(one, labels).does for one in weak), reverse=True)
        return {one.place: self._chosen(one, lists) & known_to(one) for one in weak}

    def _chosen(self, obligation: Obligation, lists: Sequence[frozenset[str]]) -> frozenset[str]:
        """The first of the lists that does, else the best one."""
        for labels in lists:
            if self.worth(obligation, labels).does:
                return labels
        return min(lists, key=lambda labels: self.worth(obligation, labels))

    def _cheapest(self, candidates: Sequence[Labels], own: Mapping[str, frozenset[str]], budget: int) -> Labels:
        return min(candidates, key=lambda labels: self._account(labels, own, budget))

    def _account(self, labels: Labels, own: Mapping[str, frozenset[str]], budget: int) -> Worth:
        """What all obligations take with these facts, or with lists of their ``own`` where that is so much cheaper."""
        apart = self._apart(labels, own, budget)
        spent = (self.worth(one, apart.get(one.place, labels), budget) for one in self.obligations)
        return sum(spent, Worth(0, len(apart) * TRIES * APART))

    def _apart(self, labels: Labels, own: Mapping[str, frozenset[str]], budget: int) -> dict[str, frozenset[str]]:
        """The obligations that have to be tried with their ``own`` facts, by their places."""
        found = {}
        for one in self.obligations:
            mine = own.get(one.place)
            if mine is not None and mine != labels:
                gain = Worth(0, TRIES * APART)
                if self.worth(one, mine, budget) + gain < self.worth(one, labels, budget):
                    found[one.place] = mine
        return found

    def _used(self, obligation: Obligation) -> frozenset[str]:
        """The names of facts that prove an obligation most surely, of those that some proof uses.

        None is left out with which it is proved more cheaply: what the solver does not use may lead it on its way.
        """
        found: list[frozenset[str]] = []
        for budget in (CORE_BUDGET, BUDGET):
            for labels in self._cores(obligation, budget):
                if self.worth(obligation, labels).does:
                    return labels
                found.append(labels)
            if found:
                break
        others = [known_to(obligation), *([] if obligation.hint is None else [frozenset(obligation.hint)])]
        return self._narrowed(obligation, [*dict.fromkeys(found), *others])

    def _cores(self, obligation: Obligation, budget: int) -> Iterator[frozenset[str]]:
        """The names of the facts that proofs from all facts use."""
        text = self.printer.problem(obligation)
        names = {id(self.printer.piece(fact)): fact.label for fact in obligation.facts[: obligation.known]}
        for number in range(CORES):
            core = core_of(_shuffled(text, number), number, budget, (OLDER, NEWER)[number % 2])
            if core is not None:
                yield frozenset(label for piece in core.pieces if (label := names.get(id(piece))))

    def _narrowed(self, obligation: Obligation, lists: Sequence[frozenset[str]]) -> frozenset[str]:
        """What is left of the best of these lists when each name is left out in turn, where that takes no more."""
        left = lists[0]
        for budget in BUDGETS:
            left = min([left, *lists], key=lambda labels: (self.worth(obligation, labels, budget), sorted(labels)))
            if self.worth(obligation, left, budget).failures < TRIES:
                left = self._without(obligation, left, budget)
            if self.worth(obligation, left).failures < TRIES:
                break
        return self._without(obligation, left, BUDGETS[0])

    def _without(self, obligation: Obligation, labels: frozenset[str], budget: int) -> frozenset[str]:
        """What is left when each name is left out in turn, as long as any can be."""
        best, before = self.worth(obligation, labels, budget), None
        while labels != before and not best.does and best.failures < TRIES:
            before = labels
            for name in sorted(labels):
                worth = self.worth(obligation, labels - {name}, budget, best)
                if worth <= best:
                    labels, best = labels - {name}, worth
        return labels

    def worth(
        self, obligation: Obligation, labels: Labels, budget: int = BUDGETS[0], limit: Worth = UNLIMITED
    ) -> Worth:
        """What comes of short tries of an obligation with these facts; of some of them, if these exceed the limit."""
        text = self.printer.problem(obligation, labels)
        key = (text.digest, budget)
        if key in self._known:
            return self._known[key]
        found, written = Worth(), str(text)
        for number in range(TRIES):
            answer = _tried(reordered(written, number), number, budget)
            found += Worth(int(answer.answer != "unsat"), answer.resources)
            if found > limit:
                return found
        self._known[key] = found
        return found


def _tried(text: str, seed: int, budget: int) -> Answer:
    """The answer to a text in each of these ways, and what they took together."""
    spent = 0
    for way in WAYS:
        answer = solve(text, False, seed, budget, way)
        spent += answer.resources
        if answer.answer == "unsat":
            break
    return Answer(answer.answer, spent)


def _labels(hint: tuple[str, ...] | None) -> Labels:
    return None if hint is None else frozenset(hint)


def _said(labels: Labels) -> Used:
    return ALL if labels is None else labels


def _shuffled(text: Text, number: int) -> Text:
    """The same pieces in another order."""
    pieces = list(text.pieces)
    random.Random(number).shuffle(pieces)
    return Text(tuple(pieces))
