"""The command ``drystone``.

Exit status: 0 all proved (or checked), 1 refuted or vacuous, 2 usage or internal error,
3 only unknowns or proved with an if, 5 nothing selected.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from proofs import registry
from proofs.command import (
    EXIT_NOTHING,
    EXIT_REFUTED,
    EXIT_UNKNOWN,
    EXIT_USAGE,
    cache_option,
    format_option,
    jobs_option,
    progress_bar,
    source_option,
)
from proofs.doubt_command import doubt
from proofs.engine.guard import guarded
from proofs.evidence_commands import COMMANDS, more_evidence


def one_subject(names: list[str], source: Path | None) -> str | None:
    """The text of ``--source``, which needs exactly one subject."""
    if source is None:
        return None
    if len(names) != 1:
        raise click.UsageError(f"--source replaces the source of one subject, but {len(names)} are selected")
    return source.read_text()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="drystone")
def drystone() -> None:
    """Memory allocators that are proved by running their own source."""


@drystone.command()
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
@click.option("--verbose", "-v", is_flag=True, help="A line for every theorem.")
@source_option
@format_option
def prove(
    select: tuple[str, ...],
    jobs: int,
    no_cache: bool,
    cache: Path,
    seed: int,
    cross_check: bool,
    stability: int | None,
    only: bool,
    verbose: bool,
    source: Path | None,
    format_: str,
) -> int:
    """Prove theorems: all of them, or those selected by subject, operation, id or glob; and all that they rest on.

    --cross-check makes a disagreement of the two solvers an ERROR; --stability ends 3 if a proof fails in
    some disguise (another seed, facts in another order, other names).
    """
    from proofs.engine.cache import Cache
    from proofs.engine.runner import Options
    from proofs.proving import prove_subjects
    from proofs.report import as_json, print_report

    names = registry.subjects_of(select)
    text = one_subject(names, source)
    store = Cache(None if no_cache else cache)
    sources = {names[0]: text} if text is not None else {}
    options = Options(jobs=jobs, cache=store, seed=seed, sources=sources, only=only)
    with progress_bar("proving") as options.progress:
        report = prove_subjects(names, select, options)
    evidence = more_evidence(names, report, options, cross_check, stability or 0)
    if format_ == "json":
        document = json.loads(as_json(report))
        click.echo(json.dumps({**document, **(evidence.as_data() if evidence else {})}, indent=2))
    else:
        console = Console(soft_wrap=True)
        if evidence:
            evidence.print(console)
        print_report(console, report, verbose)
    if not report.theorems:
        click.echo("nothing is selected", err=True)
    return report.exit_status() or (EXIT_UNKNOWN if evidence and evidence.flipped else 0)


@drystone.command()
@click.argument("select", nargs=-1)
@click.option("--steps", type=click.IntRange(min=1), default=2000, show_default=True, help="Operations per subject.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Where the random histories begin.")
@click.option("--crosshair", is_flag=True, help="Explore the CrossHair contracts instead; SELECT are their ids.")
@source_option
@format_option
def check(select: tuple[str, ...], steps: int, seed: int, crosshair: bool, source: Path | None, format_: str) -> int:
    """Run random histories on the real machine, every clause evaluated after every step.

    Without SELECT: every subject that has a stateful checker.  With --crosshair: pure parts and short histories on
    a small store, every path explored; about two minutes of processor time for all of them.
    """
    if crosshair:
        return check_with_crosshair(select, source, format_)
    from proofs.checking.bench import load_edition

    names = registry.checkable_of(select)
    text = one_subject(names, source)
    results = []
    for name in names:
        edition = load_edition(registry.implementation_of(name), text) if text is not None else None
        with progress_bar(f"checking {name}") as advance:
            result = registry.checker_of(name).check(steps, seed, edition=edition, progress=advance)
        results.append((name, result))
    if format_ == "json":
        click.echo(json.dumps([check_as_data(name, result) for name, result in results], indent=2))
    else:
        for name, result in results:
            print_check(name, result)
    return EXIT_REFUTED if any(result.violation for _, result in results) else 0


def check_with_crosshair(select: tuple[str, ...], source: Path | None, format_: str) -> int:
    """Explore the CrossHair contracts."""
    from proofs.crosshair.report import explore, print_results

    if source is not None:
        raise click.UsageError("--crosshair explores the allocators' own source: leave --source out")
    with progress_bar("exploring") as advance:
        results = explore(select, advance)
    return print_results(results, format_)


def check_as_data(name: str, result: Any) -> dict[str, Any]:
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
    }


def print_check(name: str, result: Any) -> None:
    """A check's result in words; a violation with its script."""
    if result.violation is None:
        click.echo(f"CHECKED  {name}: {result.steps} steps, {result.checks} clauses evaluated, no violation")
        return
    click.echo(f"REFUTED  {result.violation.theorem}: {result.violation.sentence}")
    click.echo(f"after {result.steps} steps; this script shows it:\n")
    click.echo(result.script)


