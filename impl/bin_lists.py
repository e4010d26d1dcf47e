"""What the bin heap keeps of its blocks: the lock, the bins with their bitmap, the lists, and headers.

What is here changes one list, or one header.  What makes blocks of pages, and of other blocks, is derived from it
(bin_blocks.py).
"""

from __future__ import annotations

from impl.arithmetic import NULL, WORD_BITS, is_aligned
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
    LOCKED,
    MAGIC,
    MAPPED,
    MAPPED_LIST,
    NUM_BINS,
    UNLOCKED,
    WORDS,
    ZEROED,
    BitmapWord,
    BlockHeader,
    ListEntry,
)
from impl.errors import DoubleFree, HeapCorruption, InvalidFree, LockError
from impl.layout import Struct, uword
from model.language.annotations import advance, by_contract, hold, loop


class BinLists(Struct):
    """The lists of a heap's blocks, behind its lock."""

    lock = uword()

    # ---- the lock ------------------------------------------------------------------

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

    # ---- bins ----------------------------------------------------------------------

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
        hold("own_bin", self, block, index)
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

    # ---- headers -------------------------------------------------------------------

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

    # ---- lists and tables ----------------------------------------------------------

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
