"""Faulty editions in which a page that was mapped cannot be used; and such as begin wrongly."""

from tests.defects.defect import Defect

BEGINNINGS = (
    Defect(
        "begins_with_garbage",
        "the root table is a frame as somebody left it",
        "        root = self._new_frame()\n",
        "        root = self.frames.allocate(0).base\n",
        ("address_space._begin.maps_nothing_yet",),
    ),
    Defect(
        "begins_without_a_frame",
        "whether a frame is free for the root is not asked",
        "        if self.frames.free_frames == 0:\n",
        "        if self.frames.free_frames > 2**40:\n",
        ("address_space._begin.calls._new_frame",),
    ),
    Defect(
        "begins_with_what_is_there",
        "a view begins with the translations for loads that its TLB happens to hold",
        "        self.flush()\n        self.tlb_entries",
        "        self._writable.clear()\n        self._executable.clear()\n        self.tlb_entries",
        ("virtual_memory._reset.reads_agree",),
    ),
)
"""Constructors that do not establish what must always hold."""

DEFECTS = (
    Defect(
        "makes_tables_read_only",
        "the entry of a new table lets nothing below it be written",
        "self._new_table() + (PRESENT | WRITABLE | USER)",
        "self._new_table() + (PRESENT | USER)",
        ("address_space._open.calls._enter",),
    ),
    Defect(
        "takes_a_right_while_counting",
        "the entry of a table loses the right to write below it when another entry is counted there",
        "            entry.value = entry.value + COUNT_ONE\n",
        "            entry.value = entry.value - WRITABLE + COUNT_ONE\n",
        ("address_space._enter.tables_grant",),
    ),
    Defect(
        "faults_for_the_supervisor",
        "every view faults on a page that is not the users'",
        "        if self.user_mode and entry & USER == 0:\n",
        "        if entry & USER == 0:\n",
        ("virtual_memory._walk.faults_as_mapped",),
    ),
    Defect(
        "asks_for_a_page_too_many",
        "whether a range is mapped depends on the page behind it",
        "        end = (address + size + PAGE_SIZE - 1) >> PAGE_SHIFT if size > 0 else page\n",
        "        end = (address + size + PAGE_SIZE) >> PAGE_SHIFT if size > 0 else page\n",
        ("virtual_memory.is_mapped.true_of_what_is_mapped",),
    ),
    Defect(
        "maps_out_of_reach",
        "the pages that a view maps are not the users', whoever maps them",
        "        flags = DATA | USER if self.user_mode else DATA\n",
        "        flags = DATA\n",
        ("virtual_memory.map.pages_are_granted",),
    ),
)
