"""What ``drystone prove``, ``list`` and ``show`` do: the prover together with what running code says.

A theorem that the solver leaves open is not refuted by that.  It is refuted by a run of the real
allocator that breaks it, so after a failure the stateful checker looks for one.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from model.logic import Clause
from proofs import registry
from proofs.checking.bench import load_edition
from proofs.checking.ends import End
from proofs.checking.variant import import_anew
from proofs.checking.witness import reached, scripted_violation
from proofs.engine.cache import Cache
from proofs.engine.collect import collect, may_select, selected
from proofs.engine.foundation import RESTS
from proofs.engine.program import source_fingerprint
from proofs.engine.runner import Options, prove
from proofs.engine.theorem import Collected, Theorem
from proofs.engine.verdict import Report, TheoremResult, Verdict
from proofs.engine.workers import LONG_PATIENCE, Pool

SEARCH_STEPS = 6000
"""Steps of the stateful checker that looks for a trace after a failure."""


def prove_subjects(names: Sequence[str], patterns: Sequence[str], options: Options) -> Report:
    """Prove the selected theorems and what they rest on; after a failure look for a run that shows it."""
    scenarios = Scenarios(options)
    options.witness, options.resolve = scenarios.ends, registry.known
    report = prove([registry.proof_of(name) for name in names], patterns, options)
    if not report.theorems:
        return report
    report.notes += [f"{name}: the scenario did not come to its end: {why}" for name, why in scenarios.failed.items()]
    suspects = dict.fromkeys([*scenarios.failed, *(t.subject for t in report.theorems if _open(t))])
    for name in suspects:
        _search(report, name, options)
    return report


@dataclass
class Scenarios:
    """The scripted runs of the allocators, or of what ``options`` put in their place; which ``failed``, and why."""

    options: Options
    failed: dict[str, str] = field(default_factory=dict)

    def ends(self, names: Sequence[str]) -> dict[str, frozenset[End]]:
        """The ends of each operation that the scenarios come to, in this run or an equal one."""
        cache, marks = self.options.cache, {name: self._mark(name) for name in names}
        known = {name: cache.recall(f"{name} witness", marks[name]) for name in names}
        missing = [name for name in names if known[name] is None]
        with Pool(self.options.jobs, LONG_PATIENCE, apart=True) as pool:
            calls = [(name, self._texts(name)) for name in missing]
            for name, found in zip(missing, pool.each(_played, calls, _not_played), strict=True):
                known[name], failure = found or ({}, "it was not played")
                if failure:
                    self.failed[name] = failure
                else:
                    cache.remember(f"{name} witness", marks[name], known[name])
        return {name: ends for subject in names for name, ends in _ends_of(subject, known[subject] or {})}

    def _texts(self, name: str) -> dict[str, str]:
        """The texts that take the place of a subject's own modules, by module."""
        proof = registry.proof_of(name)
        own = {name: proof.module.__name__}
        return {own.get(part, part): text for part, text in self.options.sources_of(proof).items()}

    def _mark(self, name: str) -> str:
        return source_fingerprint() + hashlib.sha256(repr(sorted(self._texts(name).items())).encode()).hexdigest()


Ends = dict[str, list[End]]


def _played(name: str, texts: dict[str, str]) -> tuple[Ends, str]:
    """The ends that the scenario of a subject comes to, as JSON data, and why it ended early, "" if it did not.

    None of an operation that was never properly called.  It may change what this process imports.
    """
    if texts:
        import_anew(texts)
    played, subjects = import_module(reached.__module__), import_module(registry.__name__)
    found, failure = played.reached(subjects.proof_of(name))
    return {name: sorted(seen.ends) if seen.satisfied else [] for name, seen in found.operations.items()}, failure


def _not_played(position: int, reason: str, hung: bool) -> tuple[Ends, str]:
    """What stands for a scenario whose process was lost: nothing was reached."""
    return {}, reason


def _ends_of(subject: str, ends: Ends) -> Iterator[tuple[str, frozenset[End]]]:
    """The ends of every operation of a subject, the ones that were never called as well."""
    for operation in registry.proof_of(subject).subject.operations:
        yield f"{subject}.{operation.name}", frozenset(map(tuple, ends.get(operation.name, ())))


def _open(theorem: TheoremResult) -> bool:
    """Whether a run might refute a theorem: it is open, and speaks of what runs."""
    return theorem.verdict in (Verdict.REFUTED, Verdict.UNKNOWN) and not theorem.id.endswith(f".{RESTS}")


