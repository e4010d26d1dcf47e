"""The command ``drystone export``: a subject as C, and the C beside the Python.

Exit statuses are those of cli.py; 1 means that the C does something else than the Python.
"""

from __future__ import annotations

from pathlib import Path

import click

from impl.words import WORD_BITS
from proofs import registry
from proofs.command import EXIT_NOTHING, EXIT_REFUTED
from proofs.project import package_of
from proofs.word import word_option

STEPS = 20_000


@click.command()
@click.argument("subjects", nargs=-1)
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Where the files are written.")
@click.option("--malloc", is_flag=True, help="With -o: build a shared library, too, that replaces malloc (LD_PRELOAD).")
@click.option("--glue", is_flag=True, help="With -o: write a glue, too, for drystone check --c.")
@click.option("--check", is_flag=True, help="Run the C beside the Python, built in several ways.")
@click.option(
    "--steps", type=click.IntRange(min=1), default=STEPS, show_default=True, help="Calls of a random history."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another history for every number.")
@click.option(
    "--trace", type=click.Path(exists=True, dir_okay=False), default=None, help="Play this trace instead of a history."
)
@click.option("--speed", is_flag=True, help="Play the trace in C, on the heap and on the C library's malloc.")
@click.option("--mutants", type=click.IntRange(min=0), default=0, help="Change one token of the C, so many times.")
@word_option
def export(
    subjects: tuple[str, ...],
    output: Path | None,
    malloc: bool,
    glue: bool,
    check: bool,
    steps: int,
    seed: int,
    trace: str | None,
    speed: bool,
    mutants: int,
) -> int:
    """Translate proved subjects to C: one header and one source file each, C99, freestanding.

    SUBJECTS: names of subjects; by default every one that is a program in memory.  The C means what the Python means
    where every theorem of the subject is proved (``drystone prove SUBJECT``).  What cannot be translated is refused,
    with file, line and what to write instead.

    --check builds the C with UBSan and with -O2, loads it at the addresses of the emulated machine, and compares every
    answer, every question to the machine, every log line, and every mapped byte after every call.  It states how many
    lines of the C were executed.  --mutants changes one token of the C: the check must notice.

    --malloc builds lib<SUBJECT>.so: malloc, free, calloc, realloc and the aligned ones, with a lock, for Linux.  Only
    the heap in it is proved.

    --glue writes SUBJECT_glue.c: with it, drystone check --c looks at the C as at anybody's.

    --speed plays the --trace in C, and tells nanoseconds an event as multiples of the C library's malloc.
    """
    from proofs.export.drop_in import library
    from proofs.export.glued import glued
    from proofs.export.report import compare, measure, survive, written

    names = list(subjects) or exportable()
    if not names:
        return EXIT_NOTHING
    if output is None and not check and not mutants and not speed:
        raise click.UsageError("say where the files go (-o DIR), or --check")
    if (malloc or glue) and output is None:
        raise click.UsageError(f"--{'malloc' if malloc else 'glue'} writes files: say where (-o DIR)")
    if speed and trace is None:
        raise click.UsageError("--speed plays a trace: say which (--trace FILE)")
    if WORD_BITS != 64 and (malloc or speed):
        raise click.UsageError("--malloc and --speed run the C in a process of 64 bits: leave out --word")
    status = 0
    for name in names:
        unit = registry.loaded("export.unit").unit_of(name)
        if output is not None:
            written(unit, output, click.echo)
            if malloc:
                click.echo(f"run a program on the heap with LD_PRELOAD={library(unit, output).resolve()}")
            if glue:
                click.echo(f"look at it with {looked_at(glued(unit, output), output / f'{unit.prefix}.c')}")
        if check and not compare(unit, steps, seed, trace or "", click.echo):
            status = EXIT_REFUTED
        if speed:
            measure(unit, trace or "", click.echo)
        if mutants and not survive(unit, mutants, min(steps, STEPS // 4), seed, click.echo):
            status = EXIT_REFUTED
    return status


def looked_at(glue: Path, source: Path) -> str:
    """The command that checks an exported heap like anybody's."""
    return f"drystone check --c {glue} {source}{'' if WORD_BITS == 64 else f' --word {WORD_BITS}'}"


def exportable() -> list[str]:
    """The subjects at hand of which all is kept in memory: of a project all, as far as nothing says otherwise."""
    return [
        name
        for name in registry.at_hand()
        if registry.has_live(name, "export") or (package_of(name) is not None and registry.is_derived(name))
    ]


COMMANDS = {"export": export}
