"""What the frame allocator must do: the contract of each operation (statements FRM-1 to FRM-8).

The abstract state is ``Frames`` (state.py); invariants.py says what always holds of it.  allocate and free are
here; how an area starts in init.py, the operations on single frames in single.py.

Clauses are functions of a Transition.
"""

from __future__ import annotations

from model.frame_allocator.init import GET_HEADER, INIT_REGION
from model.frame_allocator.invariants import INVARIANTS
from model.frame_allocator.shared import after, before, elsewhere, kept, orders_kept
from model.frame_allocator.single import IS_LENT, IS_LIVE, LEND, LOADS, TAKE_BACK, stated
from model.frame_allocator.state import MAX_ORDER, ORDERS, Frames, index_of, is_live
from model.language.contracts import changes_nothing, takes_words
from model.language.logic import Operation, Subject, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import PAGE_SIZE, as_advanced, fields_of, is_word, returned

# ---------------------------------------------------------------- clauses and vocabulary


def free_run(f: Frames, first: Word, order: Word) -> Truth:
    """2**order frames from ``first`` on, aligned to their number, are all free."""
    end = first + (1 << order)
    return every(
        [
            f.start <= first,
            end <= f.end,
            first % (1 << order) == 0,
            f.free_frame(first),
            f.owner.each(first, end, f.free_frame),
        ]
    )


def moved(t: Transition, index: Word, order: Word, becomes_free: bool) -> Truth:
    """Exactly the 2**order frames from ``index`` on become free, or cease to be."""
    old, new = before(t), after(t)

    def expected(i: Word) -> Truth:
        in_block = (index <= i) & (i < index + (1 << order))
        return old.free_frame(i) | in_block if becomes_free else old.free_frame(i) & negate(in_block)

    return new.each(new.owner, lambda i: new.free_frame(i) == expected(i))


# ---------------------------------------------------------------- clauses that operations share


refusal_changes_nothing = changes_nothing(
    "refusal_changes_nothing", "a refused call changes nothing: no byte, no record, no page", returned, covers="FRM-8"
)


@clause("nothing outside the header is touched: no byte, no record, no page, no other descriptor")
def nothing_outside(t: Transition) -> Truth:
    new, old = t.new.fields("FrameAllocator"), t.old.fields("FrameAllocator")
    structs = ("FrameAllocator", "FreeList", "FrameRecord")
    return every(
        [
            elsewhere(after(t), before(t)),
            *[now.same(then) for now, then in fields_of(t, "FrameAllocator", "origin", "start", "end")],
            new.free_frames.same_outside(old.free_frames, t.heap, t.heap + 1),
            t.new.bytes.same(t.old.bytes),
            t.new.mapped.same(t.old.mapped),
            *[t.new.claimed(name).same(t.old.claimed(name)) for name in structs],
        ]
    )


# ---------------------------------------------------------------- allocate


def _granted(t: Transition) -> Truth:
    """The index of the block that was returned."""
    return index_of(before(t), t.result.base)


allocate_raises = takes_words("allocate_raises", "for an order that", "order")


@clause("NotValid exactly for an order that is not supported; order 0 to 18 are", covers="FRM-6")
def unsupported(t: Transition) -> Truth:
    return (t.raised == "NotValid") == (is_word(t.order) & (t.order > MAX_ORDER))


@clause("the area is 2**order frames of the allocator's area", covers="FRM-5", when=returned)
def right_size(t: Transition) -> Truth:
    f, b = before(t), _granted(t)
    exact = (t.result.size == PAGE_SIZE << t.order) & (t.result.base == f.origin + b * PAGE_SIZE)
    return every([exact, f.inside(b), b + (1 << t.order) <= f.end])


