"""Operations of the frame allocator that neither hand out nor take back memory: is_live, is_lent, lend and take_back.

A reserved frame, the header's among them, may be lent to one address space at a time.
"""

from __future__ import annotations

from typing import Any

from model.frame_allocator.shared import elsewhere, kept, orders_kept
from model.frame_allocator.single import stated
from model.frame_allocator.single_frames import EXCHANGE_COST
from model.frame_allocator.state import LENT, RESERVED, Frames, Ghosts, index_of, is_live, seen
from model.language.logic import Clause, Operation, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import PAGE_SIZE, is_word


def _before(t: Transition) -> Frames:
    return seen(t.old, t.heap, t.ghost)


def _after(t: Transition) -> Frames:
    return seen(t.new, t.heap, t.ghost_after)


def _ghosts_after(t: Transition) -> Ghosts:
    ghosts: Ghosts = t.ghost_after
    return ghosts


# ---------------------------------------------------------------- is_live


@clause("the two arguments are machine words")
def two_words(state: Any, heap: Word, ghosts: Ghosts, arguments: dict[str, Any]) -> Truth:
    return is_word(arguments["base"]) & is_word(arguments["size"])


@clause("True exactly for an area that is one whole live allocation; nothing is changed", covers="FRM-8")
def tells_live(t: Transition) -> Truth:
    right = (t.result == is_live(_before(t), t.base, t.size)) if not t.raised else False
    return right & t.new.same_memory(t.old)


@clause(f"is_live costs at most {EXCHANGE_COST} loads")
def is_live_cost(t: Transition) -> Truth:
    return t.cost <= EXCHANGE_COST


IS_LIVE = Operation("is_live", ("base", "size"), _ghosts_after, (tells_live, is_live_cost), requires=(two_words,))


# ---------------------------------------------------------------- lend, take_back and is_lent


@clause("ValueError exactly for an address that is no machine word")
def exchange_raises(t: Transition) -> Truth:
    return (t.raised == "ValueError") == negate(is_word(t.base))


@clause("a refused call changes nothing")
def refusal_changes_nothing(t: Transition) -> Truth:
    return t.new.same_memory(t.old) if t.raised or not t.result else True


@clause("every other frame, and every count, is what it was")
def only_that_frame(t: Transition) -> Truth:
    old, new = _before(t), _after(t)
    b = index_of(old, t.base)
    if t.raised or not t.result:
        return True
    same_frames = new.owner.each(new.start, new.end, lambda i: new.free_frame(i) == old.free_frame(i))
    others = every([kept(new, old, b), orders_kept(new, old, b), elsewhere(new, old)])
    return every([others, same_frames, new.free_frames == old.free_frames])


def _exchanges(expected: int, state: int, sentence: str) -> Clause:
    """True exactly if the frame is in the expected state; then it is in the other one."""

    def formula(t: Transition) -> Truth:
        if t.raised:
            return True
        old = _before(t)
        b = index_of(old, t.base)
        frame = every([t.base >= old.origin, t.base % PAGE_SIZE == 0, old.inside(b)])
        told = (frame & (old.state[b] == expected)) == t.result
        return told & implies(t.result, _after(t).state[b] == state) if t.result else told

    return Clause("exchanges", sentence, formula)


SHARED = (exchange_raises, refusal_changes_nothing, only_that_frame)
CHANGES = ("FrameRecord.state",)

LEND = Operation(
    "lend",
    ("base",),
    _ghosts_after,
    (
        _exchanges(RESERVED, LENT, "True exactly for a reserved frame that is not lent; now it is"),
        *SHARED,
        *stated("lend"),
    ),
    changes=CHANGES,
    returns="flag",
)

TAKE_BACK = Operation(
    "take_back",
    ("base",),
    _ghosts_after,
    (_exchanges(LENT, RESERVED, "True exactly for a frame that is lent; now it is not"), *SHARED, *stated("take_back")),
    changes=CHANGES,
    returns="flag",
)

IS_LENT = Operation(
    "is_lent", ("base",), _ghosts_after, (exchange_raises, *stated("is_lent")), changes=(), returns="flag"
)
