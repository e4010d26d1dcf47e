"""The loops by which pages of the bin heap go back."""

from __future__ import annotations

from typing import Any

from model.bin_heap.contract import idle
from model.bin_heap.invariants import INVARIANTS
from model.bin_heap.shared import OTHER_HEAPS, allocated_kept, nothing_else_allocated, payloads_kept
from model.bin_heap.state import ADDRESS_ENTRY, by_address, end_of, live, mapped_alone, mapped_list
from model.language.logic import Loop, Named, Transition, Truth, Word, every, implies, negate, when
from model.language.machine import UNMAP_COST
from model.language.words import NULL
from proofs.bin_heap.costs import FREE_ONE_COST, GATHER_COST, LOOK_COST, RUN_COST, UNMAP_ONE_COST
from proofs.bin_heap.free import no_longer, no_page_comes
from proofs.bin_heap.shared import length_kept
from proofs.bin_heap.trim import GATHERED, GATHERING, RELEASING, none_beyond, none_ends_at, on_list


def _still(t: Transition) -> list[Named]:
    """What always holds does."""
    return [(law.name, law.sentence, law.formula(t.new, t.heap, t.ghost_after)) for law in INVARIANTS]


def _call(heap: Any) -> Transition:
    """What was done since the operation was entered."""
    operating = heap.memory.operation
    entry, now = operating.entry, operating.now()
    return Transition(
        heap.address,
        entry,
        now,
        operating.ghost_on_entry,
        {},
        cost=now.cost,
        ghost_after=operating.ghost_now(),
        pages_unmapped=heap.memory.pages_unmapped,
    )


def _others(t: Transition) -> list[Named]:
    """What belongs to others is as it was."""
    return [(law.name, law.sentence, law.formula(t)) for law in (no_page_comes, *OTHER_HEAPS)]


def _paid(t: Transition, head: Word, entry: Word, each: int, for_a_page: int = UNMAP_COST) -> Truth:
    """A walk down the list at ``head`` costs a load, so much for each entry passed, and for each page that went."""
    passed = t.ghost.length[head] - 1 - t.ghost_after.position[entry]
    return t.cost <= 1 + each * passed + for_a_page * t.pages_unmapped


def gather_left(heap: Any, block: Word, left: Word, preceding: Word) -> Loop:
    """gather's loop: from ``left`` on all is one block; ``preceding`` is a free one that ends there, or NULL."""
    t = _call(heap)
    now, g = t.new, t.ghost_after
    known = [(name, said, law(now, g, t.old, t.ghost, block, left)) for name, said, law in GATHERED]
    free = every([g.headers[preceding], negate(live(now, preceding)), end_of(now, preceding) == left])
    found = when(preceding == NULL, none_ends_at(now, g, left), free)
    looked = ("found", "the block that precedes is free and touches, or none is", found)
    place = t.ghost.position
    joined = place[block + ADDRESS_ENTRY] - place[left + ADDRESS_ENTRY]
    paid = ("gather_cost", "each block that was joined was paid for", now.cost <= LOOK_COST + GATHER_COST * joined)
    return Loop([*_still(t), *known, looked, *_others(t), paid], left, GATHERING)


def release_down(heap: Any, entry: Word) -> Loop:
    """release_free's loop: with nothing allocated no block is left beyond ``entry``."""
    t = _call(heap)
    head, now, g = by_address(heap.address), t.new, t.ghost_after
    cleared = implies(idle(t.old, t.ghost), none_beyond(now, heap.address, g, entry))
    own = [
        ("on_list", "the walk stands at an entry of the list", on_list(now, heap.address, g, entry)),
        ("all_stay", "every allocated block stays so", allocated_kept(t)),
        ("all_bytes", "no byte of its payload is touched", payloads_kept(t)),
        ("none_comes", "nothing becomes allocated", nothing_else_allocated(t)),
        ("cleared", "with nothing allocated no block is left behind the walk", cleared),
        ("release_cost", "each block that the walk passed was paid for", _paid(t, head, entry, RUN_COST)),
    ]
    return Loop([*_still(t), *own, *_others(t)], when(entry == head, 0, entry), RELEASING)


def free_down(heap: Any, entry: Word) -> Loop:
    """free_kept's loop: beyond ``entry`` every block that is kept by address is free."""
    t = _call(heap)
    head, now, g = by_address(heap.address), t.new, t.ghost_after

    def passed(a: Word) -> Truth:
        return every([live(now, a), negate(mapped_alone(now, a)), (entry == head) | (a + ADDRESS_ENTRY > entry)])

    own = [
        ("on_list", "the walk stands at an entry of the list", on_list(now, heap.address, g, entry)),
        ("none_comes", "nothing becomes allocated", nothing_else_allocated(t)),
        ("freed", "every block behind the walk is free", g.headers.all(lambda a: negate(passed(a)))),
        ("no_longer", "the list is no longer than it was", no_longer.formula(t)),
        ("free_cost", "each block that the walk passed was paid for", _paid(t, head, entry, FREE_ONE_COST, 0)),
    ]
    return Loop([*_still(t), *own, *_others(t)], when(entry == head, 0, entry), RELEASING)


def free_first(heap: Any, entry: Word) -> Loop:
    """free_mapped's loop: ``entry`` is the first of the blocks mapped for themselves, or the head of their list."""
    t = _call(heap)
    head = mapped_list(heap.address)
    gone = t.ghost.length[head] - t.ghost_after.length[head]
    paid = t.cost <= 1 + UNMAP_ONE_COST * gone + UNMAP_COST * t.pages_unmapped
    own = [
        ("first", "the loop stands at the first of the list", entry == t.new.fields("ListEntry").next[head]),
        ("none_comes", "nothing becomes allocated", nothing_else_allocated(t)),
        ("as_long", "the list by address is as long as it was", length_kept(t)),
        ("free_cost", "each block that went was paid for", paid),
    ]
    return Loop([*_still(t), *own, *_others(t)], t.ghost_after.length[head], RELEASING)
