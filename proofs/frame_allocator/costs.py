"""What the steps cost of which init_region consists, in loads and stores; their proofs show it."""

from __future__ import annotations

from model.frame_allocator.state import RECORD, RECORDS
from model.language.logic import Word
from model.language.words import PAGE_SIZE, words_in

MARK_STEP = 2 + words_in(RECORD)
"""Loads and stores for each frame passed while records are marked: two loads, and a store for each word of a record."""
INSERT_STEP = 11
"""Loads and stores for each block that is listed."""
RUN_STEP = 2
"""Loads for each run of usable frames."""


def start_cost(frames: Word) -> Word:
    """Stores of init_region before it looks at frames: every byte of the header set, and its descriptor."""
    return words_in((RECORDS + RECORD * frames + PAGE_SIZE - 1) // PAGE_SIZE * PAGE_SIZE) + 4
