"""What the steps cost of which the operations of the bucket heap consist, in loads and stores; their proofs show it."""

from __future__ import annotations

OF_EXTENT_COST = 3
"""Loads that find the extent of an address, one for each extent passed not counted."""
SEARCH_COST = 2
"""Loads of a search for pages before it looks at extents."""
VISIT_COST = 2
"""Loads for each extent that a search for pages visits, one for each free page of it not counted."""
CUT_COST = 11
"""Loads and stores that make pages a run, one for each page not counted."""
GIVE_COST = 12
"""Loads and stores that make the pages of a run free, those for each page not counted."""
ADD_COST = 8
"""Loads and stores that add an extent; those for its pages, and one for each 512 bytes of it, not counted."""
PAGE_COST = 4
"""Stores for each page."""
DISSOLVE_COST = 16
CARVE_COST = 10
BLOCK_COST = 17
