"""The bucket heap on the bench: read out of RAM, and drawn for a report."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import impl.bucket_heap
from model.bucket_heap.state import Ghosts
from model.language.logic import Transition
from proofs.bucket_heap.ghosts import no_ghosts
from proofs.bucket_heap.live.ghosts import extract
from proofs.bucket_heap.live.layout import CONTINUED, FREE, NULL, RUN, Layout, read_out
from proofs.bucket_heap.parts import PARTS
from proofs.bucket_heap.subject import SUBJECT as WHOLE
from proofs.checking.bench import Bench
from proofs.checking.state import ConcreteState
from proofs.checking.violation import Violation

MOST_LINES = 60
"""A picture shows so many runs and pages."""


MEANS = {
    "extents": "chain",
    "geometry": "geometry",
    "entries": "entries_lie",
    "kinds": "kinds",
    "free_list": "free_links",
    "runs": "runs",
    "blocks": "stacks",
    "counts": "conserved",
    "bits": "live_bits",
    "buckets": "next_links",
    "claims": "links_owned",
}
"""Which clause of the model says what a law of the layout says, of a heap that can no longer be read out."""


def successor(name: str, t: Transition) -> Ghosts:
    """What RAM shows after the call; before the first init it shows nothing."""
    if "page_size" in t.arguments and t.result != 0:
        unborn: Ghosts = t.ghost
        return unborn
    try:
        return extract(t.new, t.heap)
    except Violation as broken:
        theorem = f"bucket_heap.{name}.{MEANS[broken.theorem.rsplit('.', 1)[-1]]}"
        raise Violation(theorem, broken.sentence, broken.detail, (theorem, broken.theorem)) from broken


SUBJECT = replace(
    WHOLE,
    operations=tuple(replace(operation, after=partial(successor, operation.name)) for operation in WHOLE.operations),
)


def picture(state: ConcreteState, heap: int, ghost: Any) -> str:
    """One line per extent, run and bucket page, or what is wrong with the heap in RAM."""
    try:
        layout = read_out(state, heap)
    except Violation as violation:
        return f"  {violation.sentence}: not so, {violation.detail}"
    lines = [f"heap with pages of {layout.page_size} bytes, extents of {layout.extent_size}, header {layout.header}"]
    for extent in layout.extents:
        lines.append(f"extent {extent:#x}")
        pages = range(extent + layout.header, extent + layout.extent_size, layout.page_size)
        lines.extend(_page(layout, page) for page in pages if layout.kind[page] not in (CONTINUED, FREE))
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"... and {len(lines) - MOST_LINES} more"]
    lines.append(f"free: {', '.join(f'{page:#x}' for page in layout.free[:MOST_LINES]) or 'no page'}")
    return "\n".join(f"  {line}" for line in lines)


def _page(layout: Layout, page: int) -> str:
    """A run, or a page of a bucket with its live blocks."""
    if layout.kind[page] == RUN:
        return f"  {page:#x}  run of {layout.live[page] // layout.page_size} pages"
    live = [a for a in sorted(layout.live) if page <= a < page + layout.page_size]
    shown = ", ".join(f"+{a - page}" for a in live[:16])
    return f"  {page:#x}  blocks of {1 << layout.kind[page]} bytes, {len(live)} live: {shown}"


def size_of(ghosts: Ghosts) -> int:
    """Something like the number of live bits: a tenth of what the clauses about pages and bits look at."""
    pages = sorted(ghosts.entry_at.values)
    width = pages[1] - pages[0] if len(pages) > 1 else 0
    return len(pages) * width // 128


QUADRATIC = (
    "live_bits",
    "chain_skips_none",
    "free_skips_none",
    "free_first",
    "rows_free",
    "run_pages",
    "nothing_between",
    "clear",
    "links_owned",
)
"""Clauses about pairs, and about every bit; what they say is seen in every layout that is read out."""

BENCH = Bench(
    SUBJECT,
    impl.bucket_heap,
    "BucketHeap",
    ("BucketHeap", "Extent", "Page", "Links", "LiveBits", "FreeLink"),
    no_ghosts,
    extract,
    size_of,
    picture,
    QUADRATIC,
    tuple(operation.name for operation in PARTS),
    advances=False,
)

LARGE_BENCH = replace(BENCH, subject=replace(SUBJECT, invariants=()))
"""For heaps of many megabytes: of the invariants only what every layout that is read out must keep to."""

__all__ = ["BENCH", "LARGE_BENCH", "NULL"]
