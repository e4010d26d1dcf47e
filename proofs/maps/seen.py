"""Which map a world shows: its subject's own (proofs/<subject>/live/map.py), or what every checked machine knows.

A subject's module holds ``spans(world)``, which yields the spans that the state of its memory shows; they may overlap.
It reads memory alone, so that the map of a broken heap is one of that heap and not of its model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from impl.arithmetic import PAGE_SIZE
from proofs import registry
from proofs.checking.stage import Stage
from proofs.checking.violation import Violation
from proofs.checking.world import DESCRIPTOR_PAGE, World
from proofs.maps.heap_map import GUEST, HEADER, LIVE, PAGE, TABLE, WASTE, HeapMap, Span, drawn

UNHELD = "nobody's"
"""The label of a block that the heap holds for live and that no user has."""


def map_of(world: Stage, handed: Span | None = None) -> HeapMap | None:
    """What the memory of a world shows now; None if nothing is known of how to read it.

    ``handed`` is a block that was handed out just now, and that no user filled yet.
    """
    name = world.bench.subject.name
    if name in registry.SUBJECTS and registry.has_live(name, "map"):
        spans: Iterable[Span] = registry.live(name, "map").spans(world)
    elif isinstance(world, World):
        spans = claimed(world)
    else:
        return None
    shown = list(spans)
    if handed is not None and not any(one.label == UNHELD and one.start == handed.start for one in shown):
        shown.append(handed)
    return drawn(shown)


def claimed(world: World) -> Iterator[Span]:
    """What the machine itself knows of any heap: its headers, its users' blocks, and the pages beside them."""
    state = world.checked.state()
    for name in world.bench.structs:
        size = getattr(world.checked.module, name).SIZE
        yield from (Span(address, size, HEADER, name) for address in state.claimed(name).members)
    yield from blocks(world, {})
    yield from neighbours(world)
    for page in sorted(state.mapped.pages):
        yield Span(page * PAGE_SIZE, PAGE_SIZE, PAGE)


def blocks(world: World, granted: Mapping[int, int]) -> Iterator[Span]:
    """The live blocks: those that the heap has ``granted``, address -> bytes, and what users hold beside them.

    What a user asked for is LIVE, the rest of what he was granted WASTE; a block that nobody holds is UNHELD.
    """
    for address, size in granted.items():
        held = world.contents.get(address)
        asked = size if held is None else min(len(held), size)
        label = world.names.get(address, "") if held is not None else UNHELD
        yield Span(address, asked, LIVE, label)
        yield Span(address + asked, size - asked, WASTE, label)
        if held is not None and len(held) > size:
            yield Span(address + size, len(held) - size, LIVE, label)
    for address, held in world.contents.items():
        if address not in granted:
            yield Span(address, len(held), LIVE, world.names.get(address, ""))


def descriptor(world: World, size: int) -> Span:
    """The heap's descriptor."""
    return Span(world.checked.address, size, TABLE, "descriptor")


def neighbours(world: World) -> Iterator[Span]:
    """Pages that belong to somebody else, but for that of the descriptor."""
    own = DESCRIPTOR_PAGE // PAGE_SIZE
    for page in sorted(world.checked.camera.foreign & world.checked.camera.frames.keys()):
        if page >= own + world.descriptor_pages or page < own:
            yield Span(page * PAGE_SIZE, PAGE_SIZE, GUEST)


def layout_of(read_out: Any, world: World) -> Any:
    """What a subject's own reader makes of memory; None if it cannot read it: the heap is damaged."""
    try:
        return read_out(world.checked.state(), world.checked.address)
    except Violation:
        return None
