"""The segment heap: first fit over a doubly linked, address-ordered chain of segments.

    start                                                            end
      | header | payload ... | header | payload ... | header | payload |

Every segment is a header of 48 bytes, directly followed by its payload; ``next`` and ``prev`` link
neighbours.  allocate takes the first free segment that is large enough, splits what is too much,
and grows the heap by whole pages when nothing fits.  free merges with both neighbours.

Every header is checked before a call relies on it and before the call writes anything: a header
that lost its magic is logged and the call changes nothing.  So is one whose ``next`` does not lead up
and stay inside the heap, so that every walk ends, whatever happened to the links.  An address is a valid
argument of free only if the walk from ``start`` reaches a used segment with that payload address, so
nothing that a user writes into his own block is ever taken for a header.

Source: kernel/mm/heap.h (statements SEG-1 to SEG-14).  Decisions where it is silent:
sizes are multiples of 16; a segment is split when the rest holds a header and 16 bytes; init maps
16 pages; a heap that was destructed serves nothing; trim gives back what free pages there are at the
end, all but the 16 of init (pages between live blocks stay: the heap is one range).
"""

from __future__ import annotations

from impl.arithmetic import NULL, PAGE_SIZE, WORD_BYTES, WORD_LIMIT, align_up, check_word, is_aligned, pages_for
from impl.layout import Struct, flag, pointer, u32, uword
from model.language.annotations import loop

MAGIC = 0x5E60BEEF
GRANULE = 16
INITIAL_PAGES = 16
LARGEST_REQUEST = WORD_LIMIT - 2 * PAGE_SIZE
"""A larger request cannot be rounded up to pages within a machine word; no heap can serve it."""


HEADER = 16 + 4 * WORD_BYTES
"""Bytes of a header: 48, or 32 if words have 32 bits; a multiple of GRANULE, so that payloads are aligned."""


class Segment(
    Struct,
    size=HEADER,
    offsets={"magic": 0, "size": WORD_BYTES, "free": 2 * WORD_BYTES, "next": 3 * WORD_BYTES, "prev": 4 * WORD_BYTES},
):
    """Header of a segment (SEG-1, SEG-2): ``size`` counts payload bytes; next and prev are NULL at the ends."""

    magic = u32()
    size = uword()
    free = flag()
    next = pointer()
    prev = pointer()

    @classmethod
    def retired(cls, view: Segment) -> bool:
        """A header that goes must not leave its magic behind."""
        return view.magic != MAGIC


