"""What the operations of the bin heap have in common: words, and what they leave alone."""

from __future__ import annotations

from typing import Any

from model.bin_heap.state import (
    BITMAP,
    HEADER,
    THRESHOLD,
    WORDS,
    Blocks,
    end_of,
    live,
    mapped_alone,
    size_of,
    tables_end,
    zeroed,
)
from model.language.logic import Transition, Truth, Word, clause, every, implies, negate
from model.language.words import NULL, PAGE_SIZE, WORD_BYTES, WORD_LIMIT, fields_of


@clause("users' blocks are not marked ZEROED; those that are kept by address are within the threshold")
def handed_out(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return g.headers.all(lambda b: implies(live(state, b), proper(state, b)))


def proper(state: Any, b: Word) -> Truth:
    """An allocated block that a user may have."""
    return negate(zeroed(state, b)) & (mapped_alone(state, b) | (size_of(state, b) <= THRESHOLD))


@clause("afterwards users' blocks are not marked ZEROED; those that are kept by address are within the threshold")
def handed_out_still(t: Transition) -> Truth:
    return t.ghost_after.headers.all(lambda b: implies(live(t.new, b), proper(t.new, b)))


# ---------------------------------------------------------------- what is left alone


ENTRY_FIELDS = ("prev", "next", "list")
HEADER_FIELDS = ("magic", "flags", "size")


def _foreign(t: Transition, struct: str, fields: tuple[str, ...], own: str) -> Truth:
    """Every ``struct`` that is not the heap's own stays, not its own and with these fields; none is added."""
    now, then = t.new.claimed(struct), t.old.claimed(struct)
    mine, before = getattr(t.ghost_after, own), getattr(t.ghost, own)
    values = fields_of(t, struct, *fields)

    def kept(e: Word) -> Truth:
        return before[e] | every([now[e], negate(mine[e]), *[new[e] == old[e] for new, old in values]])

    return then.all(kept) & now.all(lambda e: mine[e] | (then[e] & negate(before[e])))


@clause("no other heap's entry is touched, none comes or goes")
def other_entries(t: Transition) -> Truth:
    return _foreign(t, "ListEntry", ENTRY_FIELDS, "entries")


@clause("no other heap's header is touched, none comes or goes")
def other_headers(t: Transition) -> Truth:
    return _foreign(t, "BlockHeader", HEADER_FIELDS, "headers")


@clause("no other heap's bitmap is touched")
def other_words(t: Transition) -> Truth:
    now, then, first = t.new.fields("BitmapWord").value, t.old.fields("BitmapWord").value, t.heap + BITMAP
    own = t.old.claimed("BitmapWord")
    return own.all(lambda w: ((first <= w) & (w < first + WORD_BYTES * WORDS)) | (now[w] == then[w]))


def other_locks(t: Transition) -> Truth:
    """No other heap's lock is touched."""
    now, then = t.new.fields("BinHeap").lock, t.old.fields("BinHeap").lock
    return t.old.claimed("BinHeap").all(lambda d: (d == t.heap) | (now[d] == then[d]))


@clause("no page is mapped or unmapped but the heap's own")
def other_pages(t: Transition) -> Truth:
    return t.new.mapped.same_beside(t.old.mapped, t.ghost_after.pages, t.ghost.pages)


@clause("no byte is touched but in the tables and on the heap's own pages")
def other_memory(t: Transition) -> Truth:
    def foreign(x: Word) -> Truth:
        tables = (t.heap <= x) & (x < tables_end(t.heap))
        page = x // PAGE_SIZE
        return negate(tables | t.ghost.pages[page] | t.ghost_after.pages[page])

    return t.new.bytes.unchanged_where(t.old, foreign)


OTHER_HEAPS = (other_entries, other_headers, other_words, other_pages, other_memory)
"""What no operation touches."""


def header_kept(t: Transition, b: Word) -> Truth:
    """The header of a block says what it said."""
    now, then = t.new.fields("BlockHeader"), t.old.fields("BlockHeader")
    return (now.flags[b] == then.flags[b]) & (now.size[b] == then.size[b])


def same_blocks(t: Transition, gone: Word = NULL, come: Word = NULL) -> Truth:
    """The blocks are those that there were, but for one that is ``gone`` and one that has ``come``."""
    old, new = t.ghost.headers, t.ghost_after.headers
    kept = old.all(lambda b: (b == gone) | new[b])
    added = new.all(lambda b: (b == come) | (old[b] & (b != gone)))
    return kept & added


def payload_kept(t: Transition, b: Word) -> Truth:
    """No byte of the payload of a block is touched."""
    return t.new.bytes.unchanged(t.old, b + HEADER, end_of(t.old, b))


def allocated_kept(t: Transition, but: Word = NULL) -> Truth:
    """Every allocated block but ``but`` stays allocated, with its header as it was."""
    return t.ghost.headers.all(
        lambda b: implies(live(t.old, b) & (b != but), t.ghost_after.headers[b] & header_kept(t, b))
    )


def payloads_kept(t: Transition, but: Word = NULL) -> Truth:
    """No byte of the payload of any allocated block but ``but`` is touched."""
    return t.ghost.headers.all(lambda b: implies(live(t.old, b) & (b != but), payload_kept(t, b)))


def nothing_else_allocated(t: Transition, but: Word = NULL) -> Truth:
    """Whatever is allocated afterwards, except ``but``, was so before."""
    return t.ghost_after.headers.all(
        lambda b: implies(live(t.new, b) & (b != but), every([t.ghost.headers[b], live(t.old, b), header_kept(t, b)]))
    )


def given(t: Transition) -> Word:
    """The block of which the call was given the payload, if it returns; NULL if it was given none."""
    return NULL if t.raised or "address" not in t.arguments else t.address - HEADER


@clause("every allocated block stays so, with its header, but the one that the call was given")
def live_kept(t: Transition) -> Truth:
    return allocated_kept(t, given(t))


@clause("no byte of the payload of any allocated block is touched, but of the one that the call was given")
def live_bytes(t: Transition) -> Truth:
    return payloads_kept(t, given(t))


@clause("nothing becomes allocated")
def none_becomes(t: Transition) -> Truth:
    return nothing_else_allocated(t)


def pages_of(state: Any, b: Word) -> Word:
    """The number of pages of a block that was mapped for itself."""
    return (HEADER + size_of(state, b)) // PAGE_SIZE


LARGEST_REQUEST = WORD_LIMIT - 2 * PAGE_SIZE
