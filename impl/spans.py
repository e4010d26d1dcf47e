"""Disjoint ranges of bytes, found by the pages in which they lie: each step takes the same time however many there are.

For whoever looks on at a machine; no allocator uses it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from impl.arithmetic import PAGE_SHIFT


class Spans:
    """Ranges that share no byte; none is empty."""

    def __init__(self) -> None:
        self.ends: dict[int, int] = {}
        """Where each ends, by its start."""
        self._on_page: dict[int, list[int]] = {}
        """The sorted starts of the ranges that have bytes in a page, of each page that has any."""

    def add(self, start: int, end: int) -> None:
        """[start, end) is one more; it touches none of them, and is not empty."""
        self.ends[start] = end
        page, last = start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT
        while page <= last:
            starts = self._on_page.get(page)
            if starts is None:
                self._on_page[page] = [start]
            else:
                insort(starts, start)
            page += 1

    def remove(self, start: int) -> None:
        """The range that begins at ``start`` goes; KeyError if none does."""
        page, last = start >> PAGE_SHIFT, (self.ends.pop(start) - 1) >> PAGE_SHIFT
        while page <= last:
            starts = self._on_page[page]
            if len(starts) > 1:
                del starts[bisect_left(starts, start)]
            else:
                del self._on_page[page]
            page += 1

    def touching(self, address: int, size: int) -> int | None:
        """The start of the lowest range that shares a byte with [address, address + size), or None."""
        if size <= 0:
            return None
        page = address >> PAGE_SHIFT
        end = address + size
        starts = self._on_page.get(page)
        if starts is not None:
            number = bisect_right(starts, address)
            if number > 0 and self.ends[starts[number - 1]] > address:
                return starts[number - 1]
            if number < len(starts):
                return starts[number] if starts[number] < end else None
        last = (end - 1) >> PAGE_SHIFT
        if page < last:
            for behind in self._pages(page + 1, last):
                starts = self._on_page.get(behind)
                if starts is not None:
                    return starts[0] if starts[0] < end else None
        return None

    def within(self, low: int, high: int) -> list[int]:
        """The sorted starts of the ranges that share a byte with [low, high)."""
        found: list[int] = []
        if low >= high:
            return found
        for page in self._pages(low >> PAGE_SHIFT, (high - 1) >> PAGE_SHIFT):
            starts = self._on_page.get(page)
            if starts is not None:
                found += starts[1:] if found and starts[0] == found[-1] else starts
        ends = self.ends
        return [start for start in found if start < high and ends[start] > low]

    def _pages(self, first: int, last: int) -> Iterable[int]:
        """The pages from ``first`` to ``last`` in order, or those of them that hold ranges if these are fewer."""
        if last - first < len(self._on_page):
            return range(first, last + 1)
        return sorted(page for page in self._on_page if first <= page <= last)
