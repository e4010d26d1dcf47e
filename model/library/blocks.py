"""What is claimed of blocks: grids, bitmaps, and chains in address order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import WORD_LIMIT
from model.library import bitmap, chain, grid
from model.library.change import change, laws_of
from model.library.state import Parts


@clause("bits are set exactly for the numbers in the set")
def bits_shown(parts: Parts) -> Truth:
    return parts.bitmap.shows(parts.set_bits, parts.values)


@clause("words of bits are words")
def bits_are_words(parts: Parts) -> Truth:
    values = parts.values
    return parts.bitmap.each_word(values, lambda w: (values[w] >= 0) & (values[w] < WORD_LIMIT))


BITMAP = (*laws_of("bitmap", bitmap.LAWS), bits_are_words, bits_shown)


@clause("there is a bit of that number, and it is not set")
def bit_clear(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
    number = arguments["number"]
    return every([number >= 0, number < parts.bitmap.count, negate(parts.set_bits[number])])


@clause("there is a bit of that number, and it is set")
def bit_set(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
    number = arguments["number"]
    return every([number >= 0, number < parts.bitmap.count, parts.set_bits[number]])


@clause("the other bits are as they were")
def other_bits(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    other = every([t.y >= 0, t.y < old.bitmap.count, t.y != t.number])
    return implies(other, new.bitmap.bit(new.values, t.y) == old.bitmap.bit(old.values, t.y))


def _with_bit(t: Transition) -> Parts:
    parts: Parts = t.ghost
    at, bit = parts.bitmap.word(t.number), t.number % 64
    return replace(
        parts, values=parts.values.set(at, parts.values[at] | (1 << bit)), set_bits=parts.set_bits.set(t.number, True)
    )


def _without_bit(t: Transition) -> Parts:
    parts: Parts = t.ghost
    at, bit = parts.bitmap.word(t.number), t.number % 64
    return replace(
        parts, values=parts.values.set(at, parts.values[at] ^ (1 << bit)), set_bits=parts.set_bits.set(t.number, False)
    )


def _grid(part: str, name: str) -> tuple[Operation, ...]:
    """What is claimed of a grid: for the stride of that part."""
    laws = laws_of(part, grid.LAWS)

    @clause("a byte lies in both blocks")
    def byte_in_both(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
        blocks, byte = getattr(parts, part), arguments["byte"]
        both = [blocks.has(arguments[one]) & (arguments[one] <= byte) for one in ("a", "b")]
        return every([*both, *[byte < arguments[one] + blocks.stride for one in ("a", "b")]])

    @clause("there is room for one block more")
    def room_for_one(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
        return getattr(parts, part).end + getattr(parts, part).stride < WORD_LIMIT

    @clause("both blocks are one, inside the range, and the one of the byte's number")
    def same_block(t: Transition) -> Truth:
        blocks = getattr(t.ghost, part)
        inside = (blocks.start <= t.a) & (t.a + blocks.stride <= blocks.end)
        return every([t.a == t.b, inside, blocks.block(blocks.number(t.byte)) == t.a])

    @clause("blocks are those that were, and the new one")
    def one_block_more(t: Transition) -> Truth:
        old, new = getattr(t.ghost, part), getattr(t.ghost_after, part)
        return new.has(t.a) == (old.has(t.a) | (t.a == old.end))

    def grown(t: Transition) -> Any:
        return replace(t.ghost, **{part: getattr(t.ghost, part).grown()})

    return (
        change(f"{name}_apart", ("a", "b", "byte"), laws, lambda t: t.ghost, (same_block,), (byte_in_both,)),
        change(f"{name}_grow", ("a",), laws, grown, (one_block_more,), (room_for_one,)),
    )


def _chain(part: str, name: str) -> tuple[Operation, ...]:
    """What is claimed of a chain: for the header of that part."""
    laws = laws_of(part, chain.LAWS)
    split_laws = tuple(law for law in laws if law.name != chain.coalesced.name)

    @clause("there is a free segment, and what is left of it beyond the size has room for a header and a granule")
    def can_be_split(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
        segments, a, size = getattr(parts, part), arguments["a"], arguments["size"]
        left = size + segments.header + segments.granule <= segments.size[a]
        whole = (size >= segments.granule) & (size % segments.granule == 0)
        return every([segments.headers[a], segments.free[a], left, whole])

    @clause("there is a segment that is not the last one")
    def has_next(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
        segments, a = getattr(parts, part), arguments["a"]
        return segments.headers[a] & (segments.after[a] != segments.end)

    @clause("segments are those that were, and the rest")
    def rest_is_new(t: Transition) -> Truth:
        old, new = getattr(t.ghost, part), getattr(t.ghost_after, part)
        return new.headers[t.y] == (old.headers[t.y] | (t.y == t.a + old.header + t.size))

    @clause("segments are those that were but the one that was swallowed, and the end is where it was")
    def swallowed(t: Transition) -> Truth:
        old, new = getattr(t.ghost, part), getattr(t.ghost_after, part)
        return (new.headers[t.y] == (old.headers[t.y] & (t.y != old.after[t.a]))) & (new.end == old.end)

    @clause("there is a segment, and it is used")
    def in_use(state: Any, heap: Word, parts: Parts, arguments: dict[str, Any]) -> Truth:
        segments, a = getattr(parts, part), arguments["a"]
        return segments.headers[a] & segments.used(a)

    @clause("the memory of the segment lies in a free one, and where another one is used it was used before")
    def is_free(t: Transition) -> Truth:
        old, new = getattr(t.ghost, part), getattr(t.ghost_after, part)
        home = when(old.free[old.before[t.a]] & (t.a != old.start), old.before[t.a], t.a)
        kept = implies(new.headers[t.y] & new.used(t.y), old.headers[t.y] & old.used(t.y) & (t.y != t.a))
        size = new.size[home] >= old.size[t.a]
        return every([new.headers[home], new.free[home], home <= t.a, size, kept])

    def split(t: Transition) -> Any:
        return replace(t.ghost, **{part: getattr(t.ghost, part).split(t.a, t.size).with_free(t.a, False)})

    def absorbed(t: Transition) -> Any:
        return replace(t.ghost, **{part: getattr(t.ghost, part).absorb(t.a)})

    def freed(t: Transition) -> Any:
        return replace(t.ghost, **{part: getattr(t.ghost, part).freed(t.a)})

    return (
        change(f"{name}_free", ("a", "y"), laws, freed, (is_free,), (in_use,)),
        change(f"{name}_split", ("a", "size", "y"), laws, split, (rest_is_new,), (can_be_split,)),
        change(f"{name}_absorb", ("a", "y"), split_laws, absorbed, (swallowed,), (has_next,)),
    )


CHANGES: tuple[Operation, ...] = (
    *_grid("odd", "grid"),
    *_grid("pages", "page_grid"),
    change("bitmap_set", ("number", "y"), BITMAP, _with_bit, (other_bits,), (bit_clear,)),
    change("bitmap_clear", ("number", "y"), BITMAP, _without_bit, (other_bits,), (bit_set,)),
    *_chain("small", "chain"),
    *_chain("large", "segments"),
)
