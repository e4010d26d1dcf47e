"""The record of the address space."""

from __future__ import annotations

from proofs.record import Record

RECORD = Record(
    place=20,
    world="AddressSpaceWorld",
    scenario=True,
    wide="its page tables are those of x86-64, whose entries have 64 bits",
    seen_in=("virtual_memory",),
    defects={
        "M1": "unmap does not invalidate the TLB",
        "M2": "a page table is freed while it is still referenced",
        "M3": "a frame is mapped twice",
        "M4": "a fresh frame still holds its last owner's bytes",
    },
)
