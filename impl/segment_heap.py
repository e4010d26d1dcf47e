"""The segment heap: first fit over a doubly linked, address-ordered chain of segments.

    start                                                            end
      | header | payload ... | header | payload ... | header | payload |

Every segment is a 48-byte header directly followed by its payload; ``next`` and ``prev`` link
neighbours.  allocate takes the first free segment that is large enough, splits what is too much,
and grows the heap by whole pages when nothing fits.  free merges with both neighbours.

Every header is checked before a call relies on it and before the call writes anything: a header
that lost its magic is logged and the call changes nothing.  An address is a valid argument of
free only if the walk from ``start`` reaches a used segment with that payload address, so nothing
that a user writes into his own block is ever taken for a header.

Source: kernel/mm/heap.h (statements SEG-1 to SEG-14).  Decisions where it is silent:
sizes are multiples of 16; a segment is split when the rest holds a header and 16 bytes; init maps
16 pages; a heap that was destructed serves nothing.
"""

from __future__ import annotations

from impl.arithmetic import NULL, PAGE_SIZE, align_up, check_word, is_aligned, pages_for
from impl.layout import Struct, flag, pointer, u32, u64
from model.language.annotations import loop

MAGIC = 0x5E60BEEF
GRANULE = 16
INITIAL_PAGES = 16
LARGEST_REQUEST = 2**64 - 2 * PAGE_SIZE
"""A larger request cannot be rounded up to pages within a machine word; no heap can serve it."""


class Segment(Struct, size=48, offsets={"magic": 0, "size": 8, "free": 16, "next": 24, "prev": 32}):
    """Header of a segment (SEG-1, SEG-2): ``size`` counts payload bytes; next and prev are NULL at the ends."""

    magic = u32()
    size = u64()
    free = flag()
    next = pointer()
    prev = pointer()

    @classmethod
    def retired(cls, view: Segment) -> bool:
        """A header that goes must not leave its magic behind."""
        return view.magic != MAGIC


