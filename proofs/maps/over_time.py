"""The heap over a replay: moments downwards, addresses to the right, each cell of the kind of most of its bytes.

Stretches of addresses where nothing ever lay are left out.  One picture, in SVG or on a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from xml.etree import ElementTree

from rich.text import Text

from impl.arithmetic import NULL
from proofs.checking.replay import Program
from proofs.maps import svg
from proofs.maps.heap_map import FREE, GUEST, HEADER, LIVE, MEANINGS, OVERLAP, PAGE, TABLE, WASTE, HeapMap
from proofs.maps.seen import map_of
from proofs.maps.terminal import STYLES

MOMENTS = 40
COLUMNS = 96
GAP = 1 << 20
"""Bytes: where so many lie between two spans, nothing is drawn between them."""
FEWEST = 3
"""Columns of the smallest stretch of addresses."""
HIGH, LEFT, CELL = 12, 92, 8.6
SIGNS = {HEADER: "h", LIVE: "#", WASTE: "+", FREE: ".", TABLE: "t", PAGE: "-", GUEST: "g", OVERLAP: "X", "": " "}
"""On a terminal without colours."""


class Replayed:
    """A program under way, as whoever draws a heap wants to see it: like a world."""

    descriptor_pages = 1
    born = True

    def __init__(self, program: Program) -> None:
        self.bench = program.driver.bench
        self.checked = program.checked
        self.machine = program.machine
        self.descriptor_pages = program.driver.descriptor_pages
        held = {address: (block, size) for block, (address, size) in program.held.items() if address != NULL}
        self.contents: Mapping[int, Any] = {address: range(size) for address, (_, size) in held.items()}
        self.names = {address: f"block {block}" for address, (block, _) in held.items()}


@dataclass(frozen=True)
class Moment:
    """The heap behind an event of the trace."""

    event: int
    map: HeapMap


class Watching:
    """Draws the heap every so many events of a replay: hand ``look`` to it."""

    def __init__(self, events: int) -> None:
        self.every = max(events // MOMENTS, 1)
        self.moments: list[Moment] = []

    def look(self, program: Any) -> None:
        """Called behind every event."""
        event = program.result.events
        if event % self.every:
            return
        seen: Any = Replayed(program)
        shown = map_of(seen)
        if shown is not None:
            self.moments.append(Moment(event, shown))


def stretches(moments: Sequence[Moment]) -> list[tuple[int, int, int]]:
    """Where anything lies at some moment: start, end and columns of each stretch, in the order of addresses."""
    spans = sorted((s.start, s.end) for moment in moments for s in moment.map.spans if s.kind not in (TABLE, GUEST))
    found: list[list[int]] = []
    for start, end in spans:
        if found and start - found[-1][1] < GAP:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    total = sum(end - start for start, end in found) or 1
    return [(start, end, max(round(COLUMNS * (end - start) / total), FEWEST)) for start, end in found]


def rows(moments: Sequence[Moment]) -> Iterator[tuple[int, list[str]]]:
    """Each moment's event, and the kinds of its cells; "" stands between stretches."""
    parts = stretches(moments)
    for moment in moments:
        cells: list[str] = []
        for start, end, columns in parts:
            cells += ([""] if cells else []) + moment.map.cells(start, end, columns)
        yield moment.event, cells


def lines(moments: Sequence[Moment]) -> Iterator[Text]:
    """The picture for a terminal, a line for each moment."""
    for event, cells in rows(moments):
        line = Text(f"{event:>9} ")
        for kind, run in groupby(cells):
            line.append(SIGNS.get(kind, "?") * len(list(run)), STYLES.get(kind, ""))
        yield line


def picture(moments: Sequence[Moment], title: str) -> str:
    """The picture as an SVG file."""
    found = list(rows(moments))
    across = max((len(cells) for _, cells in found), default=1)
    kinds = [kind for kind in MEANINGS if any(kind in cells for _, cells in found)]
    width, top = LEFT + across * CELL + 8, 40
    height = top + HIGH * len(found) + 26
    root = ElementTree.Element("svg", {"class": "heapmap", "xmlns": "http://www.w3.org/2000/svg"})
    root.attrib.update(
        {"viewBox": f"0 0 {width:g} {height}", "width": f"{width:g}", "height": str(height), "role": "img"}
    )
    ElementTree.SubElement(root, "title").text = title
    ElementTree.SubElement(root, "style").text = f"{svg.STYLE}{svg.SHAPES}.heapmap .cell{{stroke:none}}"
    _write(root, 4, 14, title)
    at: float = LEFT
    for start, _, columns in stretches(moments):
        _write(root, at, 33, f"{start:x}", "at")
        at += (columns + 1) * CELL
    for number, (event, cells) in enumerate(found):
        _draw_row(root, top + number * HIGH, event, cells, number % 5 == 0)
    x = 4.0
    for kind in kinds:
        place = {"x": f"{x:g}", "y": f"{height - 18}", "width": "12", "height": "12"}
        ElementTree.SubElement(root, "rect", {"class": kind, **place})
        _write(root, x + 17, height - 8, MEANINGS[kind], "at")
        x += 34 + len(MEANINGS[kind]) * svg.CHARACTER * 0.92
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _draw_row(root: ElementTree.Element, y: int, event: int, cells: Sequence[str], told: bool) -> None:
    if told:
        _write(root, 4, y + HIGH - 2, f"event {event}", "at")
    at = 0
    for kind, run in groupby(cells):
        count = len(list(run))
        if kind:
            place = {"x": f"{LEFT + at * CELL:g}", "y": str(y), "width": f"{count * CELL:g}", "height": str(HIGH - 1)}
            ElementTree.SubElement(root, "rect", {"class": f"cell {kind}", **place})
        at += count


def _write(root: ElementTree.Element, x: float, y: float, words: str, kind: str = "") -> None:
    place = {"x": f"{x:g}", "y": f"{y:g}", **({"class": kind} if kind else {})}
    ElementTree.SubElement(root, "text", place).text = words
