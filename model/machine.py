"""What every heap may rely on of the machine below it: the contract of map and unmap, and what they cost.

The page tables keep it: what the heaps' proofs take for granted of a call rests on theorems by name.
model/map_model.py is the same contract as a program, for tests.
"""

PAGE_SIZE = 4096

CANONICAL_END = 2**64 - PAGE_SIZE
"""No mapping reaches beyond this address, so that the end of every range is a machine word."""

MAP_COST = 8192
"""Loads + stores that mapping costs at most, per page asked for: clearing the frame, tables, frames."""

UNMAP_COST = 4096
"""Loads + stores that unmapping costs at most, per page."""

MAP_RESTS_ON = (
    "address_space.map.map_refuses",
    "address_space.map.refused_whole",
    "address_space.map.all_fresh",
    "address_space.map.all_zeroed",
    "address_space.map.only_free_taken",
    "address_space.map.only_free_bytes",
    "address_space.map.map_cost",
)
"""What a heap takes for granted of the pages that it asks for."""

UNMAP_RESTS_ON = (
    "address_space.unmap.unmap_refuses",
    "address_space.unmap.refused_whole",
    "address_space.unmap.all_cleared",
    "address_space.unmap.only_own_frames",
    "address_space.unmap.only_bytes_of_tables",
    "address_space.unmap.unmap_cost",
)
"""What a heap takes for granted of the pages that it unmaps."""
