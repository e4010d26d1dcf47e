"""What the bin heap must do: its invariants, and the contract of each operation that is proved so far.

Proved are the lock, bin_index, the search of the bitmap, the steps of which all else is made (take and give: a
block leaves and enters its bin; carve and join: one block becomes two, two become one), the look for free
neighbours, and on top of these the way back: free_block, unmap_block, block_split.  What allocates has no contract yet.
"""

from __future__ import annotations

from model.bin_free import FREE_STEPS
from model.bin_invariants import INVARIANTS
from model.bin_lock import LOCKING
from model.bin_neighbours import LOOKS
from model.bin_steps import STEPS
from model.logic import Subject

SUBJECT = Subject("bin_heap", INVARIANTS, (*LOCKING, *STEPS, *LOOKS, *FREE_STEPS))
