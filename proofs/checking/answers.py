"""What the machine has to answer to who asks for pages: counted in the page tables and frames, before it is asked.

Independent of the code that answers: ``AddressSpace``, and the virtual memory above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from impl.arithmetic import PAGE_SHIFT
from impl.page_tables import ENTRIES, FRAME_MASK, NO_ROOT, PRESENT
from model.language.machine import PLACE_BASE, PLACE_END

LEVELS = 4
PAGES = ENTRIES**LEVELS
"""Numbers of pages, without the bits that only say which half it is."""


def numbers(space: Any) -> tuple[set[int], ...]:
    """By level, the numbers of what is mapped: at level 0 pages, and at the others the tables that there are."""
    found: tuple[set[int], ...] = tuple(set() for _ in range(LEVELS))
    words = space.memory.views["Q"]
    waiting = [(space.root, 0, LEVELS)] if space.root != NO_ROOT else []
    while waiting:
        table, first, level = waiting.pop()
        entries = words[table >> 3 : (table >> 3) + ENTRIES].tolist()
        for number, word in enumerate(entries, start=first * ENTRIES):
            if word & PRESENT:
                found[level - 1].add(number)
                if level > 1:
                    waiting.append((word & FRAME_MASK, number, level - 1))
    return found


def has_hole(mapped: set[int], pages: int) -> bool:
    """Whether the window has so many pages side by side of which none is mapped."""
    first, end = PLACE_BASE >> PAGE_SHIFT, PLACE_END >> PAGE_SHIFT
    taken = [first - 1, *sorted(page for page in mapped if first <= page < end), end]
    return pages > 0 and any(above - below - 1 >= pages for below, above in pairwise(taken))


def is_taken(mapped: set[int], address: int, pages: int) -> bool:
    """Whether one of the pages is mapped."""
    first = (address >> PAGE_SHIFT) % PAGES
    return any(first <= page < first + pages for page in mapped)


def frames_needed(there: Sequence[set[int]], address: int, pages: int) -> int:
    """How many frames the pages take, and the tables for them that are missing."""
    first, needed = (address >> PAGE_SHIFT) % PAGES, max(pages, 0)
    for level in range(1, LEVELS):
        low, high = first // ENTRIES**level, (first + pages - 1) // ENTRIES**level
        needed += max(high - low + 1, 0) - len([number for number in there[level] if low <= number <= high])
    return needed
