"""Why a bin heap refuses a pointer, said once more: what the 64 bytes before it and their neighbours say."""

from __future__ import annotations

from collections.abc import Callable

from model.language.words import WORD_BYTES
from proofs.bin_heap.live.layout import ADDRESS_ENTRY, ALLOCATED, ENTRY, FREE_ENTRY, MAGIC, heads_of

FLAGS, HALF = 4, 2**32 - 1
NEXT, LIST = WORD_BYTES, 2 * WORD_BYTES

Words = Callable[[int], int]
"""The word at an address."""
Lies = Callable[[int, int], bool]
"""Whether so many bytes at an address can be read, and are not the lock's."""


def refusal(word: Words, lies: Lies, heap: int, block: int) -> str:
    """The exception for the payload behind ``block``, where a header can lie but no live block of ``heap`` does.

    "" if somebody forged one.
    """
    intact = word(block) & HALF == MAGIC
    intact = intact and all(_points_back(word, lies, block + part) for part in (FREE_ENTRY, ADDRESS_ENTRY))
    if not intact:
        return "HeapCorruption"
    head, own = word(block + ADDRESS_ENTRY + LIST), heads_of(heap)
    if head not in (own[0], own[-1]):
        return "InvalidFree" if lies(head, ENTRY) and word(head + LIST) == head else "HeapCorruption"
    return "" if word(block + FLAGS) & HALF & ALLOCATED else "DoubleFree"


def _points_back(word: Words, lies: Lies, entry: int) -> bool:
    """Whether entries can lie where both links lead, and point back."""
    before, after = word(entry), word(entry + NEXT)
    return lies(before, ENTRY) and lies(after, ENTRY) and word(before + NEXT) == entry and word(after) == entry
