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
    keys = [kept_keys(*pair, first, pages) for pair in ((new.readable, old.readable), (new.writable, old.writable))]
    return every([*keys, new.read_by.same(old.read_by), new.write_by.same(old.write_by)])
