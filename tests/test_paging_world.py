"""What goes wrong between a program and the page tables is reported under the theorem that says it."""

import pytest

import impl.virtual_memory
from proofs.checking.bench import load_edition, source_of
from proofs.checking.violation import Violation
from proofs.virtual_memory.live.story import accesses, forgets, nowhere
from proofs.virtual_memory.live.world import PagingWorld

FAULTS = [
    ("self._writable.clear()", "pass", "flush.forgets_all"),
    ("while done < pages:", "while done <= pages:", "invalidate.forgets_the_pages"),
    ("done = done + 1", "done = done + 0", "invalidate.forget_pages.reads"),
    ("self._readable.pop(first + done, None)", "self._readable.pop(first, None)", "invalidate.forget_pages.reads"),
    ("self._writable.pop(first + done, None)", "pass", "invalidate.forgets_the_pages"),
    ("self._writable[page] = difference", "pass", "_translate.is_remembered"),
    (">= self.tlb_entries:", "< self.tlb_entries:", "_translate.forgets_only_if_full"),
    (">= self.tlb_entries:", "> self.tlb_entries:", "_translate.room_for_reads"),
    ("return address + difference", "return address - difference", "_translate.translates_as_mapped"),
    ("page = address >> PAGE_SHIFT", "page = address >> (PAGE_SHIFT + 1)", "_translate.translates_as_mapped"),
    ("if write and entry & WRITABLE == 0:", "if entry & WRITABLE == 0:", "_translate.faults_only_then"),
    ("if write and entry & WRITABLE == 0:", "if entry & PRESENT == 0:", "_translate.translates_as_mapped"),
    (" and is_canonical(address)", "", "_translate.translates_as_mapped"),
    ("self.space.unmap(address, pages)", "pass", "unmap.all_cleared"),
    ("data += self._cells.take(place", "data += self._cells.take(1 + place", "load_bytes.load_is_what_is_there"),
    (
        "self._cells.fill(start, length, byte)",
        "self._cells.fill(start, length, 0)",
        "fill.store_changes_those_bytes_only",
    ),
    (
        "self._store(address, width, value)\n\n",
        "self._store(address, width, 0)\n\n",
        "store.store_changes_those_bytes_only",
    ),
    ("self.space.protect(address, pages, flags)", "self.space.protect(address, pages, 0)", "protect.all_flagged"),
    ("self.invalidate(address, pages)\n\n    def protect", "pass\n\n    def protect", "unmap.none_left"),
]


def history(edition=None):
    """The chapters of the story that concern the TLB."""
    forgets(PagingWorld(48, edition))
    nowhere(PagingWorld(40, edition))
    accesses(PagingWorld(40, edition))


def test_sound_code_passes():
    history()


@pytest.mark.parametrize(("text", "faulty", "theorem"), FAULTS, ids=[f"{fault[1]}-{fault[2]}" for fault in FAULTS])
def test_each_fault_breaks_its_theorem(text, faulty, theorem):
    source = source_of(impl.virtual_memory)
    assert source.count(text) == 1
    with pytest.raises(Violation) as noticed:
        history(load_edition(impl.virtual_memory, source.replace(text, faulty)))
    assert noticed.value.theorem == f"virtual_memory.{theorem}"
