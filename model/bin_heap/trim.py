"""The contracts of trim and destroy: memory goes back to the machine."""

from __future__ import annotations

from typing import Any

from model.bin_heap.costs import FREE_ONE_COST, RUN_COST, UNMAP_ONE_COST
from model.bin_heap.shared import (
    OTHER_HEAPS,
    allocated_kept,
    ghosts_after,
    handed_out,
    handed_out_still,
    nothing_else_allocated,
    payloads_kept,
)
from model.bin_heap.state import Blocks, by_address, live, mapped_list
from model.bin_heap.users import LOCK_COST, lock_is_free, lock_of
from model.language.contracts import raises
from model.language.logic import Operation, Transition, Truth, clause, implies, negate
from model.language.machine import UNMAP_COST
from model.language.words import returned


def idle(state: Any, g: Blocks) -> Truth:
    """No block is live."""
    return g.headers.all(lambda b: negate(live(state, b)))


def nothing_there(g: Blocks) -> Truth:
    """No block is there, and no page is the heap's."""
    return g.headers.all(lambda b: negate(g.headers[b])) & g.pages.all(lambda p: negate(g.pages[p]))


@raises("LockError", "if the lock is held", covers="BIN-14")
def refused_when_locked(t: Transition) -> Truth:
    return lock_of(t.old, t.heap) != 0


@clause("every live block stays so, with its header")
def live_stay(t: Transition) -> Truth:
    return allocated_kept(t)


@clause("no byte of the payload of any live block is touched")
def live_bytes_stay(t: Transition) -> Truth:
    return payloads_kept(t)


@clause("nothing becomes allocated")
def none_becomes(t: Transition) -> Truth:
    return nothing_else_allocated(t)


@clause("if no block was live, no block is left, and every page of the heap went back", when=returned)
def all_pages_back(t: Transition) -> Truth:
    return implies(idle(t.old, t.ghost), nothing_there(t.ghost_after))


TRIM_COST = LOCK_COST + 1


@clause(
    f"the call costs at most {TRIM_COST} loads and stores, {RUN_COST} for each block that is kept by address, and the"
    " cost of unmapping the pages that go back",
    when=returned,
)
def trim_cost(t: Transition) -> Truth:
    return t.cost <= TRIM_COST + RUN_COST * t.ghost.length[by_address(t.heap)] + UNMAP_COST * t.pages_unmapped


TRIM = Operation(
    "trim",
    (),
    ghosts_after,
    (
        refused_when_locked,
        live_stay,
        live_bytes_stay,
        none_becomes,
        all_pages_back,
        lock_is_free,
        handed_out_still,
        *OTHER_HEAPS,
        trim_cost,
    ),
    (handed_out,),
    raises=("LockError",),
)


@clause("no block is left, live or free, and every page of the heap went back", when=returned)
def nothing_left(t: Transition) -> Truth:
    return nothing_there(t.ghost_after)


DESTROY_COST = LOCK_COST + 3
EACH_KEPT = FREE_ONE_COST + RUN_COST


@clause(
    f"the call costs at most {DESTROY_COST} loads and stores, {EACH_KEPT} for each block that is kept by address,"
    f" {UNMAP_ONE_COST} for each that is mapped for itself, and the cost of unmapping the pages that go back",
    when=returned,
)
def destroy_cost(t: Transition) -> Truth:
    kept, alone = t.ghost.length[by_address(t.heap)], t.ghost.length[mapped_list(t.heap)]
    return t.cost <= DESTROY_COST + EACH_KEPT * kept + UNMAP_ONE_COST * alone + UNMAP_COST * t.pages_unmapped


DESTROY = Operation(
    "destroy",
    (),
    ghosts_after,
    (refused_when_locked, nothing_left, lock_is_free, handed_out_still, *OTHER_HEAPS, destroy_cost),
    (handed_out,),
    raises=("LockError",),
)
