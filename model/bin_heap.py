"""What the bin heap must do: its invariants, and the contract of each operation that is proved so far.

From below: the lock and bin_index; the search of the bitmap; the steps of which all else is made (take and give: a
block leaves and enters its bin; carve and join: one block becomes two, two become one); the look for free
neighbours; the way back (unmap_block, free_block, block_split) and the way out (alloc_mapped, block_new, alloc); and
what users call.  Each calls those before it by their contracts alone.  init and realloc have no contract yet.
"""

from __future__ import annotations

from model.bin_alloc import ALLOCATION
from model.bin_free import FREE_STEPS
from model.bin_invariants import INVARIANTS
from model.bin_lock import LOCKING
from model.bin_mapping import MAPPING
from model.bin_neighbours import LOOKS
from model.bin_steps import STEPS
from model.bin_users import USERS
from model.logic import Subject

SUBJECT = Subject("bin_heap", INVARIANTS, (*LOCKING, *STEPS, *LOOKS, *FREE_STEPS, *MAPPING, *ALLOCATION, *USERS))
