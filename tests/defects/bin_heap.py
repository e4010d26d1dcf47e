"""Faulty editions of impl/bin_heap.py.  The first theorem of each is the one by which the prover refutes it."""

from tests.defects.defect import Defect

CALLS = ("malloc", "zalloc", "calloc", "realloc", "free")


def anywhere(law: str) -> tuple[str, ...]:
    """That law of each of the calls."""
    return tuple(f"bin_heap.{name}.{law}" for name in CALLS)


TOLD = tuple(
    f"bin_heap.{name}.{law}"
    for name in ("free", "realloc")
    for law in ("invalid_free_is_told", "corruption_is_told", "double_free_is_told", "siblings_are_refused")
)
"""Which exception a bad pointer meets."""

DEFECTS = (
    Defect(
        "walks_past_the_sentinel",
        "the walk down the list by address takes its sentinel for a block: pages far below find no place (B1)",
        "        while before != head.address and before > entry:\n",
        "        while before > entry:\n",
        (
            "bin_heap.entry_before.walk_down.walk_cost",
            "bin_heap.entry_before.walk_down.on_list",
            "bin_heap.entry_before.walk_down.terminates",
            "bin_heap.entry_before.raises_only",
        ),
    ),
    Defect(
        "reads_sentinel_as_block",
        "the first block by address takes the sentinel before it for a block, and reads its size (B2)",
        """        if preceding == self.address:
            return NULL
        hold("neighbour", self, preceding, preceding, block)
        small = self._joined(preceding, block)""",
        "        small = self._joined(preceding, block)",
        ("bin_heap.mergeable_before.found_before", *anywhere("safety"), "bin_heap.mergeable_before.safety"),
    ),
    Defect(
        "wraps_huge_sizes",
        "a size is rounded up without an overflow check: malloc(2**64 - 1) returns one page (B4)",
        """        if size == 0 or size > LARGEST_REQUEST:
            return NULL
        needed = align_up(size, ALIGNMENT)
""",
        """        if size == 0:
            return NULL
        needed = align_up(size, ALIGNMENT) % 2**64
""",
        ("bin_heap.alloc.machine_width", "bin_heap.alloc.calls.alloc_mapped"),
    ),
    Defect(
        "moves_without_need",
        "realloc to the rounded size that the block has moves it (B6)",
        "        if header.size < needed:\n            following",
        "        if header.size <= needed:\n            following",
        ("bin_heap.resize_in_place.not_resized", "bin_heap.realloc.result", "bin_heap.realloc.agrees_with_reference"),
    ),
    Defect(
        "keeps_old_bits",
        "init leaves in the bitmap what an earlier heap has set (B11)",
        "            BitmapWord(self.memory, self.address + BITMAP + BitmapWord.SIZE * word).value = 0\n",
        "",
        ("bin_heap.init.bits", "bin_heap.layout.bitmap"),
    ),
    Defect(
        "splits_too_small",
        "a block that is too small for it is split: the size of the rest falls below zero (B12)",
        "        if BlockHeader(self.memory, block).size >= size + HEADER + ALIGNMENT:\n",
        "        if BlockHeader(self.memory, block).size > size:\n",
        ("bin_heap.block_split.calls.carve", *anywhere("safety"), "bin_heap.layout.sizes"),
    ),
    Defect(
        "splits_off_nothing",
        "a rest of a header without payload is split off",
        "        if BlockHeader(self.memory, block).size >= size + HEADER + ALIGNMENT:\n",
        "        if BlockHeader(self.memory, block).size >= size + HEADER:\n",
        ("bin_heap.block_split.calls.carve", *anywhere("safety"), "bin_heap.layout.sizes"),
    ),
    Defect(
        "keeps_bit_of_empty_bin",
        "the bit of a bin is not cleared when its last block leaves",
        "        if head.next == head.address:\n",
        "        if head.next == NULL:\n",
        ("bin_heap.take.bits", "bin_heap.layout.bitmap"),
    ),
    Defect(
        "clears_bit_too_early",
        "the bit of a bin is cleared although another block is left",
        "        if head.next == head.address:\n",
        "        if head.next != NULL:\n",
        ("bin_heap.take.bits", "bin_heap.layout.bitmap"),
    ),
    Defect(
        "loses_remainder",
        "what a split leaves over is in no bin",
        "            self.give(rest)\n",
        "",
        ("bin_heap.block_split.none_appears", *anywhere("agrees_with_reference")),
    ),
    Defect(
        "merges_past_the_cap",
        "a block is merged with what follows although no bin holds blocks so large",
        "        small = self._joined(block, following) <= LARGE_ALLOC_THRESHOLD\n",
        "        small = following != NULL\n",
        ("bin_heap.mergeable_after.found_after", *anywhere("safety"), "bin_heap.layout.bins"),
    ),
    Defect(
        "merges_across_a_gap",
        "a block is merged with the one before it in the list, wherever that ends",
        "        return preceding if self._is_free(preceding) & small & self._touch(preceding, block) else NULL\n",
        "        return preceding if self._is_free(preceding) & small else NULL\n",
        ("bin_heap.mergeable_before.found_before", *anywhere("agrees_with_reference"), "bin_heap.layout.pages"),
    ),
    Defect(
        "leaves_swallowed_in_bin",
        "a free block that is merged with the one before it stays in its bin",
        "            self.take(following)\n            self.join(block, following)\n\n",
        "            self.join(block, following)\n\n",
        ("bin_heap.free_block.calls.join", "bin_heap.layout.lists", "bin_heap.free.safety"),
    ),
    Defect(
        "lists_twice",
        "a free block that grows at its end stays in the bin of its old size",
        "            self.take(preceding)\n            self.join(preceding, block)\n",
        "            self.join(preceding, block)\n",
        ("bin_heap.free_block.calls.join", "bin_heap.layout.lists", "bin_heap.layout.bins", "bin_heap.free.safety"),
    ),
    Defect(
        "merges_one_side_only",
        "free looks for a free block behind, never before",
        "        preceding = self.mergeable_before(block)\n",
        "        preceding = NULL\n",
        ("bin_heap.free_block.calls.give", "bin_heap.layout.coalesced"),
    ),
    Defect(
        "loses_the_tail",
        "realloc that moves a block does not copy the last 64 bytes",
        "min(BlockHeader(self.memory, block).size, size))\n",
        "min(BlockHeader(self.memory, block).size, size) - ALIGNMENT)\n",
        ("bin_heap.resize.survives", "bin_heap.realloc.survives"),
    ),
    Defect(
        "frees_before_it_copies",
        "realloc frees the old block before it copies what that holds",
        """        self.memory.copy(payload, block + HEADER, min(BlockHeader(self.memory, block).size, size))
        hold("copied", self, target)
        self.free_block(block)
""",
        """        common = min(BlockHeader(self.memory, block).size, size)
        self.free_block(block)
        self.memory.copy(payload, block + HEADER, common)
""",
        ("bin_heap.resize.survives", "bin_heap.realloc.safety", "bin_heap.realloc.survives"),
    ),
    Defect(
        "keeps_the_lock",
        "free gives the lock back only if nothing was raised",
        """        try:
            self.free_block(self._block_at(address))
        finally:
            self.release_lock()
""",
        """        self.free_block(self._block_at(address))
        self.release_lock()
""",
        ("bin_heap.free.lock_is_free", "bin_heap.free.lock_released"),
    ),
    Defect(
        "shares_the_lock",
        "a held lock is taken once more",
        "        if self.lock != UNLOCKED:\n",
        "        if self.lock > LOCKED:\n",
        (
            "bin_heap.acquire_lock.acquire_raises",
            *anywhere("refuses_when_locked"),
            *anywhere("raises"),
            "bin_heap.acquire_lock.raises",
        ),
    ),
    Defect(
        "remembers_zeros",
        "a block that its user wrote to still counts as zero",
        "        header.flags = header.flags & (ALLOCATED | MAPPED)\n",
        "        header.flags = header.flags & (ALLOCATED | MAPPED | ZEROED)\n",
        ("bin_heap.hand_out.handed_to_user", *anywhere("agrees_with_reference"), "bin_heap.layout.zeroed"),
    ),
    Defect(
        "spreads_zeros",
        "a block that is merged with one that is zero counts as zero",
        """        if header.flags != absorbed.flags:
            header.flags = ALLOCATED
""",
        "        header.flags = header.flags | absorbed.flags\n",
        ("bin_heap.join.joined", *anywhere("agrees_with_reference"), "bin_heap.layout.zeroed"),
    ),
    Defect(
        "hands_out_garbage",
        "calloc does not clear what it hands out",
        "        if not header.flags & ZEROED:\n",
        "        if header.flags & MAPPED:\n",
        ("bin_heap.clear.filled", "bin_heap.calloc.zeroed"),
    ),
    Defect(
        "clears_too_little",
        "calloc leaves the last granule of a block as it was",
        "            self.memory.fill(block + HEADER, header.size, 0)\n",
        "            self.memory.fill(block + HEADER, header.size - ALIGNMENT, 0)\n",
        ("bin_heap.clear.filled", "bin_heap.calloc.zeroed"),
    ),
    Defect(
        "multiplies_modulo",
        "calloc multiplies without an overflow check",
        """        if size != 0 and count > ERR // size:
            return NULL
        return self.zalloc(count * size)
""",
        "        return self.zalloc(count * size % 2**64)\n",
        (
            "bin_heap.calloc.machine_width",
            "bin_heap.calloc.result",
            "bin_heap.calloc.raises",
            "bin_heap.calloc.calloc_when_locked",
        ),
    ),
    Defect(
        "frees_twice",
        "free of a free block is accepted",
        "        if not self.memory.peek(BlockHeader.flags, block) & ALLOCATED:\n",
        "        if self.memory.peek(BlockHeader.flags, block) > ALLOCATED | MAPPED | ZEROED:\n",
        (
            "bin_heap.free.calls.free_block",
            *TOLD,
            *anywhere("raises"),
            *anywhere("safety"),
            "bin_heap.layout.lists",
            "bin_heap.layout.bins",
        ),
    ),
    Defect(
        "believes_without_magic",
        "an address is a block if its flags and links look so, magic or not",
        "        if self.memory.peek(BlockHeader.magic, block) != MAGIC:\n",
        "        if self.memory.peek(BlockHeader.magic, block) == NULL:\n",
        (
            "bin_heap.free.calls.free_block",
            *TOLD,
            *anywhere("raises"),
            "bin_heap.free.detects_damage",
        ),
    ),
    Defect(
        "believes_without_links",
        "a copy of a header is taken for a block: nobody asks whether its neighbours point back",
        "        if not in_order or not self._is_linked(block + ADDRESS_ENTRY):\n",
        "        if not in_order and not self._is_linked(block + ADDRESS_ENTRY):\n",
        (
            "bin_heap.free.calls.free_block",
            *TOLD,
            "bin_heap.free.detects_damage",
            "bin_heap.free.raises",
            "bin_heap.free.safety",
        ),
    ),
    Defect(
        "believes_every_heap",
        "a block of another bin heap is taken for one of this heap: nobody asks which list its second entry is in",
        "        if owner != self.address + LISTS and owner != self.address + MAPPED_LIST:\n",
        "        if owner == NULL:\n",
        ("bin_heap.free.invalid_free_is_told", *TOLD, *anywhere("raises"), "bin_heap.free.detects_damage"),
    ),
    Defect(
        "asks_of_one_list",
        "a large block, which is in a list of its own, is taken for one of another bin heap",
        "        if owner != self.address + LISTS and owner != self.address + MAPPED_LIST:\n",
        "        if owner != self.address + LISTS:\n",
        ("bin_heap.free.accepts", *TOLD, *anywhere("raises")),
    ),
    Defect(
        "frees_misaligned",
        "alignment is not checked",
        "        block = address - HEADER if is_aligned(address, ALIGNMENT) else NULL\n",
        "        block = address - HEADER if address > HEADER else NULL\n",
        ("bin_heap.free.calls.free_block", *TOLD, *anywhere("raises")),
    ),
    Defect(
        "leaves_pages",
        "free of a large block leaves its last page mapped",
        "        self.unmap_memory(block, size + HEADER)\n",
        "        self.unmap_memory(block, size)\n",
        ("bin_heap.unmap_block.pages_unmapped", "bin_heap.layout.pages"),
    ),
    Defect(
        "keeps_spare_pages",
        "a large block that shrinks keeps the pages that it no longer needs",
        "            self.unmap_memory(block + HEADER + (size - spare), spare)\n",
        "            pass\n",
        ("bin_heap.shrink_mapped.rest_unmapped", "bin_heap.layout.pages", "bin_heap.realloc.mapped"),
    ),
    Defect(
        "maps_too_little",
        "new pages have no room for the header",
        "        pages = pages_for(size + HEADER)\n        block = self.memory.find_place(pages)\n",
        "        pages = pages_for(size)\n        block = self.memory.find_place(pages)\n",
        (
            "bin_heap.block_new.block_made",
            *anywhere("asks_for_pages"),
            "bin_heap.malloc.result",
            "bin_heap.malloc.safety",
            "bin_heap.malloc.agrees_with_reference",
        ),
    ),
    Defect(
        "believes_in_memory",
        "nobody looks whether pages could be mapped",
        """        if address == NULL or not self.memory.map(address, pages):
            return NULL
        return address
""",
        """        self.memory.map(address, pages)
        return address
""",
        ("bin_heap.alloc_mapped.null_changes_nothing", *anywhere("safety"), "bin_heap.layout.pages"),
    ),
    Defect(
        "appends_new_blocks",
        "new pages are put at the end of the list by address wherever they land",
        "        while before != head.address and before > entry:\n",
        "        while before == NULL:\n",
        ("bin_heap.entry_before.last_below", "bin_heap.layout.sorted"),
    ),
    Defect(
        "scans_one_word",
        "only the first word of the bitmap that may serve is looked at",
        "        while bins == 0 and number < WORDS - 1:\n",
        "        while number < 0:\n",
        ("bin_heap.first_bin.first_that_serves", *anywhere("asks_for_pages"), *anywhere("result")),
    ),
    Defect(
        "takes_too_small",
        "the scan of the bitmap begins at the first bin of a word, whatever is asked for",
        "        bins = self._word(number).value & (ALL_ONES >> (index % WORD_BITS))\n",
        "        bins = self._word(number).value\n",
        ("bin_heap.first_bin.scan_bitmap.at_word", "bin_heap.first_bin.first_that_serves", *anywhere("result")),
    ),
    Defect(
        "absorbs_past_the_cap",
        "realloc absorbs a neighbour although the sum passes the threshold and cannot be split",
        "        serves = (joined >= needed) & fits\n",
        "        serves = joined >= needed\n",
        (
            "bin_heap.absorbable_after.found_absorbable",
            "bin_heap.realloc.result",
            "bin_heap.realloc.agrees_with_reference",
        ),
    ),
    Defect(
        "frees_on_failure",
        "realloc that finds no room frees the old block",
        """        target = self.alloc(size)
        if target == NULL:
            return NULL
""",
        """        target = self.alloc(size)
        if target == NULL:
            self.free_block(block)
            return NULL
""",
        (
            "bin_heap.resize.resize_changes_nothing",
            "bin_heap.realloc.refusal_changes_nothing",
            "bin_heap.realloc.safety",
        ),
    ),
    Defect(
        "refuses_live_blocks",
        "a live block whose list has no other is refused",
        "        forth: bool = self.memory.peek(ListEntry.next, before) == entry\n",
        "        forth: bool = (self.memory.peek(ListEntry.next, before) == entry) & (before != after)\n",
        ("bin_heap.free.accepts", *TOLD, *anywhere("raises")),
    ),
    Defect(
        "stamps_a_neighbour",
        "a request is noted in the 8 bytes before the descriptor, which are another's",
        "        found = self.first_bin(index)\n",
        "        self.memory.fill(self.address - 8, 8, 1)\n        found = self.first_bin(index)\n",
        ("bin_heap.alloc.other_memory", *anywhere("other_memory")),
    ),
)
