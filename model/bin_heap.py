"""What the bin heap must do: its invariants, and the contract of each operation (statements BIN-1 to BIN-16).

From below: the lock and bin_index; the search of the bitmap; the steps of which all else is made (take and give: a
block leaves and enters its bin; carve and join: one block becomes two, two become one); the look for free
neighbours; the way back (unmap_block, free_block, block_split) and the way out (alloc_mapped, block_new, alloc); and
what users call.  Each calls those before it by their contracts alone.
"""

from __future__ import annotations

from model.bin_alloc import ALLOCATION
from model.bin_free import FREE_STEPS
from model.bin_init import INIT
from model.bin_invariants import INVARIANTS
from model.bin_lock import LOCKING
from model.bin_mapping import MAPPING
from model.bin_neighbours import LOOKS
from model.bin_resize import RESIZING
from model.bin_steps import STEPS
from model.bin_users import USERS
from model.logic import Subject

STEPPING = (*LOCKING, *STEPS, *LOOKS, *FREE_STEPS, *MAPPING, *ALLOCATION)
SUBJECT = Subject("bin_heap", INVARIANTS, (INIT, *STEPPING, *USERS, *RESIZING))
