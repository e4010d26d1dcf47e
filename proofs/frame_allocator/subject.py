"""All that is proved of the frame allocator: the functions of which init_region consists, then its public contract."""

from __future__ import annotations

from model.frame_allocator.contract import PUBLIC
from proofs.frame_allocator.area import INIT_REGION, WHOLE_FRAMES
from proofs.frame_allocator.blocks import ALLOCATE, FREE
from proofs.frame_allocator.clip import CLIP
from proofs.frame_allocator.order import LARGEST_ORDER
from proofs.frame_allocator.runs import NEXT_GAP

HELPED = {operation.name: operation for operation in (INIT_REGION, ALLOCATE, FREE)}

SUBJECT = PUBLIC.made_of(
    (WHOLE_FRAMES, CLIP, NEXT_GAP, LARGEST_ORDER, *(HELPED.get(one.name, one) for one in PUBLIC.operations))
)
