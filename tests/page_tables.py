"""What page tables must do: be a partial map from pages to frames, and own their frames exactly.

``MapModel`` is the specification as a program: a dictionary from virtual pages to flags.  From
it follow every refusal and the exact number of frames in use, tables included.  ``INVARIANTS``
are clauses over a live address space, read from the tables in RAM without touching counters.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from model.frame_allocator.single_frames import ALLOCATE_COST, FREE_COST
from model.language.logic import Clause, clause
from proofs.address_space.live.tables import leaves, tables
from proofs.frame_allocator.live.reference import LENT, LIVE

if TYPE_CHECKING:
    from impl.address_space import AddressSpace
    from impl.virtual_memory import VirtualMemory

PAGE_SIZE = 4096
PRESENT = 1
BORROWED = 1 << 9
FRAME_MASK = 0x000F_FFFF_FFFF_F000
LOW_END = 1 << 47
HIGH_START = 2**64 - 2**47
HIGH_END = 2**64 - PAGE_SIZE
TABLE_PAGES = (512, 512**2, 512**3)
"""Pages below one table of the last, the third and the second level."""

CLEAR_COST = PAGE_SIZE // 8
FRAME_COST = ALLOCATE_COST + CLEAR_COST
MAP_PAGE_COST = 1 + 4 + 16 + 4 * FRAME_COST
"""Loads + stores per page that ``map`` costs at most: the free count, one walk, the entries of four
levels with their counts, and four fresh frames."""
UNMAP_PAGE_COST = 4 + 5 + FREE_COST + 3 * (2 + FREE_COST)
"""Loads + stores per page that ``unmap`` costs at most: two walks, the frame, three emptied tables."""
PROTECT_PAGE_COST = 9
WALK_LOADS = 4


def map_cost(pages: int) -> int:
    """Loads + stores that ``map`` of ``pages`` pages costs at most; tighter than pages * MAP_PAGE_COST."""
    tables = sum((pages + 2 * span - 2) // span for span in TABLE_PAGES)
    return 1 + pages * (4 + 16 + FRAME_COST) + tables * FRAME_COST


class MapModel:
    """The map from virtual page addresses to flags, given the frames there are for pages, tables and root."""

    def __init__(self, frames: int) -> None:
        self.frames = frames
        self.pages: dict[int, int] = {}

    def free_frames(self) -> int:
        """Frames that neither a page nor a table uses."""
        return self.frames - len(self.pages) - tables_for(self.pages)

    def refusal_of_map(self, address: int, pages: int) -> str:
        """The name of the error that ``map`` must raise, or "" if it must succeed."""
        if fault := fault_of_range(address, pages):
            return fault
        if pages > self.free_frames():
            return "PhysicalMemoryFull"
        new = {address + number * PAGE_SIZE: 0 for number in range(pages)}
        if new.keys() & self.pages.keys():
            return "AlreadyMapped"
        needed = pages + tables_for(self.pages | new) - tables_for(self.pages)
        return "PhysicalMemoryFull" if needed > self.free_frames() else ""

    def refusal_of_unmap(self, address: int, pages: int) -> str:
        """The name of the error that ``unmap`` and ``protect`` must raise, or ""."""
        if fault := fault_of_range(address, pages):
            return fault
        mapped = pages <= len(self.pages) and all(address + number * PAGE_SIZE in self.pages for number in range(pages))
        return "" if mapped else "NotMapped"

    def set(self, address: int, pages: int, flags: int) -> None:
        """Map or protect."""
        self.pages.update({address + number * PAGE_SIZE: flags for number in range(pages)})

    def clear(self, address: int, pages: int) -> None:
        """Unmap."""
        for number in range(pages):
            del self.pages[address + number * PAGE_SIZE]


def tables_for(pages: dict[int, int]) -> int:
    """Tables that a map of these pages needs, the root included: one per distinct prefix."""
    return 1 + sum(len({page // PAGE_SIZE // span for page in pages}) for span in TABLE_PAGES)


def is_canonical_range(address: int, pages: int) -> bool:
    """Whether the range is page-aligned, not empty, and inside one half of the canonical addresses."""
    end = address + pages * PAGE_SIZE
    inside = end <= LOW_END or (address >= HIGH_START and end <= HIGH_END)
    return address % PAGE_SIZE == 0 and pages > 0 and inside


def fault_of_range(address: int, pages: int) -> str:
    """The name of the error that tells the first fault of a range, or "" if it has none."""
    if pages == 0:
        return "NoPages"
    if address % PAGE_SIZE:
        return "NotAligned"
    if is_canonical_range(address, pages):
        return ""
    return "LastPage" if address >= HIGH_START and address + pages * PAGE_SIZE == 2**64 else "NotCanonical"


# ---------------------------------------------------------------- invariants


@clause("No frame is mapped twice, and none that is mapped is a page table: tables are never data.")
def frames_distinct(space: AddressSpace) -> bool:
    """All leaves and all tables name different frames."""
    used = Counter(entry & FRAME_MASK for entry in leaves(space).values())
    used.update(table.frame for table in tables(space))
    return all(times == 1 for times in used.values())


@clause("Every frame in use is a live allocation of one frame; a borrowed one is lent: none is also free.")
def frames_owned(space: AddressSpace) -> bool:
    """The frame allocator agrees."""
    owned = [table.frame for table in tables(space)]
    lent: list[int] = []
    for entry in leaves(space).values():
        (lent if entry & BORROWED else owned).append(entry & FRAME_MASK)
    return all(_state(space, frame) == LIVE and space.frames.is_live(frame, PAGE_SIZE) for frame in owned) and all(
        _state(space, frame) == LENT for frame in lent
    )


@clause("The entry of a table counts the table's present entries.")
def tables_counted(space: AddressSpace) -> bool:
    """Bits 52..61 of the parent's entry."""
    return all(table.level == 4 or len(table.entries) == table.parent >> 52 & 0x3FF for table in tables(space))


@clause("No table but the root is empty.")
def no_table_empty(space: AddressSpace) -> bool:
    """An emptied one is given back at once."""
    return all(table.level == 4 or table.entries for table in tables(space))


@clause("Every translation that the TLB holds is what the tables say now.")
def tlb_coherent(memory: VirtualMemory) -> bool:
    """A stale entry would be a way to somebody else's frame (M1)."""
    mapped = leaves(memory.space)
    data = all(
        page in mapped and mapped[page] & FRAME_MASK == frame and (not write or mapped[page] & 2 != 0)
        for page, frame, write in memory.translations()
    )
    return data and all(
        page in mapped and mapped[page] & FRAME_MASK == frame and not mapped[page] & 1 << 63
        for page, frame in memory.code_translations()
    )


INVARIANTS: tuple[Clause, ...] = (frames_distinct, frames_owned, tables_counted, no_table_empty)
"""Of an address space; ``tlb_coherent`` is one of a virtual memory."""


def agrees(model: MapModel, space: AddressSpace) -> bool:
    """Whether ``space`` maps exactly the model's pages, with the model's flags."""
    kept = 1 << 63 | 0b110
    return {page: entry & kept for page, entry in leaves(space).items()} == model.pages


def _state(space: AddressSpace, frame: int) -> int:
    frames = space.frames
    return frames.record((frame - frames.origin) // PAGE_SIZE).state
