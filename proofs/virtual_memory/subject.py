"""All that is proved of the virtual memory: the walk and the refill of the TLB, then its public contract."""

from __future__ import annotations

from model.virtual_memory.contract import PUBLIC
from proofs.virtual_memory.look_up import LOOK_UP, REFILL, WALK

SUBJECT = PUBLIC.made_of((LOOK_UP, WALK, REFILL, *PUBLIC.operations))
