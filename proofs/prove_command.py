"""The command ``drystone prove``.

TRUSTED: it prints what the prover says, all of it, and ends with the status of that.
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
    EXIT_UNKNOWN,
    beside,
    cache_option,
    document_as,
    jobs_option,
    one_subject,
    progress_bars,
    result_format_option,
    scheduler_option,
    source_option,
    workers_of,
)
from proofs.engine.cache import Cache
from proofs.engine.runner import Options
from proofs.engine.verdict import Report, Verdict
from proofs.proving import prove_subjects
from proofs.report import as_json, in_file, print_report
from proofs.word import word_option


@click.command()
@click.argument("select", nargs=-1)
@jobs_option
@click.option("--no-cache", is_flag=True, help="Solve everything again; read and write no cache.")
@cache_option
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Random seed of the solver.")
@click.option("--cross-check", is_flag=True, help="Solve every obligation a second time, with cvc5.")
@click.option(
    "--stability",
    type=click.IntRange(min=1),
    metavar="K",
    help="Solve every obligation K more times, each time disguised.",
)
@click.option("--only", is_flag=True, help="Leave out what the selected theorems rest on: they are PROVED IF.")
@click.option(
    "--search",
    type=click.IntRange(min=1),
    metavar="STEPS",
    help="After a failure, look among so many random operations for a run that shows it "
    "[default: 6000, or as many as evaluate 120,000 clauses].",
)
@click.option("--verbose", "-v", is_flag=True, help="A line for every theorem.")
@click.option("--watch", is_flag=True, help="Prove again whenever a file is saved, first what the edit touches.")
@source_option
@scheduler_option
@word_option
@result_format_option
def prove(
    select: tuple[str, ...],
    jobs: int,
    no_cache: bool,
    cache: Path,
    seed: int,
    cross_check: bool,
    stability: int | None,
    only: bool,
    search: int | None,
    verbose: bool,
    watch: bool,
    source: Path | None,
    scheduler: str | None,
    format_: str,
) -> int:
    """Prove theorems: all of them, or those selected by subject, operation, id or glob; and all that they rest on.

    --cross-check makes a disagreement of the two solvers an ERROR; --stability ends 3 if a proof fails in
    some disguise (another seed, facts in another order, other names).
    """
    if watch:
        last: int = registry.loaded("watching.loop").watch(select)
        return last
    names = registry.subjects_of(select)
    text = one_subject(names, source)
    store = Cache(None if no_cache else cache)
    sources = {names[0]: text} if text is not None else {}
    options = Options(jobs=jobs, cache=store, seed=seed, sources=sources, only=only, search=search)
    with workers_of(scheduler) as options.scheduler:
        with progress_bars("executing", "proving") as (options.executing, options.progress):
            report = prove_subjects(names, select, options)
        if source is not None:
            in_file(report, names[0], source)
        options.cache = Cache(None if no_cache else beside(cache))
        evidence = more_evidence(names, report, options, cross_check, stability or 0)
    if format_ != "text":
        document = {**json.loads(as_json(report)), **(evidence.as_data() if evidence else {})}
        click.echo(document_as("prove", document, format_, source))
    else:
        console = Console(soft_wrap=True)
        if evidence:
            evidence.print(console)
        print_report(console, report, verbose)
    if not report.theorems:
        click.echo("nothing is selected", err=True)
    return report.exit_status() or (EXIT_UNKNOWN if evidence and evidence.flipped else 0)


def more_evidence(names: list[str], report: Report, options: Options, cross_check: bool, times: int) -> Any:
    """What was asked for beside the report, None if nothing; it can take PROVED away from a theorem, not give it."""
    if not cross_check and not times:
        return None
    open_ = [(theorem, theorem.verdict) for theorem in report.theorems if theorem.verdict is not Verdict.PROVED]
    evidence = registry.loaded("evidence_commands").more_evidence(names, report, options, cross_check, times)
    for theorem, verdict in open_:
        theorem.verdict = verdict if theorem.verdict is Verdict.PROVED else theorem.verdict
    return evidence
