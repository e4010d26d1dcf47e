"""What the segment heap must do: its invariants, and the contract of each operation.

The abstract heap is a ``Chain`` (state.py).  The invariants say that the chain tiles
[start, end), and that RAM shows it truthfully in every header *that still carries its magic*.  A
header that lost its magic may say anything, and any header's next may lead astray, down or out of the heap: so
every theorem holds for damaged heaps too.  Corrupted is what is one or the other (``sound``).

allocate, free and trim are in files of their own; init, dump, destruct and the whole are here.

Clauses of an invariant are functions of (state, heap, chain): the memory, the address of the
descriptor, the abstract heap.  Clauses of an operation are functions of a Transition.
"""

from __future__ import annotations

from typing import Any

from model.language.contracts import raises
from model.language.logic import Operation, Subject, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import MAP_COST, UNMAP_COST
from model.language.words import NULL, PAGE_SIZE, is_word, returned, unchanged
from model.segment_heap.allocate import ALLOCATE
from model.segment_heap.free import FREE, TRIM
from model.segment_heap.invariants import INVARIANTS
from model.segment_heap.shared import nothing_outside
from model.segment_heap.state import INITIAL_PAGES, Chain, cannot_grow, complained, intact, sound

# ---------------------------------------------------------------- init


@clause("the descriptor is there")
def fresh_descriptor(state: Any, heap: Word, chain: Chain, arguments: dict[str, Any]) -> Truth:
    return state.claimed("SegmentHeap")[heap]


@clause("the heap does not live: it never was started, or was destructed since; so no block of it is live")
def not_alive(state: Any, heap: Word, chain: Chain, arguments: dict[str, Any]) -> Truth:
    return chain.count == 0


@raises("ValueError", "for a base that is no word, 0, or not page-aligned")
def init_raises(t: Transition) -> Truth:
    return negate(is_word(t.base)) | (t.base == NULL) | (t.base % PAGE_SIZE != 0)


@clause(
    "False exactly if the first pages cannot lie at base, one of them is mapped, or the free frames do not suffice for "
    "them and the tables that are missing there; then nothing changes",
    when=returned,
)
def init_false(t: Transition) -> Truth:
    return (negate(t.result) == cannot_grow(t, t.base, INITIAL_PAGES)) & implies(negate(t.result), unchanged(t))


@clause("init maps its first pages at base, all of them one free segment", covers="SEG-7", when=returned)
def init_maps(t: Transition) -> Truth:
    new = t.ghost_after
    whole = INITIAL_PAGES * PAGE_SIZE
    begun = every([new.start == t.base, new.end == t.base + whole, new.count == 1, new.free[t.base]])
    return implies(t.result, begun & t.new.mapped.more(t.old.mapped, t.base, t.base + whole))


@clause("the first header carries its magic", covers="SEG-7")
def init_intact(t: Transition) -> Truth:
    if t.raised or not t.result:
        return True
    return intact(t.new, t.base)


INIT_COST = 16


@clause(f"init costs at most {INIT_COST} loads and stores beside the mapping")
def init_cost(t: Transition) -> Truth:
    return t.cost <= INIT_COST + INITIAL_PAGES * MAP_COST


def _after_init(t: Transition) -> Chain:
    chain: Chain = t.ghost
    return chain if t.raised or not t.result else chain.fresh(t.base, INITIAL_PAGES * PAGE_SIZE)


INIT = Operation(
    "init",
    ("base",),
    _after_init,
    (init_raises, init_false, init_maps, init_intact, nothing_outside, init_cost),
    requires=(not_alive, fresh_descriptor),
    establishes=True,
)


# ---------------------------------------------------------------- dump


@clause("dump changes nothing", covers="SEG-13")
def dump_changes_nothing(t: Transition) -> Truth:
    return unchanged(t)


@clause("dump logs every segment once, in address order, unless a header is corrupted", covers="SEG-13")
def dump_is_complete(t: Transition) -> Truth:
    chain = t.ghost
    whole = chain.headers.all(lambda b: sound(t.old, chain, b))
    listed = chain.rank.at(chain.headers, lambda b: t.new.log_value[t.old.log_length + chain.rank[b]] == b)
    return implies(whole, (t.new.log_length == t.old.log_length + chain.count) & listed)


@clause(
    "dump of a heap with a corrupted header ends with a line of its own that names one, after those of the segments "
    "before it and, if it still carries its magic, that of its segment",
    covers="SEG-13",
)
def dump_reports_damage(t: Transition) -> Truth:
    chain, culprit = t.ghost, t.new.log_value[t.new.log_length - 1]
    listed = chain.rank[culprit] + when(intact(t.old, culprit), 1, 0)
    alone = t.new.log_length == t.old.log_length + listed + 1
    reported = every([complained(t), chain.headers[culprit], negate(sound(t.old, chain, culprit)), alone])
    return chain.headers.all(lambda b: implies(negate(sound(t.old, chain, b)), reported))


@clause("dump costs at most 4 loads per segment and 2")
def dump_cost(t: Transition) -> Truth:
    return t.cost <= 2 + 4 * t.ghost.count


DUMP = Operation(
    "dump", (), lambda t: t.ghost, (dump_changes_nothing, dump_is_complete, dump_reports_damage, dump_cost), raises=()
)


# ---------------------------------------------------------------- destruct


@clause("destruct gives every page of the heap back, and no other", covers="SEG-14")
def no_leak(t: Transition) -> Truth:
    return t.new.mapped.less(t.old.mapped, t.ghost.start, t.ghost.end)


@clause("destruct leaves no segment behind", covers="SEG-14")
def no_segment_left(t: Transition) -> Truth:
    return t.ghost.headers.all(lambda b: negate(t.new.claimed("Segment")[b]))


@clause("destruct logs a corrupted header if there is one, and nothing else", covers="SEG-14")
def destruct_reports_damage(t: Transition) -> Truth:
    culprit = t.new.log_value[t.old.log_length]
    one_line = t.new.log_length == t.old.log_length + 1
    reported = every([one_line, t.ghost.headers[culprit], negate(sound(t.old, t.ghost, culprit))])
    overlooked = t.ghost.headers.all(lambda b: sound(t.old, t.ghost, b) | complained(t))
    return overlooked & implies(complained(t), reported)


DESTRUCT_COST = 8


@clause(f"destruct costs at most {DESTRUCT_COST} loads and stores, 4 per segment, and the cost of unmapping")
def destruct_cost(t: Transition) -> Truth:
    pages = (t.ghost.end - t.ghost.start) // PAGE_SIZE
    return t.cost <= DESTRUCT_COST + 4 * t.ghost.count + pages * UNMAP_COST


DESTRUCT = Operation(
    "destruct",
    (),
    lambda t: t.ghost.dead(),
    (no_leak, no_segment_left, destruct_reports_damage, nothing_outside, destruct_cost),
    raises=(),
)


PUBLIC = Subject("segment_heap", INVARIANTS, (INIT, ALLOCATE, FREE, TRIM, DUMP, DESTRUCT))
