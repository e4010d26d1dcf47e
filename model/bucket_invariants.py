"""What always holds of a bucket heap between two calls.

It holds whatever users write into their blocks, because no header lies in a live block.
"""

from __future__ import annotations

from collections.abc import Sequence

from model import bucket_blocks, bucket_extents, bucket_lists, bucket_pages
from model.logic import Clause

INVARIANTS: Sequence[Clause] = (
    *bucket_extents.CLAUSES,
    *bucket_pages.CLAUSES,
    *bucket_blocks.CLAUSES,
    *bucket_lists.CLAUSES,
)
