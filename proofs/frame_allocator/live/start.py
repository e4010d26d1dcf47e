"""How the frame allocator starts, on a live machine: a scenario that meets every end of get_header and init_region."""

from __future__ import annotations

from functools import partial
from typing import Any

import impl.frame_allocator
from impl.arithmetic import PAGE_SIZE, PHYSICAL_LIMIT, WORD_LIMIT
from impl.frame_allocator import FrameAllocator, get_header, largest_order
from impl.regions import MAX_FRAMES, Area, Unavailable, clip, next_gap, whole_frames
from impl.shadow import CheckedRam
from model.frame_allocator.regions import Reserved, are_words, bounds, header_bytes, numberable
from proofs.checking.recorder import Recorder
from proofs.frame_allocator.live.blank import Blank
from proofs.frame_allocator.regions_read import listed
from proofs.frame_allocator.subject import SUBJECT

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
    _get_header(recorder, PHYSICAL_LIMIT - PAGE_SIZE, PAGE_SIZE + 1, [])
    for size in (0, 1, PAGE_SIZE, 5 * PAGE_SIZE):
        _get_header(recorder, 1, size, [])
    hostile = [(0, 0), (PAGE_SIZE + 1, 1), (9 * PAGE_SIZE, PAGE_SIZE), (2 * PAGE_SIZE, 2 * PAGE_SIZE - 1)]
    _get_header(recorder, 0, 6 * PAGE_SIZE, hostile)
    _get_header(recorder, 0, 6 * PAGE_SIZE, [*hostile, (0, WORD_LIMIT - 1)])
    for region in ((-1, 0), (NO_WORD, 0), (0, -1), (0, NO_WORD)):
        _get_header(recorder, 0, 6 * PAGE_SIZE, [*hostile, region])


RAM = 16 * PAGE_SIZE
AREA = (1, 12 * PAGE_SIZE)
HEADER = (2 * PAGE_SIZE, PAGE_SIZE + 1)
HOSTILE = [(0, 0), (5 * PAGE_SIZE + 1, 1), (13 * PAGE_SIZE, PAGE_SIZE), (7 * PAGE_SIZE, 2 * PAGE_SIZE - 1)]


def initialise(recorder: Recorder) -> None:
    """Areas and headers that are refused, each for its own reason, and some that are not."""
    for base, size in ((-1, 0), (NO_WORD, 0), (0, -1), (0, NO_WORD), (1, WORD_LIMIT - 1), (0, 0), (1, PAGE_SIZE)):
        _init_region(recorder, (base, size), HEADER, [])
    _init_region(recorder, (0, (MAX_FRAMES + 1) * PAGE_SIZE), HEADER, [])
    for base, size in ((-1, 0), (NO_WORD, 0), (0, -1), (0, NO_WORD), (1, PAGE_SIZE), (0, PAGE_SIZE - 1)):
        _init_region(recorder, AREA, (base, size), HOSTILE)
    for base in (PHYSICAL_LIMIT, WORD_LIMIT - PAGE_SIZE):
        _init_region(recorder, AREA, (base, PAGE_SIZE), HOSTILE)
    _init_region(recorder, AREA, (4 * PAGE_SIZE, 2 * PAGE_SIZE), HOSTILE)
    for region in ((-1, 0), (NO_WORD, 0), (0, -1), (0, NO_WORD)):
        _init_region(recorder, AREA, HEADER, [*HOSTILE, region])
    for regions in ([], HOSTILE, [*HOSTILE, (8 * PAGE_SIZE, WORD_LIMIT - 1)], [(4 * PAGE_SIZE, 9 * PAGE_SIZE)]):
        _init_region(recorder, AREA, HEADER, regions)


def use_helpers(recorder: Recorder) -> None:
    """Every end of the functions that go by contract."""
    for base, size in ((-1, 0), (NO_WORD, 0), (0, -1), (0, NO_WORD), (1, WORD_LIMIT - 1), (0, PAGE_SIZE), (1, 1)):
        recorder.call("whole_frames", True, partial(whole_frames, Area(base, size)))
    recorder.call("whole_frames", True, partial(whole_frames, Area(0, (MAX_FRAMES + 1) * PAGE_SIZE)))
    cut_regions(recorder)
    end = 12 * PAGE_SIZE
    held = Unavailable(Area(*HEADER), lambda n: Area(*HOSTILE[n]) if n < len(HOSTILE) else None)
    for frame in range(12 + 1):
        recorder.call("next_gap", True, partial(next_gap, frame * PAGE_SIZE, 0, end, held))
    for index, frames in ((0, 1), (0, 3), (4, 100), (0, 2**20), (2**18, 2**18)):
        recorder.call("largest_order", True, partial(largest_order, index, frames))


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


def _init_region(recorder: Recorder, area: tuple[int, int], header: tuple[int, int], regions: Pairs) -> None:
    """One recorded call, on RAM that nobody used, the header shown at another address than its physical one."""
    ram, at = CheckedRam(RAM), 3 * PAGE_SIZE
    reserved = described(*area, regions, PAGE_SIZE)
    names = ("base", "size", "header_base", "header_size", "regions")
    arguments = dict(zip(names, (*area, *header, reserved), strict=True))
    laws = SUBJECT.operation("init_region").requires
    blank = Blank(ram, impl.frame_allocator, 0, RAM)
    proper = all(law.formula(blank, at, None, arguments) for law in laws)
    regions_of = lambda n: _region(reserved, n)  # noqa: E731 - the enumerator
    recorder.call(
        "init_region", proper, lambda: FrameAllocator.init_region(ram, Area(*area), Area(*header), regions_of, at)
    )


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
