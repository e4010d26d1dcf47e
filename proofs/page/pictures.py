"""Pictures as files of their own: the end of each counterexample, and each operation's bound with its dots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from proofs import registry
from proofs.engine.verdict import Report
from proofs.maps.svg import svg
from proofs.maps.unfolding import of_unfolding
from proofs.page.measuring import Dots
from proofs.page.plots import bound_plot

INCHES = (6.4, 2.9)


def pictures(report: Report, dots: Mapping[str, Dots]) -> Iterator[tuple[str, str]]:
    """File name and SVG of each."""
    for theorem in report.theorems:
        steps = of_unfolding(theorem.unfolding).steps if theorem.unfolding else ()
        if steps and (last := steps[-1]).map is not None:
            yield f"{theorem.id}.svg", svg(last.map, standalone=True, title=f"{last.statement}: {theorem.sentence}")
    chosen = {f"{theorem.subject}.{theorem.operation}" for theorem in report.theorems}
    for subject, found in dots.items():
        for operation in registry.public_of(subject).operations:
            name = f"{subject}.{operation.name}"
            if name in chosen and operation.name in found:
                yield f"{name}.cost.svg", bound_plot(name, found[operation.name], INCHES, alone=True)


def write_pictures(report: Report, dots: Mapping[str, Dots], folder: Path) -> list[Path]:
    """Write them into a folder that is there; the files."""
    files = []
    for name, text in pictures(report, dots):
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
        files.append(folder / name)
    return files
