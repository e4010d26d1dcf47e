"""Faulty editions of impl/frame_allocator.py."""

from tests.defects.defect import Defect

DEFECTS = (
    Defect(
        "buddy_by_addition",
        "the buddy is computed with + instead of exclusive or",
        "    return index ^ (1 << order)\n",
        "    return index + (1 << order)\n",
        ("frame_allocator.free.join_buddies.aligned", "frame_allocator.free.canonical", "frame_allocator.free.aligned"),
    ),
    Defect(
        "merge_ignores_order",
        "a free buddy is merged whatever its order",
        "        return record.state == FREE and record.order == order\n",
        "        return record.state == FREE\n",
        (
            "frame_allocator.free.join_buddies.heads",
            "frame_allocator.free.join_buddies.covered",
            "frame_allocator.free.within",
            "frame_allocator.free.heads",
        ),
    ),
    Defect(
        "merges_live_buddy",
        "a buddy of the same order is merged although it is allocated",
        "        return record.state == FREE and record.order == order\n",
        "        return record.state in (FREE, LIVE) and record.order == order\n",
        (
            "frame_allocator.free.join_buddies.kept",
            "frame_allocator.free.join_buddies.same_frames",
            "frame_allocator.free.gives_the_frames",
            "frame_allocator.free.one_live_less",
        ),
    ),
    Defect(
        "merges_beyond_the_area",
        "the record of a buddy outside the area is believed",
        "        if buddy < self.start or buddy >= self.end:\n            return False\n",
        "",
        ("frame_allocator.free.safety", "frame_allocator.free.machine_width"),
    ),
    Defect(
        "never_merges",
        "free does not merge",
        "        while order < MAX_ORDER and self._has_free_buddy(index, order):\n",
        "        while order > MAX_ORDER and self._has_free_buddy(index, order):\n",
        ("frame_allocator.free.canonical",),
    ),
    Defect(
        "split_loses_upper_half",
        "a split does not list the upper half",
        "            self._insert(index + (1 << order), order)\n",
        "            pass\n",
        (
            "frame_allocator.allocate.take_apart.covered",
            "frame_allocator.allocate.take_apart.same_frames",
            "frame_allocator.allocate.takes_the_frames",
            "frame_allocator.allocate.covered",
        ),
    ),
    Defect(
        "split_lists_lower_half",
        "a split lists the half that it goes on with",
        "            self._insert(index + (1 << order), order)\n",
        "            self._insert(index, order)\n",
        (
            "frame_allocator.allocate.take_apart.covered",
            "frame_allocator.allocate.take_apart.in_hand",
            "frame_allocator.allocate.takes_the_frames",
            "frame_allocator.allocate.covered",
        ),
    ),
    Defect(
        "frees_part_of_a_block",
        "free accepts an area that is smaller than the allocation (G6)",
        "        return record.state == LIVE and size == PAGE_SIZE << record.order\n",
        "        return record.state == LIVE and size <= PAGE_SIZE << record.order\n",
        ("frame_allocator.free.rejects_invalid", "frame_allocator.is_live.tells_live"),
    ),
    Defect(
        "frees_twice",
        "free accepts a block that is free already",
        "        return record.state == LIVE and size == PAGE_SIZE << record.order\n",
        "        return record.state in (LIVE, FREE) and size == PAGE_SIZE << record.order\n",
        ("frame_allocator.free.rejects_invalid", "frame_allocator.is_live.tells_live"),
    ),
    Defect(
        "frees_reserved_frames",
        "free accepts reserved frames and the header's own",
        "        return record.state == LIVE and size == PAGE_SIZE << record.order\n",
        "        return record.state != FREE and size == PAGE_SIZE << record.order\n",
        ("frame_allocator.free.rejects_invalid", "frame_allocator.is_live.tells_live"),
    ),
    Defect(
        "frees_misaligned",
        "free, is_live, lend and take_back round an address down to its frame (G6)",
        "        if not is_aligned(base, PAGE_SIZE) or base < self.origin:\n",
        "        if base < self.origin:\n",
        (
            "frame_allocator.free.rejects_invalid",
            "frame_allocator.is_live.tells_live",
            "frame_allocator.lend.exchanges",
            "frame_allocator.take_back.exchanges",
        ),
    ),
    Defect(
        "frees_first_frame_only",
        "free gives only the first frame of a block back (G13)",
        "        self._merge(index, order)\n",
        "        self._merge(index, 0)\n",
        (
            "frame_allocator.free.join_buddies.covered",
            "frame_allocator.free.join_buddies.same_frames",
            "frame_allocator.free.gives_the_frames",
            "frame_allocator.free.covered",
        ),
    ),
    Defect(
        "removal_forgets_back_link",
        "a block that leaves its list is still the prev of the next one",
        "        if after != NONE:\n            self.record(after).prev = before\n",
        "",
        (
            "frame_allocator.allocate.take_apart.prev_links",
            "frame_allocator.allocate.take_apart.heads",
            "frame_allocator.allocate.prev_links",
            "frame_allocator.allocate.heads",
        ),
    ),
    Defect(
        "searches_one_order",
        "allocate looks at the list of the wanted order only",
        """        while order <= MAX_ORDER and self._list(order).head == NONE:
            loop(search_upwards, self, order, wanted)
            order = order + 1
""",
        "        if self._list(order).head == NONE:\n            return ORDERS\n",
        ("frame_allocator.allocate.full_only_if_0",),
    ),
    Defect(
        "unsupported_order_shifts_out",
        "an order above 18 is not refused (G7)",
        "        if order > MAX_ORDER:\n            raise NotValid(",
        "        if order > 63:\n            raise NotValid(",
        ("frame_allocator.allocate.unsupported",),
    ),
    Defect(
        "count_of_free_frames_drifts",
        "allocate counts one frame less, whatever the order",
        "        self.free_frames = self.free_frames - (1 << order)\n",
        "        self.free_frames = self.free_frames - 1\n",
        ("frame_allocator.allocate.takes_the_frames", "frame_allocator.allocate.counted"),
    ),
    Defect(
        "allocation_stays_free",
        "a block that is handed out is not marked as live",
        "        record.state = LIVE\n",
        "        record.state = FREE\n",
        ("frame_allocator.allocate.one_more_live",),
    ),
    Defect(
        "stores_a_pointer",
        "a list head is the address of a record, not an index",
        "        free_list.head = index\n",
        "        free_list.head = record.address\n",
        ("frame_allocator.free.relocatable", "frame_allocator.free.safety", "frame_allocator.init_region.safety"),
    ),
    Defect(
        "lends_free_frames",
        "a free block's first frame is lent",
        "        return self._exchange(base, RESERVED, LENT)\n",
        "        return self._exchange(base, FREE, LENT)\n",
        ("frame_allocator.lend.exchanges", "frame_allocator.lend.canonical"),
    ),
    Defect(
        "lends_twice",
        "a frame that is lent is lent again, one that is not lent is taken back",
        "        if record.state != expected:\n",
        "        if record.state not in (expected, state):\n",
        ("frame_allocator.lend.exchanges", "frame_allocator.take_back.exchanges"),
    ),
    Defect(
        "aligned_to_the_area",
        "addresses count from the area's base, so alignment is relative to it (G4)",
        "        return Area(self.origin + index * PAGE_SIZE, PAGE_SIZE << order)\n",
        "        return Area(self.origin + self.start * PAGE_SIZE + index * PAGE_SIZE, PAGE_SIZE << order)\n",
        (
            "frame_allocator.allocate.physically_aligned",
            "frame_allocator.allocate.right_size",
            "frame_allocator.allocate.one_more_live",
        ),
    ),
    Defect(
        "region_not_clipped",
        "init_region marks frames beyond the area when a reserved region reaches beyond it (G2)",
        """            place = start_of_gap(place, area_start, end, held)
            gap_end = end_of_gap(place, area_start, end, held)
            first""",
        """            place = start_of_gap(place, area_start, WORD_LIMIT - PAGE_SIZE, held)
            gap_end = end_of_gap(place, area_start, end, held)
            first""",
        ("frame_allocator.init_region.safety",),
    ),
    Defect(
        "header_stays_free",
        "the frames of the header are free like all others",
        "        view._insert_usable(start, held)\n",
        "        view._insert_usable(start, regions)\n",
        ("frame_allocator.init_region.reference_state", "frame_allocator.init_region.disjoint"),
    ),
    Defect(
        "header_never_reserved",
        "the header's frames are not marked as never allocatable",
        "        held = Unavailable(header, regions)\n",
        "        held = regions\n",
        ("frame_allocator.init_region.reference_state",),
    ),
    Defect(
        "header_beyond_the_area",
        "get_header does not see that the header ends behind the area (G3)",
        "    while size <= end - place:\n",
        "    while place < end:\n",
        ("frame_allocator.get_header.reference_answer", "frame_allocator.get_header.fits_into_area"),
    ),
    Defect(
        "accepts_small_header",
        "init_region accepts a header region that is too small",
        "or size < header_size((end - start) // PAGE_SIZE):",
        "or size == 0:",
        ("frame_allocator.init_region.reference_answer", "frame_allocator.init_region.safety"),
    ),
    Defect(
        "unaligned_blocks",
        "init_region inserts runs as the largest blocks that fit, whatever their alignment (G9)",
        "    while order < MAX_ORDER and is_aligned(index, 2 << order) and 2 << order <= frames:\n",
        "    while order < MAX_ORDER and 2 << order <= frames:\n",
        ("frame_allocator.init_region.aligned",),
    ),
)
