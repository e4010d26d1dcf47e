"""How one of our heaps is seen by its user: which memory is its arena, which blocks are live, and how large they are.

A block goes by its address.  ``state``, ``heap`` and ``abstract`` are the memory, the address of the descriptor and the
abstract heap in which it is seen; ``kind`` says what of them is the arena.  Beside the arena a heap has its descriptor,
and perhaps a table: data of its own, which its user does not own either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from model.heap.state import Holdings, Promise
from model.language.logic import Transition, Truth, Word, every
from model.language.words import NULL


@dataclass(frozen=True)
class Kind:
    """What is told of one of our heaps, given as ``Seen``.

    ``live(h, b)``: a live block begins at ``b``, with ``usable(h, b)`` bytes.  ``every_live(h, body)``: ``body`` holds
    of the address of every live block.  ``contains(h, low, high)``: [low, high) lies in the arena.  ``foreign(h, x)``:
    the byte at ``x`` lies neither in the arena nor in the heap's own data.  ``unharmed(h)``: no user has damaged the
    heap, by writing where no block of his lies.
    """

    live: Callable[[Seen, Word], Truth]
    usable: Callable[[Seen, Word], Word]
    every_live: Callable[[Seen, Callable[[Word], Truth]], Truth]
    contains: Callable[[Seen, Word, Word], Truth]
    foreign: Callable[[Seen, Word], Truth]
    unharmed: Callable[[Seen], Truth]
    promise: Promise


@dataclass(frozen=True)
class Seen(Holdings):
    """What the user of one of our heaps holds; the arena is what ``kind`` says, not [start, end)."""

    kind: Any = None
    state: Any = None
    heap: Word = NULL
    abstract: Any = None

    def contains(self, low: Word, high: Word) -> Truth:
        """[low, high) lies in the arena."""
        return self.kind.contains(self, low, high)

    def kept_outside(self, t: Transition, limit: Word) -> Truth:
        """No byte differs that lies neither in the arena nor in the heap's own data, before or after the call."""
        return t.new.bytes.unchanged_where(t.old, lambda x: self.kind.foreign(self, x) & _foreign(t.ghost_after, x))

    def kept_inside(self, t: Transition) -> Truth:
        """No byte of memory differs."""
        return t.new.bytes.unchanged_where(t.old, lambda x: True)

    def agrees(self) -> Truth:
        """The user holds exactly the live blocks of the heap, each with no more bytes than it has."""

        def is_live(b: Word) -> Truth:
            sized = (self.size[b] > 0) & (self.size[b] <= self.kind.usable(self, b))
            return every([b > NULL, self.at[b] == b, self.kind.live(self, b), sized])

        return self.live.all(is_live) & self.kind.every_live(self, lambda b: self.live[b])


def _foreign(seen: Seen, x: Word) -> Truth:
    return seen.kind.foreign(seen, x)


def seen(kind: Kind, user: Holdings, state: Any, heap: Word, abstract: Any) -> Seen:
    """What the user holds, of a heap in that state."""
    return Seen(
        NULL,
        NULL,
        user.live,
        user.at,
        user.size,
        user.count,
        user.total,
        promise=kind.promise,
        kind=kind,
        state=state,
        heap=heap,
        abstract=abstract,
    )


def later(before: Seen, state: Any, abstract: Any) -> Seen:
    """The same blocks, of the heap in another state."""
    return replace(before, state=state, abstract=abstract)
