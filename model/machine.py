"""What every heap may rely on of the machine below it: the contract of map and unmap, and what they cost.

The page tables keep it: what the heaps' proofs take for granted of a call rests on theorems by name.  Of ``map``
they say it page by page, and ``unmap`` of a whole range; model/map_model.py is the same contract, for tests.
"""

PAGE_SIZE = 4096

CANONICAL_END = 2**64 - PAGE_SIZE
"""No mapping reaches beyond this address, so that the end of every range is a machine word."""

MAP_COST = 8192
"""Loads + stores that mapping costs at most, per page asked for: clearing the frame, tables, frames."""

UNMAP_COST = 4096
"""Loads + stores that unmapping costs at most, per page."""

MAP_RESTS_ON = (
    "address_space._map_page.shows_fresh_frame",
    "address_space._map_page.page_reads_zero",
    "address_space._map_page.other_pages",
    "address_space._map_page.takes_only_free",
    "address_space._map_page.bytes_of_others",
    "address_space._map_page.map_page_cost",
)
"""What a heap takes for granted of each page that it is granted."""

UNMAP_RESTS_ON = (
    "address_space.unmap.unmap_refuses",
    "address_space.unmap.refused_whole",
    "address_space.unmap.all_cleared",
    "address_space.unmap.only_own_frames",
    "address_space.unmap.only_bytes_of_tables",
    "address_space.unmap.unmap_cost",
)
"""What a heap takes for granted of the pages that it unmaps."""
