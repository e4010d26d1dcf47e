"""What a theorem rests on: whole operations, and whatever these rest on.

TRUSTED: PROVED is said of nothing that rests on what is not proved.

A theorem rests on all theorems of its own operation, because what is shown early on a path is a fact for what comes
later; and on all theorems of each operation that is called by contract.  An operation that calls others has one
more theorem, ``rests``: each of these is there, is proved in all its theorems, and is what the caller takes it for.
Operations that rest on each other in a circle prove nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from proofs.engine.theorem import Collected
from proofs.engine.verdict import Failure, TheoremResult, Verdict, worst

RESTS = "rests"
RESTS_ON = "every theorem of every operation that is called by contract is proved, and is what the caller relies on"


def operation_of(name: str) -> str:
    """The operation that a theorem belongs to; an operation's name stands for itself."""
    return ".".join(name.split(".")[:2])


def relied_on(item: Collected) -> list[str]:
    """The operations that one rests on, by name."""
    return sorted({operation_of(name) for name in item.rests})


@dataclass
class Foundation:
    """The operations of a run by name, and which of their theorems were ``looked_at``.

    ``missing`` are operations that there are not, though there is the subject; of any other that is not here
    nothing is known.
    """

    operations: Mapping[str, Collected]
    missing: Collection[str]
    looked_at: Collection[str]
    unseen: set[str] = field(default_factory=set)
    _hanging: set[str] = field(default_factory=set)
    _settled: dict[str, list[TheoremResult]] = field(default_factory=dict)

    def theorems_of(self, name: str) -> list[TheoremResult]:
        """All theorems of an operation, with ``rests`` if it calls others; PROVED only if all that they rest on is."""
        if name not in self._settled:
            self._settled[name] = self._settle(self.operations[name])
        return self._settled[name]

    def _settle(self, item: Collected) -> list[TheoremResult]:
        results = [theorem.result for theorem in item.theorems]
        if any(result.id not in self.looked_at for result in results):
            self.unseen.add(item.operation)
            self._hanging.add(item.operation)
        if item.rests:
            results.append(self._rests(item))
        if item.operation in self._hanging:
            for result in results:
                result.verdict = Verdict.CONDITIONAL if result.verdict is Verdict.PROVED else result.verdict
        return results

    # ------------------------------------------------------------ the theorem ``rests``

    def _rests(self, item: Collected) -> TheoremResult:
        subject, operation = item.operation.split(".", maxsplit=1)
        name = f"{item.operation}.{RESTS}"
        result = TheoremResult(name, subject, operation, RESTS_ON, Verdict.PROVED, obvious=len(item.rests))
        for verdict, sentence in self._objections(item):
            if verdict is Verdict.CONDITIONAL:
                self._hanging.add(item.operation)
            result.failures.append(Failure(sentence, "", (), (), ""))
            result.verdict = worst([result.verdict, verdict])
        return result

    def _objections(self, item: Collected) -> Iterator[tuple[Verdict, str]]:
        """What speaks against it that all is proved that an operation rests on."""
        for sentence in item.disagreements:
            yield Verdict.ERROR, f"{item.operation} relies on what is not proved: {sentence}"
        if circle := self.circle(item.operation):
            yield Verdict.ERROR, f"a circle, in which nothing is proved: {' rests on '.join(circle)}"
            return
        for name in sorted(item.rests):
            if not self._exists(name):
                yield Verdict.ERROR, f"{item.operation} rests on {name}, which does not exist, so it is not proved"
        for name in relied_on(item):
            yield from self._open(item.operation, name)

    def _exists(self, name: str) -> bool:
        """Whether there may be a theorem, or an operation, of that name."""
        operation = operation_of(name)
        there = self.operations.get(operation)
        if there is None:
            return operation not in self.missing
        known = {operation, *(theorem.result.id for theorem in there.theorems)}
        return there.failed or name in known or (bool(there.rests) and name == f"{operation}.{RESTS}")

    def _open(self, caller: str, name: str) -> Iterator[tuple[Verdict, str]]:
        """That theorems of an operation are not proved, or were not looked at."""
        if name not in self.operations:
            if name not in self.missing:
                self.unseen.add(name)
                yield Verdict.CONDITIONAL, f"{caller} rests on {name}, which was not looked at"
            return
        theorems = self.theorems_of(name)
        if any(theorem.verdict is Verdict.CONDITIONAL for theorem in theorems):
            yield Verdict.CONDITIONAL, f"{caller} rests on {name}, which holds only if what was not looked at does"
        for theorem in theorems:
            if theorem.verdict not in (Verdict.PROVED, Verdict.CONDITIONAL):
                yield Verdict.UNKNOWN, f"{caller} rests on {theorem.id}, which is not proved"

    def circle(self, name: str) -> list[str]:
        """The way from an operation through what it rests on back to itself; [] if there is none."""
        ways = [[name]]
        met = set()
        for way in ways:
            for below in relied_on(self.operations[way[-1]]) if way[-1] in self.operations else []:
                if below == name:
                    return [*way, name]
                if below not in met:
                    met.add(below)
                    ways.append([*way, below])
        return []
