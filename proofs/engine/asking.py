"""Obligations as texts, with all that is needed to ask the solver about them, alone or together.

TRUSTED: the text that is asked is that of the obligation, and the key is that of the text.
"""

from __future__ import annotations

from collections.abc import Sequence

from proofs.engine.batches import Batch, Member, batches_of
from proofs.engine.cache import Cache
from proofs.engine.discharge import LADDER
from proofs.engine.facts import Obligation
from proofs.engine.smtlib import Printer
from proofs.engine.text import Rung
from proofs.engine.theorem import Problem


class Asking:
    """Writes the obligations of one operation; remembers them all, since they are looked at together."""

    def __init__(self, operation: str, cache: Cache, seed: int) -> None:
        self._operation = operation
        self._cache = cache
        self._seed = seed
        self._printer = Printer()
        self._members: list[Member] = []

    def problem(self, obligation: Obligation) -> Problem:
        """The obligation as text; without its rungs if the cache knows the answer."""
        rungs = self._rungs(obligation)
        key = self._key(rungs)
        self._members.append(Member(self._operation, obligation.theorem, key, rungs[0][0]))
        return self._problem(obligation, rungs, key)

    def alone(self, obligation: Obligation) -> Problem:
        """The same, of one that is not looked at together with others."""
        rungs = self._rungs(obligation)
        return self._problem(obligation, rungs, self._key(rungs))

    def _key(self, rungs: Sequence[Rung]) -> str:
        return Cache.key("\n".join(text.digest for text, _, _ in rungs[:2]), self._seed)

    def _problem(self, obligation: Obligation, rungs: tuple[Rung, ...], key: str) -> Problem:
        if self._cache.get(key) is not None:
            return Problem(obligation.sentence, obligation.line, (), key)
        return Problem(
            obligation.sentence,
            obligation.line,
            obligation.decisions,
            key,
            rungs,
            tuple(name for name, _ in obligation.values),
            self._printer.shown(obligation.values),
            obligation.remarks,
            obligation.lost,
        )

    def batches(self) -> tuple[Batch, ...]:
        """What is looked at together, as far as the cache leaves anything of it open."""
        return batches_of(self._members, self._cache.get)

    def _rungs(self, obligation: Obligation) -> tuple[Rung, ...]:
        """The ladder of one obligation; without the sliced rungs if there is no hint."""
        whole = self._printer.problem(obligation)
        sliced = None if obligation.hint is None else self._printer.problem(obligation, frozenset(obligation.hint))
        rungs = []
        for step in LADDER:
            text = sliced if step.sliced else whole
            if text is not None:
                rungs.append((text, step.mbqi, not step.sliced))
        return tuple(rungs)
