"""The plots of a comparison: peaks, memory over time, waste of each heap, and each operation's cost below its bound."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FuncFormatter

from proofs.comparing.figures import Comparison, HeapFigures, OperationFigures
from proofs.pages.plots import BAD, FAINT, SERIES, drawing, drawn

BYTES = EngFormatter(unit="B", sep=" ")
COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")


def peaks(found: Comparison) -> Markup:
    """What each heap had mapped at its peak, beside the peak of live bytes."""
    names = [*(one.heap for one in found.heaps), *(one.heap for one in found.in_c)]
    sizes = [*(one.peak_mapped for one in found.heaps), *(one.reach for one in found.in_c)]
    with drawing(9, 0.9 + 0.34 * len(names)) as figure:
        axes = figure.subplots()
        axes.barh(names, sizes, color=[SERIES[n % len(SERIES)] for n in range(len(names))], height=0.6)
        axes.axvline(found.peak_live, color=FAINT, linestyle="--", linewidth=1.2)
        axes.text(found.peak_live, -0.75, " live at the peak", color=FAINT, va="center")
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(BYTES)
        return drawn(figure, "peak of mapped memory of each heap", "peaks")


def memory(found: Comparison) -> Markup:
    """Mapped memory of every heap over the events, above what is live."""
    with drawing() as figure:
        axes = figure.subplots()
        live = max((one.samples for one in found.heaps), key=len, default=[])
        axes.fill_between(
            [s.event for s in live], [s.live for s in live], color=FAINT, alpha=0.25, label="live", linewidth=0
        )
        for number, one in enumerate(found.heaps):
            events, mapped = [s.event for s in one.samples], [s.mapped for s in one.samples]
            axes.step(events, mapped, where="post", color=SERIES[number % len(SERIES)], label=one.heap, linewidth=1.6)
        axes.set_xlabel("event of the trace")
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(BYTES)
        axes.xaxis.set_major_formatter(COUNT)
        axes.legend(loc="upper left", ncols=3)
        return drawn(figure, "mapped memory of each heap over time", "memory")


def waste(one: HeapFigures, number: int) -> Markup:
    """Live bytes, waste inside of blocks and outside, of one heap over the events."""
    with drawing(4.6, 2.6) as figure:
        axes = figure.subplots()
        events = [s.event for s in one.samples]
        parts = [[s.live for s in one.samples], [s.inside for s in one.samples], [s.outside for s in one.samples]]
        colours = (SERIES[0], SERIES[1], FAINT)
        labels = ("live", "waste inside", "outside")
        axes.stackplot(events, parts, colors=colours, labels=labels, alpha=0.75, linewidth=0)
        axes.set_title(one.heap, loc="left")
        axes.yaxis.set_major_formatter(BYTES)
        axes.xaxis.set_major_formatter(COUNT)
        axes.legend(loc="upper left", fontsize=8)
        return drawn(
            figure, f"memory of {one.heap} over time: live, wasted inside of blocks, outside", f"waste{number}"
        )


def costs(one: HeapFigures, number: int) -> Markup:
    """Loads and stores of the calls of a heap, each operation in a field of its own, and proved bounds above them."""
    shown = [operation for operation in one.operations if operation.calls > 1] or one.operations
    with drawing(9, 2.7) as figure:
        fields = figure.subplots(1, len(shown), squeeze=False)[0]
        for axes, operation in zip(fields, shown, strict=True):
            _costs_of(axes, operation)
        fields[0].set_ylabel("loads and stores")
        return drawn(figure, f"cost of each operation of {one.heap}, and its proved bound", f"costs{number}")


def _costs_of(axes: Axes, operation: OperationFigures) -> None:
    axes.scatter(*_points(operation.dots), s=5, color=SERIES[0], linewidths=0)
    if operation.bounded:
        events, bounds = [b.event for b in operation.bounded], [b.bound for b in operation.bounded]
        axes.plot(events, bounds, color=BAD, marker="_", markersize=10, linestyle="none")
    axes.set_yscale("log")
    axes.set_title(operation.name, loc="left")
    axes.xaxis.set_major_formatter(COUNT)
    axes.tick_params(axis="x", labelsize=8)


def _points(dots: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [event for event, _ in dots], [max(cost, 1) for _, cost in dots]
