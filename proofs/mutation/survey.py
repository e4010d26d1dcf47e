"""A survey: every chosen mutant of some subjects is tried, each in a process of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from model.language.logic import Operation
from proofs import registry
from proofs.checking.bench import source_of
from proofs.engine.cache import Cache
from proofs.engine.collect import selected
from proofs.engine.operation import Proof
from proofs.engine.runner import Options
from proofs.engine.verdict import Verdict
from proofs.mutation.apart import each_apart
from proofs.mutation.elsewhere import call_of, each_there
from proofs.mutation.equivalents import Equivalent, equivalents
from proofs.mutation.mistakes import NotProved
from proofs.mutation.mutants import Mutant, functions_of, mutants_of
from proofs.mutation.reach import executed_by
from proofs.mutation.running import broken_by_running, edition_of, limit_memory, quick_runs
from proofs.mutation.store import Store
from proofs.mutation.trial import Fate, Target, Trial, texts_of, tried
from proofs.proving import prove_subjects

PATIENCE = 600
"""Seconds for one mutant: a net under the solver's budget, which should stop it first."""


@dataclass
class Plan:
    """How to go about it: which mutants, how many at once, what is remembered."""

    patterns: Sequence[str] = ()
    jobs: int = 1
    sample: int | None = None
    fresh: bool = False
    cache: Path | None = None
    store: Path | None = None
    equivalents: Path | None = None
    scheduler: Any = None
    """The workers of other machines, which try the mutants in place of processes of this one."""
    progress: Callable[[int, int], None] = lambda done, total: None


@dataclass
class Row:
    """One subject: its mutants in the order of the text, what became of those tried, and what was left out.

    ``chosen`` counts the selected mutants of proved functions, of which only the sample was tried;
    ``unproved_functions`` are those that no proved operation executes, with the number of their mutants.
    """

    subject: str
    chosen: int
    unproved_functions: Mapping[str, int]
    trials: list[tuple[Mutant, Trial]] = field(default_factory=list)

    def count(self, fate: Fate) -> int:
        """How many mutants met it."""
        return sum(trial.fate is fate for _, trial in self.trials)

    @property
    def killed(self) -> int:
        """Refuted or unproved."""
        return self.count(Fate.REFUTED) + self.count(Fate.UNPROVED)


@dataclass
class Survey:
    """All rows, and what is wrong with the list of equivalent mutants."""

    rows: list[Row]
    complaints: list[str]

    @property
    def clean(self) -> bool:
        """Whether every mutant is killed or known to be equivalent."""
        bad = (Fate.SURVIVED, Fate.TIMEOUT, Fate.CRASH)
        return not self.complaints and not any(row.count(fate) for row in self.rows for fate in bad)


def survey(plan: Plan) -> Survey:
    """Try the mutants that ``plan`` chooses; NotProved if a subject itself is not."""
    names = [name for name in registry.subjects_of(tuple(plan.patterns)) if has_code(name)]
    return survey_of([target_of(name, plan) for name in names], plan)


def has_code(name: str) -> bool:
    """Whether there is anything to mutate: what is composed of others' theorems has no code of its own."""
    return any(list(functions_of(ast.parse(text))) for text in texts_of(registry.proof_of(name)).values())


def target_of(name: str, plan: Plan) -> Target:
    """A registered subject, proved once more, from the cache as far as possible; what it rests on is taken as it is."""
    proof = registry.proof_of(name)
    report = prove_subjects([name], [name], Options(jobs=plan.jobs, cache=Cache(plan.cache), only=True))
    if report.verdict not in (Verdict.PROVED, Verdict.CONDITIONAL):
        raise NotProved(name, report.verdict.value)
    _rehearse(proof)
    theorems = frozenset(theorem.id for theorem in report.theorems)
    return Target(proof, texts_of(proof), theorems, partial(broken_by_running, name), {})


def _rehearse(proof: Proof) -> None:
    """NotProved unless the quick runs of the sound subject come to their ends and break nothing."""
    module = proof.module

    def rehearsal(_: int) -> bool:
        limit_memory()
        edition = edition_of(proof, module.__name__, source_of(module))
        return not any(run() for run in quick_runs(proof.subject.name, edition))

    ((_, well),) = each_apart(rehearsal, 1, 1, PATIENCE)
    if well is not True:
        raise NotProved(proof.subject.name, "broken by a run, or a run of it fails")


