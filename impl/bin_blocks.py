"""The blocks of the bin heap: how they come out of pages, are split, joined and moved, and go back.

Every operation here leaves lists and bitmap in order; a block in hand counts as allocated.
"""

from __future__ import annotations

from impl.arithmetic import NULL, PAGE_SIZE, align_up, pages_for
from impl.bin_layout import (
    ADDRESS_ENTRY,
    ALIGNMENT,
    ALLOCATED,
    ERR,
    HEADER,
    LARGE_ALLOC_THRESHOLD,
    LARGEST_REQUEST,
    LISTS,
    MAPPED,
    NUM_BINS,
    ZEROED,
    BlockHeader,
    ListEntry,
)
from impl.bin_lists import BinLists
from impl.errors import HeapCorruption
from model.language.annotations import advance, by_contract, hold, loop


class BinBlocks(BinLists):
    """Blocks that are made and joined."""

    # ---- blocks --------------------------------------------------------------------

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

    # ---- blocks that change their size ---------------------------------------------

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
        hold("copied", self, target)
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

    # ---- pages ---------------------------------------------------------------------

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

    # ---- neighbours ----------------------------------------------------------------

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
