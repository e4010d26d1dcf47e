"""``drystone check --c``, told in words and as a document.

Exit statuses are those of cli.py.
"""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console

from model.heap.contract import PUBLIC
from proofs.c_check.campaign import Options, Outcome, Report, Violation, check
from proofs.c_check.compiler import BUILDS_BY_NAME, Build, Sources, builds_of_word, find_compiler
from proofs.c_check.description import Facts
from proofs.c_check.driver import HANG
from proofs.c_check.replaying import CReplay, replay_c
from proofs.checking.trace import Trace
from proofs.command import EXIT_REFUTED, EXIT_UNKNOWN, document_as, progress_bar
from proofs.maps.terminal import print_map

STATUS = {"REFUTED": EXIT_REFUTED, "VACUOUS": EXIT_REFUTED, "UNKNOWN": EXIT_UNKNOWN, "LEFT OUT": EXIT_UNKNOWN}
"""Exit status by verdict; 0 for CHECKED."""
KEPT = Path(".drystone")
"""Where the programs that show violations are kept, unless told otherwise."""
PUBLIC_SENTENCES = {one.name: one.sentence for operation in PUBLIC.operations for one in operation.ensures}
STORY = 40
"""A longer history is told by its last calls."""


@dataclass
class COptions:
    """The options that say how a heap in C is compiled and checked, as the command line has them."""

    glue: Path
    others: tuple[Path, ...]
    includes: tuple[str, ...]
    defines: tuple[str, ...]
    flags: tuple[str, ...]
    builds: tuple[str, ...]
    length: int
    hang: int
    out: Path | None

    @property
    def sources(self) -> Sources:
        """The user's files."""
        return Sources(self.glue, self.others, self.includes, self.defines, self.flags)


_FILE = click.Path(path_type=Path)
_COUNT = click.IntRange(min=1, max=3_000_000)
OPTIONS = (
    click.option("--c", "glue", type=_FILE, help="Look at the allocator in C of this glue: proofs/c_check/C.md."),
    click.option("-I", "includes", multiple=True, metavar="DIR", help="With --c: a folder of headers."),
    click.option("-D", "defines", multiple=True, metavar="NAME[=VALUE]", help="With --c: a macro for all files."),
    click.option("--flag", "flags", multiple=True, help="With --c: another flag of the compiler or linker."),
    click.option(
        "--build", "builds", multiple=True, type=click.Choice(list(BUILDS_BY_NAME)), help="With --c: this build alone."
    ),
    click.option(
        "--length", type=_COUNT, default=300, show_default=True, help="With --c: calls of one history, at most."
    ),
    click.option(
        *("--hang", "hang"),
        type=click.IntRange(min=10),
        default=HANG,
        show_default=True,
        help="With --c: milliseconds of processor time for a call "
        f"({BUILDS_BY_NAME['asan'].slower} times that with asan); it hangs if five times that is too little.",
    ),
    click.option(
        "--out", type=_FILE, help="With --c: where to write the program that shows a violation [default: in .drystone]."
    ),
)


OPTION_NAMES = frozenset(field.name for field in fields(COptions)) - {"glue", "others"}
"""What click calls those that need a glue."""


def with_c_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of ``COptions``."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def check_c(options: COptions, steps: int | None, seed: int, format_: str) -> int:
    """Check one heap in C, in every build that is asked for; the exit status."""
    chosen = builds_of_word(options.builds)
    how = Options(seed=seed, length=options.length, hang=options.hang)
    how.calls = steps or max(how.calls, options.length)
    with working_folder() as folder, progress_bar(f"checking {options.glue.name}") as advance:
        report = check(options.sources, chosen, how, find_compiler(), folder, lambda done: advance(done, how.calls))
    _write(options, report)
    if format_ != "text":
        click.echo(document_as("check", as_data(report), format_))
    else:
        tell(report, seed, options)
    return STATUS.get(report.verdict, 0)


