"""The commands that run allocators on the real machine: check and replay.

Exit statuses are those of cli.py.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from rich.console import Console

from proofs import registry
from proofs.c_check.command import with_c_options
from proofs.command import (
    EXIT_REFUTED,
    document_as,
    format_option,
    one_subject,
    progress_bar,
    result_format_option,
    scheduler_option,
    source_option,
    trace_format_option,
    workers_of,
)
from proofs.word import word_option

SHOWN = 6
"""Lines of what was seen."""
STEPS = 2000
"""Operations of each subject, unless told otherwise."""
PATIENCE = 3600
"""Seconds after which a subject's check by a worker elsewhere counts as hung."""


@click.command()
@click.argument("select", nargs=-1)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    help="Operations per subject [default: 2000; with --c 100000 for each build].",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Where the random histories begin.")
@click.option("--crosshair", is_flag=True, help="Explore the CrossHair contracts instead; SELECT are their ids.")
@source_option
@scheduler_option
@with_c_options
@word_option
@result_format_option
def check(
    select: tuple[str, ...],
    steps: int | None,
    seed: int,
    crosshair: bool,
    source: Path | None,
    scheduler: str | None,
    format_: str,
    **c: Any,
) -> int:
    """Run random histories on the real machine, every clause evaluated after every step.

    Without SELECT: every subject that has a stateful checker.  With --crosshair: pure parts and short histories on
    a small store, every path explored; about two minutes of processor time for all of them.

    With --c GLUE.c: an allocator in C, in every build that the compiler can make; SELECT are its other files.
    proofs/c_check/C.md describes it.
    """
    if scheduler is not None and (c["glue"] is not None or crosshair or source is not None):
        raise click.UsageError(
            "--scheduler spreads whole subjects as they are: leave --c, --crosshair and --source out"
        )
    if c["glue"] is not None:
        return check_in_c(select, steps, seed, crosshair or source is not None, format_, c)
    refuse_c_options()
    if crosshair:
        return check_with_crosshair(select, source, format_)
    from proofs.checking.bench import load_edition
    from proofs.checking.campaign import check

    names = [name for name in registry.subjects_of(select) if name in select or registry.has_rules(name)]
    text = one_subject(names, source)
    there = checked_elsewhere(names, steps or STEPS, seed, scheduler) if scheduler is not None else []
    results = [(name, result, unfolding_of(result, None)) for name, result in there]
    for name in names if scheduler is None else []:
        edition = load_edition(registry.implementation_of(name), text) if text is not None else None
        registry.loaded("recordlint").check(registry.proof_of(name))
        with progress_bar(f"checking {name}") as advance:
            result = check(name, steps or STEPS, seed, edition, advance)
        results.append((name, result, unfolding_of(result, edition)))
    if format_ != "text":
        found = [check_as_data(*one) for one in results]
        click.echo(document_as("check", found, format_, source))
    else:
        for one in results:
            print_check(*one)
    return EXIT_REFUTED if any(result.violation for _, result, _ in results) else 0


def unfolding_of(result: Any, edition: ModuleType | None) -> dict[str, Any] | None:
    """How the history goes that breaks a theorem, as data; None if there is none."""
    from proofs.maps.unfolding import unfolded

    found = unfolded(result.script, edition) if result.script else None
    return found.as_data() if found is not None else None


def checked_elsewhere(names: list[str], steps: int, seed: int, scheduler: str) -> list[tuple[str, Any]]:
    """The checks of these subjects, one call of a scheduler's worker each; a lost one ends the command."""
    from proofs.checking.campaign import check

    def lost(number: int, reason: str, hung: bool) -> Any:
        raise click.ClickException(f"the check of {names[number]} gave no result: {reason}")

    for name in names:
        registry.loaded("recordlint").check(registry.proof_of(name))
    with workers_of(scheduler) as workers:
        found = workers.pool(PATIENCE, 1).each(check, [(name, steps, seed) for name in names], lost)
        return list(zip(names, found, strict=True))


def refuse_c_options() -> None:
    """A UsageError if an option was given that speaks of an allocator in C, though there is none."""
    from proofs.c_check.command import OPTION_NAMES

    context = click.get_current_context()
    for option in context.command.params:
        given = context.get_parameter_source(option.name or "") is click.core.ParameterSource.COMMANDLINE
        if given and option.name in OPTION_NAMES:
            raise click.UsageError(f"{option.opts[0]} speaks of an allocator in C: name its glue with --c")


def check_in_c(
    select: tuple[str, ...], steps: int | None, seed: int, other: bool, format_: str, c: dict[str, Any]
) -> int:
    """Check an allocator in C."""
    from proofs.c_check.command import COptions, check_c

    if other:
        raise click.UsageError("--c checks an allocator in C: leave --crosshair and --source out")
    return check_c(COptions(others=tuple(map(Path, select)), **c), steps, seed, format_)


