"""The loops that lend reserved frames, all of a range or none: those that were lent go back when one is refused."""

from __future__ import annotations

from typing import Any

from model.address_space.mapping import UNLENT, all_framed, check_lent
from model.address_space.ranges import USES, first_fault, in_range
from model.address_space.state import FRAME_LIMIT, Space
from model.frame_allocator.single_frames import EXCHANGE_COST, LENT, RESERVED
from model.language.logic import (
    Loop,
    Named,
    Operation,
    Transition,
    Truth,
    Word,
    clause,
    every,
    implies,
    mention,
    when,
)
from model.language.words import PAGE_SIZE, as_advanced, is_word
from proofs.address_space.costs import LEND_COST


def lent(new: Space, old: Space, base: Word, pages: Word) -> Truth:
    """Those frames are lent, and all others used as they were."""
    use = new.use

    def as_told(f: Word) -> Truth:
        return mention(old.use[f]) & (use[f] == when(in_range(f, base, pages), LENT, old.use[f]))

    return use.everywhere(as_told)


# ---------------------------------------------------------------- the loops


def _lending(operating: Any, base: Word, done: Word) -> list[Named]:
    """What holds while so many frames are lent."""
    new, old = operating.ghost, operating.ghost_on_entry
    were = old.use.everywhere(lambda f: implies(in_range(f, base, done), old.use[f] == RESERVED))
    return [
        ("lent", "so many frames are lent, all others are used as before", lent(new, old, base, done)),
        ("were_reserved", "the frames that were lent were reserved", were & ((done == 0) | (base % PAGE_SIZE == 0))),
        ("free", "no frame is taken", new.free_frames == old.free_frames),
    ]


def lend_frames(space: Any, base: Word, done: Word, pages: Word) -> Loop:
    """_lend: the frames passed are lent."""
    operating = space.memory.operation
    return Loop(
        [
            ("where", "the loop stands inside the range, or is over", (done >= 0) & (done <= pages)),
            *_lending(operating, base, done),
            ("cost", f"the loop costs at most {EXCHANGE_COST} a frame", operating.now().cost <= EXCHANGE_COST * done),
        ],
        pages - done,
        USES,
    )


def take_frames_back(space: Any, base: Word, done: Word, pages: Word) -> Loop:
    """_lend, refused: only the first frames are still lent."""
    operating = space.memory.operation
    paid = operating.now().cost <= EXCHANGE_COST * pages + EXCHANGE_COST * (pages - 1 - done)
    return Loop(
        [
            ("where", "not all frames were lent", (done >= 0) & (done < pages)),
            *_lending(operating, base, done),
            ("cost", f"the loop costs at most {EXCHANGE_COST} a frame on the way there, and on the way back", paid),
        ],
        done,
        USES,
    )


# ---------------------------------------------------------------- _lend


@clause("some frames are meant")
def some_pages(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return is_word(arguments["pages"]) & (arguments["pages"] > 0)


@clause("the frames are those of the frame allocator's area")
def frames_of_area(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    base, pages = arguments["base"], arguments["pages"]
    below = every([base >= 0, base + pages * PAGE_SIZE <= FRAME_LIMIT * PAGE_SIZE])
    return below & all_framed(space, base, pages)


@clause(
    "refused exactly unless every frame is reserved; NotReserved only if one may be handed out, AlreadyLent only "
    "if one is lent"
)
def lend_refuses(t: Transition) -> Truth:
    return first_fault(t, check_lent(t.ghost, t.base, t.pages))


@clause("the frames are lent, all others are used as before; a refused call changes no use", covers="MEM-5")
def lends_all(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    same = new.free_frames == old.free_frames
    if t.raised:
        return same & new.use.same(old.use)
    return same & lent(new, old, t.base, t.pages)


@clause(f"the call costs at most {LEND_COST} loads and stores a frame")
def lend_cost(t: Transition) -> Truth:
    return t.cost <= LEND_COST * t.pages


LEND = Operation(
    "_lend",
    ("root", "base", "pages"),
    as_advanced,
    (lend_refuses, lends_all, lend_cost),
    requires=(some_pages, frames_of_area),
    raises=UNLENT,
    changes=USES,
)
