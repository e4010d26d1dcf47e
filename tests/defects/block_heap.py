"""Faulty editions of impl/block_heap.py."""

from tests.defects.defect import Defect

DEFECTS = (
    Defect(
        "takes_short_run",
        "a free run at the end of the table that is too short is returned all the same (P1)",
        "            index = index + 1\n        return total\n",
        "            index = index + 1\n        return total - run\n",
        (
            "block_heap.malloc.takes_free_blocks",
            *(f"block_heap.{name}.safety" for name in ("malloc", "kmalloc", "kzalloc")),
        ),
    ),
    Defect(
        "frees_interior_blocks",
        "free does not test IS_FIRST: an interior block, or a free one, is accepted (P2)",
        """        if value == FREE:
            raise DoubleFree(f"free of {address:#x}: the block there is free already")
        if value & IS_FIRST == 0:
            raise InvalidFree(f"free of {address:#x}: it lies inside a live allocation")
""",
        "",
        (
            "block_heap.free.rejects_exactly",
            "block_heap.kfree.rejects_exactly",
            "block_heap.free.release_blocks.inside",
            "block_heap.kfree.release_blocks.inside",
        ),
    ),
    Defect(
        "calls_double_frees_invalid",
        "free of a free block is reported as if the heap could not tell that it is free",
        "raise DoubleFree(",
        "raise InvalidFree(",
        ("block_heap.free.rejects_exactly", "block_heap.kfree.rejects_exactly"),
    ),
    Defect(
        "allocates_nothing",
        "malloc(0) returns an address that belongs to nobody (P3)",
        """        if size == 0 or size > LARGEST_REQUEST:
            return NULL
        count""",
        """        if size == 0:
            return self.saddr
        if size > LARGEST_REQUEST:
            return NULL
        count""",
        ("block_heap.malloc.refuses", "block_heap.kmalloc.refuses", "block_heap.kzalloc.refuses"),
    ),
    Defect(
        "wraps_huge_sizes",
        "a size that does not fit 20 bits is taken for a small one (P4)",
        "count = (size + (BLOCK_SIZE - 1)) // BLOCK_SIZE",
        "count = (size - 1) % 2**20 // BLOCK_SIZE + 1",
        (
            "block_heap.malloc.takes_free_blocks",
            "block_heap.kmalloc.takes_free_blocks",
            "block_heap.kzalloc.safety",  # it clears what was not handed out
        ),
    ),
    Defect(
        "accepts_addresses_below",
        "an address below the pool gives a block number below 0 (P5)",
        "if address < saddr or not is_aligned(",
        "if not is_aligned(",
        ("block_heap.free.machine_width", "block_heap.free.safety", "block_heap.kfree.safety"),
    ),
    Defect(
        "accepts_addresses_inside",
        "free accepts any address inside the first block of an allocation",
        "if address < saddr or not is_aligned(address - saddr, BLOCK_SIZE):",
        "if address < saddr:",
        ("block_heap.free.rejects_exactly", "block_heap.kfree.rejects_exactly"),
    ),
    Defect(
        "last_fit",
        "the highest run that fits is taken, not the lowest",
        """        run = 0
        while index < total:
            loop("scan_for_run", self, index, run, count)
            if entries[index] != FREE:
                run = 0
            else:
                run = run + 1
                if run == count:
                    return index + 1 - count
            index = index + 1
        return total
""",
        """        run = 0
        found = total
        while index < total:
            loop("scan_for_run", self, index, run, count)
            if entries[index] != FREE:
                run = 0
            else:
                run = run + 1
                if run == count:
                    found = index + 1 - count
                    run = run - 1
            index = index + 1
        return found
""",
        (
            "block_heap.malloc.lowest_run",
            "block_heap.malloc.scan_for_run.no_run_behind",
            "block_heap.kmalloc.scan_for_run.no_run_behind",
        ),
    ),
    Defect(
        "run_not_reset",
        "a taken block does not end the run of free blocks",
        "            if entries[index] != FREE:\n                run = 0\n",
        "            if entries[index] != FREE:\n                pass\n",
        ("block_heap.malloc.scan_for_run.free_run", "block_heap.kmalloc.scan_for_run.free_run"),
    ),
    Defect(
        "overlooks_last_block",
        "the scan never looks at the last block: NULL although a run exists",
        "        while index < total:\n",
        "        while index + 1 < total:\n",
        ("block_heap.malloc.null_only_if",),
    ),
    Defect(
        "fills_one_byte_more",
        "memset fills one byte too many",
        "memory.fill(target, size, byte & 0xFF)",
        "memory.fill(target, size + 1, byte & 0xFF)",
        (
            "block_heap.memset.fills_only",
            "block_heap.memset.safety",
            "block_heap.kzalloc.zeroes_only_its_own",
            "block_heap.kzalloc.safety",
            "block_heap.create.creates_only",
            "block_heap.create.safety",
        ),
    ),
    Defect(
        "marks_no_end",
        "the last block of an allocation says that it has a next one",
        "        TableEntry(self.memory, last).value = TAKEN\n",
        "        TableEntry(self.memory, last).value = TAKEN | HAS_NEXT\n",
        ("block_heap.malloc.shown", "block_heap.kmalloc.shown", "block_heap.kzalloc.shown"),
    ),
    Defect(
        "releases_one_block",
        "free releases only the first block of an allocation",
        "            if value & HAS_NEXT == 0:\n                return\n",
        "            if value & IS_FIRST != 0:\n                return\n",
        ("block_heap.free.releases_all", "block_heap.kfree.releases_all"),
    ),
    Defect(
        "creates_half",
        "create fills the descriptor before it has checked pool and table (P7)",
        "        if not self._is_governed(",
        "        self.saddr = start\n        if not self._is_governed(",
        ("block_heap.create.refusal_changes_nothing",),
    ),
    Defect(
        "accepts_wrong_total",
        "create accepts a table with more blocks than entries",
        "return total == (end - start) // BLOCK_SIZE",
        "return total <= (end - start) // BLOCK_SIZE",
        ("block_heap.create.refuses_exactly",),
    ),
    Defect(
        "accepts_overlap",
        "create accepts entries that lie in the pool",
        "        if _meets(entries, total, start, end):\n            return False\n",
        "",
        ("block_heap.create.refuses_exactly",),
    ),
    Defect(
        "keeps_old_entries",
        "create leaves in the entries what the memory held before",
        "        memset(self.memory, entries, FREE, total)\n",
        "",
        ("block_heap.create.starts_free",),
    ),
    Defect(
        "zeroes_one_byte_less",
        "kzalloc leaves the last byte as it was",
        "return memset(self.memory, address, 0, size)",
        "return memset(self.memory, address, 0, size - 1)",
        ("block_heap.kzalloc.zeroed",),
    ),
)
