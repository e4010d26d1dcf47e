"""Calls across subjects: an operation of another subject stands for its contract, and is rested on.

TRUSTED: what a caller is told to rest on, and that this is what was proved.

What is shown and known at a call is the same as for a call within a subject (calls.py).  But nobody proves
the other subject here, so the path remembers what was taken for granted: the operation, the theorems by name, and the
contract itself, whose ``disagreements`` with the operation that was proved are looked for once that is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from typing import Any

from model.language.laws import Afterwards, Beforehand, Parts, Same, Seen, law_of
from model.language.logic import Clause, Operation
from proofs.engine import kinds
from proofs.engine import path as paths
from proofs.engine.calls import GHOST, perform
from proofs.engine.path import EngineError


@dataclass(frozen=True)
class Contract:
    """``operation`` of ``subject``, as others call it: one that was proved, with all that it requires and ensures.

    Without ``views`` it works on memory and abstract state of the caller, at the caller's own address.  Then the caller
    shows the ``invariants`` of its subject, and knows them afterwards.

    With ``views`` it works on memory of its own, which the caller never touches.  Then the caller relies on the laws
    that the operation ensures, seen in parts of the caller's abstract state, and on nothing else; ``apart`` are the
    theorems that say where that memory lies.

    ``shows`` is what the caller shows of its arguments beyond what it must.  ``structs`` are those that the memory of
    the caller has; a call notes them.
    """

    subject: str
    operation: Operation
    invariants: tuple[Clause, ...] = ()
    views: tuple[Parts, ...] = ()
    apart: tuple[str, ...] = ()
    shows: tuple[Clause, ...] = ()
    structs: frozenset[str] = frozenset()

    @cached_property
    def relied(self) -> Operation:
        """What the caller shows, forgets and knows."""
        return self._elsewhere() if self.views else self._here()

    def _here(self) -> Operation:
        """The operation for a caller whose memory and abstract state it works on."""
        proved = self.operation
        before = [replace(law, formula=Beforehand(law)) for law in self.invariants]
        afterwards = [replace(law, formula=Afterwards(law)) for law in self.invariants]
        told = [clause for clause in proved.ensures if not clause.inner]
        requires = (*before, *proved.requires, *self.shows)
        return replace(proved, requires=requires, ensures=(*told, *afterwards))

    def _elsewhere(self) -> Operation:
        """The operation for a caller whose abstract state shows, in some parts, what the laws speak of."""
        views = {view.of: view for view in self.views}
        laws = [(clause, law_of(clause)) for clause in self.operation.ensures]
        told = [replace(c, formula=Seen(law, views[law.of])) for c, law in laws if law and law.of in views]
        kept = {law.of for _, law in laws if law and type(law.holds) is Same}
        forgotten = tuple(GHOST + name for view in self.views if view.of not in kept for name in view.names)
        return replace(self.operation, requires=self.shows, ensures=told, changes=forgotten)

    @property
    def theorems(self) -> frozenset[str]:
        """The theorems that a call rests on."""
        return frozenset(f"{self.name}.{clause.name}" for clause in self.relied.ensures)

    @property
    def name(self) -> str:
        """The operation with its subject."""
        return f"{self.subject}.{self.operation.name}"

    def call(self, **arguments: Any) -> Any:
        """One call."""
        if self.operation.changes is None:
            raise EngineError(f"{self.operation.name} does not say what it changes, so nobody can rely on it")
        if tuple(arguments) != self.operation.arguments or {*map(kinds.kind_of, arguments.values())} - {"word"}:
            raise EngineError(f"{self.operation.name} is called with something else than numbers for its arguments")
        path = paths.current()
        path.rests |= {self.name, *self.theorems, *self.apart}
        if not any(self._is(known) for known in path.contracts):
            path.contracts.append(replace(self, structs=frozenset(path.memory.structs)))
        return perform(self.relied, (), arguments, partial(kinds.any_of, self.operation.returns))

    def _is(self, other: Contract) -> bool:
        """Whether the other one is this, noted in an earlier call on the same memory: part by part the same object."""
        parts = [part.name for part in fields(self) if part.name != "structs"]
        return all(getattr(self, part) is getattr(other, part) for part in parts)

    def disagreements(self, proved: Operation, invariants: Sequence[Clause] = ()) -> list[str]:
        """Why what the caller relies on is not the operation that was ``proved``, of a subject with these invariants.

        Clauses are the same if they have the same formula, and laws if they are the same law: names count for nothing.
        """
        found = [*self._signature(proved), *self._extent(proved)]
        found += self._of_laws(proved) if self.views else self._of_clauses(proved, invariants)
        return [f"{self.name} as it is relied on is not what was proved: {why}" for why in found]

    def _signature(self, proved: Operation) -> Iterator[str]:
        """What differs in how the operation is called, and in how it ends."""
        mine = self.operation
        for what, here, there in (
            ("name", mine.name, proved.name),
            ("arguments", mine.arguments, proved.arguments),
            ("exceptions", {*mine.raises}, {*proved.raises}),
            ("kind of result", mine.returns, proved.returns),
            ("kinds of arguments", dict(mine.kinds), dict(proved.kinds)),
        ):
            if here != there:
                yield f"the {what} differ: {here}, but proved is {there}"
        if proved.establishes:
            yield "it makes a heap, and relies on none"

    def _extent(self, proved: Operation) -> Iterator[str]:
        """What differs in what the operation may change."""
        if proved.changes is None:
            yield "it does not say what it changes"
            return
        if not self.views:
            mine = self.operation.changes or ()
            if {*proved.changes} != {*mine}:
                yield f"the changes differ: {sorted(mine)}, but proved is {sorted(proved.changes)}"
            return
        shared = sorted(part for part in proved.changes if not self._own(part))
        if shared:
            yield f"it changes {shared}, which is memory that the caller sees"

    def _own(self, part: str) -> bool:
        """What may change is part of the other subject alone: its abstract state, or a field of its own structs."""
        struct, dot, _ = part.partition(".")
        return bool(dot) and struct != "claimed" and struct not in self.structs

    def _of_clauses(self, proved: Operation, invariants: Sequence[Clause]) -> Iterator[str]:
        """What is not shown that the operation requires, and what is relied on that it does not ensure."""
        kept = () if proved.stateless else invariants
        yield from _lacking(proved.requires, self.operation.requires, "it requires what the caller does not show")
        yield from _lacking(kept, self.invariants, "it keeps an invariant that the caller does not show")
        told = [clause for clause in self.operation.ensures if not clause.inner]
        yield from _lacking(told, proved.ensures, "the caller relies on what it does not ensure")
        yield from _lacking(self.invariants, kept, "the caller relies on what is no invariant of its subject")

    def _of_laws(self, proved: Operation) -> Iterator[str]:
        """The same, where what the operation works on is seen through views."""
        # ASSUMED: a subject with memory of its own was initialised, and its callers write to no part of that memory.
        if not self.apart:
            yield "no theorem says where the memory lies that it has for itself"
        if proved.requires:
            yield f"it requires {proved.requires[0].name}, which is said of memory that the caller does not see"
        ensured = [law for law in map(law_of, proved.ensures) if law is not None]
        for clause in self.relied.ensures:
            if not any(law_of(clause) is law for law in ensured):
                yield f"the caller relies on what it does not ensure: {clause.name} ({clause.sentence})"
        names = [name for view in self.views for name in view.names]
        if not all(type(view) is Parts and view.complete for view in self.views) or len(names) != len({*names}):
            yield "two parts of what it speaks of are one part of what the caller sees, or none"


def _lacking(wanted: Sequence[Clause], there: Sequence[Clause], what: str) -> Iterator[str]:
    """A sentence for each wanted clause whose formula none has that is there."""
    for clause in wanted:
        if not any(clause.formula is other.formula for other in there):
            yield f"{what}: {clause.name} ({clause.sentence})"
