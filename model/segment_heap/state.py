"""The abstract segment heap: an address-ordered chain of segments that tiles [start, end).

    start                                                            end
      | header | payload ... | header | payload ... | header | payload |
      a        a+48          after[a]

A ``Chain`` is what the heap *is*, whatever its RAM says: a ghost set of headers and total maps
from header to payload size, neighbours, free flag and rank (its number in address order).  It
serves as reference model on a live heap and as quantified theory in a proof.
"""

from __future__ import annotations

from typing import Any

from model.language.logic import Transition, Truth, Word, negate
from model.language.machine import can_lie
from model.language.words import NULL, PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from model.library import chain

HEADER = 16 + 4 * WORD_BYTES
GRANULE = 16
MAGIC = 0x5E60BEEF
DESCRIPTOR = 3 * WORD_BYTES
INITIAL_PAGES = 16
LARGEST_REQUEST = WORD_LIMIT - 2 * PAGE_SIZE


class Chain(chain.Chain):
    """The segments of a heap; a dead heap has no header and start = end = 0."""

    header = HEADER
    granule = GRANULE


def intact(state: Any, a: Word) -> Truth:
    """The header at ``a`` still carries its magic."""
    return state.fields("Segment").magic[a] == MAGIC


def sound(state: Any, chain: Chain, a: Word) -> Truth:
    """The header at ``a`` carries its magic, and its next is NULL or leads up to a place inside the heap."""
    following = state.fields("Segment").next[a]
    return intact(state, a) & ((following == NULL) | ((a < following) & (following <= chain.end - HEADER)))


def fits(chain: Chain, a: Word, needed: Word) -> Truth:
    """The segment at ``a`` is free and has at least ``needed`` payload bytes."""
    return chain.free[a] & (chain.size[a] >= needed)


def rounded(size: Word) -> Word:
    """``size`` rounded up to the granule."""
    return (size + (GRANULE - 1)) // GRANULE * GRANULE


def live(chain: Chain, address: Word) -> Truth:
    """``address`` is the payload of a used segment."""
    return chain.headers[address - HEADER] & chain.used(address - HEADER)


def complained(t: Transition) -> Truth:
    """Something was logged."""
    return t.new.log_length != t.old.log_length


def cannot_grow(t: Transition, address: Word, pages: Word) -> Truth:
    """The heap asked for pages there, and none can be mapped."""
    refused = negate(can_lie(address, pages)) | t.answers.taken | t.answers.frames_lack
    return (t.pages_asked != 0) & refused
