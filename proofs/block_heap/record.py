"""The record of the block heap."""

from __future__ import annotations

from proofs.record import Record

RECORD = Record(
    place=50,
    world="BlockHeapWorld",
    serves=True,
    defects={
        "P1": "a free run at the end of the table that is too short is returned all the same",
        "P2": "free of an interior block is accepted",
        "P3": "malloc(0) returns the address that the next malloc returns",
        "P4": "sizes that wrap are taken for small ones",
        "P5": "an address below the heap gives a block number below 0",
        "P7": "create leaves the descriptor half filled when the table is refused",
    },
)
