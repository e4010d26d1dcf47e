"""What always holds of a bucket heap between two calls.

It holds whatever users write into their blocks, because no header lies in a live block.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.bucket_heap.blocks import CLAUSES as BLOCKS
from model.bucket_heap.extents import CLAUSES as EXTENTS
from model.bucket_heap.lists import CLAUSES as LISTS
from model.bucket_heap.pages import CLAUSES as PAGES
from model.language.logic import Clause

INVARIANTS: Sequence[Clause] = (*EXTENTS, *PAGES, *BLOCKS, *LISTS)