def check_with_crosshair(select: tuple[str, ...], source: Path | None, format_: str) -> int:
    """Explore the CrossHair contracts."""
    from proofs.crosshair.report import explore, print_results

    if source is not None:
        raise click.UsageError("--crosshair explores the allocators' own source: leave --source out")
    with progress_bar("exploring") as advance:
        results = explore(select, advance)
    return print_results(results, format_)


def check_as_data(name: str, result: Any, unfolding: dict[str, Any] | None = None) -> dict[str, Any]:
    """A check's result as JSON data."""
    violation = result.violation
    return {
        "subject": name,
        "verdict": "REFUTED" if violation else "CHECKED",
        "steps": result.steps,
        "clauses_evaluated": result.checks,
        "theorem": violation.theorem if violation else None,
        "sentence": violation.sentence if violation else None,
        "script": result.script or None,
        "unfolding": unfolding,
    }


def print_check(name: str, result: Any, unfolding: dict[str, Any] | None = None) -> None:
    """A check's result in words; a violation with its script, and the heap at its end."""
    if result.violation is None:
        click.echo(f"CHECKED  {name}: {result.steps} steps, {result.checks} clauses evaluated, no violation")
        return
    click.echo(f"REFUTED  {result.violation.theorem}: {result.violation.sentence}")
    for line in result.violation.detail.splitlines()[:SHOWN]:
        click.echo(f"    {line}")
    click.echo(f"after {result.steps} steps; this script shows it:\n")
    click.echo(result.script)
    if unfolding is not None:
        registry.loaded("maps.terminal").print_end(Console(soft_wrap=True), unfolding)


