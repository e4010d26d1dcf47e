"""All that is proved of the bin heap: its public contract, and the operations of which it consists.

From below: the lock and bin_index; the search of the bitmap; the steps of which all else is made (take and give: a
block leaves and enters its bin; carve and join: one block becomes two, two become one); the look for free
neighbours; the way back (unmap_block, free_block, block_split) and the way out (alloc_mapped, block_new, alloc); and
what users call.  Each calls those before it by their contracts alone.
"""

from __future__ import annotations

from model.bin_heap.contract import INIT, PUBLIC
from proofs.bin_heap.alloc import ALLOCATION
from proofs.bin_heap.free import FREE_STEPS
from proofs.bin_heap.lock import LOCKING
from proofs.bin_heap.mapping import MAPPING
from proofs.bin_heap.neighbours import LOOKS
from proofs.bin_heap.resize import RESIZING
from proofs.bin_heap.steps import STEPS
from proofs.bin_heap.trim import TRIMMING
from proofs.bin_heap.users import USERS

STEPPING = (*LOCKING, *STEPS, *LOOKS, *FREE_STEPS, *MAPPING, *ALLOCATION)
SUBJECT = PUBLIC.made_of((INIT, *STEPPING, *USERS, *RESIZING, *TRIMMING))
