"""Faulty editions of impl/virtual_memory.py: what a missing invalidation does to loads and stores."""

from tests.defects.defect import Defect

UNMAP = "        self.space.unmap(address, pages)\n        self._shoot_down(address, pages)\n"
PROTECT = "        self.space.protect(address, pages, flags)\n        self._shoot_down(address, pages)\n"
TELL = '            while done < pages:\n                loop("tell_one",'
STALE = tuple(
    f"virtual_memory.{operation}.{law}"
    for operation in ("unmap", "protect")
    for law in (
        *("none_left", "none_left_elsewhere"),
        *(f"tell_all.{whose}_{use}" for whose in ("this", "other") for use in ("reads", "writes", "fetches")),
    )
)
"""What a TLB that still holds a page breaks, whichever TLB and whichever use of the page it is."""
FORBIDDEN = "            forbidden = forbidden | (entry & NO_EXECUTE != 0)\n"

DEFECTS = (
    Defect(
        "unmaps_without_invalidation",
        "unmap leaves the page's translation in the TLB (M1)",
        UNMAP,
        "        self.space.unmap(address, pages)\n",
        ("virtual_memory.unmap.none_left", "virtual_memory.unmap.reads_agree", *STALE),
    ),
    Defect(
        "invalidates_the_first_page_only",
        "unmap of a range invalidates its first page",
        UNMAP,
        UNMAP.replace("_shoot_down(address, pages)", "_shoot_down(address, 1)"),
        ("virtual_memory.unmap.none_left", "virtual_memory.unmap.reads_agree", *STALE),
    ),
    Defect(
        "invalidates_one_page_too_few",
        "unmap of a range leaves its last page in the TLB",
        UNMAP,
        UNMAP.replace("_shoot_down(address, pages)", "_shoot_down(address, pages - 1)"),
        ("virtual_memory.unmap.none_left", "virtual_memory.unmap.reads_agree", *STALE),
    ),
    Defect(
        "protects_without_invalidation",
        "protect leaves a writable translation in the TLB",
        PROTECT,
        "        self.space.protect(address, pages, flags)\n",
        ("virtual_memory.protect.none_left", "virtual_memory.protect.writes_agree", *STALE),
    ),
    Defect(
        "forgets_reads_only",
        "what is forgotten for reads is still there for writes",
        "        self._writable.pop(page, None)\n",
        "",
        (
            "virtual_memory.invalidate.forget_pages.writes",
            "virtual_memory.invalidate.forgets_the_pages",
            *STALE,
        ),
    ),
    Defect(
        "forgets_the_user_bit",
        "a program reads the supervisor's pages",
        "        if self.user_mode and entry & USER == 0:\n",
        "        if self.user_mode and entry & PRESENT == 0:\n",
        (
            "virtual_memory._walk.finds_the_frame",
            "virtual_memory._translate.translates_as_mapped",
            "virtual_memory._translate_code.translates_as_mapped",
        ),
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
    Defect(
        "tells_itself_only",
        "the page that is unmapped through one TLB stays in every other",
        UNMAP,
        "        self.space.unmap(address, pages)\n        self.invalidate(address, pages)\n",
        ("virtual_memory.unmap.none_left_elsewhere", "virtual_memory.unmap.others_agree"),
    ),
    Defect(
        "protects_here_only",
        "the page that is protected through one TLB may be written through every other",
        PROTECT,
        "        self.space.protect(address, pages, flags)\n        self.invalidate(address, pages)\n",
        ("virtual_memory.protect.none_left_elsewhere", "virtual_memory.protect.others_agree"),
    ),
    Defect(
        "forgets_the_first_tlb",
        "the shootdown begins with the second TLB of the space",
        "        first = address >> PAGE_SHIFT\n        number = 0\n",
        "        first = address >> PAGE_SHIFT\n        number = 1\n",
        ("virtual_memory.unmap.tell_all.where", "virtual_memory.unmap.tell_all.this_reads", *STALE),
    ),
    Defect(
        "forgets_the_last_tlb",
        "the shootdown ends before the last TLB of the space",
        '        while number < self.tlbs.count():\n            loop("tell_all",',
        '        while number + 1 < self.tlbs.count():\n            loop("tell_all",',
        STALE,
    ),
    Defect(
        "tells_of_the_first_page_only",
        "every TLB is told of the first page of a range only",
        TELL,
        TELL.replace("done < pages", "done < min(pages, 1)"),
        ("virtual_memory.unmap.tell_all.this_reads", *STALE),
    ),
    Defect(
        "never_forgets_code",
        "what was fetched once is fetched for ever",
        "        self._executable.pop(page, None)\n",
        "",
        (
            "virtual_memory.invalidate.forget_pages.fetches",
            "virtual_memory.invalidate.forgets_the_pages",
            *STALE,
        ),
    ),
    Defect(
        "runs_what_is_data",
        "a fetch looks at no-execute in no entry",
        "        if execute and entry & NO_EXECUTE != 0:\n",
        "        if execute and entry & PRESENT == 0:\n",
        ("virtual_memory._walk.finds_the_frame", "virtual_memory._translate_code.translates_as_mapped"),
    ),
    Defect(
        "looks_at_no_execute_in_the_last_entry_only",
        "no-execute in the entry of a table is not obeyed",
        FORBIDDEN,
        "            forbidden = entry & NO_EXECUTE != 0\n",
        ("virtual_memory._look_up.last_on_way", "virtual_memory._translate_code.translates_as_mapped"),
    ),
    Defect(
        "looks_past_no_execute_in_the_root",
        "no-execute in the entry of the root is not obeyed",
        FORBIDDEN,
        "            forbidden = forbidden | (entry & NO_EXECUTE != 0) & (number >= 512)\n",
        ("virtual_memory._look_up.last_on_way", "virtual_memory._translate_code.translates_as_mapped"),
    ),
    Defect(
        "fetches_through_a_load",
        "a translation that was made for a load serves a fetch",
        "        difference = self._executable.get(address >> PAGE_SHIFT)\n",
        "        difference = self._readable.get(address >> PAGE_SHIFT)\n",
        ("virtual_memory._translate_code.translates_as_mapped", "virtual_memory._translate_code.is_remembered"),
    ),
)
