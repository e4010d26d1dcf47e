"""A heap map as SVG: one box for each span, in the order of addresses, rows as wide as asked.

Boxes are not to scale, or a header of 48 bytes would vanish beside 65,536 free ones: a box grows with the logarithm of
its size, which stands in it.  Colours are left to style sheets; ``STYLE`` is one for both themes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.etree import ElementTree

from proofs.maps.heap_map import DAMAGE, FREE, HEADER, LIVE, MEANINGS, MORE, OVERLAP, PAGE, TABLE, WASTE, HeapMap, Span

WIDTH = 920
BOX, ROW, TOP = 40, 66, 4
GAP = 26
CHARACTER = 6.9
"""Of the addresses' and labels' font, in the same units."""
LEGEND = 22
NARROWEST = 640
"""A file of its own is as wide as what is in it, and no less than that."""
WORDS = {
    HEADER: "hdr",
    LIVE: "live",
    WASTE: "waste",
    FREE: "free",
    TABLE: "table",
    PAGE: "mapped",
    OVERLAP: "clash",
    DAMAGE: "damaged",
}

STYLE = """
.heapmap{--ink:#1c2430;--faint:#5d6878;--paper:#fff;--header:#8a94a6;--live:#2f6fb5;--waste:#a9c7e8;--free:#e9edf2;\
--table:#8d73b8;--guest:#c9bfae;--overlap:#d32f2f;--changed:#e07b00}
@media (prefers-color-scheme:dark){.heapmap{--ink:#e6eaf0;--faint:#98a3b3;--paper:#14181f;--header:#5d6778;\
--live:#3d7cc4;--waste:#24456b;--free:#262d38;--table:#71599c;--guest:#5c5344;--overlap:#e5484d;--changed:#ffa733}}
"""
SHAPES = """
.heapmap text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--ink)}
.heapmap .at{font-size:10.5px;fill:var(--faint)}
.heapmap .size{font-size:10.5px}
.heapmap .on{fill:#fff}
.heapmap rect{stroke:var(--paper);stroke-width:1.5}
.heapmap .header{fill:var(--header)}.heapmap .live{fill:var(--live)}.heapmap .waste{fill:var(--waste)}
.heapmap .free,.heapmap .page{fill:var(--free)}.heapmap .table{fill:var(--table)}.heapmap .guest{fill:var(--guest)}
.heapmap .overlap,.heapmap .damage{fill:var(--overlap)}
.heapmap .more{fill:none;stroke:var(--faint);stroke-dasharray:3 3}
.heapmap .page{stroke:var(--faint);stroke-dasharray:2 3}
.heapmap .mark{fill:none;stroke:var(--changed);stroke-width:3}
"""
ON_DARK = (HEADER, LIVE, TABLE, OVERLAP, DAMAGE)
"""Kinds whose labels are white in both themes."""


@dataclass(frozen=True)
class Box:
    """A span and where it is drawn."""

    span: Span
    x: float
    y: float
    width: float
    apart: bool


def svg(shown: HeapMap, width: int = WIDTH, standalone: bool = False, title: str = "") -> str:
    """The picture, ``width`` units wide; as a file of its own it carries its styles."""
    boxes = laid_out(shown, width)
    if standalone:
        width = max(NARROWEST, math.ceil(max((box.x + box.width for box in boxes), default=0)) + 2)
    rows = max((box.y for box in boxes), default=0) + ROW
    legend, height = _legend(shown, width, rows)
    root = ElementTree.Element("svg", {"class": "heapmap", "viewBox": f"0 0 {width} {height:g}", "role": "img"})
    if standalone:
        root.set("xmlns", "http://www.w3.org/2000/svg")
        root.set("width", str(width))
        root.set("height", f"{height:g}")
        ElementTree.SubElement(root, "style").text = STYLE + SHAPES
    ElementTree.SubElement(root, "title").text = title or "a map of the heap"
    for box in boxes:
        root.append(_drawn(box))
    root.extend(_addresses(boxes))
    root.extend(legend)
    return ElementTree.tostring(root, encoding="unicode")


def laid_out(shown: HeapMap, width: int) -> list[Box]:
    """A place for each span: from left to right, then the next row."""
    boxes: list[Box] = []
    x, y = 0.0, float(TOP)
    for area in shown.areas:
        for number, span in enumerate(area):
            apart = number == 0 and bool(boxes)
            wide = min(width_of(span), width)
            x += GAP if apart and x else 0
            if x + wide > width and x:
                x, y = 0.0, y + ROW
            boxes.append(Box(span, x, y, wide, apart and x > 0))
            x += wide
    return boxes


def width_of(span: Span) -> float:
    """How wide a span is drawn: with the logarithm of its size, and no narrower than its label."""
    words = max(len(label_of(span)), len(_size(span)))
    return round(max(words * CHARACTER + 9, 12 + 11 * math.log2(1 + span.size / 16)), 1)


def label_of(span: Span) -> str:
    """What stands in a box."""
    if span.kind == FREE and span.label:
        return f"free {span.label}"
    return WORDS.get(span.kind, span.kind) if span.kind == WASTE or not span.label else span.label


def _size(span: Span) -> str:
    return f"{span.size:,}"


def _drawn(box: Box) -> ElementTree.Element:
    group = ElementTree.Element("g")
    place = {"x": f"{box.x:g}", "y": f"{box.y:g}", "width": f"{box.width:g}", "height": str(BOX)}
    told = box.span.told + (" (changed in this step)" if box.span.changed else "")
    ElementTree.SubElement(group, "title").text = told
    ElementTree.SubElement(group, "rect", {"class": box.span.kind, **place})
    if box.span.changed:
        inner = {"x": f"{box.x + 2:g}", "y": f"{box.y + 2:g}", "width": f"{max(box.width - 4, 1):g}"}
        ElementTree.SubElement(group, "rect", {"class": "mark", **inner, "height": str(BOX - 4), "rx": "2"})
    on = " on" if box.span.kind in ON_DARK else ""
    for down, words, kind in ((17, label_of(box.span), ""), (31, _size(box.span), "size")):
        text = {"class": f"{kind}{on}".strip(), "x": f"{box.x + box.width / 2:g}", "y": f"{box.y + down:g}"}
        ElementTree.SubElement(group, "text", {**text, "text-anchor": "middle"}).text = words
    if box.apart:
        dots = {"class": "at", "x": f"{box.x - GAP / 2:g}", "y": f"{box.y + BOX / 2 + 4:g}", "text-anchor": "middle"}
        ElementTree.SubElement(group, "text", dots).text = "⋯"
    return group


def _addresses(boxes: list[Box]) -> list[ElementTree.Element]:
    """The address of each span below its left edge, where there is room for it."""
    found = []
    until, row = -1.0, -1.0
    for box in boxes:
        words = f"{box.span.start:x}"
        if box.y != row:
            until, row = -1.0, box.y
        if box.x < until:
            continue
        place = {"class": "at", "x": f"{box.x:g}", "y": f"{box.y + BOX + 13:g}"}
        text = ElementTree.Element("text", place)
        text.text = words
        found.append(text)
        until = box.x + (len(words) + 1) * CHARACTER * 0.92
    return found


def _legend(shown: HeapMap, width: int, top: float) -> tuple[list[ElementTree.Element], float]:
    """What the colours mean, and how far down that reaches."""
    found = []
    entries = [(kind, MEANINGS[kind]) for kind in shown.kinds if kind != MORE]
    entries += [("mark", "changed in this step")] if any(span.changed for span in shown.spans) else []
    x, y = 0.0, top
    for kind, words in entries:
        wide = 22 + len(words) * CHARACTER * 0.92 + 16
        if x + wide > width and x:
            x, y = 0.0, y + LEGEND
        place = {"x": f"{x + 2:g}", "y": f"{y:g}", "width": "13", "height": "13"}
        found.append(ElementTree.Element("rect", {"class": kind, **place}))
        text = ElementTree.Element("text", {"class": "at", "x": f"{x + 21:g}", "y": f"{y + 10.5:g}"})
        text.text = words
        found.append(text)
        x += wide
    return found, y + LEGEND if entries else top
