"""What every heap may rely on of the machine below it: the contract of map and unmap, and what they cost.

The page tables keep this contract (model/map_model.py says how it is checked).
"""

PAGE_SIZE = 4096

CANONICAL_END = 2**64 - PAGE_SIZE
"""No mapping reaches beyond this address, so that the end of every range is a machine word."""

MAP_COST = 8192
"""Loads + stores that mapping costs at most, per page asked for: clearing the frame, tables, frames."""

UNMAP_COST = 4096
"""Loads + stores that unmapping costs at most, per page."""
