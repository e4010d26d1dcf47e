"""What largest_order must do: find the order of the block that a run of frames begins with."""

from __future__ import annotations

from typing import Any

from model.frame_allocator.state import MAX_ORDER
from model.language.logic import Loop, Operation, Transition, Truth, Word, clause, every

MOST_FRAMES = 2**32


@clause("there is a frame, and all of them can be numbered")
def some_frames(state: Any, heap: Word, ghosts: Any, arguments: dict[str, Any]) -> Truth:
    index, frames = arguments["index"], arguments["frames"]
    return every([index >= 0, frames > 0, index + frames <= MOST_FRAMES])


@clause("the order is supported, the index aligned to it, and the frames suffice", covers="FRM-5")
def fits(t: Transition) -> Truth:
    order = t.result
    return every([order >= 0, order <= MAX_ORDER, t.index % (1 << order) == 0, 1 << order <= t.frames])


@clause("no larger order would do")
def largest(t: Transition) -> Truth:
    larger = 1 << (t.result + 1)
    return (t.result == MAX_ORDER) | (t.index % larger != 0) | (larger > t.frames)


LARGEST_ORDER = Operation(
    "largest_order",
    ("index", "frames"),
    lambda t: t.ghost,
    (fits, largest),
    requires=(some_frames,),
    raises=(),
    stateless=True,
)


def find_order(index: Word, frames: Word, order: Word) -> Loop:
    """The search for the largest order: the one reached is supported, and would do."""
    return Loop(
        [
            ("in_range", "the order is supported", (order >= 0) & (order <= MAX_ORDER)),
            (
                "would_do",
                "the index is aligned to it, and the frames suffice",
                (index % (1 << order) == 0) & (1 << order <= frames),
            ),
        ],
        MAX_ORDER - order,
        costless=True,
    )
