"""Reports in words and as JSON.

TRUSTED: each theorem is printed with its own verdict, and counted under it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from model.language.words import WORD_BITS
from proofs import registry
from proofs.engine.lineage import edited
from proofs.engine.theorem import EXECUTES
from proofs.engine.verdict import BROKEN, NOT_PLAYED, Failure, Report, TheoremResult, Verdict, worst

COLOURS = {
    Verdict.PROVED: "green",
    Verdict.REFUTED: "bold red",
    Verdict.VACUOUS: "magenta",
    Verdict.CONDITIONAL: "yellow",
    Verdict.UNKNOWN: "yellow",
    Verdict.ERROR: "bold red",
}


REASONS = {
    "canceled": "the solver's budget ran out",
    "(incomplete quantifiers)": "the solver found neither a proof nor a certain model",
}
"""What the solver's own words mean."""


def as_json(report: Report) -> str:
    """One document: ``theorems``, those that they rest on (``relied``), what was not looked at, a ``summary``."""
    document = {
        "word": WORD_BITS,
        "theorems": [theorem_as_data(t) for t in report.theorems],
        "relied": [{"id": t.id, "verdict": t.verdict.value} for t in report.relied],
        "unseen": report.unseen,
        "summary": summary(report),
    }
    return json.dumps(document, indent=2)


def theorem_as_data(t: TheoremResult) -> dict[str, Any]:
    """A theorem as JSON data."""
    return {
        "id": t.id,
        "subject": t.subject,
        "operation": t.operation,
        "sentence": t.sentence,
        "verdict": t.verdict.value,
        "step": t.step,
        "obligations": t.obligations + t.obvious,
        "solved": t.obligations,
        "seconds": round(t.seconds, 4),
        "slowest": round(t.slowest, 4),
        "resources": t.resources,
        "cached": t.cached,
        "failures": [failure_as_data(failure) for failure in t.failures],
        "trace": t.trace,
        "unfolding": t.unfolding,
    }


def failure_as_data(failure: Failure) -> dict[str, Any]:
    """A failed obligation as JSON data."""
    return {
        "sentence": failure.sentence,
        "line": failure.line,
        "path": list(failure.decisions),
        "values": dict(failure.values),
        "reason": failure.reason,
        "mistake": failure.mistake,
        "remarks": list(failure.remarks),
    }


def summary(report: Report) -> dict[str, Any]:
    """Counts of theorems and steps, of both by verdict, of obligations, and the time."""
    steps = sum(t.step for t in report.theorems)
    return {
        **report.counts(),
        "theorems": len(report.theorems) - steps,
        "steps": steps,
        "obligations": sum(t.obligations + t.obvious for t in report.theorems),
        "solved": sum(t.obligations for t in report.theorems),
        "slowest": round(max((t.slowest for t in report.theorems), default=0.0), 4),
        "seconds": round(report.seconds, 3),
    }


def print_report(console: Console, report: Report, verbose: bool) -> None:
    """A line per operation (or per theorem), every failure in full, what all rests on, all counts on the last line."""
    for note in report.notes:
        console.print(f"note: {escape(note)}", style="yellow")
    for name, theorems in by_operation(report.theorems):
        _print_line(console, name, worst(t.verdict for t in theorems), theorems)
        if verbose:
            for theorem in theorems:
                _print_line(console, f"  {theorem.id}", theorem.verdict, [theorem])
                console.print(f"      {escape(theorem.sentence)}", style="dim", highlight=False)
    told: set[tuple[str, str]] = set()
    for theorem in report.theorems:
        if theorem.verdict is not Verdict.PROVED and (theorem.failures or theorem.verdict is not Verdict.CONDITIONAL):
            if _is_left(theorem) or (theorem.failures and theorem.failures[0].reason == NOT_PLAYED):
                continue
            if theorem.verdict is not Verdict.ERROR or _is_new(theorem, told):
                print_failure(console, theorem, [t.id for t in report.theorems if _error_of(t) == _error_of(theorem)])
    if left := [theorem.id for theorem in report.theorems if _is_left(theorem)]:
        told_of = f"open, and looked at quickly only, since a run breaks the subject: {', '.join(left)}"
        console.print(f"\n{escape(told_of)}", style="yellow", highlight=False)
    if report.footing:
        console.print(report.footing, style="dim", highlight=False)
    if report.unseen:
        console.print(f"not looked at: {', '.join(report.unseen)}", style="yellow", highlight=False)
    console.print(last_line(report), highlight=False)


def in_file(report: Report, subject: str, source: Path) -> None:
    """Have places in a subject's program named in ``source``, the file that took the place of its own."""
    own = Path(sys.modules[edited(registry.implementation_of(subject), source.read_text())].__file__ or "")
    place = re.compile(rf"({re.escape(str(own))}|(?<![\w/.]){re.escape(own.name)})(?=:\d)")

    def named(text: str) -> str:
        return place.sub(lambda found: str(source) if "/" in found[0] else source.name, text)

    report.notes = [named(note) for note in report.notes]
    for theorem in (one for one in report.theorems if one.subject == subject):
        theorem.failures = [
            replace(
                failure,
                line=named(failure.line),
                decisions=tuple(map(named, failure.decisions)),
                reason=named(failure.reason),
            )
            for failure in theorem.failures
        ]


