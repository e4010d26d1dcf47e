"""What the bucket heap keeps in memory: its structs, as bucket_heap.py draws them, and their constants."""

from __future__ import annotations

from impl.arithmetic import WORD_BITS, WORD_BYTES
from impl.layout import Struct, pointer, u8, u16, uword

MIN_LOG2 = 3
"""The smallest block is 8 bytes."""
MIN_SHIFT = 9
MAX_SHIFT = 15
"""A page has 2**9 to 2**15 bytes."""
BUCKETS = MAX_SHIFT - MIN_LOG2
"""Blocks of half a page of 2**15 bytes are those of the last bucket."""
MAX_EXTENT = 1 << 31
"""The largest extent; no larger request can be served."""

FREE = 0
CONTINUED = 1
RUN = 2
"""Kinds of page.  A page of bucket k is of kind k, 3 to 14."""

BLOCK_UNIT = 8
BITS_PER_WORD = WORD_BITS
BYTES_PER_WORD = BITS_PER_WORD * BLOCK_UNIT
"""Bytes whose live bits fill one word."""


class Links(Struct, size=2 * WORD_BYTES, offsets={"next": 0, "prev": WORD_BYTES}):
    """A place in the circular list of a bucket: of a page, directly behind its entry, or of the sentinel."""

    next = pointer()
    prev = pointer()


class Page(
    Struct,
    size=5 * WORD_BYTES,
    offsets={
        "kind": 0,
        "live": 2,
        "page": WORD_BYTES,
        "bits": 2 * WORD_BYTES,
        "free": 3 * WORD_BYTES,
        "frontier": 4 * WORD_BYTES,
    },
):
    """An entry of the page map.

    ``page`` is where the page begins, ``bits`` where its live bits do.  Of a bucket page, ``live`` is the number of
    live blocks, ``free`` the block given back last (or NULL), and no block at or behind ``frontier`` was
    ever handed out.  Of the first page of a run, ``frontier`` is the address behind the run.
    """

    kind = u8()
    live = u16()
    page = pointer()
    bits = pointer()
    free = pointer()
    frontier = pointer()


ENTRY = Page.SIZE + Links.SIZE


class Extent(Struct, size=2 * WORD_BYTES, offsets={"next": 0, "free": WORD_BYTES}):
    """The header of an extent: the extent at the next higher address, and the lowest free page (or NULL)."""

    next = pointer()
    free = pointer()


class LiveBits(Struct, size=WORD_BYTES, offsets={"word": 0}):
    """A word of live bits: bit i belongs to the i-th 8 bytes."""

    word = uword()


class FreeLink(Struct, size=WORD_BYTES, offsets={"next": 0}):
    """The first word of a free page, or of a block that was given back: the next one, or NULL."""

    next = pointer()
