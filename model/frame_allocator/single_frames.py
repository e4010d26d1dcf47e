"""What the page tables rely on of the frame allocator: laws about single frames, what a call costs and what it writes.

Each law is stated once, over what the allocator says of every frame (``Uses``) and of its area (``Extent``).  The
frame allocator's own operations ensure it of what the header says (single.py).  The page tables call these very
operations: of each they rely on its laws, seen in their abstract state, and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.language.laws import Law, OnlyHeaders, Rule, Same
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


# ---------------------------------------------------------------- allocate(0)


def _single_full(old: Uses, new: Uses, t: Transition) -> Truth:
    """Refused exactly if no frame is free."""
    return (t.raised == "PhysicalMemoryFull") == (old.free_frames == 0)


def _single_supported(old: Uses, new: Uses, t: Transition) -> Truth:
    """No other refusal."""
    return t.raised in ("", "PhysicalMemoryFull")


def _single_taken(old: Uses, new: Uses, t: Transition) -> Truth:
    """A free frame becomes a live allocation of one frame; all others stay what they are."""
    if t.raised:
        return old.free_frames == new.free_frames
    frame = t.result.base
    taken = every([old.at(frame) == FREE, new.at(frame) == LIVE, new.free_frames == old.free_frames - 1])
    return every([is_word(frame), frame % PAGE_SIZE == 0, taken, new.kept(old, frame)])


def _single_refusal(old: Uses, new: Uses, t: Transition) -> Truth:
    """A refused call changes nothing."""
    return new.same(old) if t.raised else True


# ---------------------------------------------------------------- free(base, 4096)


def _single_rejected(old: Uses, new: Uses, t: Transition) -> Truth:
    """Refused exactly if that frame is not a live allocation of its own."""
    return (t.raised == "") == (is_word(t.base) & (old.at(t.base) == LIVE))


def _single_given(old: Uses, new: Uses, t: Transition) -> Truth:
    """The frame becomes free; all others stay what they are."""
    if t.raised:
        return True
    given = (new.at(t.base) == FREE) & (new.free_frames == old.free_frames + 1)
    return given & new.kept(old, t.base)


# ---------------------------------------------------------------- lend and take_back


def _exchanged(expected: int, use: int) -> Rule:
    def rule(old: Uses, new: Uses, t: Transition) -> Truth:
        if t.raised:
            return negate(is_word(t.base))
        was, becomes = old.at(t.base), new.at(t.base)
        told = (t.result == (was == expected)) & (becomes == when(t.result, use, was))
        kept = new.kept(old, t.base) & implies(negate(t.result), new.use.same(old.use))
        return every([is_word(t.base), told, new.free_frames == old.free_frames, kept])

    return rule


def _lent_told(old: Uses, new: Uses, t: Transition) -> Truth:
    """Whether the frame is lent."""
    return negate(is_word(t.base)) if t.raised else is_word(t.base) & (t.result == (old.at(t.base) == LENT))


# ---------------------------------------------------------------- every call


ONLY_OWN_HEADER = Law(
    "only_own_header",
    "nothing is written but fields of its own header: no byte elsewhere, no claim, no page",
    Extent,
    OnlyHeaders(),
)
SAME_AREA = Law("same_area", "the area, its first and its last frame stay what they were", Extent, Same())
EVERYWHERE = (SAME_AREA, ONLY_OWN_HEADER)


def costs(name: str, most: int, sentence: str) -> Law:
    """Loads + stores are at most so many."""
    return Law(name, sentence.format(most), Uses, lambda old, new, t: t.cost <= most)


def _tells(name: str, sentence: str, of: type, part: str, unit: int = 1) -> tuple[Law, ...]:
    """What loading a field of the descriptor tells: so many units."""
    told = Law(name, sentence, of, lambda old, new, t: t.result == getattr(old, part) * unit)
    same = Law("same_uses", "no frame is used otherwise", Uses, Same())
    once = Law("one_load", "the call costs one load", Uses, lambda old, new, t: t.cost == 1)
    return (told, same, *EVERYWHERE, once)


# ---------------------------------------------------------------- the laws, by operation


def _one_frame_asked(t: Any) -> Truth:
    return t["order"] == 0


def _one_frame_given(t: Any) -> Truth:
    return t["size"] == PAGE_SIZE


def _single(name: str, sentence: str, rule: Rule, about_one: Any) -> Law:
    """The rule, of calls that are about one frame."""
    return Law(name, sentence, Uses, lambda old, new, t: implies(about_one(t.arguments), rule(old, new, t)))


_EXCHANGES = (
    Law("single_refusal", "a refused frame changes no use", Uses, _single_refusal),
    *EVERYWHERE,
    costs("exchange_cost", EXCHANGE_COST, "the call costs at most {} loads and stores"),
)

LAWS: dict[str, tuple[Law, ...]] = {
    "allocate": (
        *(
            _single(*stated, _one_frame_asked)
            for stated in (
                ("single_full", "a single frame is refused exactly if no frame is free", _single_full),
                ("single_supported", "a single frame is refused for no other reason", _single_supported),
                (
                    "single_taken",
                    "a single frame was free and is live now, and no other frame changes its use",
                    _single_taken,
                ),
                ("single_refusal", "a refused single frame changes no use", _single_refusal),
            )
        ),
        *EVERYWHERE,
        costs(
            "allocate_cost", ALLOCATE_COST, "allocate costs at most {} loads and stores, whatever the number of frames"
        ),
    ),
    "free": (
        *(
            _single(*stated, _one_frame_given)
            for stated in (
                ("single_rejected", "a single frame is accepted exactly if it is a live allocation", _single_rejected),
                ("single_given", "a single frame becomes free, and no other frame changes its use", _single_given),
                ("single_refusal", "a refused frame changes no use", _single_refusal),
            )
        ),
        *EVERYWHERE,
        costs("free_cost", FREE_COST, "free costs at most {} loads and stores, whatever the number of frames"),
    ),
    "lend": (
        Law(
            "single_lent",
            "exactly a reserved frame is lent, and no other frame changes its use",
            Uses,
            _exchanged(RESERVED, LENT),
        ),
        *_EXCHANGES,
    ),
    "take_back": (
        Law(
            "single_returned",
            "exactly a lent frame is taken back, and no other frame changes its use",
            Uses,
            _exchanged(LENT, RESERVED),
        ),
        *_EXCHANGES,
    ),
    "is_lent": (
        Law("tells_lent", "True exactly for a frame that is lent", Uses, _lent_told),
        Law("same_uses", "no frame is used otherwise", Uses, Same()),
        *EVERYWHERE,
        costs("is_lent_cost", EXCHANGE_COST, "the call costs at most {} loads"),
    ),
    "free_frames": _tells("tells_free", "the number of free frames, as the header counts them", Uses, "free_frames"),
    "origin": _tells("tells_origin", "the physical address of index 0", Extent, "origin", PAGE_SIZE),
    "start": _tells("tells_start", "the index of the first frame of the area", Extent, "start"),
    "end": _tells("tells_end", "the index after that of the last frame of the area", Extent, "end"),
}


def about_one(operation: str) -> Clause:
    """The call of ``allocate`` or ``free`` is about one frame."""
    asked = {"allocate": _one_frame_asked, "free": _one_frame_given}[operation]
    return Clause("single", "the call is about one frame", lambda state, heap, ghost, arguments: asked(arguments))
