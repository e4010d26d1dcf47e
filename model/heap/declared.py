"""What a heap owes its user only if it says so: each clause holds of a heap that does not declare the promise."""

from __future__ import annotations

from model.heap.state import Holdings, Promise
from model.language.logic import Transition, Truth, clause, every, implies
from model.language.words import NULL


def _promise(t: Transition) -> Promise:
    promise: Promise = t.ghost.promise
    return promise


def _power_for(size: int, most: int) -> int:
    """The least power of two that is no less than ``size``, or no less than ``most``."""
    power = 1
    while power < size and power < most:
        power *= 2
    return power


@clause("a block lies at a multiple of its size rounded up to a power of two, up to the bound that is declared")
def is_aligned_to_size(t: Transition) -> Truth:
    most = _promise(t).size_aligned
    if not most or t.result == NULL or t.size == 0:
        return True
    return t.result % _power_for(t.size, most) == 0


@clause("the usable size is no less than what was asked for, lies inside the arena, and reaches into no live block")
def is_usable(t: Transition) -> Truth:
    if t.usable is None:
        return True
    end = t.result + t.usable
    apart = t.ghost.others(t.given, lambda b: t.ghost.apart(b, t.result, end))
    return every([t.usable >= t.size, t.ghost_after.contains(t.result, end), apart])


@clause("a request for 0 bytes gives NULL, where that is declared")
def zero_gives_null(t: Transition) -> Truth:
    return implies(_promise(t).zero_is_null & (t.size == 0), t.result == NULL)


@clause("a request for 0 bytes gives a block while no block is live, where that is declared")
def zero_gives_block(t: Transition) -> Truth:
    asked = _promise(t).zero_is_block & (t.size == 0) & (t.ghost.count == 0)
    return implies(asked, t.result != NULL)


@clause("a request for more than the largest size that is declared is refused")
def no_larger_than_largest(t: Transition) -> Truth:
    return implies(_promise(t).has_largest & (t.size > _promise(t).largest), t.result == NULL)


@clause("while no block is live, a request that a fresh heap grants is granted, where that is declared")
def all_comes_back(t: Transition) -> Truth:
    held: Holdings = t.ghost
    asked = (
        _promise(t).all_comes_back
        & (held.count == 0)
        & (held.end == held.first_end)
        & (t.size > 0)
        & (t.size <= held.fresh)
    )
    return implies(asked, t.result != NULL)


@clause("right after a block was freed, a request for as many bytes is granted, where that is declared")
def reuses(t: Transition) -> Truth:
    asked = _promise(t).reuses & (t.size > 0) & (t.size == t.ghost.just_freed)
    return implies(asked, t.result != NULL)


@clause("a block lies no higher than any freed block that is large enough and still free, where first fit is declared")
def fits_first(t: Transition) -> Truth:
    if not _promise(t).first_fit or t.result == NULL or t.size == 0:
        return True
    return every([t.result <= address for address, size in t.ghost.holes if size >= t.size])


@clause("a block is taken out of no freed block that is larger than the gap around another that fits, for best fit")
def fits_best(t: Transition) -> Truth:
    if not _promise(t).best_fit or t.result == NULL or t.size == 0:
        return True
    taken_from = [size for address, size in t.ghost.holes if address <= t.result < address + size]
    gaps = [t.ghost.gap(address) for address, size in t.ghost.holes if size >= t.size]
    return all(taken <= high - low for taken in taken_from for low, high in gaps)


@clause("a free of what is no live block changes no byte, where that is declared")
def refuses_bad_free(t: Transition) -> Truth:
    return t.ghost.kept_inside(t) if _promise(t).refuses_bad_frees else True


@clause("realloc to 0 bytes, which frees the block where that is declared, gives NULL")
def frees_at_zero(t: Transition) -> Truth:
    return t.result == NULL


@clause("the free bytes that the heap counts are no more than the arena has beside the live blocks")
def counts_free_bytes(t: Transition) -> Truth:
    if t.free_bytes is None:
        return True
    after = t.ghost_after
    return t.free_bytes <= after.end - after.start - after.total


@clause("the used bytes that the heap counts are no fewer than the live blocks have, and no more than the arena")
def counts_used_bytes(t: Transition) -> Truth:
    if t.used_bytes is None:
        return True
    after = t.ghost_after
    return (after.total <= t.used_bytes) & (t.used_bytes <= after.end - after.start)


@clause("the heap finds itself whole")
def finds_itself_whole(t: Transition) -> Truth:
    return t.whole != 0 if t.whole is not None else True
