"""The command ``drystone hints``: what the proofs use is recorded, and looked through for what means nothing.

Exit statuses are those of cli.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from model.language.logic import Operation
from proofs import registry
from proofs.command import EXIT_NOTHING, EXIT_REFUTED, jobs_option, progress_bar
from proofs.engine.collect import selected
from proofs.engine.operation import Proof
from proofs.word import word_option


@click.command()
@click.argument("select", nargs=-1)
@jobs_option
@click.option("--check", is_flag=True, help="Record nothing: tell which hints mean nothing.")
@click.option("--without", is_flag=True, help="Record nothing: count what is proved with no hint at all.")
@word_option
def hints(select: tuple[str, ...], jobs: int, check: bool, without: bool) -> int:
    """Record which facts the proofs use, in proofs/hints/<subject>.lock: a proof tries these first, then all.

    SELECT: subjects, or operations (segment_heap.free).  A hint stays where four short tries, each with the facts in
    another order, prove every obligation of the theorem.  Elsewhere the facts that several proofs use are tried, and
    those that fare best are recorded.  An obligation that they make dear has a hint of its own.  What is not proved
    keeps its hint.

    --check executes the operations and ends 1 if a hint belongs to no theorem, or names a fact that is not known
    where the theorem is shown.
    """
    if check and without:
        raise click.UsageError("--check and --without record nothing, each in its way: give one of them")
    names = registry.subjects_of(select)
    if not any(_chosen(name, select) for name in names):
        click.echo("drystone: no operation is selected", err=True)
        return EXIT_NOTHING
    if check:
        return _check(names, jobs)
    return _count(names, select, jobs) if without else _record(names, select, jobs)


def _chosen(name: str, select: Sequence[str]) -> list[tuple[Proof, Operation]]:
    """The selected operations of a subject, with its proof."""
    proof = registry.proof_of(name)
    return [(proof, one) for one in proof.subject.operations if selected(f"{name}.{one.name}", select)]


def _record(names: Sequence[str], select: Sequence[str], jobs: int) -> int:
    from proofs.engine.hints import file_of, rendered, to_be_kept
    from proofs.engine.recording import record, updated

    failed = False
    for name in names:
        with progress_bar(name) as advance:
            found = record(_chosen(name, select), jobs, advance)
        for one in found:
            if one.failure:
                failed = True
                click.echo(f"drystone: {one.operation} cannot be executed: {one.failure}", err=True)
        new = updated(registry.proof_of(name).hints, found)
        _replace(file_of(name), rendered(to_be_kept(name, new)))
        click.echo(f"{name}: {len(new)} theorems with {sum(map(len, new.values()))} names")
        for theorem in (theorem for one in found for theorem, names in one.used.items() if names is None):
            click.echo(f"drystone: {theorem} is not proved by any short try: it keeps the hint that it had", err=True)
    return EXIT_REFUTED if failed else 0


def _replace(file: Path, text: str) -> None:
    """Write a file whole or not at all: an interrupted recording leaves the old one."""
    file.parent.mkdir(exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_text(text)
    beside.replace(file)


def _check(names: Sequence[str], jobs: int) -> int:
    from proofs.engine.recording import look, stale

    complaints = []
    for name in names:
        with progress_bar(name) as advance:
            met = look(_chosen(name, (name,)), jobs, advance)
        complaints += stale(registry.proof_of(name).hints, met)
    for complaint in complaints:
        click.echo(f"drystone: {complaint}; record it again: drystone hints {complaint.split()[0]}", err=True)
    click.echo(f"{len(names)} subjects, {len(complaints)} hints that mean nothing")
    return EXIT_REFUTED if complaints else 0


def _count(names: Sequence[str], select: Sequence[str], jobs: int) -> int:
    from proofs.engine.recording import without

    for name in names:
        with progress_bar(name) as advance:
            counts = without(_chosen(name, select), jobs, advance)
        proved, every = sum(one.proved for one in counts), sum(one.obligations for one in counts)
        click.echo(f"{name}: {proved} of {every} obligations are proved without a hint")
    return 0


COMMANDS = {"hints": hints}
