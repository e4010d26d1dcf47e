"""Faulty editions of impl/segment_heap.py."""

from tests.defects.defect import Defect

DEFECTS = (
    Defect(
        "fit_needs_more",
        "a free segment of exactly the requested size is passed over",
        "if segment.free and segment.size >= needed:",
        "if segment.free and segment.size > needed:",
        (
            "segment_heap.allocate.walk_for_fit.no_fit_behind",
            "segment_heap.allocate.first_fit",
            "segment_heap.allocate.null_only_if",
        ),
    ),
    Defect(
        "split_forgets_back_link",
        "after a split the following segment still points back to the segment that was split",
        """        else:
            Segment(self.memory, following).prev = rest.address
""",
        "",
        ("segment_heap.allocate.stored_prev",),
    ),
    Defect(
        "merges_next_only",
        "free merges with the next segment only (S3)",
        """        if previous.address != NULL and previous.free:
            self._absorb_next(previous)
""",
        "",
        ("segment_heap.free.stored_size", "segment_heap.free.claims"),
    ),
    Defect(
        "merges_previous_only",
        "free merges with the previous segment only (S3)",
        """        if merge:
            self._absorb_next(segment)
        previous""",
        "        previous",
        ("segment_heap.free.stored_size", "segment_heap.free.claims"),
    ),
    Defect(
        "split_leaves_last_segment",
        "last_segment is stale after the last segment was split (S2)",
        "            self.last_segment = rest.address\n",
        "            pass\n",
        ("segment_heap.allocate.descriptor",),
    ),
    Defect(
        "merge_leaves_last_segment",
        "last_segment is stale after the last segment was swallowed (S2)",
        "            self.last_segment = segment.address\n",
        "            pass\n",
        ("segment_heap.free.descriptor",),
    ),
    Defect(
        "taken_stays_free",
        "a segment that is handed out is not marked as used",
        "        segment.free = False\n",
        "",
        ("segment_heap.allocate.stored_free",),
    ),
    Defect(
        "swallowed_keeps_magic",
        "a header swallowed by a merge keeps its magic (S1)",
        "        absorbed.magic = 0\n",
        "",
        ("segment_heap.free.safety",),
    ),
    Defect(
        "growth_not_rolled_back",
        "growth that fails half-way leaves pages mapped (S5)",
        """        if not self.memory.map(end, pages):
            return NULL
""",
        """        if not self.memory.map(end, 1):
            return NULL
        if pages > 1 and not self.memory.map(end + PAGE_SIZE, pages - 1):
            return NULL
""",
        ("segment_heap.allocate.grows_by_need", "segment_heap.allocate.null_changes_nothing"),
    ),
    Defect(
        "believes_any_address",
        "free takes the bytes before any address for a header, without a walk",
        """            if current + Segment.SIZE == address:
                self._reclaim(segment, end)
                return
""",
        """            self._reclaim(Segment(self.memory, address - Segment.SIZE), end)
            return
""",
        ("segment_heap.free.safety",),
    ),
    Defect(
        "believes_the_magic",
        "free takes every address with a magic before it for a segment (S1)",
        """        before = NULL
        current = self.start
""",
        """        before = NULL
        if Segment(self.memory, address - Segment.SIZE).magic == MAGIC:
            self._reclaim(Segment(self.memory, address - Segment.SIZE), end)
            return
        current = self.start
""",
        ("segment_heap.free.safety",),
    ),
    Defect(
        "frees_before_checking",
        "a segment is marked free before the headers after it were checked (S6)",
        """        if not self._is_sound(segment.address, following, end):
            return
""",
        """        segment.free = True
        if not self._is_sound(segment.address, following, end):
            return
""",
        ("segment_heap.free.refuses_only_damage",),
    ),
    Defect(
        "splits_unchecked",
        "a split writes the back link of the following header without checking it (S6)",
        """            if not self._is_sound(segment.address, segment.next, end):
                return NULL
""",
        "",
        ("segment_heap.allocate.damage_untouched",),
    ),
    Defect(
        "splits_off_too_little",
        "a rest that cannot hold a header and 16 bytes is split off (S4)",
        "if segment.size - needed >= Segment.SIZE + GRANULE:",
        "if segment.size - needed >= Segment.SIZE:",
        (
            "segment_heap.allocate.within",
            "segment_heap.allocate.descriptor",
            "segment_heap.allocate.stored_next",
        ),
    ),
    Defect(
        "unmaps_before_reading",
        "destruct reads next from a page that it has unmapped (S7)",
        """        while current != NULL:
            loop("walk_to_wipe", self, current)
""",
        """        if start != NULL:
            self.memory.unmap(start, (end - start) // PAGE_SIZE)
        while current != NULL:
            loop("walk_to_wipe", self, current)
""",
        ("segment_heap.destruct.safety",),
    ),
    Defect(
        "follows_any_link",
        "the walk of allocate follows whatever next says: it need not end",
        """            if not ((following == NULL) | ((current < following) & (following <= end - Segment.SIZE))):
                return self._astray(current)
""",
        "",
        tuple(f"segment_heap.allocate.walk_for_fit.{law}" for law in ("intact_behind", "walk_cost", "on_chain")),
    ),
    Defect(
        "misnames_a_double_free",
        "free of a block that was merged with its neighbours says that no segment starts there, and no more",
        "        self._refuse(address, before, end if current == NULL else current)\n",
        '        self.memory.log("free of {:#x}: no segment starts there", address)\n',
        ("segment_heap.free.tells_free_memory",),
    ),
    Defect(
        "trims_live_blocks",
        "trim takes the pages of a last segment that is in use",
        "        if not last.free:\n            return 0\n        end",
        "        end",
        ("segment_heap.trim.live_blocks_kept", "segment_heap.trim.trim_leaves_no_page"),
    ),
    Defect(
        "trims_too_much",
        "trim gives the first pages back, too: a heap without live block is smaller than init left it",
        "kept = max(least, align_up",
        "kept = max(self.start + PAGE_SIZE, align_up",
        ("segment_heap.trim.trim_restores", "segment_heap.trim.bounds"),
    ),
    Defect(
        "trims_too_little",
        "trim keeps a page more than the last header needs",
        "last.address + (Segment.SIZE + GRANULE), PAGE_SIZE))",
        "last.address + (Segment.SIZE + PAGE_SIZE), PAGE_SIZE))",
        ("segment_heap.trim.trim_leaves_no_page", "segment_heap.trim.trim_counts"),
    ),
    Defect(
        "trims_the_header",
        "trim unmaps the page on which the last free segment has its header, or cuts its payload to nothing",
        "last.address + (Segment.SIZE + GRANULE), PAGE_SIZE))",
        "last.address, PAGE_SIZE))",
        ("segment_heap.trim.safety", "segment_heap.trim.machine_width", "segment_heap.trim.within"),
    ),
    Defect(
        "trim_leaves_last_segment",
        "last_segment is stale after the last segment was given back",
        "        self.last_segment = before\n",
        "",
        ("segment_heap.trim.descriptor",),
    ),
    Defect(
        "trim_loses_pages",
        "trim forgets pages without unmapping them",
        "        self.memory.unmap(kept, pages)\n",
        "",
        ("segment_heap.trim.trim_counts",),
    ),
    Defect(
        "trim_keeps_the_end",
        "the end of the heap is stale after pages were given back",
        "        self.end = kept\n",
        "",
        ("segment_heap.trim.descriptor",),
    ),
    Defect(
        "trims_unchecked",
        "trim writes the header before the one that goes without checking it",
        """        if not self._is_intact(before):
            return self._corrupted(before)
""",
        "",
        ("segment_heap.trim.damage_untouched",),
    ),
)
