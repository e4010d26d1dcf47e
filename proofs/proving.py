"""What ``drystone prove``, ``list`` and ``show`` do: the prover together with what running code says.

A theorem that the solver leaves open is not refuted by that.  It is refuted by a run of the real
allocator that breaks it, so after a failure the stateful checker looks for one.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from model.logic import Clause
from proofs import registry
from proofs.checking.bench import load_edition
from proofs.checking.ends import End
from proofs.checking.variant import import_anew
from proofs.checking.witness import scripted_violation, witness
from proofs.engine.cache import Cache
from proofs.engine.collect import collect, may_select, selected
from proofs.engine.foundation import RESTS
from proofs.engine.program import source_fingerprint
from proofs.engine.runner import Options, prove
from proofs.engine.theorem import Collected, Theorem
from proofs.engine.verdict import Report, TheoremResult, Verdict
from proofs.engine.workers import Pool

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
        with Pool(self.options.jobs, apart=True) as pool:
            calls = [(name, self._texts(name)) for name in missing]
            for name, ends in zip(missing, pool.each(_ends_of, calls, self._lost(missing)), strict=True):
                known[name] = ends
                if name not in self.failed:
                    cache.remember(f"{name} witness", marks[name], ends)
        return {operation: frozenset(map(tuple, ends)) for found in known.values() for operation, ends in found.items()}

    def _texts(self, name: str) -> dict[str, str]:
        """The texts that take the place of a subject's own modules, by module."""
        proof = registry.proof_of(name)
        own = {name: proof.module.__name__}
        return {own.get(part, part): text for part, text in self.options.sources_of(proof).items()}

    def _mark(self, name: str) -> str:
        return source_fingerprint() + hashlib.sha256(repr(sorted(self._texts(name).items())).encode()).hexdigest()

    def _lost(self, missing: Sequence[str]) -> Callable[[int, str, bool], dict[str, list[End]]]:
        """What stands for a scenario that failed: no end of any operation was reached."""

        def lost(number: int, reason: str, hung: bool) -> dict[str, list[End]]:
            self.failed[missing[number]] = reason
            subject = registry.proof_of(missing[number]).subject
            return {f"{subject.name}.{operation.name}": [] for operation in subject.operations}

        return lost


def _ends_of(name: str, texts: dict[str, str]) -> dict[str, list[End]]:
    """The ends that the scenario of a subject comes to, as JSON data; none of an operation never properly called.

    It may change what this process imports.
    """
    if texts:
        import_anew(texts)
    played, subjects = import_module(witness.__module__), import_module(registry.__name__)
    found = played.witness(subjects.proof_of(name)).operations
    return {f"{name}.{operation}": sorted(seen.ends) if seen.satisfied else [] for operation, seen in found.items()}


def _open(theorem: TheoremResult) -> bool:
    """Whether a run might refute a theorem: it is open, and speaks of what runs."""
    return theorem.verdict in (Verdict.REFUTED, Verdict.UNKNOWN) and not theorem.id.endswith(f".{RESTS}")


def _search(report: Report, name: str, options: Options) -> None:
    """Let the checker, if there is one, break the subject; what it breaks is refuted, with the script that shows it."""
    source = options.sources.get(name)
    edition = load_edition(registry.proof_of(name).module, source) if source is not None else None
    found = scripted_violation(name, edition)
    if found.violation is None:
        found = registry.checker_of(name).check(SEARCH_STEPS, 0, edition=edition)
    violation = found.violation
    if violation is None:
        report.notes.append(f"{name}: {found.steps} random operations on the real allocator broke no theorem")
        return
    known = {theorem.id: theorem for theorem in report.theorems}
    if violation.theorem not in known:
        operation = violation.theorem.split(".")[1]
        theorem = TheoremResult(violation.theorem, name, operation, violation.sentence, Verdict.REFUTED)
        report.theorems.append(theorem)
        known[theorem.id] = theorem
    known[violation.theorem].verdict = Verdict.REFUTED
    known[violation.theorem].trace = found.script


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
