"""What each command's document says, case by case.

A document is what ``--format json`` prints.  A case is good exactly if the command counts it as a success, so that a
format shows a failure exactly where the exit status has a reason not to be 0.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from proofs import registry
from proofs.engine.lineage import edited, lineage
from proofs.formats.case import Case, Place

GOOD = ("PROVED", "CHECKED")
WRONG = ("REFUTED", "VACUOUS")
LEFT_OUT = "LEFT OUT"
LINE = re.compile(r"([\w.]+\.py):(\d+)")
"""How a failure says where it is: "segment_heap.py:120 in _split"."""
END = re.compile(r"(\w+):(\d+)")
"""How an end of a function says where it is, the innermost first: "_corrupted:326 < allocate:93"."""


def of_prove(document: dict[str, Any], source: Path | None) -> list[Case]:
    """A case for each theorem that was selected, and for each that one of them rests on and that is not proved."""
    return [_theorem(found, source) for found in document["theorems"]] + _flips(document)


def _theorem(found: dict[str, Any], source: Path | None) -> Case:
    parts: list[str] = []
    for failure in found["failures"]:
        parts += [f"not shown: {failure['sentence']}"] if failure["sentence"] else []
        parts += [f"at {failure['line']}"] if failure["line"] else []
        parts += [f"on the path where {decision}" for decision in failure["path"]]
        parts += [f"{name} = {value}" for name, value in failure["values"].items()]
        parts += [f"why it is open: {failure['reason']}"] if failure["reason"] else []
    parts += [f"a run that breaks it:\n{found['trace']}"] if found["trace"] else []
    lines = [failure["line"] for failure in found["failures"] if failure["line"]]
    return Case(
        found["id"],
        f"{found['subject']}.{found['operation']}",
        found["sentence"],
        found["verdict"],
        good=found["verdict"] in GOOD,
        failed=found["verdict"] in WRONG,
        seconds=found["seconds"],
        detail="\n".join(parts),
        place=place_of(found["subject"], lines[0], source) if lines else None,
    )


def _flips(document: dict[str, Any]) -> list[Case]:
    """A case for each obligation that is proved as it stands and not in some disguise."""
    shaken = document.get("stability", {}).get("obligations", [])
    return [
        Case(
            f"{one['theorem']}#{one['obligation']}",
            "stability",
            f"it is not proved in {one['flips']} disguises",
            "UNSTABLE",
            good=False,
        )
        for one in shaken
        if one["flips"]
    ]


def of_check(document: Any, source: Path | None) -> list[Case]:
    """A case for each subject, or for each contract of CrossHair, or for each build of an allocator in C."""
    if isinstance(document, dict):
        nothing = document["verdict"] == LEFT_OUT
        return [_build(document["subject"], one, nothing) for one in document["builds"]]
    return [_contract(one) if "detail" in one else _subject(one, source) for one in document]


def _subject(found: dict[str, Any], source: Path | None) -> Case:
    wrong = found["verdict"] not in GOOD
    sentence = found["sentence"] if wrong else f"{found['steps']} steps, {found['clauses_evaluated']} clauses evaluated"
    return Case(
        found["theorem"] or found["subject"],
        found["subject"],
        sentence,
        found["verdict"],
        good=not wrong,
        failed=wrong,
        detail=f"after {found['steps']} steps; this script shows it:\n{found['script']}" if wrong else "",
        place=place_of(found["subject"], _where(found, source), source) if wrong else None,
    )


def _where(found: dict[str, Any], source: Path | None) -> str:
    """Where the operation begins whose theorem a run broke, as a failure says it; "" if it is no function there."""
    operation = found["theorem"].split(".")[1]
    if found["subject"] not in registry.SUBJECTS:
        return ""
    files = _files(found["subject"], source)
    lines = [node.lineno for file in files.values() for node in _functions(file) if node.name == operation]
    return f"{operation}:{lines[0]}" if lines else ""


def _contract(found: dict[str, Any]) -> Case:
    good = found["verdict"] in GOOD
    return Case(
        found["id"],
        "crosshair",
        found["sentence"],
        found["verdict"],
        good,
        failed=found["verdict"] in WRONG,
        seconds=found["seconds"],
        detail=found["detail"],
    )


def _build(subject: str, found: dict[str, Any], nothing: bool) -> Case:
    """One build of an allocator in C; one that this machine cannot make is no failure, unless there is no other."""
    wrong = "theorem" in found
    calls = "\n".join(found.get("calls", []))
    return Case(
        f"{subject} ({found['build']})",
        subject,
        found["sentence"] if wrong else found["why"] or "no violation",
        found["verdict"],
        good=found["verdict"] in GOOD or (found["verdict"] == LEFT_OUT and not nothing),
        failed=wrong,
        seconds=found.get("seconds", 0.0),
        detail=f"{found['theorem']}\n{found['how']}\n{calls}" if wrong else "",
    )


def of_gallery(document: list[dict[str, Any]], source: Path | None) -> list[Case]:
    """A case for each known defect."""
    return [
        Case(
            found["id"],
            found["subject"],
            found["sentence"],
            "NOT SHOWN" if found["lacking"] else "SHOWN",
            good=not found["lacking"],
            failed=bool(found["lacking"]),
            detail=found["lacking"],
        )
        for found in document
    ]


def of_mutate(document: dict[str, Any], source: Path | None) -> list[Case]:
    """A case for each mutant, and for each complaint about the list of equivalent ones."""
    cases = []
    for found in document["mutants"]:
        fate = found["fate"]
        cases.append(
            Case(
                f"{found['subject']}.{found['function']}:{found['line']} {found['change']}",
                found["subject"],
                found["change"],
                fate.upper(),
                good=fate in ("refuted", "unproved", "equivalent"),
                failed=fate == "survived",
                seconds=found["seconds"],
                detail=" ".join(part for part in (found["theorem"], found["how"]) if part),
                place=Place(relative(_module_file(found["module"])), found["line"]),
            )
        )
    return cases + [Case(one, "equivalent", one, "WRONG", good=False, failed=True) for one in document["complaints"]]


def of_doubt(document: dict[str, Any], source: Path | None) -> list[Case]:
    """A case for each attempt to fool the prover."""
    return [
        Case(
            found["id"],
            found["kind"],
            found["statement"],
            found["answer"].upper(),
            good=not found["complaint"],
            failed=bool(found["complaint"]),
            detail="\n".join((found["complaint"], f"CPython: {found['shown']}", f"prover: {found['why']}")),
        )
        for found in document["cases"]
    ]


OF: dict[str, Callable[[Any, Path | None], list[Case]]] = {
    "prove": of_prove,
    "check": of_check,
    "gallery": of_gallery,
    "mutate": of_mutate,
    "doubt": of_doubt,
}
"""Command -> the cases of its document; ``source`` is the file that stood for the subject's own."""


