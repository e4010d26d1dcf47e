"""What the steps of an address space cost, in loads and stores; their proofs show it."""

from __future__ import annotations

from model.address_space.state import ENTRIES
from model.frame_allocator.single_frames import ALLOCATE_COST, EXCHANGE_COST, FREE_COST
from model.language.words import PAGE_SIZE

ZERO_COST = PAGE_SIZE // 8
FRAME_COST = ALLOCATE_COST + ZERO_COST
"""Loads + stores of a fresh frame at most."""
ENTER_COST = 3
LEAVE_COST = 3
OPEN_COST = 2 + ENTER_COST
"""Without the frame of the table."""
CLOSE_COST = 1 + LEAVE_COST + FREE_COST
SET_COST = 3 * (OPEN_COST + FRAME_COST) + ENTER_COST
CLEAR_COST = 4 + LEAVE_COST + 3 * CLOSE_COST
MAP_PAGE_COST = FRAME_COST + SET_COST
UNMAP_PAGE_COST = CLEAR_COST + FREE_COST
PROTECT_COST = 5
LOOK_COST = 4
"""What it costs to see which tables are missing."""
LEND_COST = 2 * EXCHANGE_COST
"""Loads + stores a frame at most: it is lent, and goes back."""
FIND_COST = 4
"""Loads a page at most, of the look at every page before any is touched."""
DROP_COST = 1 + LEAVE_COST + FREE_COST
TABLE_COST = 1 + ENTRIES * (1 + DROP_COST)
"""A table of pages costs no more to give back, however few pages there are."""
