"""The bin heap: segregated free lists with a bitmap, 64-byte granules, large blocks mapped directly.

    bins      0      1      2           255
            | 64 B | 128 B | 192 B | ... | 16 KiB |   each a list of the free blocks of exactly that size
    bitmap    1      0      1             0           bit set exactly if the list is not empty

malloc rounds up to granules, finds the first bin that serves with at most four loads of bitmap, takes
its first block and splits what is too much.  Only if no bin serves does it map pages, and walk the list of
blocks by address to find the place of the new one.  free merges the block with free blocks that
touch it, as long as the sum stays within the threshold.  What is larger than the threshold is mapped for
itself, kept in a list of its own, and unmapped when it is freed.

bin_layout.py draws header and tables.  Between any two steps of an operation all lists and the bitmap
are in order: a block in hand counts as allocated.

Source: the PatchworkOS heap (statements BIN-1 to BIN-16).  Decisions where it is silent:

- The machine chooses where new pages lie (``Memory.find_place``).  Blocks of different mappings that touch may
  merge.  Pages of blocks that are kept by address go back with trim and destroy only.
- A rest that cannot hold a header and 64 bytes is handed out with the block, not split off.
- size 0: malloc and calloc return NULL.  realloc of NULL is malloc; realloc to 0 is free and returns NULL.
- free(NULL) does nothing.  Of any other address that is not a live block nothing is changed and the caller
  is told: InvalidFree if it is not aligned, if no header can lie before it, or if the block is one of another
  bin heap; HeapCorruption if no magic lies before it, a neighbour in a list does not point back, or the list is none;
  DoubleFree if the block is free.  A block that is freed twice is only told so as long as its header is there: one that
  was merged has left 64 bytes of 0, just as a user may have written them, and meets HeapCorruption; the pages of one
  that was mapped for itself are gone, or another's by now, and it meets InvalidFree.
- One forgery is believed: a user who writes a whole header, magic, flags and two entries whose neighbours, forged
  too, point back, the second in a list of this very heap, and frees it.
- A walk down the list by address ends with HeapCorruption at a link that does not lead down, so that every walk ends:
  malloc has changed nothing then; trim and destroy have given back what they passed, and a free block in their hands
  counts as allocated.
- realloc stays in place where it can: a large block as long as it fits, and the pages that it no longer needs are
  unmapped; any other if it fits, or fits together with a free block behind it.
- The lock is a word of the descriptor.  There is one processor: to acquire a held lock is LockError.  That the lock
  is held wherever it must be is a precondition of everything below the operations: proved, and looked at again only
  where pages go, which cannot be undone.
"""

from __future__ import annotations

from typing import Self

from impl.arithmetic import (
    NULL,
    PAGE_SIZE,
    WORD_BITS,
    WORD_BYTES,
    WORD_LIMIT,
    align_up,
    check_word,
    is_aligned,
    pages_for,
)
from impl.bin_layout import (
    ADDRESS_ENTRY,
    ALIGNMENT,
    ALL_ONES,
    ALLOCATED,
    BITMAP,
    ERR,
    FREE_ENTRY,
    HEADER,
    LARGE_ALLOC_THRESHOLD,
    LISTS,
    MAGIC,
    MAPPED,
    MAPPED_LIST,
    NUM_BINS,
    NUM_LISTS,
    WORDS,
    ZEROED,
    BitmapWord,
    BlockHeader,
    ListEntry,
)
from impl.errors import DoubleFree, HeapCorruption, InvalidFree, LockError
from impl.layout import Struct, uword
from impl.memory import Memory
from model.language.annotations import advance, by_contract, hold, loop

LARGEST_REQUEST = WORD_LIMIT - 2 * PAGE_SIZE
"""A larger request cannot be rounded up to pages within a machine word; no heap can serve it."""

UNLOCKED = 0
LOCKED = 1