@dataclass(frozen=True)
class Search:
    """What looking for a run came to: so many steps, and the theorem that one of them broke, with the script."""

    steps: int
    theorem: str = ""
    sentence: str = ""
    script: str = ""
    failure: str = ""


def _search(report: Report, name: str, options: Options) -> None:
    """Let the checker, if there is one, break the subject; what it breaks is refuted, with the script that shows it."""
    with Pool(1, patience=LONG_PATIENCE, apart=True) as pool:
        calls = [(name, options.sources.get(name))]
        found = next(pool.each(_searched, calls, lambda n, reason, hung: Search(0, failure=reason)))
    if found is None or found.failure:
        report.notes.append(f"{name}: no run could be looked for: {found.failure if found else ''}")
    elif not found.theorem:
        report.notes.append(f"{name}: {found.steps} random operations on the real allocator broke no theorem")
    else:
        _refute(report, name, found)


def _searched(name: str, source: str | None) -> Search:
    """Play the scenario of a subject, then random histories, until a theorem is broken."""
    edition = load_edition(registry.proof_of(name).module, source) if source is not None else None
    found = scripted_violation(name, edition)
    if found.violation is None:
        found = registry.checker_of(name).check(SEARCH_STEPS, 0, edition=edition)
    if found.violation is None:
        return Search(found.steps)
    return Search(found.steps, found.violation.theorem, found.violation.sentence, found.script)


def _refute(report: Report, name: str, found: Search) -> None:
    """Enter that a run breaks a theorem."""
    known = {theorem.id: theorem for theorem in [*report.relied, *report.theorems]}
    theorem = known.get(found.theorem)
    if theorem is None:
        operation = found.theorem.split(".")[1]
        theorem = TheoremResult(found.theorem, name, operation, found.sentence, Verdict.REFUTED)
    if not any(theorem is one for one in report.theorems):
        report.theorems.append(theorem)
    theorem.verdict, theorem.trace = Verdict.REFUTED, found.script


def collected(names: Sequence[str], patterns: Sequence[str]) -> list[Collected]:
    """The obligations of the selected operations, without solving any."""
    return [
        collect(proof, operation, Cache(None), 0, None, None)
        for proof in map(registry.proof_of, names)
        for operation in proof.subject.operations
        if may_select(f"{proof.subject.name}.{operation.name}", patterns)
    ]


def theorems_of(names: Sequence[str], patterns: Sequence[str]) -> list[TheoremResult]:
    """The selected theorems, unproved."""
    return [
        theorem.result
        for item in collected(names, patterns)
        for theorem in item.theorems
        if selected(theorem.result.id, patterns)
    ]


def _find(theorem_id: str) -> Theorem | None:
    """One theorem by its full id."""
    subject = theorem_id.split(".", maxsplit=1)[0]
    for item in collected([subject], [theorem_id]):
        for theorem in item.theorems:
            if theorem.result.id == theorem_id:
                return theorem
    return None


def clause_of(theorem_id: str) -> Clause | None:
    """The clause of the model that a theorem states, if it is not one of the prover's own."""
    subject_name, operation_name, *rest = theorem_id.split(".")
    subject = registry.proof_of(subject_name).subject
    clauses = [*subject.operation(operation_name).ensures, *subject.invariants] if rest else []
    return next((clause for clause in clauses if clause.name == rest[-1]), None)


def describe(theorem_id: str) -> str | None:
    """Sentence, documented statements, formula and obligations of a theorem; None if there is none."""
    theorem = _find(theorem_id)
    if theorem is None:
        return None
    lines = [theorem_id, f"  {theorem.result.sentence}"]
    clause = clause_of(theorem_id)
    if clause is not None:
        if clause.covers:
            lines.append(f"  covers {', '.join(clause.covers)}")
        lines += ["", *(f"    {line}" for line in inspect.getsource(clause.formula).rstrip().splitlines())]
    lines += ["", f"  {len(theorem.problems)} obligations for the solver, {theorem.result.obvious} obvious ones"]
    for number, problem in enumerate(theorem.problems, start=1):
        lines.append(f"  {number}. {problem.line or 'at the end'}; {problem.sentence}")
        lines += [f"       {decision}" for decision in problem.decisions]
    return "\n".join(lines)


def smt_of(theorem_id: str, number: int) -> str | None:
    """The SMT-LIB text of one obligation: unsatisfiable exactly if the obligation holds."""
    theorem = _find(theorem_id)
    if theorem is None or number > len(theorem.problems):
        return None
    return f"{theorem.problems[number - 1].rungs[-1][0]}(check-sat)"
