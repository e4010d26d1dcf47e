"""What the code has read of the reserved regions: which of them it passed, and what it yields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.frame_allocator.regions import Body, Reserved, header_of, meets, reserved_of
from model.language.ghost import GhostMap
from model.language.logic import Truth, Word, implies
from model.language.words import PAGE_SIZE


def listed(regions: Sequence[tuple[int, int]], low: int, high: int, width: int) -> Reserved:
    """These regions, with the ghost that describes places of ``width`` bytes at the frames [low, high)."""
    places = {q: q * PAGE_SIZE for q in range(low, high)}
    blockers = {
        q: next((j for j, (b, s) in enumerate(regions) if meets(b, s, p, p + width)), len(regions))
        for q, p in places.items()
    }
    bases, sizes = ({j: region[part] for j, region in enumerate(regions)} for part in (0, 1))
    return Reserved(GhostMap(bases), GhostMap(sizes), len(regions), GhostMap(blockers))


def passed(regions: Any, count: Word, body: Body) -> Truth:
    """``body`` holds of the first ``count`` regions that are yielded; a header may come before the reserved ones."""
    header = header_of(regions)
    if header is None:
        return regions.first(count, body)
    return implies(count > 0, body(*header)) & regions.regions.first(count - 1, body)


def yields(regions: Any) -> Word:
    """How many regions are yielded."""
    return regions.length if header_of(regions) is None else regions.regions.length + 1


def frames_of(regions: Any) -> Any:
    """The map of frames that the ghost describes."""
    return reserved_of(regions).blocker


def blocked(regions: Reserved, q: Word) -> Truth:
    """Some region meets the place that begins at frame ``q``."""
    return regions.blocker[q] < regions.length


def held(regions: Any, q: Word) -> Truth:
    """The frame ``q`` is the header's or meets a reserved region; the ghost describes frames."""
    header, by_region = header_of(regions), blocked(reserved_of(regions), q)
    if header is None:
        return by_region
    return meets(header[0], header[1], q * PAGE_SIZE, (q + 1) * PAGE_SIZE) | by_region
