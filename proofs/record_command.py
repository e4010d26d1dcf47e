"""The command that records what a program asks of its allocator: record.

Exit statuses are those of cli.py; that of the program is told, and is no failure of the recording.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from proofs.command import EXIT_NOTHING


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    *("-o", "out"),
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where the trace goes; packed if the name ends in .gz [default: PROGRAM.trace.gz].",
)
@click.option("--children", is_flag=True, help="Keep traces of programs that it starts, too: .1, .2, ...")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def record(out: Path | None, children: bool, command: tuple[str, ...]) -> int:
    """Run a program and record what it asks of its allocator, as a trace: drystone record -o FILE -- PROGRAM WORDS...

    A small library is compiled and preloaded: malloc, calloc, realloc, free and aligned allocation, of all threads.  It
    does not reach programs that are linked statically or set-uid.  A process that is forked and executes no other
    program is not recorded: it goes on with its parent's heap.
    """
    from proofs.traces.preloading import record, write

    file = out or Path(f"{Path(command[0]).name}.trace.gz")
    found = record(command)
    if found.status:
        how = f"died of signal {-found.status}" if found.status < 0 else f"ended with status {found.status}"
        click.echo(f"{command[0]} {how}", err=True)
    if found.program is None or not found.program.events:
        click.echo("nothing was recorded: the program asks for nothing, is linked statically, or is set-uid", err=True)
        return EXIT_NOTHING
    title = shlex.join(command)
    kept = [(file, found.program, title)]
    if children:
        kept += [(beside(file, n), one, f"started by {title}") for n, one in enumerate(found.others, 1)]
    for name, one, what in kept:
        write(name, one.events, what)
        click.echo(f"{name}: {len(one.events):,} events of {what}")
        for note in one.notes:
            click.echo(f"    {note}")
    if found.others and not children:
        click.echo(f"{len(found.others)} programs that it started are not kept: --children keeps them")
    return 0


def beside(file: Path, number: int) -> Path:
    """Where the trace of another program goes: app.trace.gz -> app.trace.1.gz."""
    packed = ".gz" if file.suffix == ".gz" else ""
    return file.with_name(f"{file.name.removesuffix(packed)}.{number}{packed}")


COMMANDS = {"record": record}
