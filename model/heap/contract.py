"""What every heap owes its user: the contract of each call.

Clauses are functions of a Transition, whose ghost is what the user holds.  The name of the block that is asked for is
``block``, of the one that a call is given ``given``; ``usable``, ``free_bytes``, ``used_bytes`` and ``whole`` are what
the heap says of itself after the call, None where it says nothing.  Promises that a heap need not make are in
declared.py.  Clauses stand in the order in which a report looks at them: the first that fails is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model.heap import declared
from model.heap.state import Holdings
from model.language.logic import Clause, Operation, Subject, Transition, Truth, Word, clause, implies, when
from model.language.words import NULL


@clause("every call returns: no crash, no abort, no undefined behaviour, no endless loop")
def returns(t: Transition) -> Truth:
    return t.raised == ""


def _limit(t: Transition) -> Word:
    """Where the arena ends, during a call that moves its end, too."""
    end = t.ghost.end
    if "arena_size" not in t.arguments:
        return end
    return when(t.ghost.start + t.arena_size > end, t.ghost.start + t.arena_size, end)


@clause("no byte outside the arena changes")
def touches_nothing_outside(t: Transition) -> Truth:
    return t.ghost.kept_outside(t, _limit(t))


def _kept(t: Transition, block: Word) -> Truth:
    low = t.ghost.at[block]
    return t.new.bytes.unchanged(t.old, low, low + t.ghost.seen(t.ghost.size[block]))


@clause("no byte of a live block changes, but of the one that the call is given")
def keeps_live_blocks(t: Transition) -> Truth:
    return t.ghost.others(t.given, lambda b: _kept(t, b))


@clause("a refused realloc leaves the block that it was given as it was")
def keeps_refused_block(t: Transition) -> Truth:
    return implies(t.result == NULL, _kept(t, t.given))


def granted(t: Transition) -> Truth:
    """The call gave a block of at least one byte: of a block of none nothing is said but what is declared."""
    return (t.result != NULL) & (t.size > 0)


@clause("a block lies inside the arena, with all bytes that were asked for")
def lies_inside(t: Transition) -> Truth:
    return implies(granted(t), t.ghost_after.contains(t.result, t.result + t.size))


@clause("a block overlaps no live block")
def overlaps_none(t: Transition) -> Truth:
    apart = t.ghost.others(t.given, lambda b: t.ghost.apart(b, t.result, t.result + t.size))
    return implies(granted(t), apart)


@clause("a block lies at a multiple of the alignment that the heap declares, and of the one that was asked for")
def is_aligned(t: Transition) -> Truth:
    declared_ = t.result % t.ghost.promise.alignment == 0
    return implies(granted(t), declared_ & (t.result % t.alignment == 0))


@clause("a block from calloc is zero in all of its bytes", when=granted)
def is_zero(t: Transition) -> Truth:
    return t.new.bytes.filled(t.result, t.result + t.ghost.seen(t.size), 0)


@clause("realloc keeps the contents, up to the smaller of the two sizes")
def keeps_contents(t: Transition) -> Truth:
    before = t.ghost.size[t.given]
    kept = t.ghost.seen(when(before < t.size, before, t.size))
    return implies(granted(t), t.new.bytes.copied(t.old, t.result, t.result + kept, t.ghost.at[t.given]))


@clause("the arena shrinks over no live block")
def shrinks_over_no_block(t: Transition) -> Truth:
    end = t.ghost.start + t.arena_size
    inside = t.ghost.live.all(lambda b: (t.ghost.size[b] == 0) | (t.ghost.end_of(b) <= end))
    return implies(t.result != NULL, inside)


# ---------------------------------------------------------------- what a call leaves


def _after_request(t: Transition) -> Holdings:
    before: Holdings = t.ghost
    return before.lent(t.block, t.result, t.size) if t.result != NULL else before.later()


def _after_realloc(t: Transition) -> Holdings:
    before: Holdings = t.ghost
    return before.given_back(t.given).lent(t.block, t.result, t.size) if t.result != NULL else before.later()


def _after_free(t: Transition) -> Holdings:
    before: Holdings = t.ghost
    return before.given_back(t.given)


def _after_nothing(t: Transition) -> Holdings:
    before: Holdings = t.ghost
    return before.later()


def _after_resize(t: Transition) -> Holdings:
    before: Holdings = t.ghost
    return before.ending(before.start + t.arena_size) if t.result != NULL else replace(before, just_freed=0)


ALWAYS = (returns, touches_nothing_outside, keeps_live_blocks)
PLACE = (lies_inside, overlaps_none, is_aligned, declared.is_aligned_to_size)
SIZE = (declared.zero_gives_null, declared.zero_gives_block, declared.no_larger_than_largest)
AGAIN = (declared.all_comes_back, declared.reuses)
"""Of a request for an aligned block neither is said: it may need more than its bytes."""
POLICY = (declared.fits_first, declared.fits_best)
TOLD = (declared.counts_free_bytes, declared.counts_used_bytes, declared.finds_itself_whole)


def _call(
    name: str,
    arguments: tuple[str, ...],
    after: Callable[[Transition], Holdings],
    *own: Clause,
    establishes: bool = False,
) -> Operation:
    """A call that owes what each owes, and what is its own."""
    return Operation(name, arguments, after, (*ALWAYS, *own, *TOLD), raises=(), establishes=establishes)


INIT = _call("init", (), _after_nothing, establishes=True)
MALLOC = _call("malloc", ("size",), _after_request, *PLACE, declared.is_usable, *SIZE, *AGAIN, *POLICY)
CALLOC = _call("calloc", ("size",), _after_request, *PLACE, is_zero, declared.is_usable, *SIZE, *AGAIN, *POLICY)
ALIGNED = _call("aligned", ("alignment", "size"), _after_request, *PLACE, declared.is_usable, *SIZE)
REALLOC = _call(
    "realloc",
    ("given", "size"),
    _after_realloc,
    *(keeps_refused_block, *PLACE, keeps_contents, declared.is_usable, declared.no_larger_than_largest),
)
FREE = _call("free", ("given",), _after_free)
FREE_NULL = _call("free_null", (), _after_nothing)
BAD_FREE = _call("bad_free", (), _after_nothing, declared.refuses_bad_free)
REALLOC_ZERO = _call("realloc_zero", ("given",), _after_free, declared.frees_at_zero)
RESIZE = _call("resize", ("arena_size",), _after_resize, shrinks_over_no_block)

PUBLIC = Subject("heap", (), (INIT, MALLOC, CALLOC, ALIGNED, REALLOC, FREE, FREE_NULL, BAD_FREE, REALLOC_ZERO, RESIZE))
"""``drystone check --c`` evaluates it after every call."""