@clause("the area begins at a multiple of its size, as a physical address", covers="FRM-5", when=returned)
def physically_aligned(t: Transition) -> Truth:
    return (t.result.base % PAGE_SIZE == 0) & ((t.result.base // PAGE_SIZE) % (1 << t.order) == 0)


@clause("every frame of the area was free: none is live, reserved or the header's", covers="FRM-3 FRM-5", when=returned)
def was_free(t: Transition) -> Truth:
    f, b = before(t), _granted(t)
    return f.owner.each(b, b + (1 << t.order), f.free_frame)


@clause("the area overlaps no live allocation and no reserved frame", covers="FRM-3", when=returned)
def overlaps_nothing(t: Transition) -> Truth:
    f, b = before(t), _granted(t)
    end = b + (1 << t.order)
    return f.each(f.state, lambda a: implies(f.occupied(a) & negate(f.free(a)), (a + f.extent(a) <= b) | (end <= a)))


@clause(
    "the area is a live allocation now, and every other allocation and reserved frame is what it was", when=returned
)
def one_more_live(t: Transition) -> Truth:
    old, new, b = before(t), after(t), _granted(t)
    return every([new.live(b), new.order[b] == t.order, kept(new, old, b), orders_kept(new, old, b)])


@clause("exactly the frames of the area cease to be free", when=returned)
def takes_the_frames(t: Transition) -> Truth:
    fewer = after(t).free_frames == before(t).free_frames - (1 << t.order)
    return fewer & moved(t, _granted(t), t.order, False)


def exponent(t: Transition, k: int) -> Word:
    """``k`` as a number of the same kind as the order that was asked for."""
    return t.order * 0 + k


def full_for(t: Transition, k: int) -> Truth:
    """If order ``k`` was asked for, no aligned run of 2**k frames is free."""
    if t.raised != "PhysicalMemoryFull":
        return True
    f, one = before(t), exponent(t, k)
    none_free = f.each(f.owner, lambda r: negate(free_run(f, r, one)))
    return implies(t.order == k, none_free)


@clause("PhysicalMemoryFull only if no aligned run of that many frames is free", covers="FRM-7")
def full_only_if(t: Transition) -> Truth:
    return every([full_for(t, k) for k in range(ORDERS)])


LINKS = ("FreeList.head", "FrameRecord.next", "FrameRecord.prev", "FrameRecord.order", "FrameRecord.state")
LISTED = ("FrameAllocator.free_frames", "ghost.owner", "ghost.stamp", "ghost.clock", "ghost.below")
CHANGES = (*LINKS, *LISTED)
"""What ``allocate`` and ``free`` may change: fields of the header, and what is kept of the lists in thought."""

ALLOCATE = Operation(
    "allocate",
    ("order",),
    as_advanced,
    (
        allocate_raises,
        unsupported,
        refusal_changes_nothing,
        right_size,
        physically_aligned,
        was_free,
        overlaps_nothing,
        one_more_live,
        takes_the_frames,
        full_only_if,
        nothing_outside,
        *stated("allocate"),
    ),
    raises=("ValueError", "NotValid", "PhysicalMemoryFull"),
    changes=CHANGES,
    returns="area",
)


# ---------------------------------------------------------------- free


free_raises = takes_words("free_raises", "for a base or size that", "base", "size")


@clause("NotValid exactly for an area that is not one whole live allocation", covers="FRM-8")
def rejects_invalid(t: Transition) -> Truth:
    words = is_word(t.base) & is_word(t.size)
    return (t.raised == "NotValid") == (words & negate(is_live(before(t), t.base, t.size)))


@clause("exactly the frames of the area become free", covers="FRM-8", when=returned)
def gives_the_frames(t: Transition) -> Truth:
    old = before(t)
    b = index_of(old, t.base)
    more = after(t).free_frames == old.free_frames + (1 << old.order[b])
    return more & moved(t, b, old.order[b], True)


@clause("the area is live no more, and every other allocation and reserved frame is what it was", when=returned)
def one_live_less(t: Transition) -> Truth:
    old, new = before(t), after(t)
    b = index_of(old, t.base)
    return every([negate(new.live(b)), kept(new, old, b), orders_kept(new, old, b)])


GIVE_BACK = Operation(
    "free",
    ("base", "size"),
    as_advanced,
    (
        free_raises,
        rejects_invalid,
        refusal_changes_nothing,
        gives_the_frames,
        one_live_less,
        nothing_outside,
        *stated("free"),
    ),
    raises=("ValueError", "NotValid"),
    changes=CHANGES,
)


PUBLIC = Subject(
    "frame_allocator",
    INVARIANTS,
    (GET_HEADER, INIT_REGION, ALLOCATE, GIVE_BACK, IS_LIVE, IS_LENT, LEND, TAKE_BACK, *LOADS),
)