def by_operation(theorems: Iterable[TheoremResult]) -> list[tuple[str, list[TheoremResult]]]:
    """Theorems grouped by their operation, in order."""
    groups: dict[str, list[TheoremResult]] = {}
    for theorem in theorems:
        groups.setdefault(f"{theorem.subject}.{theorem.operation}", []).append(theorem)
    return list(groups.items())


def _print_line(console: Console, name: str, verdict: Verdict, theorems: Sequence[TheoremResult]) -> None:
    obligations = sum(t.obligations + t.obvious for t in theorems)
    seconds = sum(t.seconds for t in theorems)
    cached = "  cached" if all(t.cached or not t.obligations for t in theorems) else f"  {seconds:.2f} s"
    steps = sum(t.step for t in theorems)
    helped = f"and {steps_of(steps)} " if steps else ""
    count = f"{len(theorems) - steps:4} theorems {helped}" if len(theorems) > 1 else ""
    console.print(
        f"[{COLOURS[verdict]}]{verdict.value:9}[/] {escape(name):34} {count}{obligations:5} obligations{cached}",
        highlight=False,
    )


def _error_of(theorem: TheoremResult) -> tuple[str, str] | None:
    """Where an operation could not be executed, and why; None of any other theorem."""
    if theorem.verdict is not Verdict.ERROR or not theorem.id.endswith(f".{EXECUTES}"):
        return None
    return (theorem.failures[0].line, theorem.failures[0].reason) if theorem.failures else None


def _is_left(theorem: TheoremResult) -> bool:
    """Whether nothing is known of a theorem but that a quick look did not prove it: what a run breaks comes first."""
    return theorem.verdict is Verdict.UNKNOWN and bool(theorem.failures) and theorem.failures[0].reason == BROKEN


def _is_new(theorem: TheoremResult, told: set[tuple[str, str]]) -> bool:
    """Whether this error was not told yet: what is wrong with a subject is met by each of its operations."""
    error = _error_of(theorem)
    if error in told:
        return False
    told |= {error} if error else set()
    return True


def print_failure(console: Console, theorem: TheoremResult, alike: Sequence[str] = ()) -> None:
    """What is wrong, where, on which path, with which values; then the trace, if there is one.

    ``alike`` are the theorems that failed of the same error.
    """
    names = ", ".join(alike) if _error_of(theorem) else theorem.id
    console.print(f"\n[{COLOURS[theorem.verdict]}]{theorem.verdict.value}[/] {escape(names)}", highlight=False)
    if (error := _error_of(theorem)) is not None:
        line, reason = error
        told = reason if not line or reason.startswith(line) else f"{line}: {reason}"
        console.print(f"  {escape(told)}", highlight=False)
        return
    console.print(f"  {escape(theorem.sentence)}", highlight=False)
    if theorem.failures:
        _print_obligation(console, theorem.failures[0])
    if len(theorem.failures) > 1:
        console.print(f"  and {len(theorem.failures) - 1} more obligations of this theorem", highlight=False)
    if theorem.trace:
        console.print("  a run of the real allocator that breaks it:", highlight=False)
        for line in theorem.trace.splitlines():
            console.print(f"    {escape(line)}", highlight=False)
    if theorem.unfolding is not None:
        registry.loaded("maps.terminal").print_end(console, theorem.unfolding)


def _print_obligation(console: Console, failure: Failure) -> None:
    lines = [f"  not shown: {failure.sentence}"]
    if failure.line:
        lines.append(f"  at {failure.line}")
    if failure.decisions:
        lines.append("  on the path where")
        lines += [f"    {decision}" for decision in failure.decisions]
    if failure.values:
        lines.append("  a state to look at (the solver's candidate)")
        lines.append("    " + ", ".join(f"{name} = {value}" for name, value in failure.values))
    lines += [f"  perhaps: {remark}" for remark in failure.remarks]
    if failure.reason:
        lines.append(f"  why it is open: {REASONS.get(failure.reason, failure.reason)}")
    for line in lines:
        console.print(escape(line), highlight=False)


def steps_of(number: int) -> str:
    """So many steps of proofs."""
    return "1 step" if number == 1 else f"{number} steps"


def last_line(report: Report) -> str:
    """Every count."""
    counts = summary(report)
    cached = sum(t.obligations for t in report.theorems if t.cached)
    verdicts = ", ".join(f"{counts[verdict.value]} {verdict.value}" for verdict in COLOURS)
    steps = f" and {steps_of(counts['steps'])} of their proofs" if counts["steps"] else ""
    return (
        f"{counts['theorems']} theorems{steps}: {verdicts}; {counts['obligations']} obligations, "
        f"{counts['solved']} of them for the solver ({cached} from the cache), {counts['seconds']:.1f} s"
    )
