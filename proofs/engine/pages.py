"""Pages in a proof: what the machine promises of map, unmap, is_mapped and find_place.

TRUSTED: the contract of model/language/machine.py, and that a program learns no more from the machine than it says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import z3

from model.language.machine import CANONICAL_END, IS_MAPPED_RESTS_ON, MAP_COST, MAP_RESTS_ON, UNMAP_COST, UNMAP_RESTS_ON
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
        """The contract of map: all of it fresh and zeroed, or nothing."""
        acts()
        base, count = self._asked(address, pages)
        self.touched = None
        path = paths.current()
        path.rests |= frozenset(MAP_RESTS_ON)
        with path.ghost():
            self.pages_asked, self.asked_at = self.pages_asked + SymInt(count), SymInt(base)
            self._charge(count, MAP_COST)
        if not path.branch(z3.Bool(path.name("map_granted"))):
            self.refused = True
            return False
        with path.ghost():
            self.pages_mapped = self.pages_mapped + SymInt(count)
        self._granted(base, count)
        return True

    def _granted(self, base: Term, count: Term) -> None:
        """The pages are there: they were nobody's, and read as zero."""
        path, end = paths.current(), base + count * PAGE_SIZE
        # ASSUMED: map grants only aligned, canonical, not empty ranges.
        path.know(z3.And(base % PAGE_SIZE == 0, count > 0, end <= CANONICAL_END), "map")
        p = bound("p")
        before = self.arrays["mapped"]
        inside = _within(p, base, end)
        member = z3.Select(before.array, p)
        # ASSUMED: map grants only pages that are not mapped.
        path.know(for_all([p], z3.Implies(member, z3.Not(inside)), [member]), "map")
        for struct in self.structs.values():
            # ASSUMED: no header is claimed on a page that is not mapped.
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
        # ASSUMED: a page that was just mapped reads as zero, and nothing else changed.
        paths.current().know(for_all([x], now == z3.If(fresh, 0, z3.Select(bytes_before, x)), [now]))

    @unseen
    def is_mapped(self, address: Any, size: Any) -> bool:
        """The contract of is_mapped; no mapping reaches beyond CANONICAL_END."""
        acts()
        low, length = self._asked(address, size)
        path, high = paths.current(), low + length
        path.show("safety", ASKED, length > 0)
        path.rests |= frozenset(IS_MAPPED_RESTS_ON)
        there = self._there(LIMITED in path.theories)
        if path.branch(z3.Bool(path.name("is_mapped"))):
            p = bound("p")
            touched = z3.And(low < (p + 1) * PAGE_SIZE, p * PAGE_SIZE < high)
            mapped = z3.Select(self.arrays["mapped"].array, p)
            # ASSUMED: is_mapped says True of ranges that are mapped and canonical,
            path.know(for_all([p], z3.Implies(z3.And(low < high, touched), there(p)), [mapped]), "is_mapped")
            path.know(z3.Implies(low < high, high <= CANONICAL_END), "is_mapped")
            return True
        page = path.integer("unmapped")
        touched = z3.And(low < high, low < (page + 1) * PAGE_SIZE, page * PAGE_SIZE < high)
        # ASSUMED: and False only of ranges that touch a page that is not mapped.
        path.know(z3.And(touched, z3.Not(there(page))), "is_mapped")
        return False

    def _there(self, limited: bool) -> Callable[[Term], Term]:
        """Whether a page is mapped, by whomever: others may have any, if specifications limit what the heap has."""

        def there(page: Term) -> Term:
            own = z3.Select(self.arrays["mapped"].array, page)
            return z3.Or(own, z3.Select(self.foreign.array, page)) if limited else own

        return there

    def find_place(self, pages: Any) -> Any:
        """The contract of find_place: any word at all."""
        acts()
        self._asked(pages)
        address = paths.current().integer("place")
        # ASSUMED: find_place names an address.
        paths.current().know(z3.And(address >= 0, address < paths.WORD_LIMIT), "range")
        return SymInt(address)

    @unseen
    def unmap(self, address: Any, pages: Any) -> None:
        """The contract of unmap: the caller's own pages, one at least, free of headers."""
        acts()
        base, count = self._asked(address, pages)
        self.touched = None
        path, end = paths.current(), base + count * PAGE_SIZE
        path.rests |= frozenset(UNMAP_RESTS_ON)
        p = bound("p")
        before = self.arrays["mapped"]
        member = z3.Select(before.array, p)
        inside = _within(p, base, end)
        mine = for_all([p], z3.Implies(inside, member), [member])
        path.show("safety", UNMAP_MAPPED, z3.And(base % PAGE_SIZE == 0, count > 0, mine))
        for struct in self.structs.values():
            path.show("safety", UNMAP_CLAIMS, self._outside(struct, base, end))
        with path.ghost():
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
        self.arrays["mapped"] = after
        self.foreign = SymPages.arbitrary("foreign", z3.BoolSort())

    def _charge(self, pages: Term, per_page: int) -> None:
        """Some cost of at most ``per_page`` for each page; ``pages`` was shown to be a word."""
        extra = paths.current().integer("paging_cost")
        # ASSUMED: map and unmap cost at most MAP_COST and UNMAP_COST loads and stores a page.
        paths.current().know(z3.And(extra >= 0, extra <= pages * per_page), "map")
        self.cost = self.cost + SymInt(extra)


def _within(page: Term, base: Term, end: Term) -> Term:
    """Whether a page begins in [base, end)."""
    return z3.And(base <= page * PAGE_SIZE, page * PAGE_SIZE < end)
