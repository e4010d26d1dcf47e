"""A heap map on a terminal: spans in the order of addresses, each with its size, in colours if there are any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from proofs.maps.heap_map import DAMAGE, FREE, GUEST, HEADER, LIVE, MORE, OVERLAP, PAGE, TABLE, WASTE, HeapMap, Span
from proofs.maps.unfolding import of_unfolding

STYLES = {
    HEADER: "white on grey37",
    LIVE: "white on dodger_blue3",
    WASTE: "black on light_sky_blue1",
    FREE: "default on grey15",
    TABLE: "white on medium_purple4",
    GUEST: "black on light_goldenrod3",
    PAGE: "dim",
    DAMAGE: "bold white on red3",
    OVERLAP: "bold white on red3",
    MORE: "dim",
}
NARROW, WIDE = 60, 116
"""A row has at least and at most so many columns."""
WORDS = {HEADER: "hdr", WASTE: "+", FREE: "free", GUEST: "guest", PAGE: "mapped", OVERLAP: "CLASH", DAMAGE: "DAMAGED"}


def cell(span: Span) -> str:
    """A span in a few characters; an asterisk says that the step changed it."""
    word = WORDS.get(span.kind, "")
    name = "" if span.kind in (WASTE, GUEST) else span.label
    words = " ".join(part for part in (word, name) if part)
    between = "" if span.kind == WASTE else " "
    return f" {'*' if span.changed else ''}{words}{between}{span.size:,} "


def rows(shown: HeapMap, width: int) -> Iterator[Text]:
    """The rows: the address at which each begins, then its spans; a new one where a part of the arena begins."""
    line, first = Text(), True
    for area in shown.areas:
        for number, span in enumerate(area):
            text = cell(span)
            if first or number == 0 or line.cell_len + len(text) + 1 > width:
                if not first:
                    yield line
                line, first = Text(f"{span.start:#14x} "), False
            line.append("|" if line.cell_len > 15 else "")
            line.append(text, STYLES[span.kind])
    if not first:
        yield line


def print_map(console: Console, shown: HeapMap, indent: int = 2) -> None:
    """The rows, and what an asterisk means."""
    width = max(min(console.width - indent, WIDE), NARROW)
    for line in rows(shown, width):
        console.print(Text(" " * indent) + line, highlight=False, soft_wrap=True)
    signs = ["* changed in this step"] if any(span.changed for span in shown.spans) else []
    signs += ["+ granted and not asked for"] if any(span.kind == WASTE for span in shown.spans) else []
    if signs:
        console.print(f"{' ' * indent}{', '.join(signs)}", style="dim", highlight=False)


def print_end(console: Console, unfolding: dict[str, Any], indent: int = 2) -> None:
    """The heap at the end of a history that breaks a theorem (``Unfolding.as_data``), if it can be drawn."""
    found = of_unfolding(unfolding)
    if found.steps and (last := found.steps[-1]).map is not None:
        console.print(f"{' ' * indent}the heap behind {last.statement}:", highlight=False, markup=False)
        print_map(console, last.map, indent)
