"""The whole stack: no physical byte has two live owners, across frames, page tables and all heaps at once.

There are any number of heaps of each kind, and any number of spaces over one RAM.

Composed in steps, each an operation of this subject that executes nothing:

    segment_heap, ..., bucket_heap    in one heap a byte belongs to one block, and lies on memory that is mapped:
                                      follows from the heap's own invariants, clause by clause
    segment_heap_framed, ...,         a heap, the frame allocator, a space: its invariants and its blocks speak of its
    virtual_memory_framed             own headers, bytes and pages alone, so they hold in every state that agrees on
                                      those (footprints.py, floor.py)
    words                             what was stored is loaded, and every other word is as it was: a heap's proof may
                                      keep its fields apart, each by itself, and what it says holds of bytes in RAM
    apart                             whoever touches only his own memory leaves that of others as it is; so another
                                      heap's operation, of whatever kind, leaves this heap alone
    gain, loss                        whoever takes only what nobody has, and gives only what is his, shares nothing
                                      with others, ever: for heaps that take pages of one space, and for pages and
                                      tables, of whatever space, that take frames of one RAM
    whole                             therefore two live blocks that hold the same physical byte are the same block

What ``gain``, ``loss`` and ``whole`` take for granted of the subjects is named in ``RESTS_ON``: theorems that are
proved elsewhere, and must be, or the theorems here fall with them.
What they take for granted without a theorem is marked where ``RESTS_ON`` stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from model.bin_heap.contract import PUBLIC as BIN_HEAP
from model.bin_heap.state import HEADER as BIN_HEADER
from model.bin_heap.state import live as bin_live
from model.bin_heap.state import size_of
from model.block_heap.contract import PUBLIC as BLOCK_HEAP
from model.bucket_heap.contract import PUBLIC as BUCKET_HEAP
from model.bucket_heap.state import seen
from model.language.contracts import beforehand
from model.language.logic import Clause, Operation, Subject, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import PAGE_SIZE
from model.segment_heap.contract import PUBLIC as SEGMENT_HEAP
from model.segment_heap.state import HEADER as SEGMENT_HEADER
from model.segment_heap.state import live as segment_live
from model.stack.floor import FRAMED as FLOOR
from model.stack.floor import framed as framed_laws
from model.stack.footprints import (
    Footprint,
    agree,
    of_bin_heap_memory,
    of_block_heap_memory,
    of_bucket_heap_memory,
    of_segment_heap_memory,
)
from model.stack.words import WORDS

# ---------------------------------------------------------------- what a heap's user holds


def of_segment_heap(state: Any, heap: Word, chain: Any, block: Word, byte: Word) -> Truth:
    """``byte`` lies in the live block at the address ``block``."""
    payload = (block <= byte) & (byte < block + chain.size[block - SEGMENT_HEADER])
    return segment_live(chain, block) & payload


def of_block_heap(state: Any, heap: Word, blocks: Any, block: Word, byte: Word) -> Truth:
    """``byte`` lies in the allocation whose first block is ``block``."""
    first = blocks.has(block) & (blocks.first[block] == block)
    inside = (blocks.address(block) <= byte) & (byte < blocks.address(blocks.last[block] + 1))
    return first & inside


def of_bin_heap(state: Any, heap: Word, blocks: Any, block: Word, byte: Word) -> Truth:
    """``byte`` lies in the payload of the allocated block whose header is ``block``."""
    payload = (block + BIN_HEADER <= byte) & (byte < block + BIN_HEADER + size_of(state, block))
    return every([blocks.headers[block], bin_live(state, block), payload])


def of_bucket_heap(state: Any, heap: Word, ghosts: Any, block: Word, byte: Word) -> Truth:
    """``byte`` lies in the live block, or run of pages, at the address ``block``."""
    return every([ghosts.live[block], block <= byte, byte < block + seen(state, heap, ghosts).extent(block)])


@dataclass(frozen=True)
class Heap:
    """One heap of the stack: its subject, whether a byte lies in a live block of it, and what memory is its own."""

    subject: Subject
    holds: Callable[[Any, Word, Any, Word, Word], Truth]
    footprint: Footprint


HEAPS = {
    "segment_heap": Heap(SEGMENT_HEAP, of_segment_heap, of_segment_heap_memory),
    "block_heap": Heap(BLOCK_HEAP, of_block_heap, of_block_heap_memory),
    "bin_heap": Heap(BIN_HEAP, of_bin_heap, of_bin_heap_memory),
    "bucket_heap": Heap(BUCKET_HEAP, of_bucket_heap, of_bucket_heap_memory),
}

ONE_BLOCK = "a byte that lies in two live blocks lies in the same block twice"
ON_MEMORY = "every byte of a live block lies on memory that is mapped"
AGREES = "in every state that agrees on the heap's own memory"


def shared(name: str, t: Transition) -> Truth:
    """The byte in question lies in both blocks in question of the heap of that name."""
    holds = HEAPS[name].holds
    first, second = (holds(t.old, t.heap, t.ghost[name], block, t.byte) for block in (t.block, t.other))
    return first & second


def _lemma(name: str, heap: Heap) -> Operation:
    """What follows from the invariants of one heap."""

    def one_block(t: Transition) -> Truth:
        return implies(shared(name, t), t.block == t.other)

    def on_memory(t: Transition) -> Truth:
        held = heap.holds(t.old, t.heap, t.ghost[name], t.block, t.byte)
        return implies(held, t.old.mapped.covers(t.byte, t.byte + 1))

    ensures = (Clause("one_block", ONE_BLOCK, one_block), Clause("on_memory", ON_MEMORY, on_memory))
    requires = tuple(beforehand(law, part=name) for law in heap.subject.invariants)
    return Operation(name, ("block", "other", "byte"), lambda t: t.ghost, ensures, requires, raises=())


# ---------------------------------------------------------------- what others do


def left_alone(name: str, t: Transition) -> Truth:
    """Whatever happened, the memory of the heap of that name is as it was."""
    return HEAPS[name].footprint(t.new, t.old, t.heap, t.ghost[name])


def framed(name: str, heap: Heap) -> Operation:
    """Anything at all happens outside the memory of one heap: its invariants still hold, and its blocks are the same.

    The abstract heap is the one from before: nothing of what the invariants read of a state lies elsewhere.
    """

    def untouched(t: Transition) -> Truth:
        return heap.footprint(t.new, t.old, t.heap, t.ghost[name])

    def same_blocks(t: Transition) -> Truth:
        now, then = (heap.holds(state, t.heap, t.ghost[name], t.block, t.byte) for state in (t.new, t.old))
        return implies(untouched(t), now == then)

    laws = framed_laws(name, heap.subject.invariants, untouched, lambda t: t.ghost[name], AGREES)
    same = Clause("same_blocks", f"{AGREES} the same bytes lie in the same live blocks", same_blocks)
    return replace(laws, arguments=("block", "byte"), ensures=(same, *laws.ensures))


# ---------------------------------------------------------------- who touches only what is his own


@dataclass(frozen=True)
class Memories:
    """The bytes that are one heap's own (``mine``), and those that another one owns before or after its call."""

    mine: Any
    touched: Any


