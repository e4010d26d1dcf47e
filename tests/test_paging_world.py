"""What goes wrong between a program and the page tables is reported under the theorem that says it."""

import pytest

import impl.virtual_memory
from proofs.checking.bench import load_edition, source_with
from proofs.checking.violation import Violation
from proofs.virtual_memory.live.story import accesses, forgets, levels, nowhere, shootdown
from proofs.virtual_memory.live.world import PagingWorld

FORGET = '            loop("forget_pages"'
FRAME = "        difference = frame"
UNMAP = "self._shoot_down(address, pages)\n        page = "
SUM, LESS = "return address + difference\n\n", "return address - difference\n\n"
FAULTS = [
    ("self._writable.clear()", "pass", "flush.forgets_all"),
    (f"while done < pages:\n{FORGET}", f"while done <= pages:\n{FORGET}", "invalidate.forgets_the_pages"),
    ("done = done + 1\n\n    def forget", "done = done + 0\n\n    def forget", "invalidate.forget_pages.reads"),
    ("self.forget(first + done)", "self.forget(first)", "invalidate.forget_pages.reads"),
    ("self._writable.pop(page, None)", "pass", "invalidate.forgets_the_pages"),
    ("self._executable.pop(page, None)", "pass", "invalidate.forgets_the_pages"),
    ("self._executable.clear()", "pass", "flush.forgets_all"),
    ("self._writable[page] = difference", "pass", "_translate.is_remembered"),
    ("self._executable[page] = difference", "pass", "_translate_code.is_remembered"),
    (">= self.tlb_entries:", "< self.tlb_entries:", "_translate_code.forgets_only_if_full"),
    (">= self.tlb_entries:", "> self.tlb_entries:", "_translate.room_for_reads"),
    (f"{SUM}    def _translate_code", f"{LESS}    def _translate_code", "_translate.translates_as_mapped"),
    (f"{SUM}    def _refill", f"{LESS}    def _refill", "_translate_code.translates_as_mapped"),
    (f"page = address >> PAGE_SHIFT\n{FRAME}", f"page = address >> 13\n{FRAME}", "_translate.translates_as_mapped"),
    ("if write and entry & WRITABLE == 0:", "if entry & WRITABLE == 0:", "_translate.faults_only_then"),
    ("if write and entry & WRITABLE == 0:", "if entry & PRESENT == 0:", "_translate.translates_as_mapped"),
    ("if execute and entry & NO_EXECUTE != 0:", "if entry & NO_EXECUTE != 0:", "_translate.faults_only_then"),
    ("forbidden | (entry & NO_EXECUTE != 0)", "entry & NO_EXECUTE != 0", "_translate_code.translates_as_mapped"),
    (" and is_canonical(address)", "", "_translate.translates_as_mapped"),
    ("self.space.unmap(address, pages)", "pass", "unmap.all_cleared"),
    ("take(self._translate(place", "take(1 + self._translate(place", "load_bytes.load_is_what_is_there"),
    (
        "self._cells.fill(starts[number], size - done, byte)",
        "self._cells.fill(starts[number], size - done, 0)",
        "fill.all_stored",
    ),
    (
        "self._store(address, width, value)\n\n",
        "self._store(address, width, 0)\n\n",
        "store.store_changes_those_bytes_only",
    ),
    ("self.space.protect(address, pages, flags)", "self.space.protect(address, pages, 0)", "protect.all_flagged"),
    (UNMAP, "page = ", "unmap.none_left"),
    (UNMAP, UNMAP.replace("_shoot_down", "invalidate"), "unmap.none_left_elsewhere"),
    ("self.tlbs.forget(number, first + done)", "self.tlbs.forget(number, first)", "protect.none_left_elsewhere"),
    ("self.tlbs.forget(number, first + done)", "self.tlbs.forget(0, first + done)", "protect.tell_one.other_reads"),
    ("self.tlbs.flush(number)", "pass", "flush_all.flush_tlbs.others"),
]


def history(edition=None):
    """The chapters of the story that concern the TLB."""
    forgets(PagingWorld(48, edition))
    nowhere(PagingWorld(40, edition))
    shootdown(PagingWorld(48, edition))
    levels(PagingWorld(48, edition))
    accesses(PagingWorld(40, edition))


def test_sound_code_passes():
    history()


@pytest.mark.parametrize(("text", "faulty", "theorem"), FAULTS, ids=[f"{fault[1]}-{fault[2]}" for fault in FAULTS])
def test_each_fault_breaks_its_theorem(text, faulty, theorem):
    source = source_with(impl.virtual_memory, text)
    assert source.count(text) == 1
    with pytest.raises(Violation) as noticed:
        history(load_edition(impl.virtual_memory, source.replace(text, faulty)))
    assert noticed.value.theorem == f"virtual_memory.{theorem}"
