"""Short histories of the real bucket heap, and its rounding: any sizes and any addresses.

Each contract runs the implementation on the word store and lets the small reference model judge every
step (small_run.py): it returns what was broken, and there must be nothing.  The heaps have pages of 512
bytes, three to an extent.
"""

from __future__ import annotations

from impl.arithmetic import WORD_LIMIT
from impl.bucket_heap import BucketHeap, _log2
from impl.bucket_heap_layout import ENTRY, MAX_SHIFT, MIN_SHIFT, Extent
from proofs.bucket_heap.live.reference import PAGE_SIZES
from proofs.bucket_heap.live.small_run import ARENA, DESCRIPTOR, BucketRun
from proofs.crosshair.contract import case, contract
from proofs.crosshair.settled import unobserved
from proofs.crosshair.word_store import WordStore

PAGE = 512
EXTENT = 4 * PAGE
FIRST = ARENA + PAGE
"""The first page; the extent's header fills the page before it."""
END = ARENA + EXTENT
SIZES = (8, 512, 256, 1024)

__all__ = [
    "END",
    "ENTRY",
    "FIRST",
    "MAX_SHIFT",
    "MIN_SHIFT",
    "PAGE_SIZES",
    "WORD_LIMIT",
    "Extent",
]  # conditions mention them


def started() -> BucketRun:
    """A heap with one extent, and room for another."""
    with unobserved():
        run = BucketRun(1)
        run.init(ARENA, EXTENT, PAGE)
    return run


@contract("log2.least_exponent")
def log2_is_least_exponent(size: int, least: int) -> int:
    """_log2 gives the least exponent from the given one on whose power of two holds the size.

    pre: 0 <= size <= 2**MAX_SHIFT and 0 <= least <= MAX_SHIFT
    post: least <= _ <= MAX_SHIFT and size <= 2**_
    post: _ == least or 2**(_ - 1) < size
    """
    return _log2(size, case(least, MAX_SHIFT + 1))


@contract("log2.too_large")
def log2_tells_too_large(size: int, least: int) -> int:
    """_log2 gives 16 for every size that no page has.

    pre: 2**MAX_SHIFT < size < WORD_LIMIT and 0 <= least <= MAX_SHIFT
    post: _ == MAX_SHIFT + 1
    """
    return _log2(size, case(least, MAX_SHIFT + 1))


@contract("entry_of.page_number")
def entry_of_is_own_entry(shift: int, pages: int, number: int, rest: int) -> int:
    """Every address in a page leads to that page's entry, whatever the page size.

    pre: MIN_SHIFT <= shift <= MAX_SHIFT and 0 < pages < 8 and 0 <= number < 2**22 and 0 <= rest < 2**shift
    post: _ == ARENA + Extent.SIZE + number * ENTRY
    """
    page = 1 << case(shift, MAX_SHIFT + 1)
    store = WordStore(0)
    store.place(BucketHeap, DESCRIPTOR)
    heap = BucketHeap(store, DESCRIPTOR)
    heap.shift, heap.header = case(shift, MAX_SHIFT + 1), pages * page
    return heap.entry_of(ARENA, ARENA + pages * page + number * page + rest)


@contract("bucket_heap.init")
def init_any_extent(units: int, rest: int, choice: int) -> list[str]:
    """A new heap in an extent of any size up to a page and beyond is as the reference says.

    pre: 0 <= units < 10 and 0 <= rest < 512 and 0 <= choice < 3
    post: _ == []
    """
    run = BucketRun(1)
    run.init(ARENA, case(units, 10) * 512 + rest, PAGE_SIZES[case(choice, 3)])
    return run.broken


@contract("bucket_heap.init_page_size")
def init_any_page_size(page_size: int) -> list[str]:
    """Every page size but the seven legal ones is refused.

    pre: 0 <= page_size < WORD_LIMIT and page_size not in PAGE_SIZES
    post: _ == []
    """
    run = BucketRun(1)
    run.init(ARENA, EXTENT, page_size)
    return run.broken


@contract("bucket_heap.extend")
def extend_anywhere(unit: int, rest: int) -> list[str]:
    """A second extent is added exactly where it fits.

    pre: 0 <= unit < 10 and 0 <= rest < 512
    post: _ == []
    """
    run = started()
    run.extend(ARENA - 512 + case(unit, 10) * 512 + rest, EXTENT)
    return run.broken


@contract("bucket_heap.alloc")
def alloc_once(size: int) -> list[str]:
    """The first allocation of any size is as the reference says.

    pre: 0 <= size < WORD_LIMIT
    post: _ == []
    """
    run = started()
    run.alloc(size)
    return run.broken


@contract("bucket_heap.alloc_twice")
def alloc_twice(first: int, second: int) -> list[str]:
    """Two allocations, the second of any size, are as the reference says.

    pre: 0 <= first < 4 and 0 < second < WORD_LIMIT
    post: _ == []
    """
    run = started()
    run.alloc(SIZES[case(first, 4)])
    run.alloc(second)
    return run.broken


@contract("bucket_heap.free_inside")
def free_inside(size: int, page: int, place: int, rest: int) -> list[str]:
    """Freeing an address among the pages, of a live block or not, is as the reference says.

    pre: 0 <= size < 2 and 0 <= page < 3 and 0 <= place < 5 and 0 <= rest < 8
    post: _ == []
    """
    run = started()
    run.alloc(SIZES[case(size, 2)])
    run.free(FIRST + case(page, 3) * PAGE + (0, 8, 128, 256, 504)[case(place, 5)] + rest)
    return run.broken


@contract("bucket_heap.free_outside")
def free_outside(address: int) -> list[str]:
    """Freeing any word that is no address of a page is refused.

    pre: 0 <= address < WORD_LIMIT and (address < FIRST or END <= address)
    post: _ == []
    """
    run = started()
    run.alloc(1)
    run.free(address)
    return run.broken


@contract("bucket_heap.free_twice")
def free_twice(size: int, other: int) -> list[str]:
    """Freeing a block a second time is refused, whether or not its page has another.

    pre: 0 < size <= 1536 and 0 <= other < 2
    post: _ == []
    """
    run = started()
    block = run.alloc(size)
    if case(other, 2):
        run.alloc(size)
    run.free(block)
    run.free(block)
    return run.broken


@contract("bucket_heap.reuse")
def reuse_freed_block(first: int, second: int, which: int) -> list[str]:
    """What is freed serves the next request of any size, as the reference says.

    pre: 0 <= first < 2 and 0 < second <= 1024 and 0 <= which < 2
    post: _ == []
    """
    run = started()
    size = SIZES[case(first, 2)]
    blocks = [run.alloc(size), run.alloc(size)]
    run.free(blocks[case(which, 2)])
    run.alloc(second)
    return run.broken


@contract("bucket_heap.destroy")
def destroy_flushes_all(size: int, extents: int) -> list[str]:
    """destroy flushes every extent once, and a dead heap serves nothing.

    pre: 0 <= size < WORD_LIMIT and 0 <= extents < 2
    post: _ == []
    """
    run = started()
    if case(extents, 2):
        run.extend(ARENA + EXTENT, EXTENT)
    block = run.alloc(size)
    run.destroy()
    run.alloc(size)
    run.free(block)
    run.extend(ARENA, EXTENT)
    run.destroy()
    return run.broken
