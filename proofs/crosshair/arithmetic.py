"""Contracts of impl/arithmetic.py, for every machine word and every alignment."""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT, align_down, align_up, is_aligned, pages_for
from proofs.crosshair.contract import contract

__all__ = ["PAGE_SIZE", "WORD_LIMIT"]  # conditions mention them


@contract("align_down.greatest_multiple")
def align_down_is_greatest_multiple(value: int, alignment: int) -> int:
    """align_down gives the greatest multiple of the alignment that is at most the value.

    pre: 0 <= value < WORD_LIMIT
    pre: 1 <= alignment < WORD_LIMIT
    post: _ % alignment == 0 and 0 <= _ <= value < _ + alignment
    """
    return align_down(value, alignment)


@contract("align_up.least_multiple")
def align_up_is_least_multiple(value: int, alignment: int) -> int:
    """align_up gives the least multiple of the alignment that is at least the value.

    pre: 0 <= value < WORD_LIMIT
    pre: 1 <= alignment < WORD_LIMIT
    post: _ % alignment == 0 and value <= _ < value + alignment
    """
    return align_up(value, alignment)


@contract("is_aligned.fixed_point")
def is_aligned_is_fixed_point(value: int, alignment: int) -> tuple[bool, int, int]:
    """A value is aligned exactly if aligning it, up or down, does not move it.

    pre: 0 <= value < WORD_LIMIT
    pre: 1 <= alignment < WORD_LIMIT
    post: _[0] == (_[1] == value) == (_[2] == value)
    """
    return is_aligned(value, alignment), align_down(value, alignment), align_up(value, alignment)


@contract("pages_for.least_number")
def pages_for_is_least_number(size: int) -> int:
    """pages_for gives the least number of pages that hold the size.

    pre: 0 <= size <= WORD_LIMIT - PAGE_SIZE
    post: 0 <= _ and (_ - 1) * PAGE_SIZE < size <= _ * PAGE_SIZE
    """
    return pages_for(size)
