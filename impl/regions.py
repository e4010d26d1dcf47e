"""Areas of physical memory and the reserved regions in them.

Which question it answers: where in an area may something be put.  Reserved regions come from
an enumerator that is read again, from the start, whenever they are needed, so that nothing
need be stored about them.  They may overlap, be unaligned, empty, or lie outside the area, in
any order: each is widened to whole frames and clipped to the area; an empty one reserves nothing.

All addresses and sizes are bytes; ``start`` and ``end`` bound an area of whole frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT, align_down, align_up, check_word
from impl.errors import NotValid

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
    if size > WORD_LIMIT - 1 - base or base > WORD_LIMIT - PAGE_SIZE:
        raise NotValid(f"{size} bytes at {base:#x} leave the address space")
    start = align_up(base, PAGE_SIZE)
    end = align_down(base + size, PAGE_SIZE)
    end = max(end, start)
    if (end - start) // PAGE_SIZE > MAX_FRAMES:
        raise NotValid(f"{size} bytes are more than {MAX_FRAMES} frames")
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


def end_of_conflict(place: int, size: int, start: int, end: int, regions: Regions) -> int:
    """The end of the first listed region that meets [place, place + size) inside the area, else ``place``."""
    number = 0
    region = regions(0)
    while region is not None:
        first, length = clip(region, start, end)
        if length > 0 and first < place + size and place < first + length:
            return first + length
        number = number + 1
        region = regions(number)
    return place


def start_of_gap(place: int, start: int, end: int, header: Area, regions: Regions) -> int:
    """The first frame from ``place`` on that is neither reserved nor the header's, or ``end``."""
    moved = True
    while moved and place < end:
        passed = end_of_conflict(place, PAGE_SIZE, start, end, regions)
        first, length = clip(header, start, end)
        if first <= passed < first + length:
            passed = first + length
        moved = passed != place
        place = passed
    return place


def end_of_gap(place: int, start: int, end: int, header: Area, regions: Regions) -> int:
    """The end of the run of usable frames that begins at ``place``."""
    first, length = clip(header, start, end)
    if length > 0 and place < first:
        end = first
    number = 0
    region = regions(0)
    while region is not None:
        first, length = clip(region, start, end)
        if length > 0 and place < first:
            end = first
        number = number + 1
        region = regions(number)
    return end
