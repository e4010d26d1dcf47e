"""What the documents promise, statement by statement: one short sentence for each id that clauses and tests cite.

A clause names the statements that it says with ``covers="SEG-4 SEG-5"``; a test names them in its
docstring.  ``drystone claims`` joins the three and fails on a statement that no theorem covers.

    theorems   theorems that the prover states by itself, without a clause ("frame_allocator.free.relocatable")
    tested     why no theorem of the subject says it; then a test must
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

STATEMENT = re.compile(r"\b(?:SEG|BIN|BLK|FRM|BKT|MEM)-\d+\b")
"""How a statement is cited."""


@dataclass(frozen=True)
class Statement:
    """One documented statement."""

    id: str
    sentence: str
    theorems: tuple[str, ...] = ()
    tested: str = ""


Unnumbered = Callable[[str], Statement]
"""A statement that waits for its id."""


def _numbered(prefix: str, *statements: str | Unnumbered) -> tuple[Statement, ...]:
    """Statements in the order of their numbers."""
    found = []
    for number, item in enumerate(statements, start=1):
        name = f"{prefix}-{number}"
        found.append(Statement(name, item) if isinstance(item, str) else item(name))
    return tuple(found)


def _by_test(sentence: str, reason: str) -> Unnumbered:
    """A statement that no theorem says."""
    return lambda name: Statement(name, sentence, tested=reason)


def _by_prover(sentence: str, *theorems: str) -> Unnumbered:
    """A statement that theorems say which the prover states by itself."""
    return lambda name: Statement(name, sentence, theorems)


MACHINE = "it is the machine below the allocators, which the proofs take as given"

SEGMENT_HEAP = _numbered(
    "SEG",
    "the header of a segment lies in memory directly before its payload",
    "the header holds magic, size, free flag, next and prev, in this order; payloads are 16-byte aligned",
    "a write beyond a block that hits the next header's magic is detected as corruption",
    "the free flag of a header says whether the segment is reclaimable",
    "next and prev of a header are the neighbouring segments",
    "the heap keeps its start, its end, which grows upwards, and its last segment",
    "init maps page frames at the base of the heap",
    "allocate returns a usable location of at least the requested size",
    "allocate gives NULL and logs an error when it meets a corrupted heap",
    "allocate may walk the whole heap: its cost is linear in the number of segments",
    "free makes the segment usable again",
    "free does nothing for an address that is no valid segment",
    "dump lists every segment and changes nothing",
    "destruct invalidates all segments, unmaps everything and gives every frame back",
)

BIN_HEAP = _numbered(
    "BIN",
    "alignment is 64, the magic 0xDEADBEEF, the threshold four pages; there are 256 bins",
    "the flags are ALLOCATED 1, MAPPED 2 and ZEROED 4",
    "the 64-byte header holds magic, flags, size, the entry in a free list and the entry in the address list",
    "bin i holds free blocks of exactly 64 * (i + 1) bytes",
    "a block above the threshold is mapped directly, and unmapped when it is freed",
    "the address list holds all other blocks, sorted by address",
    "a bit of the bitmap is set exactly when its bin is not empty",
    "bin_index gives the bin of a size, or an error for a size that no bin holds",
    "block_new maps a new block of at least the size that is asked for",
    "block_split gives a block of the wanted size and lists the remainder as a block",
    "adding to and removing from a free list lists a block, and neither frees nor allocates it",
    "alloc gives a block of at least the requested size, or NULL",
    "free coalesces with adjacent free blocks",
    "every internal function runs with the lock held; every public one takes it once and releases it on every path",
    "every payload is 64-byte aligned",
    "malloc, calloc, realloc and free stand on top",
)

BLOCK_HEAP = _numbered(
    "BLK",
    "an entry is TAKEN 0x01 or FREE 0x00, with HAS_NEXT 0x80 and IS_FIRST 0x40",
    "the table's descriptor holds the entries' address and their number",
    "the heap's descriptor holds the table and the start address of the pool",
    "create refuses unaligned bounds and a table of the wrong size, changes nothing then, and frees all entries else",
    "malloc rounds up to blocks and takes the first run that fits",
    "free releases exactly the blocks of that allocation",
    "kheap_init makes a heap of 100 MiB at 0x01000000, its 25600 entries at 0x7E00",
    "kmalloc, kzalloc and kfree wrap the kernel's heap; kzalloc's memory is zero",
    "memset fills exactly the range [ptr, ptr + size)",
)

FRAME_ALLOCATOR = _numbered(
    "FRM",
    "get_header finds the lowest place for all metadata clear of reserved regions, or OUT_OF_MEMORY",
    "the area is first shrunk to whole 4 KiB frames",
    "header and reserved frames are never allocated",
    _by_prover(
        "no pointer is stored in the header: it works wherever it is mapped later",
        "frame_allocator.allocate.relocatable",
        "frame_allocator.free.relocatable",
        "frame_allocator.is_lent.relocatable",
        "frame_allocator.lend.relocatable",
        "frame_allocator.take_back.relocatable",
    ),
    "allocate(order) gives 2**order frames, aligned to their own size as a physical address",
    "order 0 is always supported, and an order that is not supported is NOT_VALID",
    "PHYSICAL_MEMORY_FULL exactly when no block of that size exists",
    "free of an area that is not exactly one live allocation is NOT_VALID and changes nothing",
)

BUCKET_HEAP = _numbered(
    "BKT",
    "a heap is buckets and a queue of extents; an extent is a header, a page map and an array of pages",
    "requests up to two pages come from power-of-two buckets, larger ones as page runs, lowest first fit",
    "init prepares the heap on the given memory, and refuses bad page sizes, heap sizes and memory with EINVAL",
    "alloc is bounded in time by a closed formula in pages, extents and blocks per page",
    "free returns the block, and refuses anything but a live one with EINVAL",
    "extend adds an extent of the same size and refuses overlap; blocks never span extents",
    "destroy hands each extent to the flush function exactly once and leaves a heap that refuses use",
    "bucket sizes are powers of two from 8 bytes to two pages",
)

ADDRESS_SPACE = _numbered(
    "MEM",
    _by_test("physical RAM is an array of 4 KiB frames that costs nothing until it is touched", MACHINE),
    "tables of four levels lie in RAM, in frames of the frame allocator",
    "a walk of a canonical address faults exactly if the entry of some level is not present, not writable for a store, "
    "no-execute for a fetch, or not for users in user mode",
    "no TLB of a space shows what the tables no longer say, once pages were unmapped or protected through any of them",
    "map, unmap and protect of a range are done in full or not at all",
    _by_test("loads and stores of 1, 2, 4 and 8 bytes work at any address, across page borders too", MACHINE),
    _by_test("a page fault names the address, the kind of access and the cause", MACHINE),
    "a newly mapped frame reads as zero",
    "a table without entries is given back: mapping and unmapping loses no frame",
    "translate is the abstract partial map from pages to frames",
    "no frame is mapped twice, or both mapped and free",
    "a frame that holds a page table is never mapped as data",
    "a walk of the tables is at most four loads",
)

STATEMENTS: Mapping[str, tuple[Statement, ...]] = {
    "frame_allocator": FRAME_ALLOCATOR,
    "address_space": ADDRESS_SPACE,
    "segment_heap": SEGMENT_HEAP,
    "bin_heap": BIN_HEAP,
    "block_heap": BLOCK_HEAP,
    "bucket_heap": BUCKET_HEAP,
}
"""The documented statements of each subject."""
