"""What ``drystone export --check`` prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from proofs.export.beside.building import build
from proofs.export.beside.checking import counts_lines, covered, ran
from proofs.export.beside.mutants import mutants_of, tried
from proofs.export.beside.speed import measured
from proofs.export.helpers import in_words
from proofs.export.unit import Unit

DOCUMENTED = Path(__file__).parent / "documented"
"""The names of the original documents, as thin wrappers."""
BUILDS = ("sanitized", "fast")
"""Where lines can be counted, they are counted in the first."""


def compare(unit: Unit, steps: int, seed: int, trace: str, say: Callable[[str], None]) -> bool:
    """Run every build beside the Python; whether nothing differed."""
    name, same = unit.program.subject, True
    for name_of_build in BUILDS:
        counted = name_of_build == BUILDS[0] and counts_lines()
        kind = "coverage" if counted else name_of_build
        built = build(unit, kind)
        found = ran(unit, built, kind, steps, seed, trace)
        same = same and not found.difference
        if found.difference:
            say(f"{name} ({name_of_build}): DIFFERS in {found.difference}")
            continue
        played = f"{found.events} events of the trace, {found.refused} refused, " if trace else ""
        say(
            f"{name} ({name_of_build}): equal, {played}{found.steps} calls of {', '.join(found.called)}; "
            f"{found.compared / 1e6:.0f} MB compared in {found.seconds:.1f} s"
        )
        if counted:
            executed, lines, _ = covered(unit, built)
            say(f"{name}: {executed} of {lines} lines of the C executed")
    return same


def written(unit: Unit, folder: Path, say: Callable[[str], None]) -> None:
    """Write the header and the source, and the functions under the names of the original document, if it has some."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{unit.prefix}.h": unit.header, f"{unit.prefix}.c": unit.source}
    documented = DOCUMENTED / f"{unit.prefix}.h"
    if documented.is_file():
        texts[f"{unit.prefix}_documented.h"] = in_words(documented.read_text())
    for name, text in texts.items():
        (folder / name).write_text(text)
        say(f"{folder / name}: {len(text.splitlines())} lines")


def measure(unit: Unit, trace: str, say: Callable[[str], None]) -> None:
    """Play a trace in C."""
    found = measured(unit, trace)
    if found.refused >= 0:
        say(f"{found.subject}: event {found.refused + 1} of the trace was refused; {found.text} bytes of text at -Os")
        return
    say(
        f"{found.subject}: {found.exported:.0f} ns an event, {found.ratio:.2f} times the C library's "
        f"{found.library:.0f}; {found.text} bytes of text at -Os"
    )


def survive(unit: Unit, count: int, steps: int, seed: int, say: Callable[[str], None]) -> bool:
    """Change one token of the C at a time; whether every change was noticed."""
    noticed, survived = 0, []
    for mutant in mutants_of(unit, count, seed):
        found = tried(unit, mutant, steps, seed)
        noticed += bool(found)
        if not found:
            survived.append(mutant)
            say(f"{unit.program.subject}: not noticed: line {mutant.line}, {mutant.change}: {mutant.text}")
    say(f"{unit.program.subject}: {noticed} of {noticed + len(survived)} changes of the C noticed")
    return not survived
