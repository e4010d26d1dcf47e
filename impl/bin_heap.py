"""The bin heap: segregated free lists with a bitmap, 64-byte granules, large blocks mapped directly.

    bins      0      1      2           255
            | 64 B | 128 B | 192 B | ... | 16 KiB |   each a list of the free blocks of exactly that size
    bitmap    1      0      1             0           bit set exactly if the list is not empty

malloc rounds up to granules, finds the first bin that serves with at most four loads of bitmap, takes
its first block and splits what is too much.  Only if no bin serves does it map pages, and walk the list of
blocks by address to find the place of the new one.  free merges the block with free blocks that
touch it, as long as the sum stays within the threshold.  What is larger than the threshold is mapped for
itself, kept in a list of its own, and unmapped when it is freed.

bin_layout.py draws header and tables; bin_lists.py keeps them in order, bin_blocks.py splits and joins blocks.  Between
any two steps of an operation all lists and the bitmap are in order: a block in hand counts as allocated.

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

from impl.arithmetic import NULL, PAGE_SIZE, WORD_BYTES, align_up, check_word, is_aligned
from impl.bin_blocks import BinBlocks
from impl.bin_layout import (
    ADDRESS_ENTRY,
    ALIGNMENT,
    BITMAP,
    ERR,
    HEADER,
    LISTS,
    MAPPED_LIST,
    NUM_LISTS,
    UNLOCKED,
    WORDS,
    BitmapWord,
    BlockHeader,
    ListEntry,
)
from impl.memory import Memory
from model.language.annotations import by_contract, hold, loop


class BinHeap(BinBlocks, size=WORD_BYTES, offsets={"lock": 0}):
    """The descriptor, wherever the caller keeps it, and the documented operations; its tables follow it."""

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
        hold("middle", self, middle, first, last)
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
            hold("mapped_first", self, entry)
            self.unmap_block(entry - ADDRESS_ENTRY)
            entry = self._mapped_list().next