def place_of(subject: str, said: str, source: Path | None) -> Place | None:
    """The line that a failure names, in the subject's program; its first line if it names none."""
    if subject not in registry.SUBJECTS:
        return None
    files = _files(subject, source)
    if (found := LINE.match(said)) is None:
        end = END.search(said)
        name, line = (end[1], int(end[2])) if end else ("", 1)
        holding = [file for file in files.values() if any(_holds(node, name, line) for node in _functions(file))]
        return Place(relative((holding or [*files.values()])[0]), line)
    own = Path(str(registry.implementation_of(subject).__file__))
    named = [shown for file, shown in files.items() if found[1] in (file.name, shown.name)]
    named = named or sorted(own.parent.rglob(found[1]))
    return Place(relative(named[0]), int(found[2])) if named else None


def _files(subject: str, source: Path | None) -> dict[Path, Path]:
    """The files of a subject's class, its own first, and what stands for each: ``source`` for the one that it edits."""
    module = registry.implementation_of(subject)
    changed = edited(module, _text(source)) if source else ""
    files = {Path(str(one.__file__)): one.__name__ for one in lineage(module)}
    return {file: source if source and name == changed else file for file, name in files.items()}


def _text(file: Path) -> str:
    """What a file holds; nothing if it is gone."""
    return file.read_text() if file.is_file() else ""


def _functions(file: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(_text(file))) if isinstance(node, ast.FunctionDef)]


def _holds(node: ast.FunctionDef, name: str, line: int) -> bool:
    """Whether a line is one of a function of that name."""
    return node.name == name and node.lineno <= line <= (node.end_lineno or 0)


def _module_file(module: str) -> Path:
    """The file of a mutant's module."""
    parts = module.removesuffix(".py").replace("/", ".").split(".")
    package = __import__(parts[0])
    return Path(next(iter(package.__path__))).joinpath(*parts[1:]).with_suffix(".py")


def relative(file: Path) -> str:
    """The path from where the command runs, if the file lies below it."""
    here, whole = Path.cwd(), file.resolve()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else whole.as_posix()
