"""What the bin heap must do: its invariants, and the contract of each operation that is proved so far.

Proved are the lock, bin_index, the search of the bitmap, and the steps of which all else is made: take and give (a
block leaves and enters its bin), carve and join (one block becomes two, two become one).  The
operations above these have no contract yet.
"""

from __future__ import annotations

from model.bin_invariants import INVARIANTS
from model.bin_lock import LOCKING
from model.bin_steps import STEPS
from model.logic import Subject

SUBJECT = Subject("bin_heap", INVARIANTS, (*LOCKING, *STEPS))
