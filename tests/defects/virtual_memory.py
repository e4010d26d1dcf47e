"""Faulty editions of impl/virtual_memory.py: translations, places, maps and answers that are wrong."""

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
)
