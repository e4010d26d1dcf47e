"""The segment heap on the bench: its chain read out of RAM, and drawn for a report."""

from __future__ import annotations

from typing import Any

import impl.segment_heap
from model.language.ghost import GhostMap, GhostSet
from model.language.words import NULL
from model.segment_heap.state import HEADER, MAGIC, Chain
from proofs.checking.bench import Bench
from proofs.checking.state import ConcreteState
from proofs.checking.violation import Violation
from proofs.segment_heap.ghosts import no_chain
from proofs.segment_heap.subject import SUBJECT

MOST_LINES = 40
"""A picture shows so many segments."""


def extract(state: ConcreteState, heap: int) -> Chain:
    """The chain that RAM shows, of a heap that nobody damaged; Violation if the links do not end."""
    descriptor, ram = state.fields("SegmentHeap"), state.fields("Segment")
    end = descriptor.end[heap]
    headers: list[int] = []
    current, limit = descriptor.start[heap], len(state.claimed("Segment"))
    while current != NULL:
        if len(headers) > limit:
            raise Violation("segment_heap.unchecked_calls.tiling", "the links lead to the end of the heap")
        headers.append(current)
        current = ram.next[current]
    following = {a: ram.next[a] or end for a in headers}
    return Chain(
        descriptor.start[heap],
        end,
        descriptor.last_segment[heap],
        len(headers),
        GhostSet(headers),
        GhostMap({a: ram.size[a] for a in headers}),
        GhostMap(following),
        GhostMap({a: ram.prev[a] for a in headers}),
        GhostMap({a: ram.free[a] for a in headers}, default=False),
        GhostMap({a: number for number, a in enumerate(headers)}),
    )


def picture(state: ConcreteState, heap: int, chain: Chain) -> str:
    """One line per segment of the model, with what RAM says differently."""
    ram = state.fields("SegmentHeap")
    found = {"start": ram.start[heap], "end": ram.end[heap], "last_segment": ram.last_segment[heap]}
    meant = {"start": chain.start, "end": chain.end, "last_segment": chain.last}
    lines = [f"heap [{chain.start:#x}, {chain.end:#x}), {chain.count} segments{_differences(found, meant)}"]
    members = list(chain.headers)
    lines.extend(_segment(state, chain, a) for a in members[:MOST_LINES])
    if len(members) > MOST_LINES:
        lines.append(f"... and {len(members) - MOST_LINES} more")
    claimed = state.claimed("Segment").members
    strays = [a for a in sorted(claimed - chain.headers.members) if chain.start <= a < chain.end]
    lines.extend(f"{a:#x}  a header where the model has none" for a in strays)
    return "\n".join(f"  {line}" for line in lines)


def _segment(state: ConcreteState, chain: Chain, a: int) -> str:
    """``0x40000000  24 bytes used``, and what RAM says."""
    text = f"{a:#x}  {chain.size[a]:6} bytes {'free' if chain.free[a] else 'used'}, payload {a + HEADER:#x}"
    ram = state.fields("Segment")
    if not state.claimed("Segment")[a]:
        return f"{text}; RAM: no header is there"
    if ram.magic[a] != MAGIC:
        return f"{text}; RAM: the magic is lost"
    found = {"size": ram.size[a], "free": ram.free[a], "next": ram.next[a], "prev": ram.prev[a]}
    after = NULL if chain.after[a] == chain.end else chain.after[a]
    meant = {"size": chain.size[a], "free": chain.free[a], "next": after, "prev": chain.before[a]}
    return text + _differences(found, meant)


def _differences(found: dict[str, Any], meant: dict[str, Any]) -> str:
    wrong = [f"{name} {found[name]:#x}, not {value:#x}" for name, value in meant.items() if found[name] != value]
    return f"; RAM: {', '.join(wrong)}" if wrong else ""


BENCH = Bench(
    SUBJECT,
    impl.segment_heap,
    "SegmentHeap",
    ("Segment", "SegmentHeap"),
    no_chain,
    extract,
    lambda chain: int(chain.count),
    picture,
    quadratic=("detects_corruption", "detects_stray_links"),
)
