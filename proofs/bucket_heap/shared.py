"""What the inner operations of the bucket heap leave alone."""

from __future__ import annotations

from model.bucket_heap.shared import payloads_kept
from model.language.logic import Transition, Truth, clause

LISTED = ("Links.next", "Links.prev", "ghost.nodes", "ghost.bucket", "ghost.stamp", "ghost.clock")
"""What changes with a bucket's list."""


@clause(
    "no byte of any live block is touched",
)
def bytes_kept(t: Transition) -> Truth:
    return payloads_kept(t)
