"""What the frame allocator must answer, by the reference model: where a header lies, which areas are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from impl.arithmetic import PAGE_SIZE, PHYSICAL_LIMIT, WORD_LIMIT
from impl.regions import MAX_FRAMES
from model.frame_allocator.state import RECORD, RECORDS


@dataclass(frozen=True)
class Answer:
    """What a call must answer: an exception, or a result that is ``right``."""

    raised: str = ""
    right: Callable[[Any], bool] = lambda result: result is None


def is_word(value: int) -> bool:
    """``value`` is a machine word."""
    return 0 <= value < WORD_LIMIT


def header_size(frames: int) -> int:
    """Bytes of metadata for so many frames."""
    return -(-(RECORDS + RECORD * frames) // PAGE_SIZE) * PAGE_SIZE


def frames_of(area: tuple[int, int]) -> tuple[str, int, int]:
    """The refusal that an area meets, if any, and its first and last whole frames' borders."""
    base, size = area
    if not is_word(base) or not is_word(size):
        return "ValueError", 0, 0
    start, end = -(-base // PAGE_SIZE) * PAGE_SIZE, (base + size) // PAGE_SIZE * PAGE_SIZE
    if base + size > PHYSICAL_LIMIT or end - start > MAX_FRAMES * PAGE_SIZE:
        return "NotValid", 0, 0
    return "", start, max(end, start)


def reserved_in(start: int, end: int, regions: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts [first, last) of [start, end) that ``regions`` reserve, by whole frames."""
    widened = [(base // PAGE_SIZE * PAGE_SIZE, -(-(base + size) // PAGE_SIZE) * PAGE_SIZE) for base, size in regions]
    clipped = [
        (max(low, start), min(high, end)) for (low, high), (_, size) in zip(widened, regions, strict=True) if size
    ]
    return [(low, high) for low, high in clipped if low < high]


def header_answer(area: tuple[int, int], regions: Sequence[tuple[int, int]]) -> Answer:
    """The lowest clear place is the area's start, or the end of a reserved region."""
    refusal, start, end = frames_of(area)
    if refusal:
        return Answer(refusal)
    size, taken = header_size((end - start) // PAGE_SIZE), reserved_in(start, end, regions)
    places = [place for place in sorted({start, *(high for _, high in taken)}) if place + size <= end]
    clear = [place for place in places if not any(low < place + size and place < high for low, high in taken)]
    return Answer(right=lambda place: tuple(place) == (clear[0], size)) if clear else Answer("OutOfMemory")


def init_answer(area: tuple[int, int], header: tuple[int, int], regions: Sequence[tuple[int, int]]) -> Answer:
    """NotValid for a header region that is misaligned, too small, too far or not clear, or an area without a frame."""
    refusal, start, end = frames_of(area)
    base, size = header
    if refusal:
        return Answer(refusal)
    if not is_word(base) or not is_word(size):
        return Answer("ValueError")
    small = size < header_size((end - start) // PAGE_SIZE)
    met = any(low < base + size and base < high for low, high in reserved_in(start, end, regions))
    if start == end or base % PAGE_SIZE or small or base + size > PHYSICAL_LIMIT or met:
        return Answer("NotValid")
    return Answer(right=lambda view: view is not None)
