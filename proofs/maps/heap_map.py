"""A map of a heap: spans of address, each of one kind, and which of them a step changed.

Nothing is judged here: a map shows what a state says.  Where two spans that should lie apart share bytes, the map
says so (``Span.kind`` OVERLAP), since that is what the eye looks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

HEADER, LIVE, WASTE, FREE, TABLE, GUEST = "header", "live", "waste", "free", "table", "guest"
PAGE, OVERLAP, DAMAGE, MORE = "page", "overlap", "damage", "more"
MEANINGS = {
    HEADER: "a header",
    LIVE: "a live block",
    WASTE: "of a live block, not asked for",
    FREE: "free",
    TABLE: "the heap's own tables",
    GUEST: "somebody else's page",
    PAGE: "mapped, and no block",
    OVERLAP: "bytes that two owners share",
    DAMAGE: "bytes of a live block that the call changed",
    MORE: "left out of the picture",
}
"""Kind -> what a legend says of it."""
EXCLUSIVE = (HEADER, LIVE, WASTE, FREE, TABLE, GUEST)
"""No byte may lie in two spans of these kinds."""
PAGES = (PAGE, GUEST)
"""Of these several in a row are shown as one."""
MOST_SPANS = 60
"""A picture shows about so many spans."""
NEAR = 3
"""So many neighbours of what changed are shown where a map is too long to be shown whole."""


@dataclass(frozen=True)
class Span:
    """``size`` >= 1 bytes from ``start`` on; ``label`` names what lies there, ``changed`` tells whether it is new."""

    start: int
    size: int
    kind: str
    label: str = ""
    changed: bool = False

    @property
    def end(self) -> int:
        """One past the last byte."""
        return self.start + self.size

    @property
    def told(self) -> str:
        """Address, size, kind and label in words."""
        name = f" {self.label}" if self.label else ""
        return f"{self.start:#x}: {self.size:,} byte{'s' if self.size > 1 else ''}, {MEANINGS[self.kind]}{name}"


@dataclass(frozen=True)
class HeapMap:
    """Spans in the order of their addresses, none of which overlaps another."""

    spans: tuple[Span, ...] = ()

    @property
    def areas(self) -> list[tuple[Span, ...]]:
        """The spans in groups between which nothing lies."""
        found: list[list[Span]] = []
        for span in self.spans:
            if found and found[-1][-1].end == span.start:
                found[-1].append(span)
            else:
                found.append([span])
        return [tuple(area) for area in found]

    @property
    def kinds(self) -> list[str]:
        """The kinds that occur, in the order of MEANINGS."""
        there = {span.kind for span in self.spans}
        return [kind for kind in MEANINGS if kind in there]

    def since(self, before: HeapMap) -> HeapMap:
        """The same map; changed is what ``before`` did not show just so."""
        known = {(span.start, span.size, span.kind, span.label) for span in before.spans}
        spans = (replace(s, changed=(s.start, s.size, s.kind, s.label) not in known) for s in self.spans)
        return HeapMap(tuple(spans))

    def bytes_of(self, kind: str) -> int:
        """How many bytes are of that kind."""
        return sum(span.size for span in self.spans if span.kind == kind)

    def cells(self, start: int, end: int, count: int) -> list[str]:
        """[start, end) in ``count`` equal parts: the kind of most bytes of each, "" where nothing lies."""
        width = max(-(-(end - start) // count), 1)
        weights: list[dict[str, int]] = [{} for _ in range(count)]
        for span in self.spans:
            low, high = max(span.start, start), min(span.end, end)
            for number in range((low - start) // width, -(-(high - start) // width) if low < high else 0):
                part = min(high, start + (number + 1) * width) - max(low, start + number * width)
                weights[number][span.kind] = weights[number].get(span.kind, 0) + part
        return [max(w, key=lambda kind: (kind == OVERLAP, w[kind]), default="") for w in weights]

    def as_data(self) -> list[list[Any]]:
        """The spans as JSON data: start, size, kind, label, changed."""
        return [[span.start, span.size, span.kind, span.label, span.changed] for span in self.spans]


def drawn(spans: Iterable[Span]) -> HeapMap:
    """A map of spans that may overlap: a PAGE shows where nothing else lies, DAMAGE above all.

    Bytes that two others claim are an OVERLAP.
    """
    given = [span for span in spans if span.size > 0]
    edges = sorted({edge for span in given for edge in (span.start, span.end)})
    found: list[Span] = []
    ahead = sorted(given, key=lambda span: span.start)
    open_: list[Span] = []
    for low, high in pairwise(edges):
        open_ = [span for span in open_ if span.end > low]
        while ahead and ahead[0].start == low:
            open_.append(ahead.pop(0))
        if open_:
            _add(found, low, high, open_)
    return HeapMap(tuple(found))


def _add(found: list[Span], low: int, high: int, owners: Sequence[Span]) -> None:
    """What lies in [low, high); it goes with what lies before it where both are parts of one span."""
    claims = [span for span in owners if span.kind in EXCLUSIVE]
    top = claims[0] if claims else owners[0]
    hurt = [span for span in owners if span.kind == DAMAGE]
    if hurt:
        top = hurt[0]
    elif len(claims) > 1:
        label = " and ".join(sorted(dict.fromkeys(span.label or span.kind for span in claims)))
        top = Span(low, high - low, OVERLAP, label)
    last = found[-1] if found else None
    same = last is not None and last.end == low and (last.kind, last.label) == (top.kind, top.label)
    if last is not None and same and (low != top.start or top.kind in PAGES):
        found[-1] = replace(last, size=high - last.start)
    else:
        found.append(Span(low, high - low, top.kind, top.label, top.changed))


def focused(whole: HeapMap, most: int) -> HeapMap:
    """The map with at most about ``most`` spans: what changed, its neighbours and the ends; the rest as MORE."""
    if len(whole.spans) <= most:
        return whole
    wanted = {number for number, span in enumerate(whole.spans) if span.changed or span.kind in (OVERLAP, DAMAGE)}
    wanted = set(sorted(wanted)[:most])
    near = {n + step for n in wanted for step in range(-NEAR, NEAR + 1)} if len(wanted) * NEAR <= most else wanted
    kept = near | set(range(NEAR)) | set(range(len(whole.spans) - NEAR, len(whole.spans)))
    if not wanted:
        kept |= set(range(most - NEAR))
    found: list[Span] = []
    hidden = 0
    for number, span in enumerate(whole.spans):
        if number in kept:
            found.append(span)
            hidden = 0
        elif hidden and found[-1].end == span.start:
            hidden += 1
            found[-1] = replace(found[-1], size=span.end - found[-1].start, label=f"{hidden} more")
        else:
            hidden = 1
            found.append(Span(span.start, span.size, MORE, "1 more"))
    return HeapMap(tuple(found))


def of_data(data: Iterable[Sequence[Any]]) -> HeapMap:
    """The map that ``HeapMap.as_data`` told."""
    return HeapMap(tuple(Span(*row) for row in data))


def renamed(whole: HeapMap, old: str, new: str) -> HeapMap:
    """The same map, with another label where one was ``old``."""
    return HeapMap(tuple(replace(span, label=new) if span.label == old else span for span in whole.spans))
