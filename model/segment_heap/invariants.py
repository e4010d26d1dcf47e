"""What holds of a segment heap between any two calls: clauses over (state, heap, chain).

They say that the chain tiles [start, end), and that RAM shows it truthfully in every header that
still carries its magic.  Its next may be damaged all the same, as long as that shows: if it leads down, or
out of the heap.
"""

from __future__ import annotations

from typing import Any

from model.language.logic import Truth, Word, clause, every, implies, when
from model.language.machine import CANONICAL_END
from model.language.words import NULL, PAGE_SIZE
from model.library import chain
from model.library.part import invariants
from model.segment_heap.state import DESCRIPTOR, HEADER, INITIAL_PAGES, Chain, intact, sound


@clause("the descriptor holds the start, the end and the last segment of the heap", covers="SEG-6")
def descriptor(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("SegmentHeap")
    return every(
        [
            state.claimed("SegmentHeap")[heap],
            ram.start[heap] == chain.start,
            ram.end[heap] == chain.end,
            ram.last_segment[heap] == chain.last,
        ]
    )


@clause(
    "the chain begins at start, ends at end with the last segment, and lies on whole pages, no fewer than init maps;"
    " or the heap is dead"
)
def bounds(state: Any, heap: Word, chain: Chain) -> Truth:
    dead = every([chain.start == NULL, chain.end == NULL, chain.last == NULL, chain.count == 0])
    alive = every(
        [
            chain.start >= PAGE_SIZE,
            chain.start % PAGE_SIZE == 0,
            chain.end % PAGE_SIZE == 0,
            chain.start + INITIAL_PAGES * PAGE_SIZE <= chain.end,
            chain.end <= CANONICAL_END,
            chain.headers[chain.start],
            chain.before[chain.start] == NULL,
            chain.rank[chain.start] == 0,
            chain.headers[chain.last],
            chain.after[chain.last] == chain.end,
            chain.rank[chain.last] == chain.count - 1,
        ]
    )
    return dead | alive


FILLED = invariants("", chain.FILLED, lambda segments: segments, {"granular": "SEG-2", "tiling": "SEG-5"})


@clause("an intact header's next is the following segment, NULL at the last, unless it leads astray", covers="SEG-5")
def stored_next(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("Segment")
    return ram.next.at(
        chain.headers,
        lambda a: implies(
            sound(state, chain, a), ram.next[a] == when(chain.after[a] == chain.end, NULL, chain.after[a])
        ),
    )


@clause("an intact header's prev is the preceding segment, NULL at the first", covers="SEG-5")
def stored_prev(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("Segment")
    return ram.prev.at(chain.headers, lambda a: implies(intact(state, a), ram.prev[a] == chain.before[a]))


@clause("an intact header's size is the size of its payload", covers="SEG-2")
def stored_size(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("Segment")
    return ram.size.at(chain.headers, lambda a: implies(intact(state, a), ram.size[a] == chain.size[a]))


@clause("an intact header's free flag is set exactly if the segment is reclaimable", covers="SEG-4")
def stored_free(state: Any, heap: Word, chain: Chain) -> Truth:
    ram = state.fields("Segment")
    return ram.free.at(chain.headers, lambda a: implies(intact(state, a), ram.free[a] == chain.free[a]))


@clause("a header lies directly before every payload, and nowhere else in the heap", covers="SEG-1")
def claims(state: Any, heap: Word, chain: Chain) -> Truth:
    claimed = state.claimed("Segment")
    return chain.headers.all(lambda a: claimed[a]) & claimed.all(
        lambda a: chain.headers[a] | (a + HEADER <= chain.start) | (a >= chain.end)
    )


@clause("no descriptor lies inside the heap")
def separate(state: Any, heap: Word, chain: Chain) -> Truth:
    return state.claimed("SegmentHeap").all(lambda d: (d + DESCRIPTOR <= chain.start) | (d >= chain.end))


@clause("every page of [start, end) is mapped", covers="SEG-7")
def mapped(state: Any, heap: Word, chain: Chain) -> Truth:
    return state.mapped.covers(chain.start, chain.end)


INVARIANTS = (
    descriptor,
    bounds,
    *FILLED,
    stored_next,
    stored_prev,
    stored_size,
    stored_free,
    claims,
    separate,
    mapped,
)
