"""A comparison in words: one table of the heaps, one of their operations, and what must be said beside."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from proofs.checking.violation import when
from proofs.comparing import frames
from proofs.comparing.figures import CFigures, Comparison, HeapFigures, OperationFigures

HEAPS = ("heap", "peak mapped", "of peak live", "waste inside", "outside", "refused", "loads", "stores", "an event")
OPERATIONS = ("operation", "calls", "median", "99 of 100", "worst", "its proved bound", "closest to its bound")
IN_C = ("heap in C", "reaches", "of peak live", "refused", "calls", "ns a call")
NONE = "-"
WIDE = 400
"""Columns of a table, at most: no line of it is broken."""

Row = Sequence[str]


def lines(found: Comparison) -> list[str]:
    """The comparison, line by line."""
    name = Path(found.trace).name
    told = [
        f"{name}: {found.events:,} of {found.events_in_trace:,} events; {found.peak_live:,} bytes live at the peak",
        *found.notes,
    ]
    if found.heaps:
        told += ["", *table(HEAPS, [heap_row(found, one) for one in found.heaps])]
    if found.in_c:
        told += ["", *table(IN_C, [c_row(found, one) for one in found.in_c])]
    if found.heaps:
        rows = [operation_row(one, operation) for one in found.heaps for operation in one.operations]
        told += ["", "loads and stores of a call:", *table(OPERATIONS, rows)]
    return [*told, "", *remarks(found)]


def heap_row(found: Comparison, one: HeapFigures) -> Row:
    """A heap: memory at the peak, waste for each byte live on average, refusals, accesses."""
    inside, outside = one.waste()
    accesses = one.loads + one.stores
    return (
        one.heap,
        f"{one.peak_mapped:,}{'*' if one.fixed else ''}",
        share(one.peak_mapped, found.peak_live),
        f"{inside:.1%}",
        f"{outside:.1%}",
        f"{one.refused:,}",
        f"{one.loads:,}",
        f"{one.stores:,}",
        f"{accesses / one.events:,.0f}" if one.events else NONE,
    )


def operation_row(one: HeapFigures, operation: OperationFigures) -> Row:
    """An operation: percentiles of its loads and stores, and its theorem's bound."""
    near = max((dot.cost / dot.bound for dot in operation.bounded if dot.bound), default=None)
    return (
        f"{one.heap}.{operation.name}",
        f"{operation.calls:,}",
        f"{operation.median:,}",
        f"{operation.most_of_99:,}",
        f"{operation.worst:,}",
        NONE if operation.bound is None else f"{operation.bound:,}",
        NONE if near is None else f"{near:.0%}",
    )


def c_row(found: Comparison, one: CFigures) -> Row:
    """A heap in C."""
    return (
        f"{one.heap}, {one.build}",
        f"{one.reach:,}*",
        share(one.reach, found.peak_live),
        f"{one.refused:,}",
        f"{one.calls:,}",
        f"{one.nanoseconds / one.calls:,.0f}" if one.calls else NONE,
    )


def remarks(found: Comparison) -> list[str]:
    """What the figures mean, and what went wrong."""
    told = []
    if found.heaps:
        told.append(
            "waste: for each byte live, on average over the events; inside: room in blocks that nobody asked for;"
        )
        told.append("outside: free memory, headers, tables")
    if any(one.heap == frames.NAME for one in found.heaps):
        told.append(f"{frames.NAME}: whole frames for each block; the others are anybody's, and do not count")
    if any(one.fixed for one in found.heaps) or found.in_c:
        told.append("* a heap of fixed size: how far its blocks ever reached")
    for one in found.heaps:
        if one.over_allocated:
            of = f"{one.over_allocated:,} of {one.aligned:,} aligned requests"
            told.append(f"{one.heap}: {of} asked for more, up to their alignment")
    if found.cut_for:
        told.append(f"not the whole trace: {found.cut_for} walks its blocks, which grow to be many; --all goes on")
    for one in found.heaps:
        told += [f"REFUTED  {theorem}, {when(event)}" for event, theorem in one.violations]
    told += [f"REFUTED  {one.heap}: {one.violation}" for one in found.in_c if one.violation]
    if not found.violated:
        checked = sum(one.checked_calls for one in found.heaps)
        in_full = f"{checked:,} calls in full, among them the one that cost most of each operation; " if checked else ""
        told.append(f"CHECKED  {in_full}no violation")
    return told


def share(part: int, whole: int) -> str:
    """``part`` in percent of ``whole``."""
    return f"{part / whole:.1%}" if whole else NONE


def table(head: Row, rows: Iterable[Row]) -> list[str]:
    """The rows in columns, the first to the left, the others to the right."""
    made = Table(box=None, pad_edge=False)
    for column, title in enumerate(head):
        made.add_column(title, justify="right" if column else "left", no_wrap=True)
    for row in rows:
        made.add_row(*row)
    console = Console(width=WIDE, file=io.StringIO(), color_system=None)
    with console.capture() as shown:
        console.print(made)
    return [line.rstrip() for line in shown.get().splitlines()]
