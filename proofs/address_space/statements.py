"""What the documents promise of the page tables."""

from __future__ import annotations

from proofs.statements import by_test, numbered

MACHINE = "it is the machine below the allocators, which the proofs take as given"

STATEMENTS = numbered(
    "MEM",
    by_test("physical RAM is an array of 4 KiB frames that costs nothing until it is touched", MACHINE),
    "tables of four levels lie in RAM, in frames of the frame allocator",
    "a walk of a canonical address faults exactly if the entry of some level is not present, not writable for a store, "
    "no-execute for a fetch, or not for users in user mode",
    "no TLB of a space shows what the tables no longer say, once pages were unmapped or protected through any of them",
    "map, unmap and protect of a range are done in full or not at all",
    by_test("loads and stores of 1, 2, 4 and 8 bytes work at any address, across page borders too", MACHINE),
    by_test("a page fault names the address, the kind of access and the cause", MACHINE),
    "a newly mapped frame reads as zero",
    "a table without entries is given back: mapping and unmapping loses no frame",
    "translate is the abstract partial map from pages to frames",
    "no frame is mapped twice, or both mapped and free",
    "a frame that holds a page table is never mapped as data",
    "a walk of the tables is at most four loads",
)
