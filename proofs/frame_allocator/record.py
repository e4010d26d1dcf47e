"""The record of the frame allocator."""

from __future__ import annotations

from proofs.record import Record

RECORD = Record(
    place=10,
    world="FrameAllocatorWorld",
    scenario=True,
    defects={
        "G2": "reserved regions are not clipped to the area",
        "G3": "the header may not fit in the area",
        "G4": "alignment is relative to the area's base only",
        "G6": "sizes below one frame and unaligned areas are freed",
        "G7": "a huge order shifts out of the word",
        "G9": "an unaligned area shifts every frame",
        "G13": "free releases only the first frame of an area",
    },
)
