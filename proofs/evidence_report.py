"""Tables of the evidence beside the proofs: the second solver, stability, what is trusted, known defects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

from proofs.audit import Ledger
from proofs.engine.cross_check import CrossCheck
from proofs.engine.stability import FLOOR, MOST_TIMES_MEDIAN, Shaken, Stability
from proofs.engine.verdict import Asked
from proofs.gallery import Entry
from proofs.sizes import Sizes

MOST_LINES = 20
"""So many obligations are listed by name; the JSON document has them all."""


@dataclass
class Evidence:
    """What was asked for beside a report: the second solver, stability."""

    crossed: CrossCheck | None = None
    shaken: Stability | None = None

    @property
    def flipped(self) -> bool:
        """Whether a proof failed in some disguise."""
        return self.shaken is not None and bool(self.shaken.flipped)

    def as_data(self) -> dict[str, Any]:
        """``cross_check`` and ``stability``, where they were asked for, as JSON data."""
        data = {}
        if self.crossed is not None:
            data["cross_check"] = cross_check_as_data(self.crossed)
        if self.shaken is not None:
            data["stability"] = stability_as_data(self.shaken)
        return data

    def print(self, console: Console) -> None:
        """The tables."""
        if self.crossed is not None:
            print_cross_check(console, self.crossed)
        if self.shaken is not None:
            print_stability(console, self.shaken)


# ---------------------------------------------------------------- two solvers


def cross_check_as_data(crossed: CrossCheck) -> dict[str, Any]:
    """A cross-check as JSON data."""
    return {
        "subjects": [
            {
                "subject": row.subject,
                "obligations": row.obligations,
                "z3": row.first,
                "cvc5": row.second,
                "both": row.both,
                "either": row.either,
                "share": round(row.share, 4),
            }
            for row in crossed.rows
        ],
        "left_open_by_cvc5": [_named(one, reason) for one, reason in crossed.left],
        "disagreements": [_named(one, reason) for one, reason in crossed.disagreements],
    }


def _named(one: Asked, reason: str) -> dict[str, Any]:
    return {"theorem": one.theorem, "obligation": one.number, "reason": reason}


def print_cross_check(console: Console, crossed: CrossCheck) -> None:
    """A line per subject, the sum, and what the second solver leaves open."""
    console.print(
        f"{'':16} {'obligations':>11} {'Z3':>7} {'cvc5':>7} {'both':>7} {'share of cvc5':>14}", highlight=False
    )
    for row in crossed.rows:
        console.print(
            f"{row.subject:16} {row.obligations:11} {row.first:7} {row.second:7} {row.both:7} {row.share:13.2%}",
            highlight=False,
        )
    total, second = sum(row.obligations for row in crossed.rows), sum(row.second for row in crossed.rows)
    neither = total - sum(row.either for row in crossed.rows)
    share = second / total if total else 1.0
    console.print(
        f"two solvers: cvc5 proves {second} of {total} obligations ({share:.2%}), {neither} are proved by neither, "
        f"{len(crossed.disagreements)} disagreements; {sum(row.cached for row in crossed.rows)} from the cache",
        highlight=False,
    )
    for one, reason in crossed.left[:MOST_LINES]:
        console.print(f"  left open by cvc5: {one.theorem} {one.number}: {escape(reason)}", highlight=False)
    if len(crossed.left) > MOST_LINES:
        console.print(f"  and {len(crossed.left) - MOST_LINES} more", highlight=False)
    for one, reason in crossed.disagreements:
        console.print(f"  [bold red]DISAGREEMENT[/] {one.theorem} {one.number}: {escape(reason)}", highlight=False)


# ---------------------------------------------------------------- stability


def stability_as_data(found: Stability) -> dict[str, Any]:
    """Stability as JSON data."""
    return {
        "disguises": found.times,
        "floor": FLOOR,
        "flips": sum(one.flips for one in found.shaken),
        "obligations": [
            {
                "theorem": one.asked.theorem,
                "obligation": one.asked.number,
                "flips": one.flips,
                "worst": one.worst,
                "median": one.median,
                "ratio": round(one.ratio, 2),
            }
            for one in found.shaken
        ],
    }


def print_stability(console: Console, found: Stability) -> None:
    """Flips, then the obligations whose cost varies most, then all counts."""
    for one in found.flipped:
        console.print(f"  [bold red]FLIPS[/] {_shaken(one)}, not proved in {one.flips} disguises", highlight=False)
    for one in found.outliers[:MOST_LINES]:
        console.print(f"  unstable {_shaken(one)}", highlight=False)
    worst = max(found.shaken, key=lambda one: one.ratio, default=None)
    console.print(
        f"stability: {len(found.shaken)} obligations in {found.times} disguises each, "
        f"{len(found.flipped)} flip, {len(found.outliers)} cost more than {MOST_TIMES_MEDIAN:.0f} times their median "
        f"(counts below {FLOOR} taken for {FLOOR})",
        highlight=False,
    )
    if worst is not None:
        console.print(f"  the most unstable: {_shaken(worst)}", highlight=False)


def _shaken(one: Shaken) -> str:
    return (
        f"{one.asked.theorem} {one.asked.number}: at worst {one.worst} resource units, "
        f"{one.ratio:.1f} times the median {one.median:.0f}"
    )


# ---------------------------------------------------------------- trust ledger


def print_ledger(console: Console, found: Ledger) -> None:
    """Every entry, with counts."""
    _print_trusted(console, found)
    console.print(f"\nASSUMED of the machine: {len(found.assumptions)}", highlight=False)
    for assumption in found.assumptions:
        console.print(f"  {assumption.where:34} {escape(assumption.sentence)}", highlight=False)
    console.print(f"\nREQUIRED of callers: {len(found.preconditions)}, met by running code", highlight=False)
    for assumption in found.preconditions:
        console.print(f"  {assumption.where:34} {escape(assumption.sentence)}", highlight=False)
    console.print(f"\nAXIOMS: {len(found.axioms)}", highlight=False)
    for axiom in found.axioms:
        lemma = escape(axiom.lemma) if axiom.lemma else "[bold red]NO LEMMA[/]"
        console.print(f"  {axiom.name:24} {escape(axiom.formula)}\n  {'':24} {lemma}", highlight=False)
    console.print(f"\nEXCLUDED: {len(found.exclusions)}", highlight=False)
    for exclusion in found.exclusions:
        console.print(f"  {escape(exclusion.what)}: {escape(exclusion.reason)}", highlight=False)
    console.print(
        f"\naudit: {len(found.trusted)} trusted files with {found.code(laws=False)} lines of code and "
        f"{found.code(laws=True)} of laws, and {found.translation} of the translation to C, "
        f"{len(found.unmarked)} UNMARKED, {len(found.assumptions)} assumptions, "
        f"{len(found.preconditions)} preconditions, {len(found.axioms)} axioms "
        f"({len(found.unproved)} without a lemma), {len(found.exclusions)} exclusions",
        highlight=False,
    )


def print_sizes(console: Console, found: Sizes) -> None:
    """A row for each subject, then the packages and what is longest."""
    head = f"{'lines':16} {'specification':>13} {'proof':>7} {'hints':>7} {'code':>7} {'(proof+hints):code':>19}"
    console.print(head, highlight=False)
    for one in found.subjects:
        ratio = f"{one.ratio:.1f}" if one.code else "-"
        row = f"{one.subject:16} {one.specification:>13} {one.proof:>7} {one.hints:>7} {one.code:>7} {ratio:>19}"
        console.print(row, highlight=False)
    packages = ", ".join(f"{name}/ {lines}" for name, lines in found.packages.items())
    console.print(f"written by hand outside tests: {found.written} lines: {packages}", highlight=False)
    for what, longest in (("file", found.longest_file), ("function", found.longest_function)):
        console.print(f"the longest {what}: {longest.place}, {longest.lines} lines", highlight=False)


def _print_trusted(console: Console, found: Ledger) -> None:
    """The files of the kernel, those that state laws apart, and those that do not say that they are of it."""
    for laws, title in (
        (False, "the prover, the command, what binds the subjects"),
        (True, "laws, each proved by a test"),
    ):
        some = [one for one in found.trusted if one.states_laws == laws]
        lines = found.code(laws)
        console.print(f"TRUSTED, {title}: {len(some)} files, {lines} lines of code", highlight=False)
        for one in some:
            console.print(f"  {one.file:34} {one.code:4} of {one.lines:4} lines  {escape(one.why)}", highlight=False)
    for stray in found.unmarked:
        console.print(f"[bold red]UNMARKED[/] {stray.file}: {escape(stray.reason)}", highlight=False)


# ---------------------------------------------------------------- gallery


def gallery_as_data(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The gallery as JSON data."""
    return [
        {
            **asdict(entry.original),
            "registered": entry.registered,
            "lacking": entry.lacking,
            "variants": [asdict(exhibit) for exhibit in entry.exhibits],
        }
        for entry in entries
    ]


