"""Physical memory allocator: a buddy system over the 4 KiB frames of one area.

Which question it answers: who owns each frame of RAM.  Everything it knows lies in its
header region, in emulated memory:

    header              +32              +128
    | descriptor | pad  | 19 list heads   | one 12-byte record per frame of the area ... |

A frame is named by its *index*: its physical frame number minus that of the 1 GiB boundary
at or below the area.  So an index is aligned exactly as the physical address is (FRM-5),
links between records are indexes, never pointers (FRM-4), and the header works at whatever
address it is mapped.

A block of order k is 2**k frames at an index that is a multiple of 2**k.  The record of its
first frame says that it is free or live, and its order; free blocks of one order form a
doubly linked list.  Two free buddies of one order never both exist: free merges them.

Decisions where the documents are silent: an order that is no machine word is a caller's
error (TypeError, ValueError), one above 18 is NotValid; a header region that meets a
reserved region is NotValid; an area of more than 2**31 frames (8 TiB), or one that reaches beyond
the 52 bits of a physical address, is NotValid.
"""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, PHYSICAL_LIMIT, WORD_BYTES, align_down, align_up, check_word, is_aligned
from impl.errors import NotValid, OutOfMemory, PhysicalMemoryFull
from impl.layout import Struct, u8, u32, uword
from impl.memory import Memory
from impl.regions import (
    Area,
    Regions,
    Unavailable,
    end_of_conflict,
    next_gap,
    no_regions,
    whole_frames,
)
from model.language.annotations import advance, hold, loop

MAX_ORDER = 18
ORDERS = MAX_ORDER + 1
MAX_BLOCK = 1 << MAX_ORDER
"""Frames in the largest block: 1 GiB."""
NONE = 2**32 - 1
"""The index of no frame: the end of a free list."""

INTERIOR = 0x00
"""Not the first frame of its block."""
FREE = 0x01
LIVE = 0x02
LENT = 0xFE
"""Never allocatable, and mapped by an address space."""
RESERVED = 0xFF
"""Never allocatable: reserved, or holding the header."""

HEADS = 4 * WORD_BYTES
RECORDS = 96 + HEADS


class FreeList(Struct, size=4, offsets={"head": 0}):
    """The first free block of one order, or NONE."""

    __slots__ = ()

    head = u32()


class FrameRecord(Struct, size=12, offsets={"next": 0, "prev": 4, "order": 8, "state": 9}):
    """One frame; ``order`` counts for the first frame of a block, the links for that of a free one."""

    __slots__ = ()

    next = u32()
    prev = u32()
    order = u8()
    state = u8()


def header_size(frames: int) -> int:
    """Bytes of metadata for an area of ``frames`` frames, a multiple of 4096."""
    return align_up(RECORDS + FrameRecord.SIZE * frames, PAGE_SIZE)


