"""All that is proved of the virtual memory: the walk and the refill of the TLB, then its public contract."""

from __future__ import annotations

from model.virtual_memory.contract import PUBLIC
from proofs.virtual_memory.look_up import LOOK_UP, REFILL, WALK
from proofs.virtual_memory.placement import FIND_HOLE, PLACED, VACANT_SINCE

HELPED = {PLACED.name: PLACED}

SUBJECT = PUBLIC.made_of(
    (LOOK_UP, WALK, REFILL, VACANT_SINCE, FIND_HOLE, *(HELPED.get(one.name, one) for one in PUBLIC.operations))
)
