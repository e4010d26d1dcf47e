"""Markdown for the summary of a workflow's step: the counts, a table of groups, every case that is not good."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from proofs.formats.case import Case, lacking

MOST = 50
"""So many failures are written out."""


def markdown(command: str, cases: list[Case]) -> str:
    """A section with its own heading."""
    verdicts = Counter(case.verdict for case in cases)
    words = list(verdicts)
    bad = lacking(cases)
    lines = [
        f"### drystone {command}: {'all good' if not bad else f'{len(bad)} of {len(cases)} not good'}",
        "",
        "| | " + " | ".join(words) + " |",
        "|---" * (len(words) + 1) + "|",
    ]
    for group, members in groupby(cases, lambda case: case.group.split(".")[0]):
        counts = Counter(case.verdict for case in members)
        lines.append(f"| {group} | " + " | ".join(str(counts[word]) for word in words) + " |")
    lines.append("| **all** | " + " | ".join(str(verdicts[word]) for word in words) + " |")
    for case in bad[:MOST]:
        where = f" at `{case.place.file}:{case.place.line}`" if case.place else ""
        lines += ["", f"**{case.verdict}** `{case.id}`{where}: {case.sentence}"]
        lines += ["", *_fenced(case.detail)] if case.detail else []
    if len(bad) > MOST:
        lines += ["", f"and {len(bad) - MOST} more"]
    return "\n".join(lines)


def _fenced(text: str) -> list[str]:
    """A block of code that nothing in the text can end."""
    longest = max((len(line) - len(line.lstrip("`")) for line in text.splitlines()), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, *text.splitlines(), fence]