@click.command()
@click.argument("trace", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--heap", "heaps", multiple=True, help="The subject that serves the trace; several with --c.")
@click.option("--every", type=click.IntRange(min=1), help="Check every clause at every N-th event.")
@click.option("--events", "limit", type=click.IntRange(min=1), help="Replay only the first N events.")
@click.option("--all", "whole", is_flag=True, help="Replay the whole trace, however long the heap's walks become.")
@trace_format_option
@click.option(
    "--map",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the heap over time into this SVG file, and as text.",
)
@with_c_options
@word_option
@format_option
def replay(
    trace: Path,
    files: tuple[Path, ...],
    heaps: tuple[str, ...],
    every: int | None,
    limit: int | None,
    whole: bool,
    trace_format: str | None,
    picture: Path | None,
    format_: str,
    **c: Any,
) -> int:
    """Replay a real program's malloc trace on the real machine, invariants checked all along.

    The trace is one of `drystone record`, or what mtrace, valgrind --trace-malloc=yes, heaptrack or the kernel's kmem
    events left; which it is, its lines tell, or --trace-format.

    For a heap that walks its blocks, a trace with very many live blocks is cut where about a minute is
    spent, unless --all or --events says otherwise.

    With --c GLUE.c: on an allocator in C, FILES are its other files; --heap replays it on heaps of ours, too.
    """
    if c["glue"] is None and (files or len(heaps) != 1):
        raise click.UsageError("name one heap with --heap, or an allocator in C with --c")
    if c["glue"] is None:
        refuse_c_options()
    events = read_trace_of(trace, heaps, trace_format)
    if format_ != "json":
        for note in events.notes:
            click.echo(f"{trace.name}: {note}")
    if picture is not None and (len(heaps) != 1 or format_ == "json"):
        raise click.UsageError("--map draws one heap of ours, and prints it as text: name it with --heap")
    documents: list[dict[str, Any]] = []
    failed = False
    if c["glue"] is not None:
        documents, failed = replay_on_c(trace, events, files, limit, format_, c)
    for heap in heaps:
        document, violated = replay_on(trace, events, heap, every, limit, whole, format_, picture)
        documents.append(document)
        failed = failed or violated
    if format_ == "json":
        click.echo(json.dumps(documents if c["glue"] is not None else documents[0], indent=2))
    return EXIT_REFUTED if failed else 0


def read_trace_of(trace: Path, heaps: tuple[str, ...], format_: str | None) -> Any:
    """The trace; a UsageError, or what is told of a subject of a project, if one of the heaps serves none."""
    from proofs.checking.derived_driver import driver_of
    from proofs.traces.reading import read_any

    for heap in heaps:
        if registry.is_derived(heap) and not registry.has_live(heap, "driver"):
            driver_of(heap)
        elif not (registry.record_of(heap).serves or registry.has_live(heap, "driver")):
            serving = [name for name, record in registry.SUBJECTS.items() if record.serves]
            raise click.UsageError(f"{heap} serves no trace; these do: {', '.join(serving)}")
    return read_any(trace, format_)


def replay_on_c(
    trace: Path, events: Any, files: tuple[Path, ...], limit: int | None, format_: str, c: dict[str, Any]
) -> tuple[list[dict[str, Any]], bool]:
    """Replay on an allocator in C: what a document says of it, and whether a clause was violated."""
    from proofs.c_check.command import COptions, replay_data, replay_in_c, tell_replay

    found = replay_in_c(COptions(others=files, **c), events, limit)
    if format_ != "json":
        tell_replay(trace.name, found)
    return [replay_data(found)], found.failed


def replay_on(
    trace: Path,
    events: Any,
    heap: str,
    every: int | None,
    limit: int | None,
    whole: bool,
    format_: str,
    picture: Path | None = None,
) -> tuple[dict[str, Any], bool]:
    """Replay on a heap of ours: what a document says of it, and whether a theorem was violated.

    The heap over time is drawn into the file ``picture``, and printed, if there is one.
    """
    from proofs.checking.replay import replay as run_replay
    from proofs.maps import over_time

    last = len(events.events) if whole else limit
    watching = over_time.Watching(min(last or len(events.events), len(events.events)))
    with progress_bar(f"replaying {trace.name}") as advance:
        if picture is None:
            result = run_replay(events, heap, every, advance, limit=last)
        else:
            result = run_replay(events, heap, every, advance, limit=last, look=watching.look)
    if picture is not None:
        picture.write_text(over_time.picture(watching.moments, f"{trace.name} on {heap}"), encoding="utf-8")
        for line in over_time.lines(watching.moments):
            Console().print(line, highlight=False, soft_wrap=True)
    if format_ != "json":
        print_replay(trace, heap, result, asked=limit is not None and not whole)
    return replay_as_data(result), bool(result.violations)


def replay_as_data(result: Any) -> dict[str, Any]:
    """A replay's result as JSON data."""
    violations = [
        {"event": event, "theorem": violation.theorem, "sentence": violation.sentence}
        for event, violation in result.violations
    ]
    return {**dataclasses.asdict(dataclasses.replace(result, violations=[])), "violations": violations}


def print_replay(trace: Path, heap: str, result: Any, asked: bool = False) -> None:
    """A replay's result in words; ``asked`` tells that the user asked for some events only."""
    from proofs.checking.violation import when

    click.echo(
        f"{trace.name} on {heap}: {result.events} of {result.events_in_trace} events in {result.seconds:.1f} s, "
        f"{result.refused} requests refused\n"
        f"peak {result.peak_live_bytes} bytes live, {result.peak_mapped_bytes} mapped; "
        f"{result.loads_and_stores} loads and stores\n"
        f"{result.checked_calls} calls checked in full, {result.checks} clauses evaluated, "
        f"{len(result.violations)} violations"
    )
    if result.over_allocated:
        click.echo(
            f"{result.over_allocated} of {result.aligned} aligned requests asked for more, up to their alignment: "
            f"{heap} allocates nothing aligned"
        )
    if result.events < result.events_in_trace and not result.violations:
        why = (
            "as was asked"
            if asked
            else "live blocks grow to be many, and this heap walks all of them, or is checked at each call"
        )
        click.echo(f"not the whole trace: {why}; --all goes on")
    for event, violation in result.violations:
        click.echo(f"REFUTED {when(event)}: {violation}")


@click.command()
@click.argument("name", required=False)
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--c", "folder", type=click.Path(file_okay=False, path_type=Path), help="The folder for a glue in C.")
def new(name: str | None, directory: Path | None, folder: Path | None) -> int:
    """Write a project of your own: a tiny allocator, its model and its proof, proved as it stands.

    NAME is that of the package and of the subject; DIRECTORY is made if need be [default: NAME].  What to edit is
    marked EDIT.

    With --c DIR: write a glue to begin with, for `drystone check --c`, instead; it compiles as it stands.
    """
    if (name is None) == (folder is None):
        raise click.UsageError("say the name of a project, or --c and a folder for a glue in C")
    if folder is not None:
        from proofs.c_check.glue import new_glue

        files, then = new_glue(folder), f"drystone check --c {folder / 'glue.c'}"
    else:
        from proofs.scaffold.writing import new_project

        place = directory or Path(str(name))
        files, then = new_project(str(name), place), f"cd {place} && drystone prove"
    for file in files:
        click.echo(f"{file}")
    click.echo(f"now: {then}")
    return 0


COMMANDS = {"check": check, "replay": replay, "new": new}
