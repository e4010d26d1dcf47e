"""What the page tables rely on of the frame allocator: laws about single frames, what a call costs and what it writes.

Each law is stated once, over what the allocator says of every frame (``Uses``) and of its area (``Extent``).  The
frame allocator's own operations ensure it of what the header says (single.py).  The page tables call these very
operations: of each they rely on its laws, seen in their abstract state, and on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model.language.laws import Law, OnlyHeaders, Same, law
from model.language.logic import Clause, Transition, Truth, Word, every, implies, negate, when
from model.language.words import PAGE_SIZE, is_word

NO_FRAME, FREE, LIVE, LENT, RESERVED, OTHER = range(6)
"""Uses of a frame: none of the area, free, a live allocation of one frame, lent, never allocatable,
part of a larger allocation."""

ALLOCATE_COST = 159
"""Loads + stores of ``allocate`` at most, whatever the number of frames: 18 splits."""
FREE_COST = 258
"""Loads + stores of ``free`` at most, whatever the number of frames: 18 merges."""
EXCHANGE_COST = 8
"""Loads + stores of ``lend``, ``take_back`` and ``is_live`` at most."""


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


@dataclass(frozen=True)
class Extent:
    """The frames of the area are those from ``start`` to before ``end``, counted from the frame numbered ``origin``."""

    origin: Word
    start: Word
    end: Word


def costs(name: str, most: int, sentence: str) -> Law:
    """Loads + stores are at most so many."""
    return Law(name, sentence.format(most), Uses, lambda old, new, t: t.cost <= most)


# ---------------------------------------------------------------- allocate(0)


@law("a single frame is refused exactly if no frame is free", Uses)
def single_full(old: Uses, new: Uses, t: Transition) -> Truth:
    return implies(t.order == 0, (t.raised == "PhysicalMemoryFull") == (old.free_frames == 0))


@law("a single frame is refused for no other reason", Uses)
def single_supported(old: Uses, new: Uses, t: Transition) -> Truth:
    return implies(t.order == 0, t.raised in ("", "PhysicalMemoryFull"))


@law("a single frame was free and is live now, and no other frame changes its use", Uses)
def single_taken(old: Uses, new: Uses, t: Transition) -> Truth:
    if t.raised:
        return implies(t.order == 0, old.free_frames == new.free_frames)
    frame = t.result.base
    taken = every([old.at(frame) == FREE, new.at(frame) == LIVE, new.free_frames == old.free_frames - 1])
    there = is_word(frame) & (frame % PAGE_SIZE == 0)
    return implies(t.order == 0, every([there, taken, new.kept(old, frame)]))


# ---------------------------------------------------------------- free(base, 4096)


@law("a single frame is accepted exactly if it is a live allocation", Uses)
def single_rejected(old: Uses, new: Uses, t: Transition) -> Truth:
    return implies(t.size == PAGE_SIZE, (t.raised == "") == (is_word(t.base) & (old.at(t.base) == LIVE)))


@law("a single frame becomes free, and no other frame changes its use", Uses)
def single_given(old: Uses, new: Uses, t: Transition) -> Truth:
    if t.raised:
        return True
    given = (new.at(t.base) == FREE) & (new.free_frames == old.free_frames + 1)
    return implies(t.size == PAGE_SIZE, given & new.kept(old, t.base))


# ---------------------------------------------------------------- lend, take_back and is_lent


def _exchanged(name: str, sentence: str, expected: int, becomes: int) -> Law:
    def rule(old: Uses, new: Uses, t: Transition) -> Truth:
        if t.raised:
            return negate(is_word(t.base))
        was, use = old.at(t.base), new.at(t.base)
        told = (t.result == (was == expected)) & (use == when(t.result, becomes, was))
        kept = new.kept(old, t.base) & implies(negate(t.result), new.use.same(old.use))
        return every([is_word(t.base), told, new.free_frames == old.free_frames, kept])

    return Law(name, sentence, Uses, rule)


@law("True exactly for a frame that is lent", Uses)
def tells_lent(old: Uses, new: Uses, t: Transition) -> Truth:
    return negate(is_word(t.base)) if t.raised else is_word(t.base) & (t.result == (old.at(t.base) == LENT))


# ---------------------------------------------------------------- every call


def about_one(operation: str) -> Clause:
    """The call of ``allocate`` or ``free`` is about one frame."""
    name, one = {"allocate": ("order", 0), "free": ("size", PAGE_SIZE)}[operation]
    return Clause("single", "the call is about one frame", lambda state, heap, ghost, given: given[name] == one)


def _refusal(sentence: str, about: Callable[[Any], Truth]) -> Law:
    """A refused call changes no use."""

    def rule(old: Uses, new: Uses, t: Transition) -> Truth:
        return implies(about(t), new.same(old)) if t.raised else True

    return Law("single_refusal", sentence, Uses, rule)


SAME_AREA = Law("same_area", "the area, its first and its last frame stay what they were", Extent, Same())
SAME_USES = Law("same_uses", "no frame is used otherwise", Uses, Same())
ONLY_OWN_HEADER = Law(
    "only_own_header",
    "nothing is written but fields of its own header: no byte elsewhere, no claim, no page",
    Extent,
    OnlyHeaders(),
)
EVERYWHERE = (SAME_AREA, ONLY_OWN_HEADER)
REFUSED = "a refused frame changes no use"
WHATEVER = "{} costs at most {{}} loads and stores, whatever the number of frames"
_EXCHANGES = (
    _refusal(REFUSED, lambda t: True),
    *EVERYWHERE,
    costs("exchange_cost", EXCHANGE_COST, "the call costs at most {} loads and stores"),
)


def _tells(name: str, sentence: str, of: type, part: str, unit: int = 1) -> tuple[Law, ...]:
    """What loading a field of the descriptor tells: so many units."""
    told = Law(name, sentence, of, lambda old, new, t: t.result == getattr(old, part) * unit)
    return (told, SAME_USES, *EVERYWHERE, Law("one_load", "the call costs one load", Uses, lambda o, n, t: t.cost == 1))


LAWS: dict[str, tuple[Law, ...]] = {
    "allocate": (
        single_full,
        single_supported,
        single_taken,
        _refusal("a refused single frame changes no use", lambda t: t.order == 0),
        *EVERYWHERE,
        costs("allocate_cost", ALLOCATE_COST, WHATEVER.format("allocate")),
    ),
    "free": (
        single_rejected,
        single_given,
        _refusal(REFUSED, lambda t: t.size == PAGE_SIZE),
        *EVERYWHERE,
        costs("free_cost", FREE_COST, WHATEVER.format("free")),
    ),
    "lend": (
        _exchanged(
            "single_lent", "exactly a reserved frame is lent, and no other frame changes its use", RESERVED, LENT
        ),
        *_EXCHANGES,
    ),
    "take_back": (
        _exchanged(
            "single_returned", "exactly a lent frame is taken back, and no other frame changes its use", LENT, RESERVED
        ),
        *_EXCHANGES,
    ),
    "is_lent": (
        tells_lent,
        SAME_USES,
        *EVERYWHERE,
        costs("is_lent_cost", EXCHANGE_COST, "the call costs at most {} loads"),
    ),
    "free_frames": _tells("tells_free", "the number of free frames, as the header counts them", Uses, "free_frames"),
    "origin": _tells("tells_origin", "the physical address of index 0", Extent, "origin", PAGE_SIZE),
    "start": _tells("tells_start", "the index of the first frame of the area", Extent, "start"),
    "end": _tells("tells_end", "the index after that of the last frame of the area", Extent, "end"),
}
