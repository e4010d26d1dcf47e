"""The bucket heap on the bench: read out of RAM, and drawn for a report."""

from __future__ import annotations

from typing import Any

import impl.bucket_heap
from model.logic import Operation, Subject, Transition
from proofs.checking.bench import Bench
from proofs.checking.bucket_heap_layout import CONTINUED, FREE, NULL, RUN, Layout, read_out
from proofs.checking.state import ConcreteState
from proofs.checking.violation import Violation

MOST_LINES = 60
"""A picture shows so many runs and pages."""


def nothing() -> Layout:
    """The abstract state of a heap that was never initialised."""
    return Layout((), 0, 0, 0, {}, {}, (), {})


def successor(t: Transition) -> Layout:
    """What RAM shows after the call; before the first init it shows nothing."""
    unborn = "page_size" in t.arguments and t.result != 0
    layout: Layout = t.ghost if unborn else read_out(t.new, t.heap)
    return layout


def _operation(name: str, *arguments: str, establishes: bool = False) -> Operation:
    """An operation of which the structure of memory is demanded, and nothing more."""
    return Operation(name, arguments, successor, (), establishes=establishes, established=lambda t: bool(t.result == 0))


SUBJECT = Subject(
    "bucket_heap",
    (),
    (
        _operation("init", "address", "size", "page_size", establishes=True),
        _operation("extend", "address", "size"),
        _operation("alloc", "size"),
        _operation("free", "address"),
        _operation("destroy", "flush"),
    ),
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


BENCH = Bench(
    SUBJECT,
    impl.bucket_heap,
    "BucketHeap",
    ("BucketHeap", "Extent", "Page", "Links", "LiveBits", "FreeLink"),
    nothing,
    read_out,
    lambda layout: len(layout.kind),
    picture,
)

__all__ = ["BENCH", "NULL"]
