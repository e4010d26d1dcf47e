"""Every change of the library, of parts that were filled by hand; each law is evaluated, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Transition
from model.language.words import WORD_BITS, WORD_BYTES
from model.library.bins import Bins
from model.library.bitmap import Bitmap
from model.library.chain import Chain
from model.library.contract import PUBLIC
from model.library.counted import Counted
from model.library.ring import Ring
from model.library.state import Odd, Pages, Parts, Segments
from proofs.checking.recorder import Witnesses, nothing_reached
from proofs.checking.violation import Violation

BASE = 0x1000
HEAD = BASE
NODES = (BASE + 64, BASE + 16, BASE + 32)
"""Nodes of lists, in an order that is not that of their addresses."""
FRESH = BASE + 128
BITS = (0, 3, 64, 99)
SIZES = ((256, False), (128, True), (128, False))
"""Segments: payload, and whether it is free."""


def counted(nodes: Sequence[int]) -> Counted:
    """The set of these nodes, the last one on top."""
    at, place = dict(enumerate(nodes)), {node: i for i, node in enumerate(nodes)}
    return Counted(len(nodes), GhostSet(nodes), GhostMap(at), GhostMap(place))


def ring(nodes: Sequence[int]) -> tuple[Ring, GhostMap, GhostMap]:
    """A ring of these nodes, with its links, forth and back."""
    circle = [HEAD, *nodes, HEAD]
    place = GhostMap({node: i - 1 for i, node in enumerate(circle[:-1])})
    forth = dict(pairwise(circle))
    back = {after: before for before, after in forth.items()}
    return Ring(HEAD, len(nodes), GhostSet(circle), place), GhostMap(forth), GhostMap(back)


def bitmap(bits: Sequence[int]) -> tuple[Bitmap, GhostSet, GhostMap]:
    """A bitmap of 100 bits in which these are set, and its words."""
    shape = Bitmap(BASE, 100)
    numbers = range(-(-shape.count // WORD_BITS))
    words = {BASE + WORD_BYTES * i: sum(1 << bit % WORD_BITS for bit in bits if bit // WORD_BITS == i) for i in numbers}
    return shape, GhostSet(bits), GhostMap(words)


def chain(kind: type[Chain], sizes: Sequence[tuple[int, bool]]) -> Any:
    """A chain of such segments."""
    made = kind(0, 0, 0, 0, GhostSet(), GhostMap(), GhostMap(), GhostMap(), GhostMap(default=False), GhostMap())
    made = made.fresh(BASE, sum(kind.header + size for size, _ in sizes))
    for size, _ in sizes[:-1]:
        made = made.split(made.last, size)
    for a, (_, free) in zip(made.headers, sizes, strict=True):
        made = made.with_free(a, free)
    return made


def bins(nodes: Sequence[Sequence[int]]) -> Bins:
    """Bins of these members, each from the bottom to the top."""
    made = Bins(len(nodes), GhostSet(), *(GhostMap() for _ in range(5)))
    for number, members in enumerate(nodes):
        for node in members:
            made = made.pushed(node, number)
    return made


def parts(forth: str = "list") -> Parts:
    """Some parts; the fields show the list, the ring, or the bins."""
    members, (circle, following, previous) = counted(NODES), ring(NODES)
    shape, bits, words = bitmap(BITS)
    sorted_in = bins((NODES[:2], (), NODES[2:]))
    shown = {
        "list": GhostMap(dict(zip(NODES[1:], NODES, strict=False))),
        "ring": following,
        "bins": sorted_in.below,
    }
    return Parts(
        Odd(BASE, BASE + 240),
        Pages(BASE, BASE + 3 * 4096),
        members,
        circle,
        shape,
        bits,
        chain(Chain, SIZES),
        chain(Segments, SIZES),
        sorted_in,
        NODES[-1],
        shown[forth],
        previous,
        words,
    )


def transitions() -> Iterator[tuple[str, str, dict[str, int]]]:
    """Change, what the links show, and what is changed."""
    yield "grid_apart", "list", {"a": BASE + 80, "b": BASE + 80, "byte": BASE + 90}
    yield "grid_grow", "list", {"a": BASE + 240}
    yield "page_grid_apart", "list", {"a": BASE + 4096, "b": BASE + 4096, "byte": BASE + 5000}
    yield "page_grid_grow", "list", {"a": BASE}
    yield "bitmap_set", "list", {"number": 65, "y": 64}
    yield "bitmap_clear", "list", {"number": 64, "y": 99}
    for name, kind in (("chain", Chain), ("segments", Segments)):
        yield f"{name}_split", "list", {"a": chain(kind, SIZES).after[BASE], "size": 16, "y": BASE}
        yield f"{name}_absorb", "list", {"a": BASE, "y": BASE}
        yield f"{name}_free", "list", {"a": BASE, "y": BASE}
    yield "list_push", "list", {"x": FRESH, "y": FRESH}
    yield "list_pop", "list", {"y": NODES[0]}
    yield "counted_remove", "list", {"x": NODES[0], "y": NODES[0]}
    yield "ring_insert", "ring", {"x": FRESH, "after": NODES[0], "y": HEAD, "z": NODES[2]}
    yield "ring_remove", "ring", {"x": NODES[1], "y": HEAD, "z": NODES[2]}
    yield "bins_push", "bins", {"x": FRESH, "b": 1, "y": FRESH, "c": 1}
    yield "bins_pop", "bins", {"b": 0, "y": NODES[0], "c": 0}


def witness() -> Witnesses:
    """What the changes start from is met; Violation if one does not do what is claimed."""
    found = nothing_reached(PUBLIC)
    for name, shown, arguments in transitions():
        operation, record, before = PUBLIC.operation(name), found.operations[name], parts(shown)
        record.calls += 1
        if not all(law.formula(None, 0, before, arguments) for law in operation.requires):
            continue
        record.satisfied += 1
        record.ends.add(())
        t = Transition(0, None, None, before, arguments)
        t.ghost_after = operation.after(t)
        for law in operation.ensures:
            if not law.formula(t):
                raise Violation(f"library.{name}.{law.name}", law.sentence)
    return found
