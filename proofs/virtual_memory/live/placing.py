"""Pages through a view: places for them, maps that the view itself may use, and whether it may use what is mapped."""

from __future__ import annotations

from collections.abc import Callable

from impl.address_space import NO_EXECUTE, USER, WRITABLE
from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE
from model.virtual_memory.pages import (
    FIRST_PLACE,
    LAST_PLACE,
    changes_nothing,
    finds_a_hole,
    finds_the_lowest,
    is_mapped_exactly,
    looks_only,
    maps_exactly,
    null_exactly_if_none,
    pages_are_granted,
    refused_map_changes_nothing,
    search_goes_on,
)
from proofs.address_space.live.stage import SpaceStage, in_script, is_word, pages_of
from proofs.checking.answers import has_hole
from proofs.virtual_memory.live.tlb import held_by


class Placing(SpaceStage):
    """What programs ask of pages: each answer is compared with what the reference model says."""

    def find_place(self, number: int, pages: int) -> int:
        """Ask for a place; what was offered, or NULL."""
        self.note("find_place", *map(in_script, (number, pages)))
        memory, vacant = self.tenants[number].views[0], self._mapped(number)
        before = self.ram.buffer[:], held_by(memory), memory._lowest
        place, raised = self._asked(lambda: memory.find_place(pages))
        law = finds_a_hole
        first, aligned = place >> PAGE_SHIFT, place % PAGE_SIZE == 0
        inside = first >= FIRST_PLACE and first + pages <= LAST_PLACE
        hole = aligned and inside and not any(first <= page < first + pages for page in vacant)
        self._demand(
            "find_place", law.name, not raised and (hole or not place), law.sentence, f"{raised or hex(place)}"
        )
        law = null_exactly_if_none
        exact = (place != 0) == has_hole(vacant, pages)
        self._demand("find_place", law.name, exact, law.sentence, f"{place:#x} for {pages} pages")
        law, begin = finds_the_lowest, max(memory._lowest, FIRST_PLACE)
        starts = {begin, *(page + 1 for page in vacant if page >= begin)} if place else set()
        passed = [s for s in starts if s < first and not any(s <= page < s + pages for page in vacant)]
        self._demand("find_place", law.name, not passed, law.sentence, f"{place:#x} for {pages} pages, not {passed}")
        law = changes_nothing
        kept = before == (self.ram.buffer[:], held_by(memory), memory._lowest)
        self._demand("find_place", law.name, kept, law.sentence)
        return place

    def map_pages(self, number: int, address: int, pages: int) -> bool:
        """Map pages as heaps do, through the view, which may use them then; whether they are mapped."""
        self.note("map_pages", *map(in_script, (number, address, pages)))
        tenant, before = self.tenants[number], self.ram.buffer[:]
        words = is_word(address) and is_word(pages)
        wanted = words and not (
            self._refusal(number, address, pages) or self._model(number).refusal_of_map(address, pages)
        )
        begun = tenant.views[0]._lowest
        granted, raised = self._asked(lambda: tenant.views[0].map(address, pages))
        law = maps_exactly
        right = raised == ("" if words else "ValueError") and bool(granted) == bool(wanted)
        self._demand("map", law.name, right, law.sentence, f"{raised or granted}, not {wanted}")
        law, moved = search_goes_on, wanted and address == begun << PAGE_SHIFT
        gone_on = tenant.views[0]._lowest == (begun + pages if moved else begun)
        self._demand("map", law.name, gone_on, law.sentence, f"{begun:#x}")
        if not wanted:
            law = refused_map_changes_nothing
            self._demand("map", law.name, self.ram.buffer[:] == before, law.sentence)
        else:
            tenant.model.set(address, pages, WRITABLE | NO_EXECUTE | (USER if number == 1 else 0))
            tenant.contents |= {page: bytearray(PAGE_SIZE) for page in pages_of(address, pages)}
            law = pages_are_granted
            usable = self._asked(lambda: tenant.views[0].is_mapped(address, pages * PAGE_SIZE))
            self._demand("map", law.name, usable == (True, ""), law.sentence, f"{usable[1] or usable[0]}")
        self._inspect("map", number)
        return bool(wanted)

    def place(self, number: int, pages: int) -> bool:
        """Map pages where the machine has a place for them, as heaps do."""
        return self.map_pages(number, self.find_place(number, pages), pages)

    def withdraw(self, number: int, address: int, pages: int) -> None:
        """Somebody else unmaps mapped pages of the space; its views are told only to forget translations."""
        self.note("withdraw", *map(in_script, (number, address, pages)))
        tenant = self.tenants[number]
        tenant.space.unmap(address, pages)
        for view in tenant.views:
            view.invalidate(address, pages)
        tenant.model.clear(address, pages)
        for page in pages_of(address, pages):
            tenant.contents.pop(page, None)
            tenant.frames_shown.pop(page, None)

    def is_mapped(self, number: int, address: int, size: int) -> None:
        """Ask whether the view may read and write a range."""
        self.note("is_mapped", *map(in_script, (number, address, size)))
        memory = self.tenants[number].views[0]
        before, words = held_by(memory), is_word(address) and is_word(size)
        needed = WRITABLE | (USER if number == 1 else 0)
        usable = {page for page, flags in self.tenants[number].model.pages.items() if flags & needed == needed}
        touched = range(address - address % PAGE_SIZE, address + size, PAGE_SIZE) if words and size else range(0)
        wanted = words and len(touched) <= len(usable) and all(page in usable for page in touched)
        found, raised = self._asked(lambda: memory.is_mapped(address, size))
        law = is_mapped_exactly
        right = raised == ("" if words else "ValueError") and bool(found) == wanted
        self._demand("is_mapped", law.name, right, law.sentence, f"{raised or found}, not {wanted}")
        self._demand("is_mapped", looks_only.name, before == held_by(memory), looks_only.sentence)

    def _mapped(self, number: int) -> set[int]:
        """The pages of a space."""
        tenant = self.tenants[number]
        return {page >> PAGE_SHIFT for page in tenant.model.pages} if tenant.alive else set()

    def _asked(self, question: Callable[[], int]) -> tuple[int, str]:
        """The answer, 0 if there is none, and what was raised."""
        try:
            return question(), ""
        except Exception as error:
            return 0, type(error).__name__
