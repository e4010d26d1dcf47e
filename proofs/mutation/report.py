"""The table of a survey, in words and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from proofs.mutation.mutants import Mutant
from proofs.mutation.survey import Row, Survey
from proofs.mutation.trial import Fate, Trial

COLUMNS = (Fate.REFUTED, Fate.UNPROVED, Fate.SURVIVED, Fate.EQUIVALENT, Fate.TIMEOUT, Fate.CRASH)
LISTED = (Fate.SURVIVED, Fate.TIMEOUT, Fate.CRASH)
"""Fates whose mutants are always listed."""
MEANING = """\
refuted: a theorem is false of the mutant, shown by a run that replays or a certain model of the solver.
unproved: a theorem is no longer proved; the solver gave up by itself, but nothing shows the theorem false.
Both count as killed; a timeout or a crash does not."""


def survey_as_data(survey: Survey) -> dict[str, Any]:
    """Counts by subject, every mutant with its fate, and what is wrong with the list of equivalent ones."""
    return {
        "subjects": [_row_as_data(row) for row in survey.rows],
        "mutants": [_mutant_as_data(mutant, trial) for row in survey.rows for mutant, trial in row.trials],
        "complaints": survey.complaints,
    }


def _row_as_data(row: Row) -> dict[str, Any]:
    return {
        "subject": row.subject,
        "mutants": row.chosen,
        "tried": len(row.trials),
        **{fate.value: row.count(fate) for fate in COLUMNS},
        "not_under_proof": dict(row.unproved_functions),
    }


def _mutant_as_data(mutant: Mutant, trial: Trial) -> dict[str, Any]:
    return {
        "subject": mutant.subject,
        "function": mutant.function,
        "module": mutant.module,
        "line": mutant.line,
        "change": mutant.change,
        "fate": trial.fate.value,
        "theorem": trial.theorem,
        "how": trial.how,
        "seconds": trial.seconds,
    }


def print_survey(console: Console, survey: Survey, verbose: bool = False) -> None:
    """The mutants that were not killed (or all), the table, and what its columns mean."""
    for row in survey.rows:
        for mutant, trial in row.trials:
            if verbose or trial.fate in LISTED:
                _print_mutant(console, mutant, trial)
    heads = "".join(f"{fate.value:>11}" for fate in COLUMNS)
    console.print(f"{'':16}{'mutants':>8}{'tried':>7}{heads}{'killed':>9}", highlight=False)
    for row in survey.rows:
        _print_row(console, row)
    console.print(MEANING, highlight=False, style="dim")
    for complaint in survey.complaints:
        console.print(f"[bold red]ERROR[/] {escape(complaint)}", highlight=False)
    console.print(last_line(survey), highlight=False)


def _print_mutant(console: Console, mutant: Mutant, trial: Trial) -> None:
    file = mutant.module.replace(".", "/") + ".py"
    console.print(
        f"{trial.fate.value.upper():10} {file}:{mutant.line} in {mutant.function}: {escape(mutant.difference)}",
        highlight=False,
    )
    if trial.theorem or trial.how:
        console.print(escape(f"           {' '.join(filter(None, (trial.theorem, trial.how)))}"), highlight=False)


def _print_row(console: Console, row: Row) -> None:
    counts = "".join(f"{row.count(fate):11}" for fate in COLUMNS)
    console.print(f"{row.subject:16}{row.chosen:8}{len(row.trials):7}{counts}{_share([row]):>9}", highlight=False)
    if row.unproved_functions:
        names = ", ".join(row.unproved_functions)
        number = sum(row.unproved_functions.values())
        console.print(f"  and {number} more of functions that no proved operation executes: {names}", highlight=False)


def _share(rows: Sequence[Row]) -> str:
    """How many of those that are not equivalent were killed."""
    different = sum(len(row.trials) - row.count(Fate.EQUIVALENT) for row in rows)
    return f"{sum(row.killed for row in rows) / different:.1%}" if different else "-"


def last_line(survey: Survey) -> str:
    """Every count, and whether they are those of a sample."""
    tried = sum(len(row.trials) for row in survey.rows)
    chosen = sum(row.chosen for row in survey.rows)
    counts = ", ".join(f"{sum(row.count(fate) for row in survey.rows)} {fate.value}" for fate in COLUMNS)
    sample = f" (a sample of {chosen}: an estimate)" if tried < chosen else ""
    return f"{tried} mutants{sample}: {counts}; killed {_share(survey.rows)} of those that are not equivalent"
