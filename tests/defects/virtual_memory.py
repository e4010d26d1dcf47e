"""Faulty editions of impl/virtual_memory.py: translations, places, maps and answers that are wrong."""

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
        "searches_from_where_it_did",
        "after a map at the lowest place the next search begins there again",
        "            self._begin_at(self._lowest + pages)\n",
        "            pass\n",
        ("virtual_memory.map.search_goes_on",),
    ),
    Defect(
        "passes_what_was_unmapped",
        "pages that were unmapped below are found only when nothing else is left",
        "        if FIRST_PLACE <= page < self._lowest:\n",
        "        if FIRST_PLACE <= page > self._lowest:\n",
        ("virtual_memory.unmap.search_goes_back", "virtual_memory.find_place.finds_the_lowest"),
    ),
    Defect(
        "begins_one_page_further",
        "the search passes the page at which it should begin",
        "place = self._find_hole(max(self._lowest, FIRST_PLACE), pages)",
        "place = self._find_hole(max(self._lowest, FIRST_PLACE + 1), pages)",
        ("virtual_memory.find_place.finds_the_lowest",),
    ),
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
            "virtual_memory.is_mapped.is_mapped_exactly",
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
        "offers_a_place_that_is_taken",
        "of a hole the first page is not looked at",
        "known < vacant:\n",
        "known + 1 < vacant:\n",
        ("virtual_memory._find_hole.is_a_hole", "virtual_memory.find_place.finds_a_hole"),
    ),
    Defect(
        "offers_a_place_beyond_the_window",
        "the end of the window is not looked at",
        "        return start if start + pages <= LAST_PLACE else LAST_PLACE\n",
        "        return start\n",
        (
            "virtual_memory._find_hole.is_a_hole",
            "virtual_memory.find_place.finds_a_hole",
            "virtual_memory.find_place.null_exactly_if_none",
        ),
    ),
    Defect(
        "does_not_begin_again",
        "what others unmapped is never placed again",
        "        if place == LAST_PLACE:\n            place = self._find_hole(FIRST_PLACE, pages)\n",
        "",
        ("virtual_memory.find_place.null_exactly_if_none",),
    ),
    Defect(
        "uses_up_a_place_by_asking",
        "the next search begins behind the place that was offered",
        "        return place << PAGE_SHIFT if place < LAST_PLACE else NULL\n",
        "        self._begin_at(place + pages)\n        return place << PAGE_SHIFT if place < LAST_PLACE else NULL\n",
        ("virtual_memory.find_place.state", "virtual_memory.find_place.changes_nothing"),
    ),
    Defect(
        "maps_for_supervisors_only",
        "a program may not touch the pages that it mapped",
        "DATA | USER if self.user_mode else DATA",
        "DATA",
        ("virtual_memory.map.pages_are_granted", "virtual_memory.map.pages_are_fresh"),
    ),
    Defect(
        "maps_read_only",
        "the pages of a heap cannot be written",
        "DATA = WRITABLE | NO_EXECUTE",
        "DATA = NO_EXECUTE",
        ("virtual_memory.map.pages_are_granted", "virtual_memory.map.pages_are_fresh"),
    ),
    Defect(
        "lets_a_refusal_through",
        "where frames lack, map raises what heaps do not handle",
        "        except (MappingError, PhysicalMemoryFull):\n",
        "        except MappingError:\n",
        ("virtual_memory.map.raises_only", "virtual_memory.map.maps_exactly"),
    ),
    Defect(
        "forgets_the_last_page_of_a_range",
        "the page in which a range ends is not looked at",
        "(address + size + PAGE_SIZE - 1) >> PAGE_SHIFT if",
        "(address + size) >> PAGE_SHIFT if",
        ("virtual_memory.is_mapped.is_mapped_exactly",),
    ),
    Defect(
        "asks_for_reading_only",
        "a page that may not be written counts as one that may",
        "                self._walk(page << PAGE_SHIFT, True)\n",
        "                self._walk(page << PAGE_SHIFT, False)\n",
        ("virtual_memory.is_mapped.page_granted.usable", "virtual_memory.is_mapped.is_mapped_exactly"),
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
        ("virtual_memory.unmap.tell_all.this_reads", "virtual_memory.unmap.tell_all.where", *STALE),
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
