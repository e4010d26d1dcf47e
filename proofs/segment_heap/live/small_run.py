"""The real segment heap on the word store, every step judged by the whole reference model.

After each operation every invariant of model/segment_heap/ is evaluated, and every clause of the
operation's contract; ``broken`` lists those that do not hold.  The abstract chain is carried on
by the model's own ``after`` functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impl.segment_heap import Segment, SegmentHeap
from model.language.logic import NO_ANSWERS, Operation, Transition
from model.language.words import NULL
from model.segment_heap.state import Chain
from proofs.crosshair.word_state import WordMap, WordSet, WordState
from proofs.crosshair.word_store import WordStore
from proofs.segment_heap.subject import SUBJECT

DESCRIPTOR = 0x100


class HeapRun:
    """A heap whose descriptor lies at DESCRIPTOR, on a machine of ``pages`` pages; not initialised yet."""

    def __init__(self, pages: int) -> None:
        self.store = WordStore(pages)
        self.store.place(SegmentHeap, DESCRIPTOR)
        self.heap = SegmentHeap(self.store, DESCRIPTOR)
        nothing: Any = (WordSet(), WordMap(), WordMap(), WordMap(), WordMap(default=False), WordMap())
        self.chain = Chain(NULL, NULL, NULL, 0, *nothing)
        self.broken: list[str] = []

    def init(self, base: int) -> bool:
        """Run and judge ``init``."""
        return bool(self._step("init", lambda: self.heap.init(base), {"base": base}))

    def allocate(self, size: int) -> int:
        """Run and judge ``allocate``; NULL if it was refused."""
        return self._step("allocate", lambda: self.heap.allocate(size), {"size": size}) or NULL

    def free(self, address: int) -> None:
        """Run and judge ``free``."""
        self._step("free", lambda: self.heap.free(address), {"address": address})

    def dump(self) -> None:
        """Run and judge ``dump``."""
        self._step("dump", self.heap.dump, {})

    def destruct(self) -> None:
        """Run and judge ``destruct``."""
        self._step("destruct", self.heap.destruct, {})

    def damage(self, header: int, junk: int) -> None:
        """A user's stray write wipes the magic of the header at ``header``, and fills the rest."""
        segment = Segment(self.store, header)
        segment.magic = 0
        segment.size = segment.next = segment.prev = junk
        segment.free = junk % 2 == 1

    def _step(self, name: str, call: Callable[[], Any], arguments: dict[str, int]) -> Any:
        """Run one operation, carry the chain on, and note every clause that does not hold."""
        operation = SUBJECT.operation(name)
        t = self._transition(call, arguments)
        t.ghost_after = self.chain = operation.after(t)
        self._judge(operation, t)
        return t.result

    def _transition(self, call: Callable[[], Any], arguments: dict[str, int]) -> Transition:
        """Run one operation and describe what happened; any exception but ValueError is a failure."""
        store = self.store
        store.cost = store.pages_asked = store.pages_mapped = store.pages_unmapped = 0
        store.refused, store.answers = False, NO_ANSWERS
        old, result, raised = WordState(store), None, ""
        try:
            result = call()
        except ValueError:
            raised = "ValueError"
        t = Transition(DESCRIPTOR, old, WordState(store), self.chain, arguments, result, raised, store.cost)
        t.pages_mapped, t.pages_asked, t.map_refused = store.pages_mapped, store.pages_asked, store.refused
        t.asked_at, t.answers, t.pages_unmapped = store.asked_at, store.answers, store.pages_unmapped
        return t

    def _judge(self, operation: Operation, t: Transition) -> None:
        for clause in operation.ensures:
            if not clause.formula(t):
                self.broken.append(f"{operation.name}.{clause.name}")
        for clause in SUBJECT.invariants:
            if not clause.formula(t.new, DESCRIPTOR, self.chain):
                self.broken.append(f"{operation.name} keeps {clause.name}")
