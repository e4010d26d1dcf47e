"""What the page tables see of the frame allocator: its laws (single_frames.py), of what the header says.

Also the operations that are but the load of one field of the descriptor: the number of free frames, the address of
index 0, and the first and the last index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model.frame_allocator.single_frames import FREE, LAWS, LENT, LIVE, NO_FRAME, OTHER, RESERVED, Extent, Uses
from model.frame_allocator.state import LENT as LENT_STATE
from model.frame_allocator.state import LIVE as LIVE_STATE
from model.frame_allocator.state import RESERVED as RESERVED_STATE
from model.frame_allocator.state import Frames, seen
from model.language.laws import View
from model.language.logic import Clause, Operation, Truth, Word, when
from model.language.words import PAGE_SIZE


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


def _loads(field: str) -> Operation:
    """The operation that loads a field of the descriptor."""
    return Operation(field, (), lambda t: t.ghost_after, stated(field), raises=(), changes=(), returns="word")


LOADS = tuple(_loads(field) for field in ("free_frames", "origin", "start", "end"))
