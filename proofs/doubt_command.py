"""The command ``drystone doubt``: every way that is known to fool the prover, tried.

Exit statuses are those of cli.py.
"""

from __future__ import annotations

import click
from rich.console import Console

from proofs.command import (
    EXIT_REFUTED,
    document_as,
    jobs_option,
    progress_bar,
    result_format_option,
    scheduler_option,
    workers_of,
)


@click.command()
@click.argument("select", nargs=-1)
@jobs_option
@scheduler_option
@click.option("--verbose", "-v", is_flag=True, help="What CPython did, and the prover's own words, for every case.")
@result_format_option
def doubt(select: tuple[str, ...], jobs: int, scheduler: str | None, verbose: bool, format_: str) -> int:
    """Put false statements to the prover: it must refuse, refute, or leave open each of them.

    SELECT: kinds (names), or cases (names.star_target).  Every program is also run in CPython, which must show the
    statement false.

    \b
    refused    the program is not in the language, so it was not executed
    refuted    the prover has values, or a run, for which the statement fails
    not proved the prover gave up, failed, or rests on what is open

    Ends 1 if a statement is PROVED, or if its run does not show that it is false.
    """
    from proofs.doubt.gallery import UnknownCase
    from proofs.doubt.gallery import doubt as asked
    from proofs.doubt.report import as_data, print_findings

    try:
        with workers_of(scheduler) as workers, progress_bar("doubting") as advance:
            findings = asked(select, jobs, advance, workers)
    except UnknownCase as error:
        raise click.UsageError(str(error)) from error
    if format_ != "text":
        click.echo(document_as("doubt", as_data(findings), format_))
    else:
        print_findings(Console(soft_wrap=True), findings, verbose)
    return EXIT_REFUTED if any(finding.complaint for finding in findings) else 0


COMMANDS = {"doubt": doubt}