@drystone.command()
@click.argument("trace", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--heap", required=True, help="The subject that serves the trace.")
@click.option("--every", type=click.IntRange(min=1), help="Check every clause at every N-th event.")
@click.option("--events", "limit", type=click.IntRange(min=1), help="Replay only the first N events.")
@click.option("--all", "whole", is_flag=True, help="Replay the whole trace, however long the heap's walks become.")
@format_option
def replay(trace: Path, heap: str, every: int | None, limit: int | None, whole: bool, format_: str) -> int:
    """Replay a real program's malloc trace on the real machine, invariants checked all along.

    For a heap that walks its blocks, a trace with very many live blocks is cut where about a minute is
    spent, unless --all or --events says otherwise.
    """
    from proofs.checking.replay import DRIVERS
    from proofs.checking.replay import replay as run_replay
    from proofs.checking.trace import read_trace

    if heap not in DRIVERS:
        registry.proof_of(heap)
        raise click.UsageError(f"{heap} serves no trace; these do: {', '.join(DRIVERS)}")
    events = read_trace(trace)
    with progress_bar(f"replaying {trace.name}") as advance:
        result = run_replay(events, heap, every, advance, limit=len(events.events) if whole else limit)
    if format_ == "json":
        click.echo(json.dumps(replay_as_data(result), indent=2))
    else:
        print_replay(trace, heap, result)
    return EXIT_REFUTED if result.violations else 0


def replay_as_data(result: Any) -> dict[str, Any]:
    """A replay's result as JSON data."""
    violations = [
        {"event": event, "theorem": violation.theorem, "sentence": violation.sentence}
        for event, violation in result.violations
    ]
    return {**dataclasses.asdict(dataclasses.replace(result, violations=[])), "violations": violations}


def print_replay(trace: Path, heap: str, result: Any) -> None:
    """A replay's result in words."""
    click.echo(
        f"{trace.name} on {heap}: {result.events} of {result.events_in_trace} events in {result.seconds:.1f} s, "
        f"{result.refused} requests refused\n"
        f"peak {result.peak_live_bytes} bytes live, {result.peak_mapped_bytes} mapped; "
        f"{result.loads_and_stores} loads and stores\n"
        f"{result.checked_calls} calls checked in full, {result.checks} clauses evaluated, "
        f"{len(result.violations)} violations"
    )
    if result.events < result.events_in_trace and not result.violations:
        click.echo("not the whole trace: this heap walks all its segments, which grow to be many; --all goes on")
    for event, violation in result.violations:
        click.echo(f"REFUTED at event {event}: {violation}")


@drystone.command("list")
@click.argument("select", nargs=-1)
@format_option
def list_(select: tuple[str, ...], format_: str) -> int:
    """List theorems with their sentences, without proving them."""
    from proofs.proving import theorems_of

    theorems = theorems_of(registry.subjects_of(select), select)
    if format_ == "json":
        click.echo(json.dumps([{"id": t.id, "sentence": t.sentence} for t in theorems], indent=2))
    else:
        for theorem in theorems:
            click.echo(f"{theorem.id}\n    {theorem.sentence}")
    return 0 if theorems else EXIT_NOTHING


@drystone.command()
@click.argument("theorem")
@click.option("--smt", type=click.IntRange(min=1), help="Print obligation N as SMT-LIB instead.")
def show(theorem: str, smt: int | None) -> int:
    """Show one theorem: its sentence, its formula, and the obligations that it comes down to."""
    from proofs.proving import describe, smt_of

    registry.subjects_of((theorem,))
    text = describe(theorem) if smt is None else smt_of(theorem, smt)
    if text is None:
        click.echo(f"no theorem is called {theorem!r}; `drystone list` shows them", err=True)
        return EXIT_NOTHING
    click.echo(text)
    return 0


for command in (*COMMANDS, doubt):
    drystone.add_command(command)


def main() -> None:
    """Run the command in a process of its own, whose early end is no success."""
    sys.exit(guarded(run))


def run() -> int:
    """Run the command; a mistake in its use is one line on standard error and exit status 2."""
    from proofs.checking.trace import TraceError
    from proofs.claims import NoTests, StrayCitation
    from proofs.mutation.mistakes import NoReason, NotProved
    from proofs.originals import UnknownOriginal

    mistakes = (
        registry.UnknownSubject,
        TraceError,
        NoTests,
        StrayCitation,
        UnknownOriginal,
        NoReason,
        NotProved,
        OSError,
    )
    try:
        return int(drystone.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        click.echo(f"drystone: {error.format_message()}", err=True)
    except click.Abort:
        click.echo("drystone: interrupted", err=True)
    except mistakes as error:
        click.echo(f"drystone: {error}", err=True)
    except BaseException:  # SystemExit, too: whoever raised it, no report was printed
        traceback.print_exc()
        click.echo("drystone: this is an error of the tool itself, not of what it looked at", err=True)
    return EXIT_USAGE


if __name__ == "__main__":
    main()
