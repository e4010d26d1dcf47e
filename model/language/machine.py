"""What every heap may rely on of the machine below it: map, unmap, is_mapped and find_place, and what they cost.

The page tables keep it, and the virtual memory above them: what the heaps' proofs take for granted of a call rests on
theorems by name.  The costs are the very numbers of ``map_cost`` and ``unmap_cost``.
proofs/address_space/live/reference.py is the same contract as a program, for tests.

TRUSTED: the prover takes these costs and theorems for granted of every call to map and unmap.
"""

from model.language.logic import Truth, Word, every
from model.language.words import PAGE_SIZE

HALF = 2**47
"""Addresses in either half of the canonical ones."""

CANONICAL_END = 2**64 - PAGE_SIZE
"""No mapping reaches beyond this address, so that the end of every range is a machine word."""

PLACE_BASE = 0x1000_0000_0000
PLACE_END = 0x7000_0000_0000
"""The window in which the machine finds places for pages: [PLACE_BASE, PLACE_END)."""


def can_lie(address: Word, pages: Word) -> Truth:
    """Pages can lie there: they begin at the address of a page, are some, and lie in one half of all addresses."""
    end = address + pages * PAGE_SIZE
    low = (address < HALF) & (end <= HALF)
    high = (address >= 2**64 - HALF) & (end <= CANONICAL_END)
    return every([address % PAGE_SIZE == 0, pages > 0, low | high])


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
    "virtual_memory.map.maps_exactly",
    "virtual_memory.map.refused_map_changes_nothing",
    "virtual_memory.map.pages_are_fresh",
    "virtual_memory.map.pages_read_zero",
    "virtual_memory.map.pages_are_granted",
    "virtual_memory.map.map_cost",
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

IS_MAPPED_RESTS_ON = ("virtual_memory.is_mapped.is_mapped_exactly", "virtual_memory.is_mapped.looks_only")
"""What a heap takes for granted where it asks whether memory is mapped: its view may read and write every page."""

FIND_PLACE_RESTS_ON = (
    "virtual_memory.find_place.finds_a_hole",
    "virtual_memory.find_place.null_exactly_if_none",
    "virtual_memory.find_place.changes_nothing",
)
"""What a heap takes for granted of the place that it is offered: a hole, and none exactly if there is none."""
