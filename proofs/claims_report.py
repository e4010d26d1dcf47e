"""Which theorems and tests stand for each documented statement, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from proofs.claims import Claim


def claims_as_data(claims: Iterable[Claim]) -> list[dict[str, Any]]:
    """Claims as JSON data."""
    return [
        {
            "id": claim.statement.id,
            "sentence": claim.statement.sentence,
            "theorems": list(claim.theorems),
            "tests": list(claim.tests),
        }
        for claim in claims
    ]


def print_claims(console: Console, claims: Sequence[Claim]) -> None:
    """Each statement with its theorems (those of several operations on one line) and its tests."""
    for claim in claims:
        console.print(f"[bold]{claim.statement.id:7}[/] {escape(claim.statement.sentence)}", highlight=False)
        for line in grouped_theorems(claim.theorems):
            console.print(f"        theorem  {escape(line)}", highlight=False)
        if not claim.theorems and claim.statement.tested:
            console.print(f"        by test only: {escape(claim.statement.tested)}", highlight=False)
        for test in claim.tests:
            console.print(f"        test     {escape(test)}", highlight=False)
        if claim.missing:
            console.print(f"        [bold red]MISSING[/]  {claim.missing}", highlight=False)
    console.print(claims_last_line(claims), highlight=False)


def grouped_theorems(theorems: Iterable[str]) -> list[str]:
    """``heap.{free,allocate}.tiling`` for a theorem of several operations."""
    groups: dict[tuple[str, str], list[str]] = {}
    for theorem in theorems:
        subject, operation, name = theorem.split(".", maxsplit=2)
        groups.setdefault((subject, name), []).append(operation)
    return [
        f"{subject}.{'{' + ','.join(operations) + '}' if len(operations) > 1 else operations[0]}.{name}"
        for (subject, name), operations in groups.items()
    ]


def claims_last_line(claims: Sequence[Claim]) -> str:
    """Every count."""
    proved = sum(1 for claim in claims if claim.theorems)
    tested = sum(1 for claim in claims if claim.tests)
    by_test = sum(1 for claim in claims if not claim.theorems and not claim.missing)
    missing = sum(1 for claim in claims if claim.missing)
    return (
        f"{len(claims)} statements: {proved} with theorems, {by_test} by test only, {missing} MISSING; "
        f"{tested} with tests"
    )
