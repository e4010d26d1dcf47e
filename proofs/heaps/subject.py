"""All that is proved of our heaps as heaps: that each contract implies the public one, and the steps to it."""

from __future__ import annotations

from model.block_heap.state import count_for, entry
from model.heaps.contract import PUBLIC, USER
from model.language.logic import Clause, Operation, Transition, Truth, Word, clause, mention
from model.language.words import NULL
from proofs.engine.helping import helped


@clause("the entries of the blocks that are taken, and those of every live block, are looked at")
def entries_looked_at(t: Transition) -> Truth:
    if t.raised:
        return True
    g, value = t.ghost["block_heap"], entry(t.old)
    taken = g.block(t.result)
    return mention(value[taken], g.first[taken]) & t.ghost[USER].live.all(lambda b: mention(value[g.block(b)]))


@clause("no live block shares an entry with those that are taken")
def entries_apart(t: Transition) -> Truth:
    if t.raised:
        return True
    g = t.ghost["block_heap"]
    low, high = g.block(t.result), g.block(t.result) + count_for(t.size)

    def apart(b: Word) -> Truth:
        first = g.block(b)
        return (t.result == 0) | (high <= first) | (g.last[first] < low)

    return t.ghost[USER].live.all(apart)


@clause("no live block lies at NULL")
def none_at_null(t: Transition) -> Truth:
    return t.ghost_after["bucket_heap"].live.all(lambda b: b > NULL)


ENTRIES = (entries_looked_at, entries_apart)
STEPS: dict[str, dict[str, tuple[Clause, ...]]] = {
    "block_heap_malloc": {"overlaps_none": ENTRIES},
    "block_heap_kmalloc": {"overlaps_none": ENTRIES},
    "block_heap_kzalloc": {"keeps_live_blocks": ENTRIES},
    **{f"bucket_heap_{name}": {"holds_live_blocks": (none_at_null,)} for name in ("alloc", "free", "extend")},
}


def _helped(operation: Operation) -> Operation:
    """The operation, with the steps to clauses that need any."""
    steps = STEPS.get(operation.name)
    return helped(operation, steps=steps) if steps else operation


SUBJECT = PUBLIC.made_of(map(_helped, PUBLIC.operations))
