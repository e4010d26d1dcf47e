"""Faulty editions of impl/bucket_heap.py."""

from tests.defects.defect import Defect

DEFECTS = (
    Defect(
        "wraps_huge_sizes",
        "a size is rounded up to 8 bytes without an overflow check: 2**64 - 1 becomes 0, and 8 bytes are returned (X1)",
        """        if size == 0 or size > MAX_EXTENT or self.extents == NULL:
            return NULL
        shift""",
        """        if size == 0 or self.extents == NULL:
            return NULL
        size = (size + (BLOCK_UNIT - 1)) % 2**64 // BLOCK_UNIT * BLOCK_UNIT
        shift""",
        ("bucket_heap.alloc.rounds_up", "bucket_heap.alloc.result"),
    ),
    Defect(
        "accepts_double_free",
        "a block of a bucket is freed without a look at its live bit (X4)",
        "        if not self._is_live(entry, address):\n",
        "        if entry.kind <= RUN and not self._is_live(entry, address):\n",
        (
            "bucket_heap.free.block_found.live",
            "bucket_heap.free.calls.give_block",
            "bucket_heap.give_block.one_of_many",
            "bucket_heap.give_run.run_of_extent",
            "bucket_heap.layout.bits",
        ),
    ),
    Defect(
        "frees_inside_a_run",
        "any address in the first page of a run frees it",
        "        if not self._is_live(entry, address):\n",
        "        if entry.kind != RUN and not self._is_live(entry, address):\n",
        (
            "bucket_heap.free.block_found.live",
            "bucket_heap.free.rejects_invalid",
        ),
    ),
    Defect(
        "frees_misaligned",
        "the first seven bytes behind the beginning of a block free it, too",
        "        if extent == NULL or not is_aligned(address, BLOCK_UNIT):\n",
        "        if extent == NULL:\n",
        (
            "bucket_heap.free.address_in_page.unit",
            "bucket_heap.free.rejects_invalid",
            "bucket_heap.give_block.one_of_many",
            "bucket_heap.dissolve.last_block",
        ),
    ),
    Defect(
        "scans_past_the_map",
        "the search for a run goes on behind the last free page",
        "        while last != NULL and last + page_size - first < size:\n",
        "        while last + page_size - first < size:\n",
        ("bucket_heap.take_pages.safety", "bucket_heap.alloc.safety"),
    ),
    Defect(
        "takes_short_run",
        "a run of two pages may begin at the last page of an extent, and reaches into the next",
        """            following = FreeLink(self.memory, last).next
            if following != last + page_size:
""",
        """            following = FreeLink(self.memory, last).next
            if size == page_size + page_size and last + page_size == extent + self.extent_size:
                return before, first, last
            if following != last + page_size:
""",
        (
            "bucket_heap.take_pages.run_of_size",
            "bucket_heap.alloc.result",
            "bucket_heap.layout.runs",
        ),
    ),
    Defect(
        "returns_page_too_early",
        "a bucket page is given back while a block of it is live",
        "        elif entry.live == 1:\n",
        "        elif entry.live <= 2:\n",
        ("bucket_heap.free.calls.dissolve", "bucket_heap.dissolve.last_block"),
    ),
    Defect(
        "leaves_blocks_in_bucket",
        "a page is given back, but stays in the list of its bucket",
        """        self._unlink(entry + Page.SIZE)
        self.memory.release_range(FreeLink, page, end)""",
        "        self.memory.release_range(FreeLink, page, end)",
        ("bucket_heap.dissolve.node_pages", "bucket_heap.dissolve.next_links", "bucket_heap.layout.buckets"),
    ),
    Defect(
        "never_returns_pages",
        "a page that was given to a bucket never comes back (X5)",
        """        elif entry.live == 1:
            self.dissolve(entry.address, address)
            self.give_run(extent, entry.address)
        else:
""",
        "        else:\n",
        ("bucket_heap.free.calls.give_block", "bucket_heap.give_block.one_of_many"),
    ),
    Defect(
        "accepts_tiny_pages",
        "pages of less than 512 bytes are accepted if an extent of them holds its own map (X7)",
        "        shift = _log2(page_size, MIN_SHIFT)\n",
        "        shift = _log2(page_size, MIN_LOG2)\n",
        ("bucket_heap.init.heap_measured.shift", "bucket_heap.add.geometry", "bucket_heap.layout.geometry"),
    ),
    Defect(
        "accepts_tiny_heap",
        "an extent without room for a page is accepted (X7)",
        "        if header + 2 * page_size > size:\n",
        "        if bits > size:\n",
        (
            "bucket_heap.init.accepts_with_room",
            "bucket_heap.init.heap_measured.two",
            "bucket_heap.init.safety",
            "bucket_heap.layout.geometry",
        ),
    ),
    Defect(
        "keeps_page_type",
        "a page that comes back keeps its type",
        "            Page(self.memory, current).kind = FREE\n",
        "",
        (
            "bucket_heap.give_run.give_back.given",
            "bucket_heap.give_run.live_bits",
            "bucket_heap.give_run.run_is_gone",
            "bucket_heap.give_run.runs",
            "bucket_heap.layout.blocks",
            "bucket_heap.layout.counts",
            "bucket_heap.layout.runs",
            "bucket_heap.layout.bits",
        ),
    ),
    Defect(
        "leaves_buckets_filled",
        "destroy leaves the buckets' lists as they are: they lead into flushed extents (X9)",
        """        self.extents = NULL
        self._empty_buckets()
        while current != NULL:
""",
        """        self.extents = NULL
        while current != NULL:
""",
        ("bucket_heap.destroy.buckets_empty.alone", "bucket_heap.destroy.next_links", "bucket_heap.layout.buckets"),
    ),
    Defect(
        "stays_in_use",
        "a destroyed heap still has its extents (X9)",
        """        self.extents = NULL
        self._empty_buckets()
        while current != NULL:
""",
        """        self._empty_buckets()
        while current != NULL:
""",
        (
            "bucket_heap.destroy.is_dead",
            "bucket_heap.destroy.chain",
            "bucket_heap.layout.extents",
            "bucket_heap.layout.geometry",
        ),
    ),
    Defect(
        "reads_flushed_extent",
        "destroy reads the link of an extent that it has flushed already",
        """            following = Extent(self.memory, current).next
            check_order(current, following)
            self._raze(current, size)
            hold("extent_razed", self, current)
            flush(current, size)
            current = following
""",
        """            self._raze(current, size)
            hold("extent_razed", self, current)
            flush(current, size)
            current = Extent(self.memory, current).next
""",
        ("bucket_heap.destroy.safety",),
    ),
    Defect(
        "adds_extent_twice",
        "an extent that the heap has already is added again (X10)",
        "        if following != NULL and address + size > following:\n",
        "        if following != NULL and following != address and address + size > following:\n",
        (
            "bucket_heap.extend.calls.add",
            "bucket_heap.extend.accepts_what_is_apart",
            "bucket_heap.add.place_apart",
        ),
    ),
    Defect(
        "overlaps_from_above",
        "an extent that begins inside another is added",
        """            if following + size > address:
                return -EINVAL
""",
        "",
        ("bucket_heap.extend.find_place.below", "bucket_heap.add.place_apart"),
    ),
    Defect(
        "overlaps_the_descriptor",
        "an extent in which the descriptor lies is accepted",
        "        return self.address + DESCRIPTOR <= address or address + size <= self.address\n",
        "        return True\n",
        (
            "bucket_heap.init.accepts_what_fits",
            "bucket_heap.extend.accepts_what_is_apart",
            "bucket_heap.add.place_apart",
        ),
    ),
    Defect(
        "believes_in_memory",
        "memory that is not mapped is accepted",
        """        if not self.memory.is_mapped(address, size):
            return False
""",
        "",
        (
            "bucket_heap.init.accepts_what_fits",
            "bucket_heap.extend.accepts_what_is_apart",
            "bucket_heap.add.place_mapped",
        ),
    ),
    Defect(
        "keeps_old_bits",
        "init leaves in the live bits what the memory held before",
        "        self.memory.fill(bits, size // BYTES_PER_WORD * LiveBits.SIZE, 0)\n",
        "",
        ("bucket_heap.add.pages_laid.clear", "bucket_heap.add.live_bits", "bucket_heap.layout.bits"),
    ),
    Defect(
        "list_never_ends",
        "the last free page of a new extent links behind it",
        "        FreeLink(self.memory, page - page_size).next = NULL\n",
        "",
        ("bucket_heap.add.extent_laid.linked", "bucket_heap.add.free_links", "bucket_heap.layout.free_list"),
    ),
    Defect(
        "gives_back_in_front",
        "pages that come back are put in front of the free list, whatever their address",
        "        while following != NULL and following < page:\n",
        "        while False:\n",
        ("bucket_heap.give_run.free_links", "bucket_heap.layout.free_list"),
    ),
    Defect(
        "keeps_full_page",
        "a page whose last block was handed out stays in its bucket",
        """        if (view.free == NULL) & (view.frontier == view.page + (1 << self.shift)):
            self._unlink(entry + Page.SIZE)
        return block
""",
        "        return block\n",
        ("bucket_heap.take_block.node_pages", "bucket_heap.take_block.next_links", "bucket_heap.layout.buckets"),
    ),
    Defect(
        "loses_page_of_full_bucket",
        "a full page that gets a block back does not return to its bucket",
        "            self._push(entry + Page.SIZE, view.kind)\n",
        "            pass\n",
        ("bucket_heap.give_block.listed", "bucket_heap.give_block.next_links", "bucket_heap.layout.buckets"),
    ),
    Defect(
        "takes_second_fit",
        "the search starts behind the lowest free page",
        """        first = Extent(self.memory, extent).free
        last = first
""",
        """        first = Extent(self.memory, extent).free
        first = FreeLink(self.memory, first).next if first != NULL else NULL
        last = first
""",
        (
            "bucket_heap.take_pages.walk_free_pages.preceded",
            "bucket_heap.take_pages.walk_free_pages.none_before",
            "bucket_heap.alloc.result",
        ),
    ),
    Defect(
        "small_block_for_odd_size",
        "a request is rounded down to a power of two",
        "        log = _log2(size, MIN_LOG2)\n",
        "        log = max(_log2(size + 1, MIN_LOG2) - 1, MIN_LOG2)\n",
        (
            "bucket_heap.alloc.rounds_up",
            "bucket_heap.alloc.bucket_of_size.fits",
        ),
    ),
)
