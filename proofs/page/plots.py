"""Plots as SVG: a theorem's bound as a line, what runs took as dots.

The same numbers give the same bytes.  Colours are words of a style sheet (``var(--ink)``), so that one picture serves
a light and a dark page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from proofs.page.measuring import ALLOWED, IN_TURN, Dot, axis_of, thinned

INK, FAINT, DOT, BOUND, OVER, PAPER = "#010203", "#020304", "#030405", "#040506", "#050607", "#060708"
COLOURS = {INK: "ink", FAINT: "faint", DOT: "live", BOUND: "changed", OVER: "overlap", PAPER: "paper"}
"""The colour of the drawing -> the word of the style sheet that takes its place."""
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "drystone",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": FAINT,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "text.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
}
WIDE = 30
"""From so much between the smallest and the largest number on, an axis is logarithmic."""
SVG = re.compile(r"<svg.*", re.DOTALL)
THEMES = """
.plot{--ink:#1c2430;--faint:#5d6878;--paper:#fff;--live:#2f6fb5;--changed:#e07b00;--overlap:#d32f2f}
@media (prefers-color-scheme:dark){.plot{--ink:#e6eaf0;--faint:#98a3b3;--paper:#14181f;--live:#5b9bdf;\
--changed:#ffa733;--overlap:#e5484d}}
"""


def bound_plot(name: str, dots: Sequence[Dot], inches: tuple[float, float] = (4.3, 2.6), alone: bool = False) -> str:
    """The plot of one operation, as an SVG element; ``alone`` as a file of its own, with a title and its colours."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=inches, layout="constrained")
        axes = figure.add_subplot()
        _draw(axes, dots)
        if alone:
            axes.set_title(f"{name}: proved bound, measured runs", loc="left", fontsize=10)
        return _as_svg(figure, name, alone)


def _draw(axes: Axes, dots: Sequence[Dot]) -> None:
    shown = thinned(dots)
    axis = axis_of(shown)
    under = [(x, dot.cost) for x, dot in zip(axis.places, shown, strict=True) if dot.cost <= dot.bound]
    over = [(x, dot.cost) for x, dot in zip(axis.places, shown, strict=True) if dot.cost > dot.bound]
    line = sorted({(x, dot.bound) for x, dot in zip(axis.places, shown, strict=True)})
    axes.plot([x for x, _ in line], [y for _, y in line], color=BOUND, linewidth=1.8, label="proved bound", zorder=2)
    if len(line) == 1 or len({x for x, _ in line}) == 1:
        axes.axhline(line[0][1], color=BOUND, linewidth=1.8)
    for points, colour, label in ((under, DOT, "measured"), (over, OVER, "over the bound")):
        if points:
            axes.plot(*zip(*points, strict=True), "o", color=colour, markersize=3.6, alpha=0.75, label=label, zorder=3)
    _scale(axes, [x for x, _ in line], [*(dot.cost for dot in shown), *(dot.bound for dot in shown)])
    for one in (axes.xaxis, axes.yaxis):
        if one.get_scale() == "log":
            one.set_major_locator(LogLocator(numticks=6))
            one.set_minor_locator(NullLocator())
    if axis.name != ALLOWED and axes.xaxis.get_scale() == "linear":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    names = {ALLOWED: "allowed loads and stores", IN_TURN: IN_TURN}
    axes.set_xlabel(names.get(axis.name, f"{axis.name}, as the call begins"))
    axes.set_ylabel("loads and stores")


def _scale(axes: Axes, across: Sequence[int], up: Sequence[int]) -> None:
    """Linear from 0 on, or logarithmic where the numbers lie far apart."""
    positive = [y for y in up if y > 0]
    if positive and max(positive) > WIDE * min(positive):
        axes.set_yscale("log" if len(positive) == len(up) else "symlog")
    else:
        axes.set_ylim(bottom=0)
    positive = [x for x in across if x > 0]
    if positive and max(positive) > WIDE * min(positive):
        axes.set_xscale("log" if len(positive) == len(across) else "symlog")


def _as_svg(figure: Figure, name: str, alone: bool) -> str:
    """The figure's element, its colours words of a style sheet."""
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Title": name}, transparent=True)
    found = SVG.search(out.getvalue())
    assert found is not None
    text = found[0].strip()
    for colour, word in COLOURS.items():
        text = text.replace(colour, f"var(--{word})")
    mark = re.sub(r"\W", "_", name)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{mark}-\1"', text)
    text = re.sub(r"(url\(#|xlink:href=\"#)", rf"\g<1>{mark}-", text)
    text = re.sub(r"\n\s*", "\n", re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL))
    styles = f"<style>{THEMES}</style>" if alone else ""
    head = f'<svg class="plot" role="img" aria-label="{escape(name)}" '
    return text.replace("<svg ", head, 1).replace(">", f">{styles}", 1)
