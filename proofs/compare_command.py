"""The command that puts heaps side by side on a program's trace: compare.

Exit statuses are those of cli.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from proofs.c_check.command import OPTIONS, COptions
from proofs.c_check.driver import HANG
from proofs.command import EXIT_REFUTED, format_option, jobs_option, progress_bar, trace_format_option
from proofs.comparing.figures import Comparison

_FILE = click.Path(path_type=Path)


def with_compiler_options(command: Any) -> Any:
    """Give the command the options of `check --c` that say how C is compiled: -I, -D, --flag and --build."""
    for option in reversed(OPTIONS[1:5]):
        command = option(command)
    return command


@click.command()
@click.argument("trace", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--heap", "heaps", multiple=True, help="A heap of ours, or frame_allocator; may come again [all].")
@click.option(
    "--c", "glues", multiple=True, type=_FILE, help="An allocator in C beside them: its glue; may come again."
)
@click.option("--events", "limit", type=click.IntRange(min=1), help="Replay only the first N events.")
@click.option("--all", "whole", is_flag=True, help="Replay the whole trace, however long a heap's walks become.")
@click.option(
    *("-o", "out"),
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    help="Write a page with plots into this folder, too.",
)
@trace_format_option
@with_compiler_options
@jobs_option
@format_option
def compare(
    trace: Path,
    heaps: tuple[str, ...],
    glues: tuple[Path, ...],
    limit: int | None,
    whole: bool,
    out: Path | None,
    trace_format: str | None,
    jobs: int,
    format_: str,
    **c: Any,
) -> int:
    """Replay one program's malloc trace on every heap, and put the figures side by side.

    Memory at the peak, waste inside and outside of blocks, requests refused, loads and stores of each operation, and
    the bound that is proved of the call that cost most.  All heaps replay the same events.

    With --c GLUE.c: on an allocator in C, too (proofs/c_check/C.md); its glue includes its other files.
    """
    from proofs.check_commands import read_trace_of
    from proofs.comparing.comparison import compare, compared, serving_among
    from proofs.comparing.figures import as_data
    from proofs.comparing.telling import lines

    chosen = list(dict.fromkeys(heaps)) or compared()
    events = read_trace_of(trace, tuple(serving_among(chosen)), trace_format)
    in_c = [COptions(glue=glue, others=(), length=1, hang=HANG, out=None, **c) for glue in glues]
    with progress_bar(f"comparing {trace.name}") as advance:
        found = compare(events, chosen, in_c, len(events.events) if whole else limit, jobs, advance)
    if format_ == "json":
        click.echo(json.dumps(as_data(found), indent=2))
    else:
        for line in lines(found):
            click.echo(line)
    if out is not None:
        click.echo(f"{write_page(out, found)}", err=format_ == "json")
    return EXIT_REFUTED if found.violated else 0


def write_page(folder: Path, found: Comparison) -> Path:
    """Write the page into the folder, which is made if need be; its path."""
    from proofs.comparing.page import page

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{Path(found.trace).name.removesuffix('.gz')}.html"
    file.write_text(page(found))
    return file


COMMANDS = {"compare": compare}
