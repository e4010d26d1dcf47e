"""A comparison as one page that needs nothing else: tables and plots."""

from __future__ import annotations

from pathlib import Path

from proofs.comparing import plotting, telling
from proofs.comparing.figures import Comparison
from proofs.pages.rendering import rendered

TEMPLATE = Path(__file__).parent / "comparison.html.j2"


def page(found: Comparison) -> str:
    """The page, as HTML."""
    return rendered(
        TEMPLATE,
        found=found,
        name=Path(found.trace).name,
        remarks=telling.remarks(found),
        heads={"heaps": telling.HEAPS, "operations": telling.OPERATIONS, "in_c": telling.IN_C},
        heaps=[telling.heap_row(found, one) for one in found.heaps],
        operations=[telling.operation_row(one, operation) for one in found.heaps for operation in one.operations],
        in_c=[telling.c_row(found, one) for one in found.in_c],
        plots={
            "peaks": plotting.peaks(found),
            "memory": plotting.memory(found),
            "waste": [plotting.waste(one, number) for number, one in enumerate(found.heaps)],
            "costs": [
                (one.heap, plotting.costs(one, number)) for number, one in enumerate(found.heaps) if one.operations
            ],
        },
    )
