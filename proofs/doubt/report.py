"""What the gallery of the prover says, in words, as data, and as the table of proofs/EVIDENCE.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape

from proofs.doubt.case import KINDS, Answer, Finding

COLOURS = {
    Answer.REFUSED.value: "green",
    Answer.REFUTED.value: "green",
    Answer.NOT_PROVED.value: "yellow",
    Answer.PROVED.value: "bold red",
}
ROW = (
    "| that nobody fools it | `drystone doubt` | {0} false statements, of small programs and edited allocators, each "
    "shown false by a run in CPython: the program is refused, the statement refuted, or it is not proved |"
)
"""What the README says of the command, beside the other reasons to believe the proofs."""
COLUMNS = (Answer.REFUSED, Answer.REFUTED, Answer.NOT_PROVED)


def as_data(findings: Sequence[Finding]) -> dict[str, Any]:
    """One document: every case, and the counts by kind."""
    return {
        "cases": [{**asdict(finding), "complaint": finding.complaint} for finding in findings],
        "kinds": {kind: counts(findings, kind) for kind in KINDS if any(f.kind == kind for f in findings)},
    }


def counts(findings: Sequence[Finding], kind: str) -> dict[str, int]:
    """How many cases of a kind there are, and how many met each answer."""
    answers = Counter(finding.answer for finding in findings if finding.kind == kind)
    return {"cases": answers.total(), **{answer.value: answers[answer.value] for answer in Answer}}


def table(findings: Sequence[Finding]) -> str:
    """The counts by kind, in Markdown."""
    head = "| kind | cases | " + " | ".join(answer.value for answer in COLUMNS) + " |"
    lines = [head, "|---" * (2 + len(COLUMNS)) + "|"]
    for kind, sentence in KINDS.items():
        row = counts(findings, kind)
        if row["cases"]:
            numbers = [row["cases"], *(row[answer.value] for answer in COLUMNS)]
            lines.append(f"| {sentence} | " + " | ".join(map(str, numbers)) + " |")
    return "\n".join(lines)


def print_findings(console: Console, findings: Sequence[Finding], verbose: bool) -> None:
    """A line for every case (what was shown and answered, if asked for), the table, and every complaint."""
    for finding in findings:
        console.print(f"{finding.answer:10}  {finding.id}: {escape(finding.statement)}", style=COLOURS[finding.answer])
        if verbose:
            console.print(f"            CPython: {escape(finding.shown)}\n            prover: {escape(finding.why)}")
    console.print("")
    console.print(escape(table(findings)))
    console.print("")
    bad = [finding for finding in findings if finding.complaint]
    for finding in bad:
        console.print(f"{finding.id}: {finding.complaint} ({escape(finding.why)})", style="bold red")
    console.print(f"{len(findings)} false statements; {len(bad)} that should not stand so")
