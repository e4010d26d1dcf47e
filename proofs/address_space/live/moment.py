"""One address space at one moment, as the clauses of the model read it: a copy of RAM, and what its tables say.

Clauses about every page are looked at where something is or was mapped, and in the range that an operation is about;
clauses about every byte in one changed byte of each frame, for whether one may change is a matter of its frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from impl.arithmetic import PAGE_SIZE
from impl.frame_allocator import FrameAllocator
from impl.layout import Struct
from impl.shadow import CheckedRam
from model.address_space.state import ENTRY_SIZE
from model.language.logic import Truth
from proofs.address_space.live.scenario import Live, space_of

END = 2**64
MOST_PAGES = 2**52


class Content:
    """The bytes of RAM at one moment; ``places`` are those where a clause about all of them is looked at."""

    def __init__(self, image: bytes, places: Iterable[int] = ()) -> None:
        self._image = image
        self._places = places

    def __getitem__(self, where: int) -> int:
        return self._image[where] if 0 <= where < len(self._image) else 0

    def everywhere(self, body: Callable[[int], Truth]) -> bool:
        """Whether ``body`` holds in those places."""
        return all(body(where) for where in self._places)

    def each(self, low: int, high: int, body: Callable[[int], Truth]) -> bool:
        """Whether ``body`` holds for every x in [low, high)."""
        return all(body(x) for x in range(low, high))

    def holds(self, low: int, high: int, byte: int) -> bool:
        """Whether every byte of [low, high) is ``byte``, and in RAM."""
        return self._image[low:high] == bytes([byte]) * (high - low)


class Moment(Live):
    """The memory, and in ``space`` the abstract state, of an address space.

    ``entry`` is the struct of entries, and ``header`` where the frame allocator's lies; ``about`` are the arguments of
    the operation in question, ``then`` the moment before it.
    """

    def __init__(
        self,
        ram: CheckedRam,
        frames: FrameAllocator,
        entry: type[Struct],
        header: range,
        space: Any,
        about: Mapping[str, int],
        then: Moment | None,
    ) -> None:
        machine: Any = SimpleNamespace(ram=ram, frames=frames)
        self.pages: set[int] = set()
        self._entries = frozenset(ram.shadow.claims(entry, 0, END))
        super().__init__(machine, space)
        self.image = bytes(ram.buffer[:])
        self._words = memoryview(self.image).cast("Q")
        self._header = header
        pages, frames_about = self._looked_at(about)
        pages |= then.pages if then else set()
        self.space = space_of(machine, space, self, pages, frames_about)
        self.pages = {*pages, *self.space.entry.places}
        self.bytes = Content(self.image, self._changed(then) if then else ())

    def is_claimed(self, slot: int) -> bool:
        """Whether an entry lay there."""
        return slot in self._entries

    def same_memory(self, other: Moment) -> bool:
        """Whether no byte of RAM differs, and no entry lies elsewhere."""
        return self.image == other.image and self._entries == other._entries

    def _looked_at(self, about: Mapping[str, int]) -> tuple[set[int], set[int]]:
        """Pages and frames of the range in question: more of them than RAM has frames need not be looked at."""
        count = min(max(about.get("pages", 1), 0), len(self.image) // PAGE_SIZE + 1)
        address, base = about.get("address", 0) // PAGE_SIZE, about.get("base", 0) // PAGE_SIZE
        return set(range(address, min(address + count, MOST_PAGES))), set(range(base, base + count))

    def _changed(self, then: Moment) -> list[int]:
        """A changed byte of each frame that holds neither entries nor the frame allocator's header."""
        now, before = self.image, then.image
        return [
            next(x for x in range(start, start + PAGE_SIZE) if now[x] != before[x])
            for start in range(0, len(now), PAGE_SIZE)
            if now[start : start + PAGE_SIZE] != before[start : start + PAGE_SIZE]
            and start not in self._header
            and not any(slot in self._entries for slot in range(start, start + PAGE_SIZE, ENTRY_SIZE))
        ]
