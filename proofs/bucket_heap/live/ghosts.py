"""The abstract state of a bucket heap, read out of RAM: what model/bucket_heap/state.py adds to the fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.bucket_heap.state import (
    CONTINUED,
    ENTRY,
    EXTENT_HEADER,
    FREE,
    LINKS,
    MAX_SHIFT,
    MIN_LOG2,
    RUN,
    SENTINELS,
    Ghosts,
)
from model.language.ghost import GhostMap, GhostSet
from model.language.words import NULL
from proofs.bucket_heap.ghosts import no_ghosts
from proofs.bucket_heap.live.layout import Layout, read_out


def extract(state: Any, heap: int) -> Ghosts:
    """The ghosts of the heap whose descriptor lies at ``heap``; Violation if RAM shows no heap."""
    return _Ghosts(state, heap, read_out(state, heap)).read()


class _Ghosts:
    """Reads the ghosts of one heap in one state."""

    def __init__(self, state: Any, heap: int, layout: Layout) -> None:
        self.heap, self.layout = heap, layout
        descriptor = state.fields("BucketHeap")
        self.page_size = 1 << descriptor.shift[heap]
        self.pages = (descriptor.extent_size[heap] - descriptor.header[heap]) // self.page_size
        self.page, self.links, self.link = state.fields("Page"), state.fields("Links"), state.fields("FreeLink")
        self.sets: dict[str, set[int]] = {"entries": set(), "freed": set(), "nodes": set()}
        self.maps: dict[str, dict[int, int]] = {name: {} for name in MAPS}
        self.clock = 1

    def read(self) -> Ghosts:
        """All of them."""
        for rank, extent in enumerate(self.layout.extents):
            self._extent(rank, extent)
        self._buckets()
        parts = {name: GhostMap(values) for name, values in self.maps.items()}
        sets = {name: GhostSet(members) for name, members in self.sets.items()}
        extents = self.layout.extents
        idle, live = GhostSet(self.layout.free), GhostSet(self.layout.live)
        words = {"pages": self.pages, "count": len(extents), "total": len(extents) * self.pages, "clock": self.clock}
        known: dict[str, Any] = {**parts, **sets, **words, "extents": GhostSet(extents), "idle": idle, "live": live}
        return Ghosts(**known)

    def _extent(self, rank: int, extent: int) -> None:
        """The pages of an extent, each with what lies in it."""
        m = self.maps
        m["rank"][extent], m["passed"][extent] = rank, rank * self.pages
        entries = [extent + EXTENT_HEADER + ENTRY * number for number in range(self.pages)]
        self.sets["entries"].update(entries)
        run = NULL
        for number, e in enumerate(entries):
            m["owner"][e], m["after"][e], m["number"][e] = extent, e + ENTRY, number
            m["entry_at"][self.page.page[e]] = e
            kind = self.page.kind[e]
            run = e if kind == RUN else run
            if kind == CONTINUED:
                m["run"][e] = run
            self._blocks(e, kind)
        for e in reversed(entries):
            page = self.page.page[e]
            if self.page.kind[e] == FREE:
                m["until"][page] = m["until"].get(page + self.page_size, page + self.page_size)

    def _blocks(self, e: int, kind: int) -> None:
        """The blocks of a page, numbered."""
        m, page = self.maps, self.page.page[e]
        if kind == RUN:
            m["home"][page] = e
        if kind <= RUN:
            return
        live = [a for a in range(page, self.page.frontier[e], 1 << kind) if a in self.layout.live]
        for number, a in enumerate(live):
            m["home"][a], m["slot"][a], m["occupant"][page + number] = e, page + number, a
        given = list(self._stack(self.page.free[e]))
        m["height"][e] = len(given)
        for number, b in enumerate(reversed(given)):
            self.sets["freed"].add(b)
            m["home"][b], m["place"][b], m["stacked"][page + number] = e, page + number, b

    def _stack(self, block: int) -> Iterator[int]:
        """The blocks given back, the latest first."""
        while block != NULL:
            yield block
            block = self.link.next[block]

    def _buckets(self) -> None:
        """The places in the lists, those behind a sentinel numbered from the end."""
        m = self.maps
        for log in range(MIN_LOG2, MAX_SHIFT):
            sentinel = self.heap + SENTINELS + (log - MIN_LOG2) * LINKS
            m["root"][log], m["bucket"][sentinel] = sentinel, log
            self.sets["nodes"].add(sentinel)
            places = [sentinel]
            while self.links.next[places[-1]] != sentinel:
                places.append(self.links.next[places[-1]])
            for place in reversed(places[1:]):
                self.sets["nodes"].add(place)
                m["bucket"][place], m["stamp"][place] = log, self.clock
                self.clock += 1


MAPS = [name for name, value in vars(no_ghosts()).items() if isinstance(value, GhostMap)]
