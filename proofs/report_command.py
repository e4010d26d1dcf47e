"""The command ``drystone report``: one page of all that is proved, on what it rests and what it costs.

Exit statuses are those of cli.py, as for ``prove``: the page shows what is wrong, and the status tells it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from proofs import registry
from proofs.command import MUTANTS, beside, cache_option, jobs_option, kept, one_subject, progress_bars, source_option


@click.command()
@click.argument("select", nargs=-1)
@click.option(
    *("-o", "--out", "folder"),
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder into which index.html is written; it is made if need be.",
)
@jobs_option
@cache_option
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), default=kept(MUTANTS), show_default=False)
@source_option
@click.option("--pictures", is_flag=True, help="Write each plot and counterexample as a file, too.")
def report(
    select: tuple[str, ...], folder: Path, jobs: int, cache: Path, store: Path, source: Path | None, pictures: bool
) -> int:
    """Write a page of HTML: theorems with their evidence, what rests on what, bounds beside measured costs.

    It is one file that needs no network.  What is not in the cache is proved; of what is REFUTED the page shows a run,
    step by step, with a map of the heap.  SELECT and --source are those of prove, and so is the exit status.
    """
    from proofs.engine.cache import Cache
    from proofs.engine.runner import Options
    from proofs.page.contents import contents
    from proofs.page.evidence import gathered
    from proofs.page.measuring import measured
    from proofs.page.pictures import write_pictures
    from proofs.page.writing import written
    from proofs.proving import prove_subjects

    names = registry.subjects_of(select)
    text = one_subject(names, source)
    sources = {names[0]: text} if text is not None else {}
    options: Any = Options(jobs=jobs, cache=Cache(cache), sources=sources)
    with progress_bars("executing", "proving") as (options.executing, options.progress):
        found = prove_subjects(names, select, options)
    if not found.theorems:
        click.echo("nothing is selected", err=True)
        return found.exit_status()
    dots = measured(names, sources, jobs)
    page = contents(names, found, dots, gathered(names, found.asked, beside(cache), store), jobs)
    file = written(page, folder)
    if pictures:
        for picture in write_pictures(found, dots, folder):
            click.echo(f"{picture}")
    counts = ", ".join(f"{count} {verdict}" for verdict, count in page.counts.items())
    click.echo(f"{file}: {sum(page.counts.values())} theorems ({counts}), {file.stat().st_size / 1e6:.1f} MB")
    return found.exit_status()


COMMANDS = {"report": report}
