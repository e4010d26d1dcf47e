"""Areas of physical memory and the reserved regions in them.

Which question it answers: where in an area may something be put.  Reserved regions come from
an enumerator that is read again, from the start, whenever they are needed, so that nothing
need be stored about them.  They may overlap, be unaligned, empty, or lie outside the area, in
any order: each is widened to whole frames and clipped to the area; an empty one reserves nothing.

All addresses and sizes are bytes; ``start`` and ``end`` bound an area of whole frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from impl.arithmetic import PAGE_SIZE, PHYSICAL_LIMIT, align_down, align_up, check_word
from impl.errors import NotValid
from model.language.annotations import loop

MAX_FRAMES = 2**31
"""The largest area, 8 TiB: every frame index fits 32 bits."""


class Area(NamedTuple):
    """``size`` bytes of physical memory at the physical address ``base``."""

    base: int
    size: int


Regions = Callable[[int], "Area | None"]
"""Enumerates reserved regions: number 0, 1, ... and None after the last; read again whenever needed."""


def no_regions(_: int) -> Area | None:
    """The enumerator of no reserved region at all."""
    return None


def whole_frames(area: Area) -> tuple[int, int]:
    """[start, end) of the whole frames of ``area``, start == end if it has none (FRM-2)."""
    base, size = area
    check_word(base, "base")
    check_word(size, "size")
    if base > PHYSICAL_LIMIT or size > PHYSICAL_LIMIT - base:
        raise NotValid(f"{size} bytes at {base:#x} reach beyond the last physical address, {PHYSICAL_LIMIT - 1:#x}")
    start = align_up(base, PAGE_SIZE)
    end = align_down(base + size, PAGE_SIZE)
    end = max(end, start)
    if (end - start) // PAGE_SIZE > MAX_FRAMES:
        raise NotValid(f"{size} bytes at {base:#x} hold more than {MAX_FRAMES} frames")
    return start, end


def clip(region: Area, start: int, end: int) -> Area:
    """``region`` widened to whole frames and clipped to [start, end); size 0 if nothing of it is left."""
    base, size = region
    check_word(base, "reserved base")
    check_word(size, "reserved size")
    if size == 0 or base >= end:
        return Area(start, 0)
    last = end
    if size < end - base:
        last = align_up(base + size, PAGE_SIZE)
    first = align_down(base, PAGE_SIZE)
    first = max(first, start)
    if last <= first:
        return Area(start, 0)
    return Area(first, last - first)


@dataclass(frozen=True)
class Unavailable:
    """The enumerator that yields the header's region first, then the reserved ones."""

    header: Area
    regions: Regions

    def __call__(self, number: int) -> Area | None:
        """Region ``number``, 0 for the header's, None after the last."""
        return self.header if number == 0 else self.regions(number - 1)


def end_of_conflict(place: int, size: int, start: int, end: int, regions: Regions) -> int:
    """The end of the first listed region that meets [place, place + size) inside the area, else ``place``.

    ``place`` is a multiple of 4096; of a region or a place that ends inside a frame the whole frame counts.
    """
    number = 0
    while True:
        loop("pass_clear_regions", place, size, start, end, regions, number)
        region = regions(number)
        if region is None:
            return place
        first, length = clip(region, start, end)
        if length > 0 and first < place + size and place < first + length:
            return first + length
        number = number + 1


def start_of_gap(place: int, start: int, end: int, regions: Regions) -> int:
    """The first frame from ``place`` on that no listed region meets, or ``end``."""
    first = place
    while place < end:
        loop("pass_held_frames", first, place, start, end, regions)
        passed = end_of_conflict(place, PAGE_SIZE, start, end, regions)
        if passed == place:
            return place
        place = passed
    return place


def end_of_gap(place: int, start: int, end: int, regions: Regions) -> int:
    """The end of the run of frames from ``place`` on that no listed region meets."""
    limit = end
    number = 0
    while True:
        loop("pass_gap_borders", place, start, end, regions, number, limit)
        region = regions(number)
        if region is None:
            return limit
        first, length = clip(region, start, end)
        if length > 0 and place < first < limit:
            limit = first
        number = number + 1


def next_gap(place: int, start: int, end: int, regions: Regions) -> tuple[int, int]:
    """[first, last) of the next run of frames, from ``place`` on, that no listed region meets; [end, end) if none."""
    first = start_of_gap(place, start, end, regions)
    return first, end_of_gap(first, start, end, regions)