@clause("no byte is both heaps' own")
def nothing_in_common(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    memories = ghost["memories"]
    return memories.mine.all(lambda x: negate(memories.touched[x]))


@clause(
    "if an operation of one heap touches no header, byte or page but such as lie wholly in memory of its own, then all"
    " that lies on the memory of another heap, even in part, is as it was"
)
def still_whole(t: Transition) -> Truth:
    memories = t.ghost["memories"]

    def foreign(first: Word, end: Word) -> Truth:
        return negate(memories.touched.each(first, end, lambda x: memories.touched[x]))

    kept_to_itself = t.new.agrees(t.old, foreign)
    return implies(kept_to_itself & memories.mine[t.byte], agree(t.new, t.old, t.byte, t.byte + 1))


APART = Operation("apart", ("byte",), lambda t: t.ghost, (still_whole,), (nothing_in_common,), raises=())


# ---------------------------------------------------------------- who takes only what nobody has


@dataclass(frozen=True)
class Shares:
    """What one holder has (``mine``), another one (``others``), and what is given out at all (``taken``).

    Of heaps in one space these are pages, and ``taken`` are the mapped ones; of spaces over one RAM they are frames,
    and ``taken`` are those that are not free.
    """

    mine: Any
    others: Any
    taken: Any


def _sound(shares: Shares) -> Truth:
    nothing_shared = shares.mine.all(lambda item: negate(shares.others[item]))
    return every(
        [nothing_shared, *(part.all(lambda item: shares.taken[item]) for part in (shares.mine, shares.others))]
    )


@clause("the two holders have nothing in common, and nothing that was not given out")
def apart(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    return _sound(ghost["shares"])


@clause("nobody has what is taken now")
def nobody_has_it(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    return negate(ghost["shares"].taken[arguments["item"]])


@clause("what is given back is the holder's own")
def is_mine(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    return ghost["shares"].mine[arguments["item"]]


@clause("the two holders still have nothing in common, and nothing that was not given out")
def still_apart(t: Transition) -> Truth:
    return _sound(t.ghost_after["shares"])


def _changed(t: Transition, present: bool) -> Any:
    """One item comes to the first holder, or goes."""
    shares = t.ghost["shares"]
    new = replace(shares, mine=shares.mine.set(t.item, present), taken=shares.taken.set(t.item, present))
    return {**t.ghost, "shares": new}


GAIN = Operation("gain", ("item",), lambda t: _changed(t, True), (still_apart,), (apart, nobody_has_it), raises=())
LOSS = Operation("loss", ("item",), lambda t: _changed(t, False), (still_apart,), (apart, is_mine), raises=())


# ---------------------------------------------------------------- the whole


@dataclass(frozen=True)
class Pair:
    """Two live blocks, of two heaps in two spaces, any of which may be the same.

    ``first`` and ``second`` say which virtual bytes lie in the blocks, ``frames_1`` and ``frames_2`` which frame each
    page of the two spaces shows; ``mapped_1`` and ``mapped_2`` are those pages, ``held_1`` and ``held_2`` the heaps'.
    """

    same_space: Truth
    same_heap: Truth
    same_block: Truth
    first: Any
    second: Any
    mapped_1: Any
    mapped_2: Any
    held_1: Any
    held_2: Any
    frames_1: Any
    frames_2: Any


@clause("in one space no two pages show one frame")
def a_frame_a_page(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    pair = ghost["pair"]
    one = pair.mapped_1.pairs(lambda p, q: pair.frames_1[p] != pair.frames_1[q])
    forth = pair.mapped_1.all(lambda p: pair.mapped_2[p] & (pair.frames_1[p] == pair.frames_2[p]))
    back = pair.mapped_2.all(lambda p: pair.mapped_1[p])
    return every([one, implies(pair.same_space, forth & back)])


@clause("two spaces show different frames")
def spaces_apart(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    pair = ghost["pair"]
    apart = pair.mapped_1.all(lambda p: pair.mapped_2.all(lambda q: pair.frames_1[p] != pair.frames_2[q]))
    return implies(negate(pair.same_space), apart)


@clause("two heaps of one space hold different pages, and only mapped ones")
def heaps_apart(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    pair = ghost["pair"]
    apart = pair.held_1.all(lambda p: negate(pair.held_2[p]))
    mapped = pair.held_1.all(lambda p: pair.mapped_1[p]) & pair.held_2.all(lambda p: pair.mapped_2[p])
    return mapped & implies(pair.same_space & negate(pair.same_heap), apart)


@clause("the same heap is in the same space")
def one_home(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    return implies(ghost["pair"].same_heap, ghost["pair"].same_space)


@clause("a block lies on the pages of its heap, and two blocks of one heap share no byte")
def blocks_apart(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    pair = ghost["pair"]
    inside = [
        part.all(lambda x, held=held: held[x // PAGE_SIZE])
        for part, held in ((pair.first, pair.held_1), (pair.second, pair.held_2))
    ]
    apart = pair.first.all(lambda x: negate(pair.second[x]))
    return every([*inside, implies(pair.same_heap & negate(pair.same_block), apart)])


@clause("two live blocks that hold the same physical byte are the same block: no physical byte has two live owners")
def one_owner(t: Transition) -> Truth:
    pair = t.ghost["pair"]
    first = pair.first[t.x] & (pair.frames_1[t.x // PAGE_SIZE] * PAGE_SIZE + t.x % PAGE_SIZE == t.place)
    second = pair.second[t.y] & (pair.frames_2[t.y // PAGE_SIZE] * PAGE_SIZE + t.y % PAGE_SIZE == t.place)
    return implies(first & second, every([pair.same_heap, pair.same_block, t.x == t.y]))


WHOLE = Operation(
    "whole",
    ("x", "y", "place"),
    lambda t: t.ghost,
    (one_owner,),
    (a_frame_a_page, spaces_apart, heaps_apart, one_home, blocks_apart),
    raises=(),
)


LEMMAS = tuple(_lemma(name, heap) for name, heap in HEAPS.items())
FRAMED = (*(framed(name, heap) for name, heap in HEAPS.items()), *FLOOR)

PUBLIC = Subject("stack", (), (*LEMMAS, *FRAMED, WORDS, APART, GAIN, LOSS, WHOLE))
