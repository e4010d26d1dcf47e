"""The operations of which those of the bucket heap consist.

Each is proved once, from any heap that meets its requirements, and used by its contract where it is
called.  An extent, an entry and a page are named by their addresses.
"""

from __future__ import annotations

from proofs.bucket_heap.adding import ADD
from proofs.bucket_heap.giving import DISSOLVE, GIVE_BLOCK, GIVE_RUN
from proofs.bucket_heap.lookup import ENTRY_OF, EXTENT_OF
from proofs.bucket_heap.taking import CARVE, CUT, TAKE_BLOCK, TAKE_PAGES

PARTS = (EXTENT_OF, ENTRY_OF, CUT, TAKE_PAGES, CARVE, TAKE_BLOCK, GIVE_RUN, DISSOLVE, GIVE_BLOCK, ADD)
"""Each calls only such as stand before it."""
