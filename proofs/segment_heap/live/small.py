"""Short histories of the real segment heap, for all sizes and addresses at once.

Each contract runs the implementation on the word store and lets the whole reference model judge
every step (small_run.py): it returns the clauses that were broken, and there must be none.  The
histories are short, so this checks the model and the implementation against each other; it does
not replace the proof for heaps of any length.

Histories begin on a machine with one page more than ``init`` takes, so that growing succeeds for some
requests and is refused for others.
"""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.segment_heap import INITIAL_PAGES, Segment
from proofs.crosshair.contract import case, contract
from proofs.segment_heap.live.small_run import HeapRun

BASE = 0x10000
PAGES = INITIAL_PAGES + 1
SMALL = 4 * Segment.SIZE
ROOMY = INITIAL_PAGES * PAGE_SIZE - 2 * Segment.SIZE
"""Requests below this leave room for a second segment in a new heap."""

__all__ = ["ROOMY", "SMALL", "WORD_LIMIT"]  # conditions mention them


def started() -> HeapRun:
    """A heap that was just initialised."""
    run = HeapRun(PAGES)
    run.init(BASE)
    return run


@contract("segment_heap.init")
def init_anywhere(page: int, pages: int) -> list[str]:
    """A new heap is as the model says, wherever it is put and whether or not the machine has the pages.

    pre: 0 < page < WORD_LIMIT // PAGE_SIZE and 0 <= pages
    post: _ == []
    """
    run = HeapRun(pages)
    run.init(page * PAGE_SIZE)
    return run.broken


@contract("segment_heap.allocate")
def allocate_once(size: int) -> list[str]:
    """The first allocation of any size, fitting, splitting, growing or refused, is as the model says.

    pre: 0 <= size < WORD_LIMIT
    post: _ == []
    """
    run = started()
    run.allocate(size)
    return run.broken


@contract("segment_heap.allocate_twice")
def allocate_twice(first: int, second: int) -> list[str]:
    """Two allocations of any size are as the model says.

    pre: 0 < first < WORD_LIMIT and 0 < second < WORD_LIMIT
    post: _ == []
    """
    run = started()
    run.allocate(first)
    run.allocate(second)
    return run.broken


@contract("segment_heap.free_anything")
def free_anything(size: int, address: int) -> list[str]:
    """Freeing any word at all, a live block or not, is as the model says.

    pre: 0 < size < ROOMY and 0 <= address < WORD_LIMIT
    post: _ == []
    """
    run = started()
    run.allocate(size)
    run.free(address)
    return run.broken


@contract("segment_heap.free_twice")
def free_twice(size: int) -> list[str]:
    """Freeing a block a second time is refused as the model says.

    pre: 0 < size < WORD_LIMIT
    post: _ == []
    """
    run = started()
    address = run.allocate(size)
    run.free(address)
    run.free(address)
    return run.broken


@contract("segment_heap.reuse")
def reuse_freed_block(first: int, second: int, third: int, which: int) -> list[str]:
    """A freed block is reused for the next request exactly if it fits, split if it leaves enough.

    pre: 0 < first < SMALL and 0 < second < SMALL and 0 < third < 2 * SMALL and 0 <= which < 2
    post: _ == []
    """
    run = started()
    blocks = [run.allocate(first), run.allocate(second)]
    run.free(blocks[case(which, 2)])
    run.allocate(third)
    return run.broken


@contract("segment_heap.merge")
def merge_in_any_order(size: int, order: int) -> list[str]:
    """Three blocks that are freed in any order merge, step by step as the model says, into one free segment.

    pre: 0 < size < SMALL and 0 <= order < 6
    post: _ == []
    """
    run = started()
    blocks = [run.allocate(size) for _ in range(3)]
    order = case(order, 6)
    for _ in range(3):
        run.free(blocks.pop(order % len(blocks)))
        order = order // len(blocks) if blocks else 0
    return run.broken if len(run.chain.headers.members) == 1 else ["one segment is left", *run.broken]


@contract("segment_heap.damage_then_allocate")
def allocate_in_damaged_heap(size: int, request: int, victim: int, junk: int) -> list[str]:
    """A header that lost its magic makes allocate log and change nothing wherever the model says so.

    pre: 0 < size < SMALL and 0 < request < WORD_LIMIT and 0 <= victim < 2 and 0 <= junk < WORD_LIMIT
    post: _ == []
    """
    run = started()
    block = run.allocate(size)
    run.damage((BASE, run.chain.after[block - Segment.SIZE])[case(victim, 2)], junk)
    run.allocate(request)
    return run.broken


@contract("segment_heap.damage_then_free")
def free_in_damaged_heap(size: int, victim: int, which: int, junk: int) -> list[str]:
    """A header that lost its magic makes free log and change nothing wherever the model says so.

    pre: 0 < size < SMALL and 0 <= victim < 3 and 0 <= which < 2 and 0 <= junk < WORD_LIMIT
    post: _ == []
    """
    run = started()
    blocks = [run.allocate(size), run.allocate(size)]
    headers = [blocks[0] - Segment.SIZE, blocks[1] - Segment.SIZE, run.chain.last]
    run.damage(headers[case(victim, 3)], junk)
    run.free(blocks[case(which, 2)])
    return run.broken


@contract("segment_heap.destruct")
def destruct_gives_all_back(size: int, damaged: bool, junk: int) -> list[str]:
    """destruct gives every page back, be the heap damaged or not, and a dead heap serves nothing.

    pre: 0 < size < WORD_LIMIT and 0 <= junk < WORD_LIMIT
    post: _ == []
    """
    run = started()
    run.allocate(size)
    if damaged:
        run.damage(run.chain.last, junk)
    run.dump()
    run.destruct()
    run.allocate(size)
    return run.broken if run.store.pages_left == PAGES else ["every page is back", *run.broken]