def get_header(area: Area, regions: Regions = no_regions) -> Area:
    """The lowest page-aligned place in ``area`` for all its metadata, clear of every reserved region (FRM-1).

    ``area`` is first shrunk to whole frames (FRM-2).  OutOfMemory iff there is no such place;
    NotValid for an area that reaches beyond 2**52 or has too many frames to number.
    """
    start, end = whole_frames(area)
    size = header_size((end - start) // PAGE_SIZE)
    place = start
    while size <= end - place:
        loop("search_place", place, size, start, end, regions)
        passed = end_of_conflict(place, size, start, end, regions)
        if passed == place:
            return Area(place, size)
        place = passed
    raise OutOfMemory(f"no {size} free bytes for the header of {end - start} bytes at {start:#x}")


def _check_header(header: Area, start: int, end: int, regions: Regions) -> None:
    """NotValid unless ``header`` is aligned, large enough, physical and clear of reserved regions."""
    base, size = header
    check_word(base, "header base")
    check_word(size, "header size")
    if start == end:
        raise NotValid("the area has no whole frame")
    if not is_aligned(base, PAGE_SIZE):
        raise NotValid(f"the header region cannot begin at {base:#x}, which is no multiple of {PAGE_SIZE}")
    if size < header_size((end - start) // PAGE_SIZE):
        raise NotValid(f"a header region of {size} bytes is too small for {(end - start) // PAGE_SIZE} frames")
    if base > PHYSICAL_LIMIT or size > PHYSICAL_LIMIT - base:
        raise NotValid(f"{size} bytes at {base:#x} reach beyond the last physical address, {PHYSICAL_LIMIT - 1:#x}")
    if end_of_conflict(base, size, start, end, regions) != base:
        raise NotValid(f"header region of {size} bytes at {base:#x} meets a reserved region")


class FrameAllocator(
    Struct,
    size=HEADS,
    offsets={"origin": 0, "start": WORD_BYTES, "end": 2 * WORD_BYTES, "free_frames": 3 * WORD_BYTES},
):
    """The descriptor of an area; ``FrameAllocator(memory, header)`` views it wherever it is mapped now.

    ``origin`` is the physical address of index 0 (a multiple of 1 GiB), [start, end) are the
    indexes of the area's frames, ``free_frames`` counts the frames in free blocks.
    """

    __slots__ = ()

    origin = uword()
    start = uword()
    end = uword()
    free_frames = uword()

    @classmethod
    def init_region(
        cls, memory: Memory, area: Area, header: Area, regions: Regions = no_regions, at: int | None = None
    ) -> FrameAllocator:
        """pmallocator_init_region: all frames but header and reserved ones become free (FRM-2, FRM-3).

        ``header`` is the physical region that get_header found; ``memory`` shows it at the address ``at``, by
        default at the same one.  NotValid, nothing written, if the area has no whole frame, reaches beyond
        2**52 or has too many, or if the header is misaligned, too small, beyond 2**52 or not clear.
        """
        start, end = whole_frames(area)
        _check_header(header, start, end, regions)
        address = header.base if at is None else at
        memory.fill(address, header_size((end - start) // PAGE_SIZE), 0xFF)
        view = cls._describe(memory, address, start, end)
        hold("area_described", view, start, end)
        held = Unavailable(header, regions)
        view._mark_usable(start, held)
        view._claim_tables()
        view._insert_usable(start, held)
        return view

    def allocate(self, order: int) -> Area:
        """pmallocator_allocate: 2**order frames, aligned to their size as a physical address (FRM-5, FRM-6).

        NotValid for an order above 18; PhysicalMemoryFull iff no free block is that large (FRM-7).
        """
        check_word(order, "order")
        if order > MAX_ORDER:
            raise NotValid(f"order {order} is not supported, the largest is {MAX_ORDER}")
        found = self._smallest_sufficient(order)
        if found > MAX_ORDER:
            raise PhysicalMemoryFull(f"no free block of order {order} or a larger one")
        index = self._list(found).head
        self._remove(index, found)
        self._split(index, found, order)
        record = self.record(index)
        record.state = LIVE
        record.order = order
        self.free_frames = self.free_frames - (1 << order)
        advance("frames_taken", index, order)
        return Area(self.origin + index * PAGE_SIZE, PAGE_SIZE << order)

    def free(self, base: int, size: int) -> None:
        """pmallocator_free: the area becomes free and merges with its free buddies.

        NotValid, nothing changed, unless [base, base + size) is exactly one live allocation (FRM-8).
        """
        check_word(base, "base")
        check_word(size, "size")
        if not self.is_live(base, size):
            raise NotValid(f"{size} bytes at {base:#x} are not exactly one live allocation")
        index = (base - self.origin) // PAGE_SIZE
        order = self.record(index).order
        self.record(index).state = INTERIOR
        self.free_frames = self.free_frames + (1 << order)
        advance("frames_given", index, order)
        self._merge(index, order)

    def is_live(self, base: int, size: int) -> bool:
        """Whether [base, base + size) is exactly one live allocation; any two machine words are allowed."""
        if not self._is_frame(base):
            return False
        record = self.record((base - self.origin) // PAGE_SIZE)
        return record.state == LIVE and size == PAGE_SIZE << record.order

    def lend(self, base: int) -> bool:
        """Mark the reserved frame at ``base`` as mapped; False, nothing changed, for any other address."""
        return self._exchange(base, RESERVED, LENT)

    def is_lent(self, base: int) -> bool:
        """Whether the frame at ``base`` is lent; False for any other address."""
        check_word(base, "base")
        return self._is_frame(base) and self.record((base - self.origin) // PAGE_SIZE).state == LENT

    def take_back(self, base: int) -> bool:
        """Undo ``lend``; False, nothing changed, if the frame at ``base`` is not lent."""
        return self._exchange(base, LENT, RESERVED)

    def record(self, index: int) -> FrameRecord:
        """The record of the frame ``index`` (start <= index < end)."""
        return FrameRecord(self.memory, self.address + RECORDS + FrameRecord.SIZE * (index - self.start))

    def first_free(self, order: int) -> int:
        """The index of the first free block of ``order`` (0..18), or NONE."""
        return self._list(order).head

    def _is_frame(self, base: int) -> bool:
        """Whether ``base`` is the physical address of a frame of the area."""
        if not is_aligned(base, PAGE_SIZE) or base < self.origin:
            return False
        index = (base - self.origin) // PAGE_SIZE
        return self.start <= index < self.end

    def _exchange(self, base: int, expected: int, state: int) -> bool:
        check_word(base, "base")
        if not self._is_frame(base):
            return False
        record = self.record((base - self.origin) // PAGE_SIZE)
        if record.state != expected:
            return False
        record.state = state
        return True

    # ---- free lists --------------------------------------------------------------------

    def _list(self, order: int) -> FreeList:
        return FreeList(self.memory, self.address + HEADS + FreeList.SIZE * order)

    def _smallest_sufficient(self, wanted: int) -> int:
        """The smallest order from ``wanted`` on with a free block, or MAX_ORDER + 1."""
        order = wanted
        while order <= MAX_ORDER and self._list(order).head == NONE:
            loop("search_upwards", self, order, wanted)
            order = order + 1
        return order

    def _insert(self, index: int, order: int) -> None:
        """Make ``index`` the first free block of its order."""
        free_list = self._list(order)
        record = self.record(index)
        after = free_list.head
        record.state = FREE
        record.order = order
        record.next = after
        record.prev = NONE
        if after != NONE:
            self.record(after).prev = index
        free_list.head = index
        advance("block_listed", index, order)

    def _remove(self, index: int, order: int) -> None:
        """Take the free block ``index`` out of its list; its first frame is interior for the moment."""
        record = self.record(index)
        before = record.prev
        after = record.next
        if before == NONE:
            self._list(order).head = after
        else:
            self.record(before).next = after
        if after != NONE:
            self.record(after).prev = before
        record.state = INTERIOR

    def _split(self, index: int, found: int, wanted: int) -> None:
        """Give the upper half back until the block at ``index`` has the wanted order: at most 18 steps."""
        order = found
        while order > wanted:
            loop("take_apart", self, index, order, wanted, found)
            order = order - 1
            upper = index + (1 << order)
            hold("upper_half", self, index, upper, order)
            self._insert(upper, order)

    def _merge(self, freed: int, given: int) -> None:
        """Insert a block, first joined with its buddy as long as that is free too: at most 18 steps."""
        index = freed
        order = given
        while order < MAX_ORDER and self._has_free_buddy(index, order):
            loop("join_buddies", self, index, order, freed, given)
            buddy = buddy_of(index, order)
            hold("buddies", self, index, buddy, order)
            self._remove(buddy, order)
            index = min(index, buddy)
            order = order + 1
            advance("block_joined", index, order)
        self._insert(index, order)

    def _has_free_buddy(self, index: int, order: int) -> bool:
        """Whether the buddy of the block lies in the area and is a free block of the same order."""
        buddy = buddy_of(index, order)
        if buddy < self.start or buddy >= self.end:
            return False
        record = self.record(buddy)
        return record.state == FREE and record.order == order

    # ---- initialisation ----------------------------------------------------------------

    @classmethod
    def _describe(cls, memory: Memory, header: int, start: int, end: int) -> FrameAllocator:
        """Write the descriptor of the area [start, end), with no free frame yet."""
        view = FrameAllocator.claim(memory, header)
        origin = align_down(start, MAX_BLOCK * PAGE_SIZE)
        view.origin = origin
        view.start = (start - origin) // PAGE_SIZE
        view.end = (end - origin) // PAGE_SIZE
        view.free_frames = 0
        return view

    def _claim_tables(self) -> None:
        self.memory.claim_array(FreeList, self.address + HEADS, ORDERS)
        self.memory.claim_array(FrameRecord, self.address + RECORDS, self.end - self.start)

    def _mark_usable(self, area_start: int, held: Regions) -> None:
        """Zero the records of all usable frames, as raw bytes: INTERIOR."""
        end = self.origin + self.end * PAGE_SIZE
        place = area_start
        while place < end:
            loop("mark_usable", self, area_start, place, end, held)
            place, gap_end = next_gap(place, area_start, end, held)
            first = self.record((place - self.origin) // PAGE_SIZE).address
            size = (gap_end - place) // PAGE_SIZE * FrameRecord.SIZE
            hold("records_of_gap", self, area_start, place, gap_end, first, size)
            self.memory.fill(first, size, 0)
            place = gap_end

    def _insert_usable(self, area_start: int, held: Regions) -> None:
        """Put every usable frame into the largest aligned block that fits."""
        advance("nothing_listed")
        end = self.origin + self.end * PAGE_SIZE
        place = area_start
        while place < end:
            loop("insert_usable", self, area_start, place, end, held)
            gap, gap_end = next_gap(place, area_start, end, held)
            first, last = (gap - self.origin) // PAGE_SIZE, (gap_end - self.origin) // PAGE_SIZE
            hold("run_of_gap", self, place, gap, gap_end, first, last, held)
            self._insert_run(first, last, held)
            place = gap_end

    def _insert_run(self, first: int, end: int, held: Regions) -> None:
        """Insert the frames [first, end), a whole run of those not ``held``, as maximal aligned blocks."""
        index = first
        while index < end:
            loop("insert_run", self, first, index, end, held)
            order = largest_order(index, end - index)
            self._insert(index, order)
            self.free_frames = self.free_frames + (1 << order)
            advance("frames_given", index, order)
            index = index + (1 << order)


def buddy_of(index: int, order: int) -> int:
    """The index of the block that together with this one forms a block of the next order."""
    return index ^ (1 << order)


def largest_order(index: int, frames: int) -> int:
    """The largest order to which ``index`` is aligned and that ``frames`` (> 0) can hold."""
    order = 0
    while order < MAX_ORDER and is_aligned(index, 1 << (order + 1)) and 1 << (order + 1) <= frames:
        loop("find_order", index, frames, order)
        order = order + 1
    return order
