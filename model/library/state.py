"""One of each ready part, and fields of memory that show them: what the changes of the library start from."""

from __future__ import annotations

from dataclasses import dataclass

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Word
from model.library.bins import Bins
from model.library.bitmap import Bitmap
from model.library.chain import Chain
from model.library.counted import Counted
from model.library.grid import Grid
from model.library.ring import Ring


class Odd(Grid):
    """Blocks of 80 bytes."""

    stride = 80


class Pages(Grid):
    """Blocks of a page."""

    stride = 4096


class Segments(Chain):
    """A chain with headers of 48 bytes."""

    header = 48


@dataclass(frozen=True)
class Parts:
    """The parts; ``set_bits`` are the numbers of the bits that are set.

    ``first``, ``following``, ``previous`` and ``values`` are fields: where a list begins, its links, and words of bits.
    """

    odd: Odd
    pages: Pages
    members: Counted
    ring: Ring
    bitmap: Bitmap
    set_bits: GhostSet
    small: Chain
    large: Segments
    bins: Bins
    first: Word
    following: GhostMap
    previous: GhostMap
    values: GhostMap
