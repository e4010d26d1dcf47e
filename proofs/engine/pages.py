"""Pages in a proof: what the machine promises of map, unmap, is_mapped and find_place.

TRUSTED: the contract of model/language/machine.py, and that a program learns no more from the machine than it says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import z3

from model.language.logic import NO_ANSWERS, Answers
from model.language.machine import (
    CANONICAL_END,
    HALF,
    MAP_COST,
    PLACE_BASE,
    PLACE_END,
    UNMAP_COST,
)
from model.language.words import PAGE_SIZE
from proofs.checking.ends import unseen
from proofs.engine import path as paths
from proofs.engine.ghost import bound, for_all
from proofs.engine.state import LIMITED, SymBytes, SymPages
from proofs.engine.store import Store, acts
from proofs.engine.values import SymBool, SymInt

Term = Any

UNMAP_MAPPED = "only pages that the heap has mapped are unmapped"
UNMAP_CLAIMS = "no header is left in a page that is unmapped"
GIVEN_CLAIMS = "no header is left in memory that is given back"
ASKED = "whether memory is mapped is asked of one byte at least"


class Pages(Store):
    """The part of memory that asks the machine for pages."""

    @unseen
    def map(self, address: Any, pages: Any) -> bool:
        """The contract of map: all of it fresh and zeroed, or nothing.

        True exactly if the range is proper, none of its pages is mapped, and the free frames suffice: what
        virtual_memory.map.maps_exactly says.  Of the frames nothing more is known to a heap.
        """
        acts()
        base, count = self._asked(address, pages)
        self.touched = None
        path = paths.current()
        self.rests_on("map")
        with path.ghost():
            self.pages_asked, self.asked_at = self.pages_asked + SymInt(count), SymInt(base)
            self._charge(count, MAP_COST)
        taken, lack = self._taken(base, count), SymBool(z3.Bool(path.name("frames_lack")))
        self.hears(Answers(taken=taken, frames_lack=lack))
        granted = z3.Bool(path.name("map_granted"))
        path.know(granted == z3.And(_proper(base, count), z3.Not(taken.term), z3.Not(lack.term)), "map")
        if not path.branch(granted):
            self.refused = True
            return False
        with path.ghost():
            self.pages_mapped = self.pages_mapped + SymInt(count)
        self._granted(base, count)
        return True

    def hears(self, answers: Answers) -> None:
        """What the machine answers now, beside what it answered this operation before."""
        before = self.answers
        self.answers = answers
        if before is not NO_ANSWERS:
            with paths.current().ghost():
                self.answers = before.and_then(answers)

    def _taken(self, base: Term, count: Term) -> SymBool:
        """Whether a page of the range is mapped, by whomever."""
        path, end = paths.current(), base + count * PAGE_SIZE
        taken, page = z3.Bool(path.name("taken")), path.integer("taken_page")
        path.know(z3.Implies(taken, z3.And(_within(page, base, end), self._there(path)(page))), "taken")
        self._vacant(base, end, z3.Not(taken), "taken")
        return SymBool(taken)

    def _vacant(self, base: Term, end: Term, where: Term, label: str) -> None:
        """No page of the range is mapped, by whomever, ``where`` that is so."""
        path, p = paths.current(), bound("p")
        nobodys = z3.Implies(z3.And(where, _within(p, base, end)), z3.Not(self._there(path)(p)))
        looked = [self.arrays["mapped"], self.foreign] if LIMITED in path.theories else [self.arrays["mapped"]]
        for pages in looked:
            path.know(for_all([p], nobodys, [z3.Select(pages.array, p)]), label)

    def _granted(self, base: Term, count: Term) -> None:
        """The pages are there, and read as zero."""
        path, end = paths.current(), base + count * PAGE_SIZE
        path.know(z3.And(base % PAGE_SIZE == 0, count > 0, end <= CANONICAL_END), "map")
        before = self.arrays["mapped"]
        for struct in self.structs.values():
            # KEPT, memory.claims_are_mapped: no header lies in pages that were not mapped.
            path.know(self._outside(struct, base, end), "map")
        self.arrays["mapped"] = before.redefined(
            lambda q: SymBool(
                z3.Or(z3.Select(before.array, q.term), z3.And(base <= q.term * PAGE_SIZE, q.term * PAGE_SIZE < end))
            )
        )
        self._zeroed(base, end)

    def _zeroed(self, base: Term, end: Term) -> None:
        x, bytes_before = bound("x"), self.arrays["byte"].array
        self.arrays["byte"] = SymBytes.arbitrary("byte", z3.IntSort())
        now = z3.Select(self.arrays["byte"].array, x)
        fresh = z3.And(base <= x, x < end)
        # virtual_memory.map.pages_read_zero: a page that was just mapped reads as zero, and no other byte changed.
        paths.current().know(for_all([x], now == z3.If(fresh, 0, z3.Select(bytes_before, x)), [now]))

    @unseen
    def is_mapped(self, address: Any, size: Any) -> bool:
        """The contract of is_mapped; no mapping reaches beyond CANONICAL_END."""
        acts()
        low, length = self._asked(address, size)
        path, high = paths.current(), low + length
        path.show("safety", ASKED, length > 0)
        self.rests_on("is_mapped")
        there = self._there(path)
        if path.branch(z3.Bool(path.name("is_mapped"))):
            p = bound("p")
            touched = z3.And(low < (p + 1) * PAGE_SIZE, p * PAGE_SIZE < high)
            mapped = z3.Select(self.arrays["mapped"].array, p)
            # virtual_memory.is_mapped.is_mapped_exactly: True of ranges that are mapped and canonical,
            path.know(for_all([p], z3.Implies(z3.And(low < high, touched), there(p)), [mapped]), "is_mapped")
            path.know(z3.Implies(low < high, high <= CANONICAL_END), "is_mapped")
            return True
        page = path.integer("unmapped")
        touched = z3.And(low < high, low < (page + 1) * PAGE_SIZE, page * PAGE_SIZE < high)
        # and False only of ranges that touch a page that is not mapped, by whoever has this view.
        path.know(z3.And(touched, z3.Not(there(page))), "is_mapped")
        return False

    def _there(self, path: Any) -> Callable[[Term], Term]:
        """Whether a page is mapped, by whomever: others may have any, if specifications limit what the heap has."""
        limited = LIMITED in path.theories

        def there(page: Term) -> Term:
            own = z3.Select(self.arrays["mapped"].array, page)
            return z3.Or(own, z3.Select(self.foreign.array, page)) if limited else own

        return there

    @unseen
    def find_place(self, pages: Any) -> Any:
        """The contract of find_place: NULL exactly if the window has no hole of so many pages, else such a hole.

        Of the holes that others leave nothing is known to a heap; what it is offered is nobody's.
        """
        acts()
        (count,) = self._asked(pages)
        path = paths.current()
        self.rests_on("find_place")
        none = SymBool(z3.Bool(path.name("no_place")))
        self.hears(Answers(sought=SymInt(count), no_place=none))
        if path.branch(none.term):
            return 0
        address = path.integer("place")
        end = address + count * PAGE_SIZE
        inside = z3.And(address >= PLACE_BASE, end <= PLACE_END)
        # virtual_memory.find_place.finds_a_hole: pages of the window, at a multiple of their size, none of them mapped.
        path.know(z3.And(inside, address % PAGE_SIZE == 0, count > 0), "place")
        self._vacant(address, end, z3.BoolVal(True), "place")
        return SymInt(address)

    @unseen
    def unmap(self, address: Any, pages: Any) -> None:
        """The contract of unmap: the caller's own pages, one at least, free of headers."""
        acts()
        base, count = self._asked(address, pages)
        self.touched = None
        path, end = paths.current(), base + count * PAGE_SIZE
        self.rests_on("unmap")
        p = bound("p")
        before = self.arrays["mapped"]
        member = z3.Select(before.array, p)
        inside = _within(p, base, end)
        mine = for_all([p], z3.Implies(inside, member), [member])
        path.show("safety", UNMAP_MAPPED, z3.And(base % PAGE_SIZE == 0, count > 0, mine))
        for struct in self.structs.values():
            path.show("safety", UNMAP_CLAIMS, self._outside(struct, base, end))
        with path.ghost():
            self.pages_unmapped = self.pages_unmapped + SymInt(count)
            self._charge(count, UNMAP_COST)
        self.arrays["mapped"] = before.redefined(
            lambda q: SymBool(z3.And(z3.Select(before.array, q.term), z3.Not(_within(q.term, base, end))))
        )
        self._scramble(base, end)

    @unseen
    def give_away(self, address: Any, size: Any) -> None:
        """The memory goes back to whoever gave it, free of headers."""
        acts()
        low, length = self._asked(address, size)
        self.touched = None
        path, high = paths.current(), low + length
        for struct in self.structs.values():
            path.show("safety", GIVEN_CLAIMS, self._outside(struct, low, high))
        p, before, after = bound("p"), self.arrays["mapped"], SymPages.arbitrary("mapped", z3.BoolSort())
        inside = z3.And(low <= p * PAGE_SIZE, (p + 1) * PAGE_SIZE <= high)
        member = z3.Select(after.array, p)
        # ASSUMED: of memory that was given back its owner may write every byte, and unmap whole pages; no other.
        path.know(for_all([p], z3.Or(inside, member == z3.Select(before.array, p)), [member]))
        self._scramble(low, high)
        self.unmaps_more(("mapped",))
        self.arrays["mapped"] = after
        self.foreign = SymPages.arbitrary("foreign", z3.BoolSort())

    def unmaps_more(self, changes: Collection[str]) -> None:
        """What changes which pages are mapped may give back any number of them."""
        if "mapped" not in changes:
            return
        path = paths.current()
        more = path.integer("unmapped_pages")
        path.know(more >= 0)
        with path.ghost():
            self.pages_unmapped = self.pages_unmapped + SymInt(more)

    def _charge(self, pages: Term, per_page: int) -> None:
        """Some cost of at most ``per_page`` for each page; ``pages`` was shown to be a word."""
        extra = paths.current().integer("paging_cost")
        # address_space.map.map_cost, address_space.unmap.unmap_cost: at most MAP_COST and UNMAP_COST a page.
        paths.current().know(z3.And(extra >= 0, extra <= pages * per_page), "map")
        self.cost = self.cost + SymInt(extra)


def _proper(base: Term, count: Term) -> Term:
    """The pages begin at the address of a page, are some, and lie in one half of the canonical addresses."""
    end = base + count * PAGE_SIZE
    low = z3.And(base < HALF, end <= HALF)
    high = z3.And(base >= paths.WORD_LIMIT - HALF, end <= CANONICAL_END)
    return z3.And(base % PAGE_SIZE == 0, count > 0, z3.Or(low, high))


def _within(page: Term, base: Term, end: Term) -> Term:
    """Whether a page begins in [base, end)."""
    return z3.And(base <= page * PAGE_SIZE, page * PAGE_SIZE < end)
