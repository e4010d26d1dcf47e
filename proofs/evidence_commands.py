"""The commands that give reasons to believe the proofs: claims, audit, gallery, mutate, and what prove says beside.

Exit statuses are those of cli.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from proofs import registry
from proofs.command import (
    EXIT_NOTHING,
    EXIT_REFUTED,
    MUTANTS,
    beside,
    cache_option,
    document_as,
    format_option,
    jobs_option,
    kept,
    progress_bar,
    result_format_option,
    scheduler_option,
    workers_of,
)


def more_evidence(names: list[str], report: Any, options: Any, cross_check: bool, times: int) -> Any:
    """What the second solver, and the same one in ``times`` disguises, say of a report."""
    from proofs.engine.cross_check import cross_check as crossing
    from proofs.engine.stability import shake
    from proofs.evidence_report import Evidence

    proofs, evidence = [registry.proof_of(name) for name in names], Evidence()
    if cross_check:
        with progress_bar("cross-checking") as options.progress:
            evidence.crossed = crossing(proofs, report, options)
    if times:
        with progress_bar("shaking") as options.progress:
            evidence.shaken = shake(proofs, report, times, options)
    return evidence


@click.command()
@format_option
def claims(format_: str) -> int:
    """Show which theorems and tests stand for each documented statement.

    Ends 1 if a statement of a subject that the prover knows has no theorem (or, where no theorem can say
    it, no test).
    """
    from proofs.claims import claims as drawn_up
    from proofs.claims_report import claims_as_data, print_claims

    found = drawn_up()
    if format_ == "json":
        click.echo(json.dumps(claims_as_data(found), indent=2))
    else:
        print_claims(Console(soft_wrap=True), found)
    missing = [claim for claim in found if claim.missing]
    for claim in missing:
        click.echo(f"drystone: {claim.statement.id}: {claim.missing}: {claim.statement.sentence}", err=True)
    return EXIT_REFUTED if missing else 0


@click.command()
@click.option("--sizes", is_flag=True, help="Count instead: lines of specification, proof text, hints and code.")
@format_option
def audit(sizes: bool, format_: str) -> int:
    """List what must be trusted: files, assumptions, axioms with their lemmas, and what the checks leave out.

    Ends 1 if a file that must be trusted does not say so, or if an axiom has no test that proves it.
    """
    if sizes:
        return _sizes(format_)
    from proofs.audit import ledger
    from proofs.evidence_report import print_ledger

    found = ledger()
    if format_ == "json":
        click.echo(json.dumps(found.as_data(), indent=2))
    else:
        print_ledger(Console(soft_wrap=True), found)
    return 0 if found.whole else EXIT_REFUTED


def _sizes(format_: str) -> int:
    from proofs.evidence_report import print_sizes
    from proofs.sizes import sizes as counted

    found = counted()
    if format_ == "json":
        click.echo(json.dumps(found.as_data(), indent=2))
    else:
        print_sizes(Console(soft_wrap=True), found)
    return 0


@click.command()
@click.argument("select", nargs=-1)
@jobs_option
@click.option("--no-cache", is_flag=True, help="Work everything out again; read and write no cache.")
@cache_option
@result_format_option
def gallery(select: tuple[str, ...], jobs: int, no_cache: bool, cache: Path, format_: str) -> int:
    """Put known defects of other systems back, one by one: each must be refuted, and found by a run.

    SELECT: ids (S1, X10) or subjects.  Ends 1 if a defect of a subject that the prover knows is not both.
    """
    from proofs.engine.cache import Cache
    from proofs.evidence_report import gallery_as_data, print_gallery
    from proofs.gallery import gallery as hung

    with progress_bar("gallery") as advance:
        found = hung(select, jobs, Cache(None if no_cache else beside(cache)), advance)
    if format_ != "text":
        click.echo(document_as("gallery", gallery_as_data(found), format_))
    else:
        print_gallery(Console(soft_wrap=True), found)
    return EXIT_REFUTED if any(entry.lacking for entry in found) else 0


@click.command()
@click.argument("select", nargs=-1)
@jobs_option
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Try N mutants of each subject only.")
@click.option("--fresh", is_flag=True, help="Try again what was tried before.")
@cache_option
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), default=kept(MUTANTS))
@scheduler_option
@click.option("--verbose", "-v", is_flag=True, help="A line for every mutant.")
@result_format_option
def mutate(
    select: tuple[str, ...],
    jobs: int,
    sample: int | None,
    fresh: bool,
    cache: Path,
    store: Path,
    scheduler: str | None,
    verbose: bool,
    format_: str,
) -> int:
    """Change the allocators' source, one small change at a time: every mutant must be noticed.

    SELECT: subjects, or functions (segment_heap._grow).  Each mutant runs a short random history and the
    subject's story; if no theorem breaks, the operations that execute the changed function are proved.

    \b
    refuted    a theorem is false of it: a run that replays, or a certain model of the solver
    unproved   a theorem is no longer proved: the solver gave up by itself; it may still be true
    survived   everything is still proved
    equivalent not refuted, and listed with the reason why it makes no difference
    timeout    the solver's budget, or the time, ran out
    crash      the prover failed

    Refuted and unproved mutants are killed; a timeout or a crash is no kill.  Ends 1 if any mutant survived,
    timed out or crashed, or if the list of equivalent ones is wrong.  What was tried is remembered until a
    source file changes, so a survey that was interrupted goes on where it was.
    """
    from proofs.mutation.report import print_survey, survey_as_data
    from proofs.mutation.survey import Plan, survey

    plan = Plan(select, jobs, sample, fresh, cache, store)
    with workers_of(scheduler) as plan.scheduler, progress_bar("mutating") as plan.progress:
        found = survey(plan)
    if format_ != "text":
        click.echo(document_as("mutate", survey_as_data(found), format_))
    else:
        print_survey(Console(soft_wrap=True), found, verbose)
    if not any(row.trials for row in found.rows):
        click.echo("nothing is selected", err=True)
        return EXIT_NOTHING
    return 0 if found.clean else EXIT_REFUTED


COMMANDS = {"claims": claims, "audit": audit, "gallery": gallery, "mutate": mutate}
