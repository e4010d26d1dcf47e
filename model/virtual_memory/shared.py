"""Which translations are kept when some pages are forgotten."""

from __future__ import annotations

from typing import Any

from model.language.logic import Truth, Word, every, negate


def among(page: Word, first: Word, pages: Word) -> Truth:
    """The page is one of so many from the first on."""
    return (first <= page) & (page < first + pages)


def kept_keys(new: Any, old: Any, first: Word, pages: Word) -> Truth:
    """The new set of pages is the old one without those."""
    return new.everywhere(lambda p: new[p] == (old[p] & negate(among(p, first, pages))))


def forgotten(new: Any, old: Any, first: Word, pages: Word) -> Truth:
    """The TLB holds what it held, but for those pages."""
    pairs = ((new.readable, old.readable), (new.writable, old.writable), (new.executable, old.executable))
    values = ((new.read_by, old.read_by), (new.write_by, old.write_by), (new.execute_by, old.execute_by))
    keys = [kept_keys(*pair, first, pages) for pair in pairs]
    return every([*keys, *(now.same(then) for now, then in values)])


def none_among(tlb: Any, first: Word, pages: Word) -> Truth:
    """None of the pages is in the TLB."""
    sets = (tlb.readable, tlb.writable, tlb.executable)
    return every([keys.all(lambda p: negate(among(p, first, pages))) for keys in sets])