def survey_of(targets: Sequence[Target], plan: Plan) -> Survey:
    """Try the mutants of ``targets``, in an order that does not depend on the number of jobs."""
    listed = equivalents(plan.equivalents)
    rows: list[Row] = []
    work: list[tuple[Row, Target, Mutant, list[Operation]]] = []
    complaints: list[str] = []
    for target in targets:
        mutants = every_mutant(target)
        complaints += _strays(target, mutants, listed)
        reached = _reached(target)
        chosen = [m for m in mutants if _selected(m, plan.patterns)]
        left: dict[str, int] = {}
        for mutant in (m for m in chosen if not reached.get(m.function)):
            left[mutant.function] = left.get(mutant.function, 0) + 1
        proved = [m for m in chosen if reached.get(m.function)]
        rows.append(Row(target.name, len(proved), left))
        work += [(rows[-1], target, mutant, reached[mutant.function]) for mutant in _sample(proved, plan.sample)]
    _try_all(work, plan)
    for row in rows:
        row.trials = [(mutant, _judged(mutant, trial, listed, complaints)) for mutant, trial in row.trials]
    return Survey(rows, complaints)


def every_mutant(target: Target) -> list[Mutant]:
    """The mutants of all modules of a target; those of its own module first."""
    texts = list(target.texts.items())[::-1]
    beside = {module: [text for other, text in texts if other != module] for module, _ in texts}
    return [mutant for module, text in texts for mutant in mutants_of(target.name, module, text, beside[module])]


def _reached(target: Target) -> dict[str, list[Operation]]:
    """The operations that execute each function."""
    operations = target.proof.subject.operations
    functions = [function.operation.name for function in target.proof.functions]
    executed = executed_by(list(target.texts.values()), [operation.name for operation in operations], functions)
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        for function in executed[operation.name]:
            found.setdefault(function, []).append(operation)
    return found


def _selected(mutant: Mutant, patterns: Sequence[str]) -> bool:
    return selected(f"{mutant.subject}.{mutant.function}", patterns)


def _sample(mutants: list[Mutant], size: int | None) -> list[Mutant]:
    """The first ``size`` by rank, in their order."""
    if size is None:
        return mutants
    chosen = sorted(mutants, key=lambda mutant: mutant.rank)[:size]
    return [mutant for mutant in mutants if mutant in chosen]


# ---------------------------------------------------------------- trials


def _try_all(work: Sequence[tuple[Row, Target, Mutant, list[Operation]]], plan: Plan) -> None:
    """Enter the fate of every mutant in its row: a remembered one, or what a trial finds."""
    proofs = Cache(plan.cache)
    with closing(Store(plan.store)) as store:
        known = {} if plan.fresh else {n: store.recall(item[2].id) for n, item in enumerate(work)}
        trials = {n: trial for n, trial in known.items() if trial is not None}
        missing = [n for n in range(len(work)) if n not in trials]
        plan.progress(len(trials), len(work))

        def attempt(number: int) -> Trial:
            limit_memory()
            return tried(*work[missing[number]][1:], proofs)

        if plan.scheduler is None:
            fates: Iterator[tuple[int, Any]] = each_apart(attempt, len(missing), plan.jobs, PATIENCE)
        else:
            fates = each_there(plan.scheduler, [call_of(*work[n][1:]) for n in missing], PATIENCE)
        for number, found in fates:
            trial = found if isinstance(found, Trial) else _lost(found)
            trials[missing[number]] = trial
            store.remember(work[missing[number]][2].id, trial)
            plan.progress(len(trials), len(work))
    for n, (row, _, mutant, _) in enumerate(work):
        row.trials.append((mutant, trials[n]))


def _lost(lost: Any) -> Trial:
    return Trial(Fate.TIMEOUT if lost.hung else Fate.CRASH, how=lost.reason)


# ---------------------------------------------------------------- equivalent mutants


def _is(mutant: Mutant, one: Equivalent) -> bool:
    return (mutant.subject, mutant.function, mutant.change) == (one.subject, one.function, one.change)


def _strays(target: Target, mutants: Sequence[Mutant], listed: Sequence[Equivalent]) -> list[str]:
    """The entries of the list that stand for no mutant."""
    ours = [one for one in listed if one.subject == target.name]
    return [f"no mutant is {one}, listed as equivalent" for one in ours if not any(_is(m, one) for m in mutants)]


def _judged(mutant: Mutant, trial: Trial, listed: Sequence[Equivalent], complaints: list[str]) -> Trial:
    """The fate, which is another for what is known to be equivalent, unless a theorem is false of it.

    What is no longer proved may still be true: whether a proof is found says little of a text that does the same.
    """
    entry = next((one for one in listed if _is(mutant, one)), None)
    if entry is None:
        return trial
    if trial.fate in (Fate.SURVIVED, Fate.TIMEOUT, Fate.UNPROVED):
        return replace(trial, fate=Fate.EQUIVALENT, how=entry.reason)
    complaints.append(f"{entry}, listed as equivalent, is not: {trial.fate.value} by {trial.theorem or trial.how}")
    return trial
