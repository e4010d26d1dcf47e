"""Faulty editions of impl/virtual_memory.py: what a missing invalidation does to loads and stores."""

from tests.defects.defect import Defect

UNMAP = "        self.space.unmap(address, pages)\n        self.invalidate(address, pages)\n"
PROTECT = "        self.space.protect(address, pages, flags)\n        self.invalidate(address, pages)\n"

DEFECTS = (
    Defect(
        "unmaps_without_invalidation",
        "unmap leaves the page's translation in the TLB (M1)",
        UNMAP,
        "        self.space.unmap(address, pages)\n",
        ("virtual_memory.unmap.none_left", "virtual_memory.unmap.reads_agree"),
    ),
    Defect(
        "invalidates_the_first_page_only",
        "unmap of a range invalidates its first page",
        UNMAP,
        UNMAP.replace("invalidate(address, pages)", "invalidate(address, 1)"),
        ("virtual_memory.unmap.none_left", "virtual_memory.unmap.reads_agree"),
    ),
    Defect(
        "invalidates_one_page_too_few",
        "unmap of a range leaves its last page in the TLB",
        UNMAP,
        UNMAP.replace("invalidate(address, pages)", "invalidate(address, pages - 1)"),
        ("virtual_memory.unmap.none_left", "virtual_memory.unmap.reads_agree"),
    ),
    Defect(
        "protects_without_invalidation",
        "protect leaves a writable translation in the TLB",
        PROTECT,
        "        self.space.protect(address, pages, flags)\n",
        ("virtual_memory.protect.none_left", "virtual_memory.protect.writes_agree"),
    ),
    Defect(
        "forgets_reads_only",
        "what is forgotten for reads is still there for writes",
        "            self._writable.pop(first + done, None)\n",
        "",
        (
            "virtual_memory.invalidate.forget_pages.writes",
            "virtual_memory.invalidate.forgets_the_pages",
            "virtual_memory.unmap.none_left",
            "virtual_memory.protect.none_left",
        ),
    ),
    Defect(
        "forgets_the_user_bit",
        "a program reads the supervisor's pages",
        "        if self.user_mode and entry & USER == 0:\n",
        "        if self.user_mode and entry & PRESENT == 0:\n",
        ("virtual_memory._walk.finds_the_frame", "virtual_memory._translate.translates_as_mapped"),
    ),
    Defect(
        "writes_what_is_read_only",
        "a store through a translation that was made for a load",
        "        if write and entry & WRITABLE == 0:\n",
        "        if write and entry & PRESENT == 0:\n",
        ("virtual_memory._refill.writes_agree", "virtual_memory._translate.translates_as_mapped"),
    ),
    Defect(
        "remembers_loads_for_stores",
        "a load fills the table for stores, whatever the page allows",
        "        if write:\n            self._writable[page] = difference\n",
        "        self._writable[page] = difference\n",
        ("virtual_memory._refill.writes_agree", "virtual_memory._translate.writes_agree"),
    ),
)
