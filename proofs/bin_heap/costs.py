"""What the steps cost of which the operations of the bin heap consist, in loads and stores; their proofs show it."""

from __future__ import annotations

from model.bin_heap.state import HEADER, WORDS
from model.language.words import WORD_BYTES

LOOK_COST = 5
FIRST_BIN_COST = WORDS
TAKE_COST = 13
GIVE_COST = 12
CARVE_COST = 19
JOIN_COST = 14 + HEADER // WORD_BYTES
MERGE_COST = TAKE_COST + JOIN_COST
"""Loads + stores of taking a free neighbour out of its bin and joining it with a block."""
REST_COST = 1 + 2 * LOOK_COST + MERGE_COST + GIVE_COST
FREE_COST = REST_COST + MERGE_COST
SPLIT_COST = 1 + CARVE_COST + LOOK_COST + MERGE_COST + GIVE_COST
"""What is split off is merged with what follows at most: the block before it is allocated."""
UNMAP_BLOCK_COST = 10 + HEADER // WORD_BYTES
"""Loads + stores of taking an allocated block out of its list and wiping its header, beside the unmapping."""
GATHER_COST = MERGE_COST + LOOK_COST
"""Loads + stores of joining one more free block, and of looking for the next."""
RELEASE_COST = 1 + 2 * CARVE_COST + REST_COST + UNMAP_BLOCK_COST + FREE_COST
"""Loads + stores of cutting a block at two borders of pages, unmapping what lies between, and freeing the rest."""
RUN_COST = 1 + TAKE_COST + LOOK_COST + 1 + RELEASE_COST
"""Loads + stores of releasing a free block: that it is free, and which stands before it, is a load each."""
FREE_ONE_COST = 2 + FREE_COST
"""Loads + stores of freeing a block that is kept by address, and of looking for the one before it."""
UNMAP_ONE_COST = 1 + UNMAP_BLOCK_COST
"""The same of a block that was mapped for itself."""
NEW_BLOCK_COST = 17
"""Loads + stores of a new block, beside its mapping and the walk to its place."""
HIT_COST = 1 + FIRST_BIN_COST + TAKE_COST + SPLIT_COST
"""Loads + stores of alloc if a free block serves: the first block of the bin is a load."""
HAND_OUT_COST = 2
REFUSAL_COST = 2 + LOOK_COST
MOVE_COST = REFUSAL_COST + HIT_COST + HAND_OUT_COST + 1 + FREE_COST
"""Loads + stores of a block that moves, beside the bytes that are copied: where it lies it finds no room."""
