"""Bins, bits and list headers of the bin heap, and short histories of it: any sizes and any addresses.

Each history runs the implementation on a store of plain numbers and lets the small reference model judge every
step (small_run.py): it returns what was broken, and there must be nothing.  A machine that maps six pages more
is small enough that requests for pages are granted or refused.
"""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT, align_up, pages_for
from impl.bin_heap import BinHeap
from impl.bin_layout import (
    ALIGNMENT,
    ALLOCATED,
    ERR,
    HEADER,
    LARGE_ALLOC_THRESHOLD,
    LARGEST_REQUEST,
    MAPPED,
    NUM_BINS,
    WORDS,
    ZEROED,
    BlockHeader,
)
from proofs.bin_heap.live.small_run import ARENA, DESCRIPTOR, BinRun
from proofs.crosshair.contract import case, contract
from proofs.crosshair.settled import unobserved
from proofs.crosshair.word_store import WordStore

PAGES = 6
SIZES = (1, 128, PAGE_SIZE - 3 * HEADER, LARGE_ALLOC_THRESHOLD + 1)
"""A granule, two, a page but for a block without payload, a block that is mapped for itself."""

PLACES = (
    0,
    DESCRIPTOR + HEADER,
    ARENA,
    *(ARENA + HEADER * n for n in (1, 2, 3)),
    ARENA + PAGE_SIZE,
    WORD_LIMIT - HEADER,
)
"""Among them where the first block begins, and where the second one does if the first is a granule."""

__all__ = ["ALIGNMENT", "ERR", "HEADER", "LARGEST_REQUEST", "LARGE_ALLOC_THRESHOLD", "MAPPED", "WORD_LIMIT", "ZEROED"]


def started(*sizes: int) -> BinRun:
    """A heap that has served requests of these sizes."""
    run = BinRun(PAGES)
    for size in sizes:
        run.malloc(size)
    return run


# ---------------------------------------------------------------- pure parts


@contract("bin_index.own_size")
def bin_index_is_own_size(size: int) -> int:
    """The bin of a size holds blocks of that size rounded up to granules; sizes without a bin have none.

    pre: 0 <= size < WORD_LIMIT
    post: (_ == ERR) == (size == 0 or size > LARGE_ALLOC_THRESHOLD)
    post: _ == ERR or 0 <= _ < 256 and _ * ALIGNMENT < size <= (_ + 1) * ALIGNMENT
    """
    return BinHeap(WordStore(0), DESCRIPTOR).bin_index(size)


@contract("bin_heap.rounding")
def rounding_stays_a_word(size: int) -> tuple[int, int]:
    """A request that is not refused can be rounded up to granules, and with a header to pages, within a word.

    pre: 0 < size <= LARGEST_REQUEST
    post: size <= _[0] < size + ALIGNMENT and _[0] % ALIGNMENT == 0
    post: _[0] + HEADER <= _[1] * PAGE_SIZE < WORD_LIMIT
    """
    needed = align_up(size, ALIGNMENT)
    return needed, pages_for(needed + HEADER)


@contract("first_bin.least_of_two")
def first_bin_is_least(word: int, place: int) -> list[tuple[int, int]]:
    """The first bin from an index on that is not empty is found, whichever one or two bins are not empty.

    pre: 0 <= word < 4 and 0 <= place < 5
    post: _ == []
    """
    index = case(word, WORDS) * 64 + (0, 1, 31, 62, 63)[case(place, 5)]
    with unobserved():
        run = BinRun(0)
        run.heap.acquire_lock()
        return [
            (one, two) for one in range(NUM_BINS) for two in (one, 255 - one) if not _is_found(run, index, one, two)
        ]