class BinHeap(Struct, size=WORD_BYTES, offsets={"lock": 0}):
    """The descriptor, wherever the caller keeps it, and the documented operations; its tables follow it."""

    lock = uword()

    @classmethod
    def claim(cls, memory: Memory, address: int) -> Self:
        """The descriptor and its tables, ``DESCRIPTOR`` bytes, come into being at ``address``."""
        memory.claim_array(BitmapWord, address + BITMAP, WORDS)
        memory.claim_array(ListEntry, address + LISTS, NUM_LISTS)
        return super().claim(memory, address)

    # ---- what users call ---------------------------------------------------------------

    def init(self) -> None:
        """Make the descriptor that of a heap without blocks, whatever bytes it held before (_heap_init).

        No heap may live there, one that has blocks, live or free: it would lose them, and the pages in which they lie.
        A heap that lives cannot be told from what one left behind, so that is for the caller to know.
        """
        word = 0
        while word < WORDS:
            BitmapWord(self.memory, self.address + BITMAP + BitmapWord.SIZE * word).value = 0
            word = word + 1
        number = 0
        while number < NUM_LISTS:
            loop("empty_lists", self, number)
            head = ListEntry(self.memory, self.address + LISTS + ListEntry.SIZE * number)
            head.prev = head.address
            head.next = head.address
            head.list = head.address
            number = number + 1
        self.lock = UNLOCKED

    def malloc(self, size: int) -> int:
        """Address of at least ``size`` usable bytes, 64-byte aligned, or NULL (BIN-16).

        Returns NULL, with nothing changed, iff ``size`` is 0 or larger than LARGEST_REQUEST, or no free block serves
        and the machine's window has no hole of the pages that it takes, or the free frames do not suffice for these
        and the tables that are missing there.  LockError if the lock is held.
        """
        check_word(size, "size")
        return self._granted(size, False)

    def calloc(self, count: int, size: int) -> int:
        """Address of ``count * size`` bytes, all of them 0, or NULL (BIN-16); as malloc, but for the bytes.

        NULL, too, if the product is no machine word.
        """
        check_word(count, "count")
        check_word(size, "size")
        if size != 0 and count > ERR // size:
            return NULL
        return self.zalloc(count * size)

    def zalloc(self, size: int) -> int:
        """``calloc`` of one object of ``size`` bytes."""
        check_word(size, "size")
        return self._granted(size, True)

    def realloc(self, address: int, size: int) -> int:
        """Address of ``size`` bytes that begin with what the block held, or NULL (BIN-16).

        NULL for ``address``: as malloc.  0 for ``size``: the block is freed, NULL returned.  Otherwise NULL leaves the
        block as it was.  It moves only if it cannot stay.  A large block that shrinks gives back the pages that it does
        not need.  Bad addresses are refused as by free.
        """
        check_word(address, "address")
        check_word(size, "size")
        if address == NULL:
            return self.malloc(size)
        if size == 0:
            self.free(address)
            return NULL
        self.acquire_lock()
        try:
            return self.resize(self._block_at(address), size)
        finally:
            self.release_lock()

    def free(self, address: int) -> None:
        """Give the block with payload ``address`` back (BIN-13, BIN-16); NULL is ignored.

        InvalidFree, HeapCorruption or DoubleFree, with nothing changed, if no live block begins there.
        LockError if the lock is held.
        """
        check_word(address, "address")
        if address == NULL:
            return
        self.acquire_lock()
        try:
            self.free_block(self._block_at(address))
        finally:
            self.release_lock()

    def trim(self) -> None:
        """Give back every page that lies wholly in free blocks that touch, and can be cut out of them.

        With no block live these are all pages of the heap.  LockError if the lock is held.
        """
        self.acquire_lock()
        try:
            self.release_free()
        finally:
            self.release_lock()

    def destroy(self) -> None:
        """Free every block, and give all pages back: the heap is what init made of it.

        LockError if the lock is held.
        """
        self.acquire_lock()
        try:
            self.free_mapped()
            self.free_kept()
            self.release_free()
        finally:
            self.release_lock()

    def _granted(self, size: int, cleared: bool) -> int:
        """The payload of a block of at least ``size`` bytes, all of them 0 if ``cleared``, or NULL."""
        self.acquire_lock()
        try:
            block = self.alloc(size)
            if block == NULL:
                return NULL
            if cleared:
                self.clear(block)
            return self.hand_out(block)
        finally:
            self.release_lock()

    # ---- the lock ----------------------------------------------------------------------

    def acquire_lock(self) -> None:
        """Take the lock (_heap_acquire, BIN-14); LockError if it is held."""
        if self.lock != UNLOCKED:
            raise LockError("the heap's lock is held already")
        self.lock = LOCKED

    def release_lock(self) -> None:
        """Give the lock back (_heap_release, BIN-14); LockError if it is not held."""
        self._check_held()
        self.lock = UNLOCKED

    def _check_held(self) -> None:
        """LockError if the lock is not held."""
        if self.lock != LOCKED:
            raise LockError("the heap's lock is not held")

    # ---- bins --------------------------------------------------------------------------

    def bin_index(self, size: int) -> int:
        """The bin of blocks of ``size`` bytes, rounded up; ERR for none: 0, or beyond the threshold (BIN-8)."""
        if size == 0 or size > LARGE_ALLOC_THRESHOLD:
            return ERR
        return (size + (ALIGNMENT - 1)) // ALIGNMENT - 1

    @by_contract
    def first_bin(self, index: int) -> int:
        """The first bin from ``index`` (0..255) on that has a block, or NUM_BINS: a load for each word of bitmap."""
        number = index // WORD_BITS
        bins = self._word(number).value & (ALL_ONES >> (index % WORD_BITS))
        while bins == 0 and number < WORDS - 1:
            loop("scan_bitmap", self, number, bins, index)
            number = number + 1
            bins = self._word(number).value
        return NUM_BINS if bins == 0 else (number + 1) * WORD_BITS - bins.bit_length()

    @by_contract
    def first_block(self, index: int) -> int:
        """The first block of a bin (0..255) that has one."""
        return self._bin(index).next - FREE_ENTRY

    def add_to_free_list(self, block: int) -> None:
        """List ``block`` first in the bin of its size (BIN-11), so that it serves again while it is in the cache.

        It is in none so far.
        """
        index = BlockHeader(self.memory, block).size // ALIGNMENT - 1
        self._insert(self._bin(index), block + FREE_ENTRY)
        word = self._word(index // WORD_BITS)
        word.value = word.value | (1 << (WORD_BITS - 1 - index % WORD_BITS))

    def remove_from_free_list(self, block: int) -> None:
        """Take ``block`` out of the bin of its size (BIN-11)."""
        index = BlockHeader(self.memory, block).size // ALIGNMENT - 1
        self._unlink(block + FREE_ENTRY)
        head = self._bin(index)
        if head.next == head.address:
            word = self._word(index // WORD_BITS)
            word.value = word.value ^ (1 << (WORD_BITS - 1 - index % WORD_BITS))

    @by_contract
    def take(self, block: int) -> None:
        """The free ``block`` becomes allocated."""
        header = BlockHeader(self.memory, block)
        self.remove_from_free_list(block)
        header.flags = header.flags | ALLOCATED

    @by_contract
    def give(self, block: int) -> None:
        """The allocated ``block`` becomes free; no free block that touches it could be merged with it."""
        header = BlockHeader(self.memory, block)
        header.flags = header.flags & ZEROED
        self.add_to_free_list(block)

    # ---- blocks ------------------------------------------------------------------------

    @by_contract
    def alloc(self, size: int) -> int:
        """An allocated block of at least ``size`` bytes, or NULL (_heap_alloc, BIN-12); ZEROED if it is all 0."""
        if size == 0 or size > LARGEST_REQUEST:
            return NULL
        needed = align_up(size, ALIGNMENT)
        index = self.bin_index(needed)
        if index == ERR:
            return self.alloc_mapped(needed)
        found = self.first_bin(index)
        if found == NUM_BINS:
            block = self.block_new(needed)
            if block == NULL:
                return NULL
        else:
            block = self.first_block(found)
            self.take(block)
        self.block_split(block, needed)
        return block

    @by_contract
    def alloc_mapped(self, size: int) -> int:
        """An allocated block of at least ``size`` bytes, mapped for itself, or NULL (BIN-5)."""
        pages = pages_for(size + HEADER)
        block = self.map_memory(pages)
        if block != NULL:
            self._write_header(block, pages * PAGE_SIZE - HEADER, ALLOCATED | MAPPED | ZEROED)
            advance("pages_come", block, block + pages * PAGE_SIZE)
            self._insert(self._mapped_list(), block + ADDRESS_ENTRY)
        return block

    @by_contract
    def block_new(self, size: int) -> int:
        """Map a new allocated block of at least ``size`` bytes, kept by address, or NULL (BIN-9)."""
        pages = pages_for(size + HEADER)
        block = self.memory.find_place(pages)
        if block == NULL:
            return NULL
        entry = block + ADDRESS_ENTRY
        before = self.entry_before(entry)  # before the mapping: a damaged list is met while nothing has changed
        if not self.memory.map(block, pages):
            return NULL
        self._write_header(block, pages * PAGE_SIZE - HEADER, ALLOCATED | ZEROED)
        advance("pages_come", block, block + pages * PAGE_SIZE)
        self._insert(ListEntry(self.memory, before), entry)
        return block

    @by_contract
    def entry_before(self, entry: int) -> int:
        """The last entry of the list by address that does not lie above ``entry``, or the head of that list.

        HeapCorruption if a link of that list does not lead down.
        """
        head = self._by_address()
        before = head.prev
        while before != head.address and before > entry:
            loop("walk_down", self, before, entry)
            before = self._entry_below(before - ADDRESS_ENTRY)
        return before

    @by_contract
    def block_split(self, block: int, size: int) -> None:
        """Give back what the allocated ``block`` has beyond ``size`` bytes, if it can stand alone (BIN-10)."""
        if BlockHeader(self.memory, block).size >= size + HEADER + ALIGNMENT:
            rest = self.carve(block, size)
            self._merge_after(rest)  # what lies before it is allocated
            self.give(rest)

    def _merge_after(self, block: int) -> None:
        """Join the allocated ``block`` with the free block after it, if it can be merged with it."""
        following = self.mergeable_after(block)
        if following != NULL:
            self.take(following)
            self.join(block, following)

    @by_contract
    def free_block(self, block: int) -> None:
        """Free the allocated ``block``: unmap it, or merge it with free neighbours (_heap_free, BIN-13)."""
        if BlockHeader(self.memory, block).flags & MAPPED:
            self.unmap_block(block)
            return
        self._merge_after(block)
        preceding = self.mergeable_before(block)
        if preceding != NULL:
            self.take(preceding)
            self.join(preceding, block)
            self.give(preceding)
        else:
            self.give(block)

    @by_contract
    def carve(self, block: int, size: int) -> int:
        """Cut the allocated ``block`` in two allocated ones, the first of ``size`` bytes; the second."""
        header = BlockHeader(self.memory, block)
        rest = block + HEADER + size
        advance("cut_at", block, rest)
        self._write_header(rest, header.size - size - HEADER, header.flags)
        header.size = size
        self._insert(ListEntry(self.memory, block + ADDRESS_ENTRY), rest + ADDRESS_ENTRY)
        return rest

    @by_contract
    def join(self, left: int, right: int) -> None:
        """Make one allocated block of two that touch; ZEROED only if both are."""
        header = BlockHeader(self.memory, left)
        absorbed = BlockHeader(self.memory, right)
        header.size = header.size + HEADER + absorbed.size
        if header.flags != absorbed.flags:
            header.flags = ALLOCATED
        self._unlink(right + ADDRESS_ENTRY)
        self._wipe_header(right)
        advance("swallowed", left, right)

    @by_contract
    def unmap_block(self, block: int) -> None:
        """Unmap the pages of an allocated block that is whole pages; it goes."""
        size = BlockHeader(self.memory, block).size
        self._unlink(block + ADDRESS_ENTRY)
        self._wipe_header(block)
        advance("pages_go", block, block + HEADER + size)
        self.unmap_memory(block, size + HEADER)

    @by_contract
    def shrink_mapped(self, block: int, needed: int) -> None:
        """Unmap the pages that a block mapped for itself has beyond ``needed`` bytes."""
        header = BlockHeader(self.memory, block)
        size = header.size
        spare = (size - needed) // PAGE_SIZE * PAGE_SIZE
        hold("whole_spare", self, block, size, needed, spare)
        if spare != 0:
            header.size = size - spare
            advance("pages_go", block + HEADER + (size - spare), block + HEADER + size)
            self.unmap_memory(block + HEADER + (size - spare), spare)

    # ---- memory goes back --------------------------------------------------------------

    @by_contract
    def gather(self, block: int) -> int:
        """Join the allocated ``block`` with all free blocks before it, each of which touches the next; the first."""
        left = block
        preceding = self.free_before(left)
        while preceding != NULL:
            loop("gather_left", self, block, left, preceding)
            self.take(preceding)
            self.join(preceding, left)
            left = preceding
            preceding = self.free_before(left)
        return left

    @by_contract
    def release_pages(self, block: int) -> None:
        """Unmap the whole pages of the allocated ``block``, as far as what is left can stand alone, and free that."""
        end = block + HEADER + BlockHeader(self.memory, block).size
        first = block if is_aligned(block, PAGE_SIZE) else align_up(block + HEADER + ALIGNMENT, PAGE_SIZE)
        last = end if is_aligned(end, PAGE_SIZE) else (end - HEADER - ALIGNMENT) // PAGE_SIZE * PAGE_SIZE
        hold("borders", block, end, first, last)
        if first >= last:
            self.free_block(block)
            return
        middle = block if first == block else self.carve(block, first - block - HEADER)
        if last != end:
            self.free_block(self.carve(middle, last - middle - HEADER))
        self.unmap_block(middle)
        if middle != block:
            self.free_block(block)

    @by_contract
    def release_run(self, block: int) -> int:
        """Unmap what pages the free ``block``, and free blocks before it, fill; the entry by address before these."""
        self.take(block)
        first = self.gather(block)
        hold("whole_run", self, block, first)
        before = self._entry_below(first)
        self.release_pages(first)
        return before

    @by_contract
    def release_free(self) -> None:
        """Unmap what pages free blocks fill."""
        head = self.address + LISTS
        entry = self._last_entry()
        while entry != head:
            loop("release_down", self, entry)
            block = entry - ADDRESS_ENTRY
            entry = self.release_run(block) if self._is_free(block) else self._entry_below(block)

    @by_contract
    def free_kept(self) -> None:
        """Free every block that is kept by address."""
        head = self.address + LISTS
        entry = self._last_entry()
        while entry != head:
            loop("free_down", self, entry)
            block = entry - ADDRESS_ENTRY
            entry = self._entry_below(block)
            if not self._is_free(block):
                self.free_block(block)

    def _last_entry(self) -> int:
        """The last entry by address, or the head."""
        last: int = self._by_address().prev
        hold("beyond", self, last)
        return last

    @by_contract
    def free_mapped(self) -> None:
        """Unmap every block that was mapped for itself."""
        head = self.address + MAPPED_LIST
        entry = self._mapped_list().next
        while entry != head:
            loop("free_first", self, entry)
            self.unmap_block(entry - ADDRESS_ENTRY)
            entry = self._mapped_list().next

    @by_contract
    def resize(self, block: int, size: int) -> int:
        """The payload of the allocated ``block`` with ``size`` > 0 bytes, moved if it must be; or NULL."""
        if size > LARGEST_REQUEST:
            return NULL
        if self.resize_in_place(block, align_up(size, ALIGNMENT)):
            return block + HEADER
        target = self.alloc(size)
        if target == NULL:
            return NULL
        payload = self.hand_out(target)
        self.memory.copy(payload, block + HEADER, min(BlockHeader(self.memory, block).size, size))
        self.free_block(block)
        return payload

    @by_contract
    def resize_in_place(self, block: int, needed: int) -> bool:
        """Whether the allocated ``block`` could be given ``needed`` bytes, a multiple of 64, where it is."""
        header = BlockHeader(self.memory, block)
        if header.flags & MAPPED:
            if header.size < needed:
                return False
            self.shrink_mapped(block, needed)
            return True
        if header.size < needed:
            following = self.absorbable_after(block, needed)
            if following == NULL:
                return False
            self.take(following)
            self.join(block, following)
        self.block_split(block, needed)
        return True

    # ---- pages -------------------------------------------------------------------------

    def map_memory(self, pages: int) -> int:
        """The address of ``pages`` fresh pages, where the machine wants them, or NULL (_heap_map_memory)."""
        address = self.memory.find_place(pages)
        if address == NULL or not self.memory.map(address, pages):
            return NULL
        return address

    def unmap_memory(self, address: int, size: int) -> None:
        """Unmap ``size`` bytes, whole pages, from ``address`` on (_heap_unmap_memory)."""
        self._check_held()
        self.memory.unmap(address, size // PAGE_SIZE)

    # ---- neighbours --------------------------------------------------------------------

    @by_contract
    def mergeable_after(self, block: int) -> int:
        """The free block directly after ``block`` that it can be merged with, or NULL."""
        following = ListEntry(self.memory, block + ADDRESS_ENTRY).next - ADDRESS_ENTRY
        if following == self.address:
            return NULL
        hold("neighbour", self, following, block, following)
        small = self._joined(block, following) <= LARGE_ALLOC_THRESHOLD
        return following if self._is_free(following) & small & self._touch(block, following) else NULL

    @by_contract
    def mergeable_before(self, block: int) -> int:
        """The free block directly before ``block`` that it can be merged with, or NULL."""
        preceding = ListEntry(self.memory, block + ADDRESS_ENTRY).prev - ADDRESS_ENTRY
        if preceding == self.address:
            return NULL
        hold("neighbour", self, preceding, preceding, block)
        small = self._joined(preceding, block) <= LARGE_ALLOC_THRESHOLD
        return preceding if self._is_free(preceding) & small & self._touch(preceding, block) else NULL

    def _entry_below(self, block: int) -> int:
        """The entry by address before that of ``block``, or the head; HeapCorruption if the link does not lead down."""
        entry = block + ADDRESS_ENTRY
        before: int = ListEntry(self.memory, entry).prev
        hold("below", self, block, before)
        if (before != self.address + LISTS) & (before >= entry):
            raise HeapCorruption(f"the list by address leads from {entry:#x} up to {before:#x}")
        return before

    @by_contract
    def free_before(self, block: int) -> int:
        """The free block that ends where ``block`` begins, or NULL."""
        preceding = ListEntry(self.memory, block + ADDRESS_ENTRY).prev - ADDRESS_ENTRY
        if preceding == self.address:
            return NULL
        hold("neighbour", self, preceding, preceding, block)
        return preceding if self._touch(preceding, block) & self._is_free(preceding) else NULL

    @by_contract
    def absorbable_after(self, block: int, needed: int) -> int:
        """The free block directly after ``block`` that makes it one of ``needed`` bytes, once split, or NULL."""
        following = ListEntry(self.memory, block + ADDRESS_ENTRY).next - ADDRESS_ENTRY
        if following == self.address or needed > LARGE_ALLOC_THRESHOLD:
            return NULL
        hold("neighbour", self, following, block, following)
        joined = self._joined(block, following)
        fits = (joined <= LARGE_ALLOC_THRESHOLD) | (joined >= needed + HEADER + ALIGNMENT)
        serves = (joined >= needed) & fits
        return following if serves & self._touch(block, following) & self._is_free(following) else NULL

    def _is_free(self, block: int) -> bool:
        """Whether ``block`` is free."""
        free: bool = BlockHeader(self.memory, block).flags & ALLOCATED == 0
        return free

    def _touch(self, left: int, right: int) -> bool:
        """Whether the block ``left`` ends where ``right`` begins."""
        touching: bool = left + HEADER + BlockHeader(self.memory, left).size == right
        return touching

    def _joined(self, left: int, right: int) -> int:
        """The size of the block that two blocks that touch would make."""
        return BlockHeader(self.memory, left).size + HEADER + BlockHeader(self.memory, right).size

    # ---- headers -----------------------------------------------------------------------

    def _block_at(self, address: int) -> int:
        """The live block of this heap with payload ``address``.

        InvalidFree, HeapCorruption or DoubleFree if there is none.
        """
        block = address - HEADER if is_aligned(address, ALIGNMENT) else NULL
        if block == NULL:
            raise InvalidFree(
                f"no block begins at {address:#x}: blocks begin at multiples of {ALIGNMENT} above {HEADER}"
            )
        if not self._is_readable(block, HEADER):
            raise InvalidFree(f"no block begins at {address:#x}: no header can lie before it, or its pages are gone")
        if self.memory.peek(BlockHeader.magic, block) != MAGIC:
            raise HeapCorruption(f"no magic lies before {address:#x}: a damaged block, one merged when freed, or none")
        free_entry = block + FREE_ENTRY
        in_order = self._is_alone(free_entry) or self._is_linked(free_entry)
        if not in_order or not self._is_linked(block + ADDRESS_ENTRY):
            raise HeapCorruption(f"a neighbour of the block at {address:#x} does not point back")
        owner = self.memory.peek(ListEntry.list, block + ADDRESS_ENTRY)
        if owner != self.address + LISTS and owner != self.address + MAPPED_LIST:
            if not self._is_head(owner):
                raise HeapCorruption(f"the block at {address:#x} is in no list")
            raise InvalidFree(f"the block at {address:#x} is one of another heap")
        if not self.memory.peek(BlockHeader.flags, block) & ALLOCATED:
            raise DoubleFree(f"the block at {address:#x} is free already")
        return block

    def _is_head(self, entry: int) -> bool:
        """Whether an entry can lie at ``entry`` that is in its own list, as heads are."""
        if not self._is_readable(entry, ListEntry.SIZE):
            return False
        own: bool = self.memory.peek(ListEntry.list, entry) == entry
        return own

    def _is_alone(self, entry: int) -> bool:
        """Whether what should be an entry is linked to itself, as that in a free list is of every live block."""
        before = self.memory.peek(ListEntry.prev, entry)
        after = self.memory.peek(ListEntry.next, entry)
        alone: bool = (before == entry) & (after == entry)
        return alone

    def _is_linked(self, entry: int) -> bool:
        """Whether both neighbours of what should be an entry point back."""
        before = self.memory.peek(ListEntry.prev, entry)
        after = self.memory.peek(ListEntry.next, entry)
        if not self._is_readable(before, ListEntry.SIZE) or not self._is_readable(after, ListEntry.SIZE):
            return False
        forth: bool = self.memory.peek(ListEntry.next, before) == entry
        back: bool = self.memory.peek(ListEntry.prev, after) == entry
        return forth & back

    def _is_readable(self, address: int, size: int) -> bool:
        """Whether a header or an entry of ``size`` bytes can lie at ``address``: it is mapped, and not the lock."""
        return self.memory.is_mapped(address, size) and self._is_clear(address, size)

    def _is_clear(self, address: int, size: int) -> bool:
        """Whether [address, address + size) does not meet the lock."""
        clear: bool = (address >= self.address + self.SIZE) | (address + size <= self.address)
        return clear

    def _write_header(self, block: int, size: int, flags: int) -> None:
        """A block comes into being, in no list."""
        header = BlockHeader.claim(self.memory, block)
        header.magic = MAGIC
        header.flags = flags
        header.size = size
        for place in (FREE_ENTRY, ADDRESS_ENTRY):
            entry = ListEntry.claim(self.memory, block + place)
            entry.prev = entry.address
            entry.next = entry.address
            entry.list = NULL
        advance("block_born", block)

    def _wipe_header(self, block: int) -> None:
        """A block goes, which is in no list; its header becomes 64 bytes of 0."""
        header = BlockHeader(self.memory, block)
        header.magic = 0
        header.release()
        ListEntry(self.memory, block + FREE_ENTRY).release()
        ListEntry(self.memory, block + ADDRESS_ENTRY).release()
        hold("header_gone", self, block)
        self.memory.fill(block, HEADER, 0)
        advance("block_gone", block)

    @by_contract
    def hand_out(self, block: int) -> int:
        """The payload of the allocated ``block``, whose user may write to it: it is ZEROED no more."""
        header = BlockHeader(self.memory, block)
        header.flags = header.flags & (ALLOCATED | MAPPED)
        return block + HEADER

    @by_contract
    def clear(self, block: int) -> None:
        """Make every byte of the payload of the allocated ``block`` 0; nothing is written if it is ZEROED."""
        header = BlockHeader(self.memory, block)
        if not header.flags & ZEROED:
            self.memory.fill(block + HEADER, header.size, 0)

    # ---- lists and tables --------------------------------------------------------------

    def _by_address(self) -> ListEntry:
        """The head of the list of blocks by address (_heapList, BIN-6)."""
        return ListEntry(self.memory, self.address + LISTS)

    def _mapped_list(self) -> ListEntry:
        """The head of the list of blocks that were mapped for themselves."""
        return ListEntry(self.memory, self.address + MAPPED_LIST)

    def _bin(self, index: int) -> ListEntry:
        """The head of a bin (0..255)."""
        return ListEntry(self.memory, self.address + (LISTS + ListEntry.SIZE) + ListEntry.SIZE * index)

    def _word(self, number: int) -> BitmapWord:
        """A word of the bitmap (0..3)."""
        return BitmapWord(self.memory, self.address + BITMAP + BitmapWord.SIZE * number)

    def _insert(self, before: ListEntry, entry: int) -> None:
        """Put ``entry``, which is in no list, after the entry ``before``."""
        added = ListEntry(self.memory, entry)
        after = before.next
        head = before.list
        advance("entry_listed", self, head, before.address, entry)
        added.prev = before.address
        added.next = after
        added.list = head
        before.next = entry
        ListEntry(self.memory, after).prev = entry

    def _unlink(self, entry: int) -> None:
        """Take ``entry`` out of its list."""
        removed = ListEntry(self.memory, entry)
        before = removed.prev
        after = removed.next
        advance("entry_unlisted", self, entry)
        ListEntry(self.memory, before).next = after
        ListEntry(self.memory, after).prev = before
        removed.prev = entry
        removed.next = entry
        removed.list = NULL
