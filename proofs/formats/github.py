"""Annotations of a GitHub workflow: a line for each case that is not good, which GitHub shows at the user's source."""

from __future__ import annotations

from proofs.formats.case import Case, lacking


def github(command: str, cases: list[Case]) -> str:
    """Commands of a workflow, and a last line that counts; GitHub reads the former out of the log."""
    bad = lacking(cases)
    lines = [_annotation(case) for case in bad]
    return "\n".join([*lines, f"drystone {command}: {len(cases) - len(bad)} of {len(cases)} good"])


def _annotation(case: Case) -> str:
    level = "error" if case.failed else "warning"
    given = {"file": case.place.file, "line": str(case.place.line)} if case.place else {}
    given["title"] = f"{case.verdict} {case.id}"
    fields = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in given.items())
    message = "\n".join([case.sentence, case.detail]).strip()
    return f"::{level} {fields}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    """What ends a line, or a field, is written as %XX."""
    return "".join(f"%{ord(sign):02X}" if sign in "%\r\n" + more else sign for sign in text)