@contextmanager
def working_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, even if the command is told to end."""

    def end(number: int, frame: FrameType | None) -> None:
        raise click.Abort

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with tempfile.TemporaryDirectory(prefix="drystone-c-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _violations(report: Report) -> list[tuple[Violation, list[Build]]]:
    """The different violations, each with the builds that show it."""
    found: list[tuple[Violation, list[Build]]] = []
    for outcome in report.outcomes:
        one = outcome.violation
        if one is None:
            continue
        for other, builds in found:
            if other.history == one.history and other.clause.name == one.clause.name:
                builds.append(outcome.build)
                break
        else:
            found.append((one, [outcome.build]))
    return found


def _file_of(violation: Violation, number: int, options: COptions) -> Path:
    """Where the program that shows a violation is written."""
    if options.out is None:
        name = f"{options.glue.stem}-{violation.clause.name}{'-' + str(number) if number else ''}"
        return KEPT / f"{name}{violation.witness.suffix}"
    return options.out if not number else options.out.with_stem(f"{options.out.stem}-{number}")


def _write(options: COptions, report: Report) -> None:
    for number, (violation, _) in enumerate(_violations(report)):
        file = _file_of(violation, number, options)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(violation.witness.text.replace(f"counterexample{violation.witness.suffix} ", f"{file} ", 1))


def tell(report: Report, seed: int, options: COptions) -> None:
    """The report in words: a line for each build, then every violation with its program."""
    for outcome in report.outcomes:
        click.echo(_line(report.sources.name, outcome))
    if report.facts is not None:
        for line in _said(report.facts):
            click.echo(line)
    for number, (violation, builds) in enumerate(_violations(report)):
        click.echo()
        for line in _told(violation, builds, seed):
            click.echo(line)
        if violation.story.map is not None:
            click.echo("the arena then, addresses from its beginning:")
            print_map(Console(soft_wrap=True), violation.story.map)
        file, status = _file_of(violation, number, options), violation.witness.status
        if status is None:
            click.echo(f"{file} was to show it, but does not compile or does not end")
        else:
            click.echo(f"{file} shows it, without this tool: compiled and run, it ended with status {status}")


def _line(name: str, outcome: Outcome) -> str:
    search, build = outcome.search, outcome.build.name
    if search is None:
        return f"LEFT OUT {name}, {build}: {outcome.why}"
    counts = f"{search.calls:,} calls in {search.histories:,} histories, {search.granted:,} blocks granted"
    if outcome.verdict == "CHECKED":
        return f"CHECKED  {name}, {build}: {counts}, no violation"
    if outcome.violation is not None and outcome.why:
        return f"REFUTED  {name}, {build}: heap.{outcome.violation.clause.name}, by {outcome.why}"
    if outcome.violation is not None:
        found = outcome.violation
        return f"REFUTED  {name}, {build}: heap.{found.clause.name}, after {counts}, {found.seconds:.2f} s"
    return f"{outcome.verdict:<8} {name}, {build}: {outcome.why}; {counts}"


def _said(facts: Facts) -> list[str]:
    """What is declared, and what was therefore not checked."""
    functions = [name for name in facts.functions if name not in ("malloc", "free")]
    lines = [f"functions: {', '.join(('malloc', 'free', *functions))}"]
    lines.append(f"declared: {', '.join(facts.declared) or 'nothing'}; what is not declared is not checked")
    return lines


def _told(violation: Violation, builds: Sequence[Build], seed: int) -> list[str]:
    calls = violation.story.calls
    left = [f"      ({len(calls) - STORY} calls before)"] if len(calls) > STORY else []
    return [
        f"REFUTED  heap.{violation.clause.name}: {violation.clause.sentence}",
        f"{violation.how}",
        f"in the builds {', '.join(build.name for build in builds)}; found in history {violation.first_number} of "
        f"seed {seed}; the shortest history found, on {violation.arena}:",
        *left,
        *calls[-STORY:],
    ]


def as_data(report: Report) -> dict[str, Any]:
    """The report as JSON data."""
    builds = []
    for outcome in report.outcomes:
        found, search = outcome.violation, outcome.search
        counts = {k: v for k, v in asdict(search).items() if k not in ("history", "verdict")} if search else {}
        data = {"build": outcome.build.name, "verdict": outcome.verdict, "why": outcome.why, **counts}
        if found is not None:
            data |= {
                "theorem": f"heap.{found.clause.name}",
                "sentence": found.clause.sentence,
                "step": found.step,
                "how": found.how,
                "calls_made": found.story.calls,
                "map": found.story.map.as_data() if found.story.map else None,
                "seconds": round(found.seconds, 3),
                "calls": [f"{call.what} {call.a} {call.b}" for call in found.history.calls],
                "program": found.witness.text,
                "program_status": found.witness.status,
            }
        builds.append(data)
    return {"subject": report.sources.name, "verdict": report.verdict, "builds": builds}


def replay_in_c(options: COptions, trace: Trace, limit: int | None) -> CReplay:
    """Replay a trace on a heap in C, in the build that is asked for, or the optimised one."""
    build = builds_of_word(options.builds[:1] or ("optimised",))[0]
    with working_folder() as folder:
        return replay_c(trace, options.sources, build, find_compiler(), folder, options.hang, limit)


def tell_replay(name: str, found: CReplay) -> None:
    """A replay's result in words."""
    verdict = found.verdict
    asked = verdict.granted + verdict.refused
    click.echo(
        f"{name} on {found.heap}, {found.build}: {found.events} events, {verdict.refused} of {asked} requests refused, "
        f"{verdict.nanoseconds / 1e9:.3f} s in the heap\n"
        f"peak {verdict.peak_live} bytes live, {verdict.peak_used} used of an arena of {found.arena}"
    )
    if found.failed:
        noticed = "at" if found.exact else "noticed at"
        clause = PUBLIC_SENTENCES.get(verdict.clause, "")
        click.echo(f"REFUTED  heap.{verdict.clause}, {noticed} event {found.event}: {clause}\n{found.how}")
    else:
        click.echo("every call checked, no violation")


def replay_data(found: CReplay) -> dict[str, Any]:
    """A replay's result as JSON data."""
    verdict = found.verdict
    return {
        "heap": found.heap,
        "build": found.build,
        "events": found.events,
        "refused": verdict.refused,
        "peak_live_bytes": verdict.peak_live,
        "peak_used_bytes": verdict.peak_used,
        "arena": found.arena,
        "seconds": verdict.nanoseconds / 1e9,
        "violations": [{"event": found.event, "theorem": f"heap.{verdict.clause}", "how": found.how}]
        if found.failed
        else [],
    }
