"""The operations of which those of the bucket heap consist.

Each is proved once, from any heap that meets its requirements, and used by its contract where it is
called.  An extent, an entry and a page are named by their addresses.
"""

from __future__ import annotations

from model.bucket_adding import ADD
from model.bucket_giving import DISSOLVE, GIVE_BLOCK, GIVE_RUN
from model.bucket_lookup import ENTRY_OF, EXTENT_OF
from model.bucket_taking import CARVE, CUT, TAKE_BLOCK, TAKE_PAGES

PARTS = (EXTENT_OF, ENTRY_OF, CUT, TAKE_PAGES, CARVE, TAKE_BLOCK, GIVE_RUN, DISSOLVE, GIVE_BLOCK, ADD)
"""Each calls only such as stand before it."""
