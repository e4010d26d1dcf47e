"""Pages through a view: places for them, maps that the view itself may use, and whether it may use what is mapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE
from model.virtual_memory.pages import (
    FIRST_PLACE,
    LAST_PLACE,
    changes_nothing,
    finds_a_hole,
    finds_the_lowest,
    null_exactly_if_none,
    pages_are_granted,
    search_cost,
)
from proofs.address_space.live.stage import SpaceStage, in_script, pages_of
from proofs.checking.answers import has_hole
from proofs.checking.violation import Violation
from proofs.virtual_memory.live.scenario import Ends
from proofs.virtual_memory.live.tlb import held_by
from proofs.virtual_memory.subject import SUBJECT


class Placing(SpaceStage):
    """What programs ask of pages.  Whether there is a place is counted: no clause could be asked of every place."""

    def find_place(self, number: int, pages: int) -> int:
        """Ask for a place; what was offered, or NULL."""
        self.note("find_place", *map(in_script, (number, pages)))
        memory, vacant = self.tenants[number].views[0], self._mapped(number)
        before = self.ram.buffer[:], held_by(memory), memory._lowest
        ends = Ends(self._moment(memory.space, {"pages": pages}))
        entries = ends[LAST_PLACE] - ends[FIRST_PLACE]
        with self._walks_counted(memory) as walked, self._ending("find_place", entries + 1):
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
        law, end = search_cost, SimpleNamespace(cost=len(walked), ghost=SimpleNamespace(ends=ends))
        self._demand("find_place", law.name, law.formula(end), law.sentence, f"{end.cost} for {entries} entries")
        law = changes_nothing
        kept = before == (self.ram.buffer[:], held_by(memory), memory._lowest)
        self._demand("find_place", law.name, kept, law.sentence)
        return place

    def map_pages(self, number: int, address: int, pages: int) -> bool:
        """Map pages as heaps do, through the view, which may use them then; whether they are mapped."""
        self.note("map_pages", *map(in_script, (number, address, pages)))
        tenant, given = self.tenants[number], {"address": address, "pages": pages}
        t = self.judged(SUBJECT, "map", number, given, lambda: tenant.views[0].map(address, pages))
        if t.result:
            tenant.contents |= {page: bytearray(PAGE_SIZE) for page in pages_of(address, pages)}
            law = pages_are_granted
            usable = self._asked(lambda: tenant.views[0].is_mapped(address, pages * PAGE_SIZE))
            self._demand("map", law.name, usable == (True, ""), law.sentence, f"{usable[1] or usable[0]}")
        self._inspect("map")
        return bool(t.result)

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
        for page in pages_of(address, pages):
            tenant.contents.pop(page, None)

    def is_mapped(self, number: int, address: int, size: int) -> None:
        """Ask whether the view may read and write a range."""
        self.note("is_mapped", *map(in_script, (number, address, size)))
        memory = self.tenants[number].views[0]
        given = {"address": address, "size": size, "pages": size // PAGE_SIZE + 2}
        self.judged(SUBJECT, "is_mapped", number, given, lambda: memory.is_mapped(address, size))

    def _mapped(self, number: int) -> set[int]:
        """The pages of a space."""
        return {page >> PAGE_SHIFT for page in self.tenants[number].pages}

    def _asked(self, question: Callable[[], int]) -> tuple[int, str]:
        """The answer, 0 if there is none, and what was raised."""
        try:
            return question(), ""
        except Violation:
            raise
        except Exception as error:
            return 0, type(error).__name__

    @contextmanager
    def _walks_counted(self, memory: Any) -> Iterator[list[int]]:
        """Where the hardware's walker loads from while it serves the view."""
        slots: list[int] = []
        plain = memory._table_word

        def load(slot: int) -> Any:
            slots.append(slot)
            return plain(slot)

        memory._table_word = load
        try:
            yield slots
        finally:
            del memory._table_word
