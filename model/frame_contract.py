"""What the page tables rely on of the frame allocator: it by contract, for single frames.

Each clause is stated once, over what the allocator says of every frame (``Uses``).  The frame allocator's proof
shows it of what the header says (frame_single.py); the page tables' proof takes it for granted of an arbitrary
``use``, and rests on those theorems by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model.logic import Clause, Operation, Transition, Truth, Word, every, implies, negate, when

NO_FRAME, FREE, LIVE, LENT, RESERVED, OTHER = range(6)
"""Uses of a frame: none of the area, free, a live allocation of one frame, lent, never allocatable,
part of a larger allocation."""

PAGE_SIZE = 4096
WORD_LIMIT = 2**64
ALLOCATE_COST = 159
FREE_COST = 258
EXCHANGE_COST = 8


@dataclass(frozen=True)
class Uses:
    """``use``: number of a frame -> what the frame is used for."""

    use: Any
    free_frames: Word

    def at(self, base: Word) -> Word:
        """The use of the frame at the physical address ``base``."""
        return when(base % PAGE_SIZE == 0, self.use[base // PAGE_SIZE], NO_FRAME)

    def kept(self, earlier: Uses, base: Word) -> Truth:
        """Every other frame has the use that it had."""
        return self.use.everywhere(lambda f: (f == base // PAGE_SIZE) | (self.use[f] == earlier.use[f]))

    def same(self, earlier: Uses) -> Truth:
        """Nothing is used otherwise."""
        return self.use.same(earlier.use) & (self.free_frames == earlier.free_frames)


Rule = Callable[[Any, Any, Transition], Truth]
"""A statement about the uses before, those after, and the call."""


def is_word(value: Word) -> Truth:
    """``value`` is a machine word."""
    return (value >= 0) & (value < WORD_LIMIT)


# ---------------------------------------------------------------- allocate(0)


def single_full(old: Any, new: Any, t: Transition) -> Truth:
    """Refused exactly if no frame is free."""
    return (t.raised == "PhysicalMemoryFull") == (old.free_frames == 0)


def single_taken(old: Any, new: Any, t: Transition) -> Truth:
    """A free frame becomes a live allocation of one frame; all others stay what they are."""
    if t.raised:
        return old.free_frames == new.free_frames
    frame = t.result.base
    taken = every([old.at(frame) == FREE, new.at(frame) == LIVE, new.free_frames == old.free_frames - 1])
    return every([is_word(frame), frame % PAGE_SIZE == 0, taken, new.kept(old, frame)])


def single_refusal(old: Any, new: Any, t: Transition) -> Truth:
    """A refused call changes nothing."""
    return new.same(old) if t.raised else True


# ---------------------------------------------------------------- free(base, 4096)


def single_rejected(old: Any, new: Any, t: Transition) -> Truth:
    """Refused exactly if that frame is not a live allocation of its own."""
    return (t.raised == "") == (is_word(t.base) & (old.at(t.base) == LIVE))


def single_given(old: Any, new: Any, t: Transition) -> Truth:
    """The frame becomes free; all others stay what they are."""
    if t.raised:
        return True
    given = (new.at(t.base) == FREE) & (new.free_frames == old.free_frames + 1)
    return given & new.kept(old, t.base)


# ---------------------------------------------------------------- lend and take_back


def _exchanged(expected: int, use: int) -> Rule:
    def rule(old: Any, new: Any, t: Transition) -> Truth:
        if t.raised:
            return negate(is_word(t.base))
        was, becomes = old.at(t.base), new.at(t.base)
        told = (t.result == (was == expected)) & (becomes == when(t.result, use, was))
        kept = new.kept(old, t.base) & implies(negate(t.result), new.use.same(old.use))
        return every([is_word(t.base), told, new.free_frames == old.free_frames, kept])

    return rule


# ---------------------------------------------------------------- the contracts

RULES: dict[str, tuple[tuple[str, str, Rule], ...]] = {
    "allocate": (
        ("single_full", "a single frame is refused exactly if no frame is free", single_full),
        ("single_taken", "a single frame was free and is live now, and no other frame changes its use", single_taken),
        ("single_refusal", "a refused single frame changes no use", single_refusal),
    ),
    "free": (
        ("single_rejected", "a single frame is accepted exactly if it is a live allocation", single_rejected),
        ("single_given", "a single frame becomes free, and no other frame changes its use", single_given),
        ("single_refusal", "a refused frame changes no use", single_refusal),
    ),
    "lend": (
        (
            "single_lent",
            "exactly a reserved frame is lent, and no other frame changes its use",
            _exchanged(RESERVED, LENT),
        ),
        ("single_refusal", "a refused frame changes no use", single_refusal),
    ),
    "take_back": (
        (
            "single_returned",
            "exactly a lent frame is taken back, and no other frame changes its use",
            _exchanged(LENT, RESERVED),
        ),
        ("single_refusal", "a refused frame changes no use", single_refusal),
    ),
}

COSTS = {
    "allocate": ("allocate_cost", ALLOCATE_COST),
    "free": ("free_cost", FREE_COST),
    "lend": ("exchange_cost", EXCHANGE_COST),
    "take_back": ("exchange_cost", EXCHANGE_COST),
}
RAISES = {
    "allocate": ("PhysicalMemoryFull",),
    "free": ("ValueError", "NotValid"),
    "lend": ("ValueError",),
    "take_back": ("ValueError",),
}


def _single(name: str, arguments: dict[str, Any]) -> Truth:
    """The call is about one frame."""
    return {"allocate": lambda: arguments["order"] == 0, "free": lambda: arguments["size"] == PAGE_SIZE}.get(
        name, lambda: True
    )()


def contract(name: str, arguments: tuple[str, ...], view: Callable[[Any], Uses]) -> Operation:
    """The contract of one operation for a caller whose abstract state shows the uses through ``view``."""

    def clause(short: str, sentence: str, rule: Rule) -> Clause:
        return Clause(short, sentence, lambda t: rule(view(t.ghost), view(t.ghost_after), t))

    short, most = COSTS[name]
    bounded = Clause(short, f"it costs at most {most} loads and stores", lambda t: t.cost <= most)
    about_one = Clause(
        "single", "the call is about one frame", lambda state, heap, ghost, arguments: _single(name, arguments)
    )
    return Operation(
        name,
        arguments,
        lambda t: t.ghost_after,
        (*(clause(*rule) for rule in RULES[name]), bounded),
        requires=(about_one,),
        raises=RAISES[name],
        changes=("ghost.use", "ghost.free_frames"),
        returns="flag" if name in ("lend", "take_back") else "nothing",
    )
