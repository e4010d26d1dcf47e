"""What every heap may rely on of the machine below it: map, unmap, is_mapped and find_place, and what they cost.

The page tables keep it, and the virtual memory above them: what the heaps' proofs take for granted of a call rests on
theorems by name.  The costs are the very numbers of ``map_cost`` and ``unmap_cost``.
proofs/address_space/live/reference.py is the same contract as a program, for tests.

TRUSTED: the prover takes these costs and theorems for granted of every call to map and unmap.
"""

from collections.abc import Mapping

from model.language.logic import Truth, Word, every
from model.language.words import PAGE_SIZE, WORD_LIMIT, by_word

CANONICAL_END = WORD_LIMIT - PAGE_SIZE
"""No mapping reaches beyond this address, so that the end of every range is a machine word."""

HALF = by_word(2**47, CANONICAL_END)
"""Addresses in either half of the canonical ones.  Words of 32 bits name addresses without a hole between halves."""

PLACE_BASE = by_word(0x1000_0000_0000, 0x1000_0000)
PLACE_END = by_word(0x7000_0000_0000, 0x7000_0000)
"""The window in which the machine finds places for pages: [PLACE_BASE, PLACE_END)."""


def can_lie(address: Word, pages: Word) -> Truth:
    """Pages can lie there: they begin at the address of a page, are some, and lie in one half of all addresses."""
    end = address + pages * PAGE_SIZE
    low = (address < HALF) & (end <= HALF)
    high = (address >= WORD_LIMIT - HALF) & (end <= CANONICAL_END)
    return every([address % PAGE_SIZE == 0, pages > 0, low | high])


MAP_COST = 8192
"""Loads + stores that mapping costs at most, per page asked for: clearing the frame, tables, frames."""

UNMAP_COST = 4096
"""Loads + stores that unmapping costs at most, per page."""


def _theorems(operation: str, *laws: str) -> tuple[str, ...]:
    return tuple(f"{operation}.{law}" for law in laws)


FAULTS = ("granted_whole", "faults_rightly", "faults_as_mapped", "keeps_the_map")
LOADS = ("load_is_what_is_there", "changes_no_memory", *FAULTS)
STORES = ("store_changes_those_bytes_only", "load_after_store", "faults_change_nothing", *FAULTS)

BYTES_REST_ON: Mapping[str, tuple[str, ...]] = {
    "read": _theorems("virtual_memory.read", *LOADS),
    "peek": _theorems("virtual_memory.read", *LOADS),
    "array": _theorems("virtual_memory.array", *LOADS, "array_refused"),
    "write": _theorems("virtual_memory.write", *STORES, "field_refused"),
    "fill": _theorems("virtual_memory.fill", *STORES, "fill_refused"),
    "copy": _theorems("virtual_memory.copy", *STORES, "granted_source", "size_refused"),
}
"""What a program calls of its memory (impl/memory.py) -> what its proof takes for granted of that, where the memory is
a virtual one: a load gives what was stored there last; a store changes its bytes and no others; no access to pages
that are there faults.
"""

PAGES_REST_ON: Mapping[str, tuple[str, ...]] = {
    "map": (
        *_theorems("address_space.map", "map_refuses", "refused_whole", "all_fresh", "all_zeroed", "only_free_taken"),
        *_theorems("address_space.map", "only_free_bytes", "map_cost"),
        *_theorems("virtual_memory.map", "maps_exactly", "refused_map_changes_nothing", "pages_are_fresh"),
        *_theorems("virtual_memory.map", "pages_read_zero", "pages_are_granted", "map_cost"),
    ),
    "unmap": (
        *_theorems("address_space.unmap", "unmap_refuses", "refused_whole", "all_cleared", "only_own_frames"),
        *_theorems("address_space.unmap", "only_bytes_of_tables", "unmap_cost"),
        *_theorems("virtual_memory.unmap", "unmap_refuses", "all_cleared", "none_left", "unmap_cost"),
    ),
    "is_mapped": _theorems("virtual_memory.is_mapped", "is_mapped_exactly", "true_of_what_is_mapped", "looks_only"),
    "find_place": _theorems("virtual_memory.find_place", "finds_a_hole", "null_exactly_if_none", "changes_nothing"),
}
"""The same of pages: when they are granted, and what then changes; that the view may read and write them; which are
gone, from the page tables and from every TLB; where there is a hole; and what it costs.
"""

RESTS_ON: Mapping[str, tuple[str, ...]] = {**BYTES_REST_ON, **PAGES_REST_ON}
GHOSTS = ("claim", "release", "claim_array", "release_array", "release_range", "log")
"""What a program calls of its memory that loads and stores no byte of it."""
