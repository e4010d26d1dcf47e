"""What a program of your own may ask: theorems, proofs, checks; the answers are plain values.

    from drystone.proofs.api import check, prove

    for result in prove("pool.allocate"):
        print(result.verdict, result.id, result.text)
    assert all(check("pool", steps=5000))

Names are those of the command line: subjects, operations, theorems, globs; without any, all subjects of the project
that the current folder lies in.  A name that is no subject raises ``Mistake``, as does a project that cannot be used.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console

from proofs import registry
from proofs.checking import campaign
from proofs.command import CACHE, kept
from proofs.engine.cache import Cache
from proofs.engine.options import Options
from proofs.engine.verdict import TheoremResult, Verdict
from proofs.project import Mistake
from proofs.proving import prove_subjects
from proofs.report import print_failure

__all__ = ["Mistake", "Result", "check", "prove", "theorems"]

STEPS = 2000


@dataclass(frozen=True)
class Result:
    """One theorem that was proved or not, or one subject that was checked.

    ``verdict`` is PROVED, REFUTED, VACUOUS, PROVED IF, UNKNOWN or ERROR of a theorem; CHECKED or REFUTED of a check.
    ``text`` is what the command would print of it where it does not hold: the path, the values, the reason.  ``script``
    is a program that shows the violation, if one was found.  A Result is true if it holds.
    """

    id: str
    verdict: str
    sentence: str
    text: str = ""
    script: str = ""

    def __bool__(self) -> bool:
        return self.verdict in ("PROVED", "CHECKED")


def theorems(*select: str) -> Iterator[tuple[str, str]]:
    """The id and the sentence of each theorem, without proving it."""
    for found in registry.loaded("show_commands").theorems_of(registry.subjects_of(select), select):
        yield found.id, found.sentence


def prove(*select: str, jobs: int | None = None, cached: bool = True) -> list[Result]:
    """Prove what is selected, and all that it rests on; what is open of that comes behind the selected theorems."""
    names = registry.subjects_of(select)
    cache = Cache(kept(CACHE)() if cached else None)
    report = prove_subjects(names, select, Options(jobs=jobs or os.cpu_count() or 1, cache=cache))
    return [_result_of(theorem) for theorem in report.theorems]


def _result_of(theorem: TheoremResult) -> Result:
    return Result(theorem.id, theorem.verdict.value, theorem.sentence, _text_of(theorem), theorem.trace or "")


def _text_of(theorem: TheoremResult) -> str:
    """What a report says of a theorem that does not hold."""
    if theorem.verdict is Verdict.PROVED:
        return ""
    page = io.StringIO()
    print_failure(Console(file=page, soft_wrap=True, no_color=True), theorem)
    return page.getvalue().strip("\n")


def check(*select: str, steps: int = STEPS, seed: int = 0) -> list[Result]:
    """Random histories of each subject, every clause evaluated after every step.  ``Mistake`` if it has none."""
    named = [name for name in registry.subjects_of(select) if name in select or registry.has_rules(name)]
    return [_checked(name, steps, seed) for name in named]


def _checked(name: str, steps: int, seed: int) -> Result:
    found = campaign.check(name, steps, seed)
    if found.violation is None:
        return Result(name, "CHECKED", f"no violation in {found.steps} steps, {found.checks} clauses evaluated")
    violation = found.violation
    return Result(violation.theorem, "REFUTED", violation.sentence, violation.detail, found.script)