class SegmentHeap(Struct, size=3 * WORD_BYTES, offsets={"start": 0, "end": WORD_BYTES, "last_segment": 2 * WORD_BYTES}):
    """The descriptor heap_T (SEG-6), wherever the caller keeps it, and the documented operations."""

    start = pointer()
    end = pointer()
    last_segment = pointer()

    def init(self, base: int) -> bool:
        """Start a heap at page-aligned virtual address ``base`` > 0 (heap_init, SEG-7).

        The heap does not live: it is new, or was destructed.  A new descriptor may hold anything, so nothing in it
        could tell; the pages of a heap that lives would be lost, and its blocks belong to no heap.
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
        end = self.end
        current = self.start
        while current != NULL:
            loop("walk_for_fit", self, current, needed)
            segment = Segment(self.memory, current)
            if segment.magic != MAGIC:
                return self._corrupted(current)
            if segment.free and segment.size >= needed:
                return self._take(segment, needed, end)
            following = segment.next
            # To the end, or up to a header below it.  Every walk says so in place: a call for each segment is felt.
            if not ((following == NULL) | ((current < following) & (following <= end - Segment.SIZE))):
                return self._astray(current)
            current = following
        return self._grow(needed, end)

    def free(self, address: int) -> None:
        """Give the segment with payload ``address`` back (heap_memory_free, SEG-11), merging it with free neighbours.

        Does nothing, but for a log line, if ``address`` is not the payload of a used segment (SEG-12)
        or if a header that the call needs is corrupted.  NULL is ignored silently.
        """
        check_word(address, "address")
        if address == NULL:
            return
        end = self.end
        before = NULL
        current = self.start
        while (current != NULL) & (current < address):
            loop("walk_for_address", self, before, current, address)
            segment = Segment(self.memory, current)
            if segment.magic != MAGIC:
                self._corrupted(current)
                return
            if current + Segment.SIZE == address:
                self._reclaim(segment, end)
                return
            following = segment.next
            if not ((following == NULL) | ((current < following) & (following <= end - Segment.SIZE))):
                self._astray(current)
                return
            before = current
            current = following
        self._refuse(address, before, end if current == NULL else current)

    def dump(self) -> None:
        """Log every segment in address order (heap_dump_segments, SEG-13); stops at a corrupted header."""
        end = self.end
        current = self.start
        while current != NULL:
            loop("walk_to_dump", self, current)
            segment = Segment(self.memory, current)
            if segment.magic != MAGIC:
                self._corrupted(current)
                return
            self.memory.log("segment {:#x}: {} bytes, free: {}", current, segment.size, segment.free)
            following = segment.next
            if not ((following == NULL) | ((current < following) & (following <= end - Segment.SIZE))):
                self._astray(current)
                return
            current = following

    def trim(self) -> int:
        """Give the free pages at the end of the heap back, all but the INITIAL_PAGES from its start on; their number.

        A heap without live block is afterwards as init left it.  0, with nothing changed, if there is no page
        to give back, or if a header that the call needs is corrupted (logged).
        """
        last = Segment(self.memory, self.last_segment)
        if last.address == NULL:
            return 0
        if last.magic != MAGIC:
            return self._corrupted(last.address)
        if not last.free:
            return 0
        end = self.end
        least = self.start + INITIAL_PAGES * PAGE_SIZE
        if is_aligned(last.address, PAGE_SIZE) and last.address >= least:
            return self._drop(last, end)
        kept = max(least, align_up(last.address + (Segment.SIZE + GRANULE), PAGE_SIZE))
        if kept == end:
            return 0
        last.size = kept - (last.address + Segment.SIZE)
        return self._end_at(kept, end)

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
            following = segment.next
            if not ((following == NULL) | ((current < following) & (following <= end - Segment.SIZE))):
                self._astray(current)
                break
            segment.magic = 0
            segment.release()
            current = following
        if current != NULL:
            self.memory.release_range(Segment, start, end)
        if start != NULL:
            self.memory.unmap(start, (end - start) // PAGE_SIZE)
        self.start = NULL
        self.end = NULL
        self.last_segment = NULL

    def _take(self, segment: Segment, needed: int, end: int) -> int:
        """Hand out a free segment of at least ``needed`` bytes, split if the rest can stand alone."""
        if segment.size - needed >= Segment.SIZE + GRANULE:
            if not self._is_sound(segment.address, segment.next, end):
                return NULL
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

    def _grow(self, needed: int, end: int) -> int:
        """Map the pages that a segment of ``needed`` bytes lacks at ``end``, all or nothing, and take it."""
        last = Segment(self.memory, self.last_segment)
        if last.address == NULL:
            return NULL
        missing = needed - last.size if last.free else needed + Segment.SIZE
        pages = pages_for(missing)
        if not self.memory.map(end, pages):
            return NULL
        grown = end + pages * PAGE_SIZE
        self.end = grown
        if last.free:
            last.size = last.size + pages * PAGE_SIZE
            return self._take(last, needed, grown)
        fresh = self._place(end, pages * PAGE_SIZE - Segment.SIZE, last.address)
        last.next = end
        self.last_segment = end
        return self._take(fresh, needed, grown)

    def _refuse(self, address: int, before: int, end: int) -> None:
        """Log why ``address`` is no block; the last segment below it begins at ``before``, or NULL, ends at ``end``."""
        if (before != NULL) & (address < end) and Segment(self.memory, before).free:
            self.memory.log(
                "segment {:#x} is free: free of {:#x} in it, freed before or never handed out", before, address
            )
            return
        self.memory.log("free of {:#x}: no segment starts there", address)

    def _reclaim(self, segment: Segment, end: int) -> None:
        """Free a segment that the walk reached, unless it is free already or its neighbourhood is corrupted."""
        if segment.free:
            address = segment.address
            self.memory.log("segment {:#x} is free already: free of {:#x}", address, address + Segment.SIZE)
            return
        following = segment.next
        if not self._is_sound(segment.address, following, end):
            return
        merge = following != NULL and Segment(self.memory, following).free
        if merge and not self._is_sound(following, Segment(self.memory, following).next, end):
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

    def _drop(self, last: Segment, end: int) -> int:
        """Give back a free last segment, header and all, and what follows it up to ``end``."""
        before = last.prev
        if not self._is_intact(before):
            return self._corrupted(before)
        Segment(self.memory, before).next = NULL
        self.last_segment = before
        last.magic = 0
        last.release()
        return self._end_at(last.address, end)

    def _end_at(self, kept: int, end: int) -> int:
        """The heap ends at ``kept`` from now on; the pages from there to ``end`` go back.  Their number."""
        pages = (end - kept) // PAGE_SIZE
        self.end = kept
        self.memory.unmap(kept, pages)
        return pages

    def _is_sound(self, address: int, following: int, end: int) -> bool:
        """Whether nothing follows the header at ``address``, or an intact header above it; if not, that is logged."""
        if not ((following == NULL) | ((address < following) & (following <= end - Segment.SIZE))):
            self._astray(address)
            return False
        if not self._is_intact(following):
            self._corrupted(following)
            return False
        return True

    def _is_intact(self, address: int) -> bool:
        """Whether there is no header (NULL) or one that still carries its magic."""
        return address == NULL or Segment(self.memory, address).magic == MAGIC

    def _corrupted(self, address: int) -> int:
        """Log the corrupted header; NULL for the caller to return (SEG-3, SEG-9)."""
        self.memory.log("heap corrupted: the header at {:#x} lost its magic", address)
        return NULL

    def _astray(self, address: int) -> int:
        """Log the header whose next no heap can have; NULL for the caller to return."""
        self.memory.log("heap corrupted: next of the header at {:#x} leads astray", address)
        return NULL
