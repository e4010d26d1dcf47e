"""Plots as SVG for a page: matplotlib draws them, the page's style sheet says the colours, so that both themes fit.

    with drawing() as figure:
        axes = figure.subplots()
        axes.plot([1, 2, 3], color=SERIES[0])
        svg = drawn(figure, "what it shows", "a-name")

Colours are names for the variables of style.css; equal figures give equal text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.figure import Figure

INK, FAINT, LINE, BAD = "#010101", "#010102", "#010103", "#010104"
SERIES = tuple(f"#01020{number}" for number in range(6))
"""Colours of what is drawn side by side."""
VARIABLES = {INK: "--ink", FAINT: "--faint", LINE: "--line", BAD: "--bad"} | {
    colour: f"--s{number}" for number, colour in enumerate(SERIES)
}
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "drystone",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": FAINT,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


@contextmanager
def drawing(width: float = 9.0, height: float = 3.4) -> Iterator[Figure]:
    """A figure of so many inches, in the style of the pages; draw and call ``drawn`` inside."""
    with mpl.rc_context(STYLE):
        yield Figure(figsize=(width, height))


def drawn(figure: Figure, meaning: str, name: str) -> Markup:
    """The figure as an SVG element; ``meaning`` is read to those who do not see it, ``name`` is unique on the page."""
    written = io.StringIO()
    figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    text = re.sub(r' width="[^"]*pt"| height="[^"]*pt"', "", text, count=2)
    return Markup(text.replace("<svg", f'<svg role="img" aria-label="{escape(meaning)}"', 1))
