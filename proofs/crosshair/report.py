"""The CrossHair leg on the command line: contracts explored, in words or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import click

from proofs.command import document_as
from proofs.crosshair.runner import CrosshairResult, run, selected

CHECKED = "CHECKED"
PREFIX = "crosshair."
"""What every contract's id begins with; patterns may leave it out."""
STATUS = {"REFUTED": 1, "ERROR": 2, "UNKNOWN": 3}
"""Exit status of the worst verdict."""


class NoContract(click.UsageError):
    """Patterns that select nothing."""

    def __init__(self, patterns: Sequence[str]) -> None:
        known = ", ".join(dict.fromkeys(entry.id.split(".")[1] for entry in selected(None)))
        super().__init__(f"no CrossHair contract is called {' or '.join(patterns)}; there are those of: {known}")


def explore(patterns: Sequence[str], progress: Callable[[int, int], None]) -> list[CrosshairResult]:
    """Explore the contracts that ``patterns`` select, all of them without a pattern; NoContract if there is none."""
    names = [pattern if pattern.startswith(PREFIX) else PREFIX + pattern for pattern in patterns]
    chosen = selected(names or None)
    if not chosen:
        raise NoContract(patterns)
    found: list[CrosshairResult] = []

    def heard(result: CrosshairResult) -> None:
        found.append(result)
        progress(len(found), len(chosen))

    return run(entries=chosen, progress=heard)


def print_results(results: Sequence[CrosshairResult], format_: str) -> int:
    """Print what became of each contract; the exit status."""
    if format_ != "text":
        click.echo(document_as("check", [asdict(result) for result in results], format_))
    else:
        for result in results:
            click.echo(f"{result.verdict:8} {result.id}: {result.sentence} ({result.detail})")
        seconds = sum(result.seconds for result in results)
        checked = sum(result.verdict == CHECKED for result in results)
        click.echo(f"{len(results)} contracts: {checked} CHECKED, {len(results) - checked} not; {seconds:.0f} s")
    return min((STATUS.get(result.verdict, 2) for result in results if result.verdict != CHECKED), default=0)
