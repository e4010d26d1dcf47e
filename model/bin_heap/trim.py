"""The contracts of trim and destroy: memory goes back to the machine."""

from __future__ import annotations

from typing import Any

from model.bin_heap.shared import (
    OTHER_HEAPS,
    allocated_kept,
    ghosts_after,
    handed_out,
    handed_out_still,
    nothing_else_allocated,
    payloads_kept,
)
from model.bin_heap.state import Blocks, live
from model.bin_heap.users import lock_is_free, lock_of
from model.language.contracts import raises
from model.language.logic import Operation, Transition, Truth, clause, implies, negate
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
    ),
    (handed_out,),
    raises=("LockError",),
)


@clause("no block is left, live or free, and every page of the heap went back", when=returned)
def nothing_left(t: Transition) -> Truth:
    return nothing_there(t.ghost_after)


DESTROY = Operation(
    "destroy",
    (),
    ghosts_after,
    (refused_when_locked, nothing_left, lock_is_free, handed_out_still, *OTHER_HEAPS),
    (handed_out,),
    raises=("LockError",),
)
