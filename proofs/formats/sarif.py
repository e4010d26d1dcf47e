"""SARIF 2.1.0: a rule for each theorem that failed, a result with the line of the user's source.

What is good is no result: viewers show results as problems.  No writer of this format is kept up in Python, and what
is written is small: a test compares it with the schema.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from proofs.formats.case import Case, lacking

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(command: str, cases: list[Case]) -> str:
    """One document with one run."""
    bad = lacking(cases)
    rules = {case.id: case for case in bad}
    driver = {
        "name": "drystone",
        "semanticVersion": version("drystone"),
        "rules": [
            {"id": rule, "shortDescription": {"text": case.sentence or rule}, "properties": {"tags": [case.group]}}
            for rule, case in rules.items()
        ],
    }
    numbers = {rule: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"drystone/{command}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(case, numbers[case.id]) for case in bad],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(case: Case, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": case.id,
        "ruleIndex": rule,
        "level": "error" if case.failed else "warning",
        "message": {"text": f"{case.headline}\n{case.detail}".strip()},
    }
    if case.place:
        uri = case.place.file if not case.place.file.startswith("/") else Path(case.place.file).as_uri()
        where = {"artifactLocation": {"uri": uri}, "region": {"startLine": case.place.line}}
        result["locations"] = [{"physicalLocation": where}]
    return result
