"""What every heap may rely on of the machine below it: the contract of map, unmap and is_mapped, and what they cost.

The page tables keep it, and the virtual memory above them: what the heaps' proofs take for granted of a call rests on
theorems by name.  The costs are the very numbers of ``map_cost`` and ``unmap_cost``.
proofs/address_space/live/reference.py is the same contract as a program, for tests.

TRUSTED: the prover takes these costs and theorems for granted of every call to map and unmap.
"""

from model.language.words import PAGE_SIZE

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
"""What a heap takes for granted of the pages that it asks for: when they are refused, and that then nothing changes;
that they were not mapped, and show frames that were free; that they read zero; what else may change; the cost.
"""

UNMAP_RESTS_ON = (
    "address_space.unmap.unmap_refuses",
    "address_space.unmap.refused_whole",
    "address_space.unmap.all_cleared",
    "address_space.unmap.only_own_frames",
    "address_space.unmap.only_bytes_of_tables",
    "address_space.unmap.unmap_cost",
    "virtual_memory.unmap.unmap_refuses",
    "virtual_memory.unmap.all_cleared",
    "virtual_memory.unmap.none_left",
    "virtual_memory.unmap.unmap_cost",
)
"""What a heap takes for granted of the pages that it unmaps: when that is refused; that they and no others are gone,
from the page tables and from the TLB; what else may change; the cost.
"""

IS_MAPPED_RESTS_ON = ("virtual_memory._walk.faults_exactly", "virtual_memory._walk.finds_the_frame")
"""What a heap takes for granted where it asks whether memory is mapped: each page is walked, as a program would."""
