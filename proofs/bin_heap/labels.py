"""The invariants of the bin heap of one argument, and their names."""

from __future__ import annotations

WHICH = (
    "block_is_free",
    "block_is_allocated",
    "left_is_allocated",
    "right_is_allocated",
    "room_for_rest",
    "touching",
    "size_can_be_mapped",
    "size_within_threshold",
)
"""Which blocks an operation is given."""
ARGUMENTS = (
    "block_is_kept_by_address",
    "left_is_kept_by_address",
    "right_is_kept_by_address",
    "cannot_be_merged",
    "block_is_mapped_alone",
    "entry_before.last_below",
    "fresh_pages",
    "clear_of_tables",
    "clear_of_blocks",
    "map",
    *WHICH,
)
"""What operations require of the blocks that they are given."""
BLOCKS = ("shape", *ARGUMENTS)

LAWS = ("one_bit_set", "one_bit_flipped")