def _is_found(run: BinRun, index: int, *bins: int) -> bool:
    """Whether the first of the ``bins`` from ``index`` on is found if no other has a block."""
    bits = [sum(1 << (63 - b % 64) for b in set(bins) if b // 64 == number) for number in range(WORDS)]
    for number, word in enumerate(bits):
        run.heap._word(number).value = word
    return run.heap.first_bin(index) == min((b for b in bins if b >= index), default=NUM_BINS)


@contract("bin_heap.flags")
def flags_of_a_block(mapped: int, zeroed: int) -> tuple[int, int, int, bool]:
    """A header says of its block what was written; handed out, it is no longer known to be 0, and nothing else.

    pre: 0 <= mapped < 2 and 0 <= zeroed < 2
    post: _[0] == 1 + mapped * MAPPED + zeroed * ZEROED and _[1] == _[0] - zeroed * ZEROED
    post: _[2] == 640 and not _[3]
    """
    run = BinRun(PAGES)
    run.store.map(ARENA, 1)
    header = BlockHeader(run.store, ARENA)
    flags = ALLOCATED + case(mapped, 2) * MAPPED + case(zeroed, 2) * ZEROED
    run.heap._write_header(ARENA, 640, flags)
    written = header.flags
    run.heap.hand_out(ARENA)
    return written, header.flags, header.size, run.heap._is_free(ARENA)


# ---------------------------------------------------------------- short histories


@contract("bin_heap.malloc_small")
def malloc_small(granule: int, rest: int) -> list[str]:
    """The first small request, of whichever number of bytes, is served as the reference says.

    pre: 0 <= granule < 5 and 0 <= rest < ALIGNMENT
    post: _ == []
    """
    run = started()
    run.malloc(case(granule, 5) * ALIGNMENT + rest)
    return run.broken


@contract("bin_heap.malloc_large")
def malloc_large(size: int) -> list[str]:
    """A request above the threshold, of any size, is mapped for itself, or refused where the machine refuses.

    pre: LARGE_ALLOC_THRESHOLD < size < WORD_LIMIT
    post: _ == []
    """
    run = started(1)
    run.malloc(size)
    return run.broken


@contract("bin_heap.fit")
def malloc_beside(size: int) -> list[str]:
    """What a page has left serves a request exactly if it fits, and is split exactly if enough is left.

    pre: 3328 < size <= 3712
    post: _ == []
    """
    run = started(400)
    run.malloc(size)
    return run.broken


@contract("bin_heap.free_anywhere")
def free_anywhere(which: int, place: int, rest: int) -> list[str]:
    """Freeing an address in, before or behind the heap's pages, a live block's or not, is as the reference says.

    pre: 0 <= which < 4 and 0 <= place < 8 and 0 <= rest < 2
    post: _ == []
    """
    run = started(SIZES[case(which, 4)], 64)
    run.free(PLACES[case(place, 8)] + case(rest, 2))
    return run.broken


@contract("bin_heap.free_twice")
def free_twice(which: int, other: int) -> list[str]:
    """Freeing a block a second time is refused, whatever has become of it.

    pre: 0 <= which < 4 and 0 <= other < 2
    post: _ == []
    """
    run = started()
    block = run.malloc(SIZES[case(which, 4)])
    if case(other, 2):
        run.malloc(64)
    run.free(block)
    run.free(block)
    return run.broken


@contract("bin_heap.merge")
def merge_in_any_order(which: int, order: int) -> list[str]:
    """Three blocks that are freed in any order merge, step by step as the reference says.

    pre: 0 <= which < 4 and 0 <= order < 6
    post: _ == []
    """
    run = started()
    size, order = SIZES[case(which, 4)], case(order, 6)
    blocks = [run.malloc(size) for _ in range(3)]
    for _ in range(3):
        run.free(blocks.pop(order % len(blocks)))
        order = order // len(blocks) if blocks else 0
    return run.broken


@contract("bin_heap.realloc")
def realloc_any_size(which: int, gap: int, size: int) -> list[str]:
    """A block is resized where it is, moved or left alone, before a free block or a live one, as the reference says.

    pre: 0 <= which < 2 and 0 <= gap < 2 and 0 <= size < 256
    post: _ == []
    """
    run = started()
    block = run.malloc(SIZES[case(which, 2)])
    following = run.malloc(64)
    if case(gap, 2):
        run.free(following)
    run.realloc(block, size)
    return run.broken
