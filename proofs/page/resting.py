"""The map of what rests on what: subjects from top to bottom, at the bottom the machine, which is assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

MACHINE = "the machine"
WIDTH, BOX, HIGH, APART = 920, 150, 46, 88
Place = tuple[float, float]


@dataclass(frozen=True)
class Resting:
    """``edges``: (subject, subject below it) -> how many theorems it takes from there; ``layers`` from the top."""

    edges: dict[tuple[str, str], int]
    layers: list[list[str]]


def resting(names: Sequence[str], rests: Mapping[str, Sequence[str]]) -> Resting:
    """What the subjects rest on by all their operations; subjects that others rest on come below them."""
    taken: dict[tuple[str, str], set[str]] = {}
    for operation, below in rests.items():
        for theorem in below:
            pair = (operation.split(".")[0], theorem.split(".")[0])
            if pair[0] != pair[1]:
                taken.setdefault(pair, set()).add(theorem)
    subjects = list(dict.fromkeys([*names, *(one for pair in taken for one in pair)]))
    depth = {name: _depth(name, taken, frozenset()) for name in subjects}
    levels = range(max(depth.values(), default=0), -1, -1)
    layers = [[name for name in subjects if depth[name] == level] for level in levels]
    edges = {pair: len(theorems) for pair, theorems in taken.items()}
    edges |= {(name, MACHINE): 0 for name in subjects if depth[name] == 0}
    return Resting(edges, [*layers, [MACHINE]])


def _depth(name: str, taken: Mapping[tuple[str, str], object], above: frozenset[str]) -> int:
    """How many subjects lie below this one, the longest way down."""
    below = [low for high, low in taken if high == name and low not in above]
    return 1 + max(_depth(low, taken, above | {name}) for low in below) if below else 0


def operations_below(rests: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    """Operation -> operations that it rests on directly, with the number of theorems (0: the operation as a whole)."""
    found: dict[str, dict[str, int]] = {}
    for operation, below in rests.items():
        for theorem in below:
            parts = theorem.split(".")
            name = ".".join(parts[:2])
            counts = found.setdefault(operation, {})
            counts[name] = counts.get(name, 0) + (len(parts) > 2)
    return found


def svg(found: Resting, told: Mapping[str, str]) -> str:
    """The picture: each subject a box that leads to its section, if it has one; on each edge the number of theorems."""
    height = len(found.layers) * APART
    root = ElementTree.Element("svg", {"class": "resting", "viewBox": f"0 0 {WIDTH} {height}", "role": "img"})
    ElementTree.SubElement(root, "title").text = "what rests on what"
    places = _places(found.layers)
    for (high, low), count in found.edges.items():
        root.append(_edge(places[high], places[low], high, low, count))
    for name, (x, y) in places.items():
        root.append(_box(name, x, y, told.get(name)))
    return ElementTree.tostring(root, encoding="unicode")


def _places(layers: Sequence[Sequence[str]]) -> dict[str, tuple[float, float]]:
    """The middle of each box's upper side."""
    return {
        name: (WIDTH * (number + 0.5) / len(layer), level * APART + 6)
        for level, layer in enumerate(layers)
        for number, name in enumerate(layer)
    }


def _edge(high: Place, low: Place, above: str, below: str, count: int) -> ElementTree.Element:
    group = ElementTree.Element("g", {"class": "edge", "data-from": above, "data-to": below})
    (x, y), (to_x, to_y) = (high[0], high[1] + HIGH), low
    middle = (y + to_y) / 2
    curve = {"d": f"M{x:g} {y:g}C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}"}
    ElementTree.SubElement(group, "path", curve)
    told = f"{above} rests on {count} theorems of {below}" if count else f"{above} rests on what is assumed of {below}"
    ElementTree.SubElement(group, "title").text = told
    if count:
        near = 0.74 * to_x + 0.26 * x
        place = {"class": "count", "x": f"{near:g}", "y": f"{to_y - 9:g}", "text-anchor": "middle"}
        ElementTree.SubElement(group, "text", place).text = f"{count:,}"
    return group


def _box(name: str, x: float, y: float, told: str | None) -> ElementTree.Element:
    """One box; what is not ``told`` of has no section to lead to."""
    where = {"href": "#assumed" if name == MACHINE else f"#{name}"} if told is not None else {}
    link = ElementTree.Element("a", {**where, "data-subject": name})
    place = {"x": f"{x - BOX / 2:g}", "y": f"{y:g}", "width": str(BOX), "height": str(HIGH), "rx": "6"}
    ElementTree.SubElement(link, "rect", {"class": "machine" if name == MACHINE else "box", **place})
    for down, words, kind in ((20, name, "name"), (36, told or "proved as well", "told")):
        text = {"class": kind, "x": f"{x:g}", "y": f"{y + down:g}", "text-anchor": "middle"}
        ElementTree.SubElement(link, "text", text).text = words
    return link