class SegmentHeap(Struct, size=24, offsets={"start": 0, "end": 8, "last_segment": 16}):
    """The descriptor heap_T (SEG-6), wherever the caller keeps it, and the documented operations."""

    start = pointer()
    end = pointer()
    last_segment = pointer()

    def init(self, base: int) -> bool:
        """Start a heap at page-aligned virtual address ``base`` > 0 (heap_init, SEG-7).

        True: INITIAL_PAGES pages are mapped there and hold one free segment.  False, with nothing
        changed, iff the machine cannot map them.  ValueError for a base that is 0 or not aligned.
        """
        check_word(base, "base")
        if base == NULL or not is_aligned(base, PAGE_SIZE):
            raise ValueError(f"a heap starts at a page-aligned address above 0, not at {base:#x}")
        if not self.memory.map(base, INITIAL_PAGES):
            return False
        self._place(base, INITIAL_PAGES * PAGE_SIZE - Segment.SIZE, NULL)
        self.start = base
        self.end = base + INITIAL_PAGES * PAGE_SIZE
        self.last_segment = base
        return True

    def allocate(self, size: int) -> int:
        """Address of ``size`` usable bytes, 16-byte aligned, or NULL (heap_memory_allocate, SEG-8).

        Returns NULL iff ``size`` is 0; or larger than LARGEST_REQUEST; or a header that the call
        needs is corrupted (logged, SEG-9); or no free segment fits and the machine cannot map the
        pages to grow by.  A NULL changes nothing.
        """
        check_word(size, "size")
        if size == 0 or size > LARGEST_REQUEST:
            return NULL
        needed = align_up(size, GRANULE)
        current = self.start
        while current != NULL:
            loop("walk_for_fit", self, current, needed)
            segment = Segment(self.memory, current)
            if segment.magic != MAGIC:
                return self._corrupted(current)
            if segment.free and segment.size >= needed:
                return self._take(segment, needed)
            current = segment.next
        return self._grow(needed)

    def free(self, address: int) -> None:
        """Give the segment with payload ``address`` back (heap_memory_free, SEG-11), merging it with free neighbours.

        Does nothing, but for a log line, if ``address`` is not the payload of a used segment (SEG-12)
        or if a header that the call needs is corrupted.  NULL is ignored silently.
        """
        check_word(address, "address")
        if address == NULL:
            return
        current = self.start
        while current != NULL:
            loop("walk_for_address", self, current, address)
            segment = Segment(self.memory, current)
            if segment.magic != MAGIC:
                self._corrupted(current)
                return
            if current + Segment.SIZE == address:
                self._reclaim(segment)
                return
            current = segment.next
        self.memory.log("free of {:#x}: no segment starts there", address)

    def dump(self) -> None:
        """Log every segment in address order (heap_dump_segments, SEG-13); stops at a corrupted header."""
        current = self.start
        while current != NULL:
            loop("walk_to_dump", self, current)
            segment = Segment(self.memory, current)
            if segment.magic != MAGIC:
                self._corrupted(current)
                return
            self.memory.log("segment {:#x}: {} bytes, free: {}", current, segment.size, segment.free)
            current = segment.next

    def destruct(self) -> None:
        """Invalidate every segment, unmap every page and give its frame back (heap_destruct, SEG-14).

        Corruption is logged; the pages are given back all the same.
        """
        start = self.start
        end = self.end
        current = start
        while current != NULL:
            loop("walk_to_wipe", self, current)
            segment = Segment(self.memory, current)
            if segment.magic != MAGIC:
                self._corrupted(current)
                break
            current = segment.next
            segment.magic = 0
            segment.release()
        if current != NULL:
            self.memory.release_range(Segment, start, end)
        if start != NULL:
            self.memory.unmap(start, (end - start) // PAGE_SIZE)
        self.start = NULL
        self.end = NULL
        self.last_segment = NULL

    def _take(self, segment: Segment, needed: int) -> int:
        """Hand out a free segment of at least ``needed`` bytes, split if the rest can stand alone."""
        if segment.size - needed >= Segment.SIZE + GRANULE:
            if not self._is_intact(segment.next):
                return self._corrupted(segment.next)
            self._split(segment, needed)
        segment.free = False
        return segment.address + Segment.SIZE

    def _split(self, segment: Segment, size: int) -> None:
        """Keep ``size`` bytes; the rest becomes a free segment."""
        following = segment.next
        rest = self._place(segment.address + Segment.SIZE + size, segment.size - size - Segment.SIZE, segment.address)
        rest.next = following
        segment.size = size
        segment.next = rest.address
        if following == NULL:
            self.last_segment = rest.address
        else:
            Segment(self.memory, following).prev = rest.address

    def _grow(self, needed: int) -> int:
        """Map the pages that a segment of ``needed`` bytes lacks, all or nothing, and take it."""
        last = Segment(self.memory, self.last_segment)
        if last.address == NULL:
            return NULL
        end = self.end
        missing = needed - last.size if last.free else needed + Segment.SIZE
        pages = pages_for(missing)
        if not self.memory.map(end, pages):
            return NULL
        self.end = end + pages * PAGE_SIZE
        if last.free:
            last.size = last.size + pages * PAGE_SIZE
            return self._take(last, needed)
        fresh = self._place(end, pages * PAGE_SIZE - Segment.SIZE, last.address)
        last.next = end
        self.last_segment = end
        return self._take(fresh, needed)

    def _reclaim(self, segment: Segment) -> None:
        """Free a segment that the walk reached, unless it is free already or its neighbourhood is corrupted."""
        if segment.free:
            self.memory.log("free of {:#x}: it is free already", segment.address + Segment.SIZE)
            return
        following = segment.next
        if not self._is_intact(following):
            self._corrupted(following)
            return
        merge = following != NULL and Segment(self.memory, following).free
        if merge:
            beyond = Segment(self.memory, following).next
            if not self._is_intact(beyond):
                self._corrupted(beyond)
                return
        segment.free = True
        if merge:
            self._absorb_next(segment)
        previous = Segment(self.memory, segment.prev)
        if previous.address != NULL and previous.free:
            self._absorb_next(previous)

    def _absorb_next(self, segment: Segment) -> None:
        """Merge ``segment`` with the segment after it, whose header is wiped."""
        absorbed = Segment(self.memory, segment.next)
        following = absorbed.next
        segment.size = segment.size + Segment.SIZE + absorbed.size
        segment.next = following
        if following == NULL:
            self.last_segment = segment.address
        else:
            Segment(self.memory, following).prev = segment.address
        absorbed.magic = 0
        absorbed.release()

    def _place(self, address: int, size: int, previous: int) -> Segment:
        """Write the header of a free segment without successor at ``address``."""
        segment = Segment.claim(self.memory, address)
        segment.magic = MAGIC
        segment.size = size
        segment.free = True
        segment.next = NULL
        segment.prev = previous
        return segment

    def _is_intact(self, address: int) -> bool:
        """Whether there is no header (NULL) or one that still carries its magic."""
        return address == NULL or Segment(self.memory, address).magic == MAGIC

    def _corrupted(self, address: int) -> int:
        """Log the corrupted header; NULL for the caller to return (SEG-3, SEG-9)."""
        self.memory.log("heap corrupted: the header at {:#x} lost its magic", address)
        return NULL
