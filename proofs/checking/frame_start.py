"""How the frame allocator starts, on a live machine: a scenario that meets every end of clip and of get_header."""

from __future__ import annotations

from functools import partial
from typing import Any

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.frame_allocator import get_header
from impl.regions import MAX_FRAMES, Area, clip
from model.frame_allocator import SUBJECT
from model.frame_regions import Reserved, are_words, bounds, header_bytes, listed, numberable
from proofs.checking.recorder import Recorder

Pairs = list[tuple[int, int]]

NO_WORD = WORD_LIMIT


def described(base: int, size: int, regions: Pairs, width: int | None = None) -> Reserved:
    """The enumerator of ``regions``; its ghost knows the places of ``width`` bytes, by default of the header's size."""
    if not (are_words(base, size) and numberable(base, size)) or size > MAX_FRAMES:
        return listed(regions, 0, 0, 0)
    start, end = bounds(base, size)
    needed = header_bytes(start, end) if width is None else width
    return listed(regions, start // PAGE_SIZE, end // PAGE_SIZE, needed)


def find_headers(recorder: Recorder) -> None:
    """Areas that are no words, leave the address space, or have too many frames; room or none; hostile regions."""
    for base, size in ((-1, 0), (NO_WORD, 0), (0, -1), (0, NO_WORD), (1, WORD_LIMIT - 1), (WORD_LIMIT - 1, 0)):
        _get_header(recorder, base, size, [])
    _get_header(recorder, 0, (MAX_FRAMES + 1) * PAGE_SIZE, [])
    for size in (0, 1, PAGE_SIZE, 5 * PAGE_SIZE):
        _get_header(recorder, 1, size, [])
    hostile = [(0, 0), (PAGE_SIZE + 1, 1), (9 * PAGE_SIZE, PAGE_SIZE), (2 * PAGE_SIZE, 2 * PAGE_SIZE - 1)]
    _get_header(recorder, 0, 6 * PAGE_SIZE, hostile)
    _get_header(recorder, 0, 6 * PAGE_SIZE, [*hostile, (0, WORD_LIMIT - 1)])
    for region in ((-1, 0), (NO_WORD, 0), (0, -1), (0, NO_WORD)):
        _get_header(recorder, 0, 6 * PAGE_SIZE, [*hostile, region])


def cut_regions(recorder: Recorder) -> None:
    """Regions that are no words, and some that lie before, in and behind an area."""
    start, end = 4 * PAGE_SIZE, 8 * PAGE_SIZE
    for region in (
        (-1, 0),
        (NO_WORD, 0),
        (0, -1),
        (0, NO_WORD),
        (0, 1),
        (0, NO_WORD - 1),
        (5 * PAGE_SIZE + 1, 1),
        (end, 1),
    ):
        recorder.call("clip", True, partial(clip, Area(*region), start, end))


def _get_header(recorder: Recorder, base: int, size: int, regions: Pairs) -> Any:
    """One recorded call."""
    reserved = described(base, size, regions)
    arguments = {"base": base, "size": size, "regions": reserved}
    laws = SUBJECT.operation("get_header").requires
    proper = all(law.formula(None, 0, None, arguments) for law in laws)
    area = Area(base, size)
    return recorder.call("get_header", proper, lambda: get_header(area, lambda n: _region(reserved, n)))


def _region(reserved: Reserved, number: int) -> Area | None:
    """What the enumerator yields."""
    region = reserved(number)
    return None if region is None else Area(*region)
