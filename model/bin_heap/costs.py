"""What the steps cost of which the operations of the bin heap consist, in loads and stores; their proofs show it."""

from __future__ import annotations

from model.bin_heap.state import WORDS

LOOK_COST = 5
FIRST_BIN_COST = WORDS + 1
TAKE_COST = 14
GIVE_COST = 14
CARVE_COST = 19
JOIN_COST = 22
MERGE_COST = TAKE_COST + JOIN_COST
"""Loads + stores of taking a free neighbour out of its bin and joining it with a block."""
REST_COST = 2 + 2 * LOOK_COST + MERGE_COST + GIVE_COST
FREE_COST = REST_COST + MERGE_COST
SPLIT_COST = 2 + CARVE_COST + REST_COST
"""What is split off has the block before it, which is allocated, and is merged with what follows at most."""
NEW_BLOCK_COST = 19
"""Loads + stores of a new block, beside its mapping and the walk to its place."""
