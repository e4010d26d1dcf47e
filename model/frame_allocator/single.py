"""Operations on single frames, and what the page tables see of the frame allocator.

Its laws (single_frames.py) are said here of what the header says.  is_live, is_lent, lend and take_back neither hand
out nor take back memory: a reserved frame, the header's among them, may be lent to one address space at a time.  Other
operations are but the load of one field of the descriptor: the number of free frames, the address of index 0, and the
first and the last index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model.frame_allocator.shared import after, before, elsewhere, kept, orders_kept
from model.frame_allocator.single_frames import (
    EXCHANGE_COST,
    FREE,
    LAWS,
    LENT,
    LIVE,
    NO_FRAME,
    OTHER,
    RESERVED,
    Extent,
    Uses,
)
from model.frame_allocator.state import LENT as LENT_STATE
from model.frame_allocator.state import LIVE as LIVE_STATE
from model.frame_allocator.state import RESERVED as RESERVED_STATE
from model.frame_allocator.state import Frames, Ghosts, index_of, is_live, seen
from model.language.contracts import changes_nothing, costs, takes_words
from model.language.laws import View
from model.language.logic import Clause, Only, Operation, Transition, Truth, Word, clause, every, implies, when
from model.language.words import PAGE_SIZE, as_advanced, is_word, returned, unchanged


@dataclass(frozen=True)
class HeaderUse:
    """What the header says of the frame with a number, through the interface of a ghost map."""

    frames: Frames

    @property
    def first(self) -> Word:
        """The number of the frame with index 0."""
        return self.frames.origin // PAGE_SIZE

    def __getitem__(self, frame: Word) -> Word:
        f, i = self.frames, frame - self.first
        single = (f.state[i] == LIVE_STATE) & (f.order[i] == 0)
        taken = when(f.state[i] == RESERVED_STATE, RESERVED, when(single, LIVE, OTHER))
        use = when(f.free_frame(i), FREE, when(f.state[i] == LENT_STATE, LENT, taken))
        return when(f.inside(i), use, NO_FRAME)

    def everywhere(self, body: Callable[[Word], Truth]) -> Truth:
        """``body`` holds for every number, that of a frame of the area or not."""
        return self.frames.owner.everywhere(lambda i: body(self.first + i))

    def same(self, earlier: HeaderUse) -> Truth:
        """The header says the same."""
        return self.everywhere(lambda frame: self[frame] == earlier[frame])


def uses(state: Any, heap: Word, ghosts: Any) -> Uses:
    """What the header says of every frame."""
    frames = seen(state, heap, ghosts)
    return Uses(HeaderUse(frames), frames.free_frames)


def extent(state: Any, heap: Word, ghosts: Any) -> Extent:
    """What the descriptor says of the area."""
    frames = seen(state, heap, ghosts)
    return Extent(frames.origin // PAGE_SIZE, frames.start, frames.end)


VIEWS: dict[type, View] = {Uses: uses, Extent: extent}
"""What the header shows of that which the laws speak of."""


def stated(operation: str) -> tuple[Clause, ...]:
    """The laws of that operation, as its clauses."""
    return tuple(law.seen(VIEWS[law.of]) for law in LAWS[operation])


LOADS = tuple(
    Operation(field, (), as_advanced, stated(field), raises=(), changes=(), returns="word")
    for field in ("free_frames", "origin", "start", "end")
)
"""Each loads a field of the descriptor."""


# ---------------------------------------------------------------- is_live


@clause("the two arguments are machine words")
def two_words(state: Any, heap: Word, ghosts: Ghosts, arguments: dict[str, Any]) -> Truth:
    return is_word(arguments["base"]) & is_word(arguments["size"])


@clause("True exactly for an area that is one whole live allocation; nothing is changed", covers="FRM-8")
def tells_live(t: Transition) -> Truth:
    return (t.result == is_live(before(t), t.base, t.size)) & unchanged(t) if not t.raised else False


IS_LIVE = Operation(
    "is_live",
    ("base", "size"),
    as_advanced,
    (tells_live, costs("is_live_cost", EXCHANGE_COST, "loads")),
    requires=(two_words,),
)


# ---------------------------------------------------------------- lend, take_back and is_lent


def exchanged(t: Transition) -> bool:
    """Whether the frame was lent, or taken back (decided on every path)."""
    return not t.raised and bool(t.result)


exchange_raises = takes_words("exchange_raises", "for an address that", "base")
refusal_changes_nothing = changes_nothing("refusal_changes_nothing", "a refused call changes nothing", exchanged)


@clause("every other frame, and every count, is what it was", when=exchanged)
def only_that_frame(t: Transition) -> Truth:
    old, new = before(t), after(t)
    b = index_of(old, t.base)
    same_frames = new.each(new.owner, lambda i: new.free_frame(i) == old.free_frame(i))
    others = every([kept(new, old, b), orders_kept(new, old, b), elsewhere(new, old)])
    return every([others, same_frames, new.free_frames == old.free_frames])


def _exchange(name: str, expected: int, becomes: int, sentence: str) -> Operation:
    """The operation by which a frame comes from one state into another."""

    def formula(t: Transition) -> Truth:
        old = before(t)
        b = index_of(old, t.base)
        frame = every([t.base >= old.origin, t.base % PAGE_SIZE == 0, old.inside(b)])
        told = (frame & (old.state[b] == expected)) == t.result
        return told & implies(t.result, after(t).state[b] == becomes)

    exchanges = Clause("exchanges", sentence, Only(returned, formula))
    return Operation(
        name,
        ("base",),
        as_advanced,
        (exchanges, exchange_raises, refusal_changes_nothing, only_that_frame, *stated(name)),
        changes=("FrameRecord.state",),
        returns="flag",
    )


LEND = _exchange("lend", RESERVED_STATE, LENT_STATE, "True exactly for a reserved frame that is not lent; now it is")
TAKE_BACK = _exchange("take_back", LENT_STATE, RESERVED_STATE, "True exactly for a frame that is lent; now it is not")
IS_LENT = Operation(
    "is_lent", ("base",), as_advanced, (exchange_raises, *stated("is_lent")), changes=(), returns="flag"
)
