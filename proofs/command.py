"""What all commands share: exit statuses, options, where files are kept, the progress bar.

TRUSTED: it says which status stands for what, and which texts a command looks at.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from model.language.words import WORD_BITS
from proofs import project, registry

EXIT_REFUTED = 1
EXIT_USAGE = 2
EXIT_UNKNOWN = 3
EXIT_NOTHING = 5

CACHE = "cache.sqlite" if WORD_BITS == 64 else f"cache-{WORD_BITS}.sqlite"
MUTANTS = "mutants.sqlite"
SCRATCH = "in the project, or here: .drystone"
"""Where caches are by default; told in the help."""


def kept(name: str) -> Callable[[], Path]:
    """Where a file of that name is kept, looked up when a command runs."""
    return lambda: project.scratch() / name


jobs_option = click.option("--jobs", type=click.IntRange(min=1), default=os.cpu_count() or 1, help="Worker processes.")
cache_option = click.option(
    "--cache", type=click.Path(dir_okay=False, path_type=Path), default=kept(CACHE), show_default=f"{SCRATCH}/{CACHE}"
)
scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Let the workers of this dask scheduler (tcp://host:8786) do the work, in place of processes here.",
)
format_option = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print the result."
)
result_format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "junit", "sarif", "github", "markdown"]),
    default="text",
    help="How to print the result; the last four are what continuous integration reads.",
)
trace_format_option = click.option(
    "--trace-format",
    type=click.Choice(["drystone", "heaptrack", "mtrace", "valgrind", "ftrace"]),
    help="What wrote the trace [default: as its lines show].",
)
source_option = click.option(
    "--source",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="Use this file in place of the subject's own, or of another file of its class (for exactly one subject).",
)


@contextmanager
def workers_of(address: str | None) -> Iterator[Any]:
    """The workers of a scheduler; None without an address. A ClickException of status 2 if there are none."""
    if address is None:
        yield None
        return
    from proofs.remote.scheduler import Scheduler  # noqa: PLC0415

    with Scheduler(address) as found:
        yield found


Advance = Callable[[int, int], None]
"""Told of progress: ``advance(done, total)``."""


@contextmanager
def progress_bar(title: str) -> Iterator[Advance]:
    """A progress bar on a terminal, nothing elsewhere."""
    with progress_bars(title) as (advance,):
        yield advance


@contextmanager
def progress_bars(*titles: str) -> Iterator[list[Advance]]:
    """A progress bar for each of these stages; that one is shown which moved last."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield [lambda done, total: None for _ in titles]
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks = [progress.add_task(title, total=None, visible=title == titles[0]) for title in titles]

        def advance(task: TaskID, done: int, total: int) -> None:
            for other in tasks:
                progress.update(other, visible=other == task)
            progress.update(task, completed=done, total=total)

        yield [partial(advance, task) for task in tasks]


def beside(cache: Path) -> Path:
    """Where evidence beside the proofs is kept: only the prover writes to the cache that it takes proofs from."""
    return cache.with_name(f"{cache.name}.evidence")


def document_as(command: str, document: Any, format_: str, source: Path | None = None) -> str:
    """What a command found, as JSON, or as a format of continuous integration, which is made of the same document."""
    if format_ == "json":
        return json.dumps(document, indent=2)
    text: str = registry.loaded("formats.writing").written(command, document, format_, source)
    return text


def one_subject(names: list[str], source: Path | None) -> str | None:
    """The text of ``--source``, which needs exactly one subject."""
    if source is None:
        return None
    if len(names) != 1:
        raise click.UsageError(f"--source replaces the source of one subject, but {len(names)} are selected")
    return source.read_text()
