"""The contract of trim."""

from __future__ import annotations

from model.language.logic import Operation, Transition, Truth, clause, every, implies, negate
from model.language.machine import UNMAP_COST
from model.language.words import NULL, PAGE_SIZE, unchanged
from model.segment_heap.shared import damage_untouched, live_blocks_kept, no_new_damage, nothing_outside, payloads_kept
from model.segment_heap.state import GRANULE, HEADER, Chain
from model.segment_heap.vocabulary import INITIAL_PAGES, complained, intact


def _after_trim(t: Transition) -> Chain:
    """The last segment goes, if the heap ends where it began; else it and the heap are shorter."""
    chain: Chain = t.ghost
    if t.raised or t.result == 0:
        return chain
    given = t.result * PAGE_SIZE
    return chain.dropped() if chain.end - given == chain.last else chain.enlarge(-given)


@clause("as many pages go back as trim returns, all from the end of the heap; for 0 nothing changes")
def trim_counts(t: Transition) -> Truth:
    if t.raised:
        return False
    given = t.ghost.end - t.ghost_after.end
    return (t.result * PAGE_SIZE == given) & implies(t.result == 0, unchanged(t))


@clause("with no block live, the heap is afterwards one free segment on its first pages, just as init left it")
def trim_restores(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    size = INITIAL_PAGES * PAGE_SIZE
    alone = every([new.start == old.start, new.end == old.start + size, new.count == 1, new.free[new.start]])
    return implies(every([old.count != 0, old.headers.all(lambda a: old.free[a]), negate(complained(t))]), alone)


@clause("no page is left that could go back: all but the first pages are in use, or needed for the last header")
def trim_leaves_no_page(t: Transition) -> Truth:
    new = t.ghost_after
    initial = new.end == new.start + INITIAL_PAGES * PAGE_SIZE
    needed = (new.end - PAGE_SIZE < new.last + HEADER + GRANULE) & (new.last % PAGE_SIZE != 0)
    return (t.ghost.count == 0) | complained(t) | initial | new.used(new.last) | needed


@clause("trim gives nothing back of a heap whose last header, or the one before that goes with it, is corrupted")
def trim_reports_damage(t: Transition) -> Truth:
    if t.raised:
        return False
    culprit = t.new.log_value[t.old.log_length]
    one_line = t.new.log_length == t.old.log_length + 1
    damaged = every([one_line, t.ghost.headers[culprit], negate(intact(t.old, culprit)), t.result == 0])
    overlooked = (t.ghost.last == NULL) | intact(t.old, t.ghost.last) | complained(t)
    return overlooked & implies(complained(t), damaged)


TRIM_COST = 16


@clause(f"trim costs at most {TRIM_COST} loads and stores and the cost of unmapping the pages that go back")
def trim_cost(t: Transition) -> Truth:
    return t.cost <= TRIM_COST + (0 if t.raised else t.result * UNMAP_COST)


TRIM = Operation(
    "trim",
    (),
    _after_trim,
    (
        trim_counts,
        trim_restores,
        trim_leaves_no_page,
        trim_reports_damage,
        live_blocks_kept,
        payloads_kept,
        nothing_outside,
        no_new_damage,
        damage_untouched,
        trim_cost,
    ),
    raises=(),
)
