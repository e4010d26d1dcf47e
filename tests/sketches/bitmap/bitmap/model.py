"""What a heap of blocks of 64 bytes must do whose bits say which are in use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from drystone.model.language.contracts import costs, raises, takes_words
from drystone.model.language.ghost import GhostSet
from drystone.model.language.logic import Operation, Subject, Transition, Truth, Word, clause, every, negate
from drystone.model.language.words import NULL, WORD_LIMIT, is_word, returned, touches_only, unchanged
from drystone.model.library import bitmap, grid
from drystone.model.library.bitmap import Bitmap
from drystone.model.library.grid import Grid
from drystone.model.library.part import invariants
from drystone.model.library.room import clear

DESCRIPTOR, WORD, BLOCK, MOST = 24, 8, 64, 2**57


class Blocks(Grid):
    """The blocks."""

    stride = BLOCK


@dataclass(frozen=True)
class State:
    """Blocks, a bit for each, and the numbers of those in use."""

    blocks: Blocks
    bits: Bitmap
    used: GhostSet


@clause("the descriptor is there, and says where bits and blocks lie, side by side, a bit for each block")
def descriptor(state: Any, heap: Word, g: State) -> Truth:
    ram = state.fields("BitmapHeap")
    says = [ram.bits[heap] == g.bits.base, ram.blocks[heap] == g.blocks.start, ram.count[heap] == g.bits.count]
    fits = [g.bits.end == g.blocks.start, g.blocks.end == g.blocks.block(g.bits.count)]
    return every([state.claimed("BitmapHeap")[heap], *says, *fits])


@clause("a bit is set exactly if its block is in use")
def shown(state: Any, heap: Word, g: State) -> Truth:
    there = state.claimed("Bits")
    return g.bits.each_word(there, lambda w: there[w]) & g.bits.shows(g.used, state.fields("Bits").word)


@clause("no header lies in a block, and the blocks are mapped")
def room(state: Any, heap: Word, g: State) -> Truth:
    return clear(state, g.blocks.start, g.blocks.end, Bits=WORD, BitmapHeap=DESCRIPTOR)


def _end(start: Word, count: Word) -> Word:
    return start + (count + 63) // 64 * WORD + count * BLOCK


def _can_lie(start: Word, count: Word) -> Truth:
    return every([is_word(start), start != NULL, count > 0, count <= MOST, _end(start, count) < WORD_LIMIT])


@clause("the descriptor is there, and the memory is clear")
def usable(state: Any, heap: Word, g: State, arguments: dict[str, Any]) -> Truth:
    start, count = arguments["start"], arguments["count"]
    free = clear(state, start, _end(start, count), Bits=WORD, BitmapHeap=DESCRIPTOR)
    return state.claimed("BitmapHeap")[heap] & (negate(_can_lie(start, count)) | free)


@clause("init succeeds exactly if the blocks can lie there; else nothing changes", when=returned)
def begins(t: Transition) -> Truth:
    return (t.result == _can_lie(t.start, t.count)) & (t.result | unchanged(t))


@clause("nothing is touched but the descriptor and the words of bits")
def begins_quietly(t: Transition) -> Truth:
    return touches_only(t, (t.heap, t.heap + DESCRIPTOR), (t.start, t.start + (t.count + 63) // 64 * WORD)) | unchanged(
        t
    )


def _after_init(t: Transition) -> State:
    blocks = t.start + (t.count + 63) // 64 * WORD
    return State(Blocks(blocks, blocks + t.count * BLOCK), Bitmap(t.start, t.count), t.ghost.used.empty())


@clause("the block is the lowest that was not in use; NULL exactly if all are")
def allocates(t: Transition) -> Truth:
    used, number = t.ghost.used, t.ghost.blocks.number(t.result)
    if t.result == NULL:
        return used.each(0, t.ghost.bits.count, lambda n: used[n])
    lowest = used.each(0, number, lambda n: used[n])
    return every([t.ghost.blocks.has(t.result), negate(used[number]), lowest])


@clause("nothing is touched but words of bits: no byte of any block")
def only_bits(t: Transition) -> Truth:
    return touches_only(t, (t.ghost.bits.base, t.ghost.bits.end))


@clause("allocate costs at most 2 loads for each block and 4 loads and stores besides")
def scan_cost(t: Transition) -> Truth:
    return t.cost <= 4 + 2 * t.ghost.bits.count


def _after_allocate(t: Transition) -> State:
    if t.result == NULL:
        return t.ghost
    return replace(t.ghost, used=t.ghost.used.set(t.ghost.blocks.number(t.result), True))


@raises("InvalidFree", "for an address at which no block begins")
def strange(t: Transition) -> Truth:
    return is_word(t.address) & negate(t.ghost.blocks.has(t.address))


@raises("DoubleFree", "for a block that is not in use")
def free_already(t: Transition) -> Truth:
    there = is_word(t.address) & t.ghost.blocks.has(t.address)
    return there & negate(t.ghost.used[t.ghost.blocks.number(t.address)])


def _after_free(t: Transition) -> State:
    if t.raised:
        return t.ghost
    return replace(t.ghost, used=t.ghost.used.set(t.ghost.blocks.number(t.address), False))


words = takes_words("words", "for a start or a count that", "start", "count")
address = takes_words("address", "for an address that", "address")
INIT = Operation("init", ("start", "count"), _after_init, (words, begins, begins_quietly), (usable,), establishes=True)
ALLOCATE = Operation("allocate", (), _after_allocate, (allocates, only_bits, scan_cost), raises=())
FREES = (address, strange, free_already, only_bits, costs("free_cost", 6))
FREE = Operation("free", ("address",), _after_free, FREES, raises=("ValueError", "InvalidFree", "DoubleFree"))
PARTS = (
    *invariants("blocks", grid.LAWS, lambda g: g.blocks),
    *invariants("bits", bitmap.LAWS, lambda g: g.bits),
)
PUBLIC = Subject("bitmap", (*PARTS, descriptor, shown, room), (INIT, ALLOCATE, FREE))
