"""All that is proved of the bucket heap: the operations of which it consists, then its public contract."""

from __future__ import annotations

from model.bucket_heap.contract import PUBLIC
from proofs.bucket_heap.parts import PARTS

SUBJECT = PUBLIC.made_of((*PARTS, *PUBLIC.operations))