def print_gallery(console: Console, entries: Sequence[Entry]) -> None:
    """Each known defect with its variants: the theorem that refutes one, the run that shows it."""
    for entry in entries:
        console.print(f"[bold]{entry.original.id:4}[/] {escape(entry.original.sentence)}", highlight=False)
        if not entry.registered:
            console.print(f"     {entry.original.subject} is no subject of the prover yet", highlight=False)
        for exhibit in entry.exhibits:
            proof = f"refuted by {exhibit.theorem}" if exhibit.theorem else "refuted by no theorem"
            run = f"{exhibit.steps} steps break {exhibit.broken}" if exhibit.steps else "no run was found"
            again = "" if exhibit.replays or not exhibit.steps else " [bold red]and do not replay[/]"
            console.print(f"     {exhibit.subject}.{exhibit.variant}: {proof}; {run}{again}", highlight=False)
            if exhibit.complaint:
                console.print(f"       [bold red]{escape(exhibit.complaint)}[/]", highlight=False)
        if entry.lacking:
            console.print(f"     [bold red]MISSING[/]  {entry.lacking}", highlight=False)
    ours = [entry for entry in entries if entry.registered]
    lacking = [entry.original.id for entry in ours if entry.lacking]
    lengths = [e.steps for entry in ours for e in entry.exhibits if e.complete]
    console.print(
        f"{len(ours)} known defects: {len(ours) - len(lacking)} refuted and found by a run of "
        f"{min(lengths, default=0)} to {max(lengths, default=0)} steps, {len(lacking)} MISSING"
        f"{': ' + ', '.join(lacking) if lacking else ''}; "
        f"{len(entries) - len(ours)} more of subjects that are not registered",
        highlight=False,
    )
