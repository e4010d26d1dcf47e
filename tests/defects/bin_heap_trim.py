"""Faulty editions of impl/bin_heap.py that err in giving pages back; the first theorem of each is the prover's."""

from tests.defects.bin_heap import anywhere
from tests.defects.defect import Defect

TRIM = (
    Defect(
        "trims_half_a_run",
        "trim joins two free blocks that touch, and no more: pages that several of them fill are kept",
        "            preceding = self.free_before(left)\n        return left",
        "            preceding = NULL\n        return left",
        (
            *("bin_heap.gather.gather_left.found", "bin_heap.gather.none_before"),
            *("bin_heap.trim.agrees_with_reference", "bin_heap.trim.pages_back"),
        ),
    ),
    Defect(
        "trims_past_the_border",
        "the page in which what is left of a block begins is unmapped, too",
        "        last = end if is_aligned(end, PAGE_SIZE) else (end - HEADER - ALIGNMENT) // PAGE_SIZE * PAGE_SIZE\n",
        "        last = end if is_aligned(end, PAGE_SIZE) else align_up(end, PAGE_SIZE)\n",
        ("bin_heap.release_pages.borders.behind", "bin_heap.release_pages.calls.carve", *anywhere("safety")),
    ),
    Defect(
        "trims_twice",
        "trim looks through the list a second time, and finds nothing more",
        "        try:\n            self.release_free()\n",
        "        try:\n            self.release_free()\n            self.release_free()\n",
        ("bin_heap.trim.trim_cost",),
    ),
)
"""Faults in giving pages back: the prover names them, and random histories find them."""
