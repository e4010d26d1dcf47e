"""The abstract segment heap: an address-ordered chain of segments that tiles [start, end).

    start                                                            end
      | header | payload ... | header | payload ... | header | payload |
      a        a+48          after[a]

A ``Chain`` is what the heap *is*, whatever its RAM says: a ghost set of headers and total maps
from header to payload size, neighbours, free flag and rank (its number in address order).  It
serves as reference model on a live heap and as quantified theory in a proof.
"""

from __future__ import annotations

from model.language.words import WORD_BYTES
from model.library import chain

HEADER = 16 + 4 * WORD_BYTES
GRANULE = 16


class Chain(chain.Chain):
    """The segments of a heap; a dead heap has no header and start = end = 0."""

    header = HEADER
    granule = GRANULE
