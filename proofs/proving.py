"""What ``drystone prove`` does: the prover together with what running code says.

A theorem that the solver leaves open is not refuted by that.  It is refuted by a run of the real
allocator that breaks it, so after a failure the stateful checker looks for one.

TRUSTED: what running code says is asked for each theorem, and refutes it; it proves none.
What runs that code is loaded by its name (checking/evidence.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from model.language.words import WORD_BITS
from proofs import registry
from proofs.checking.ends import End
from proofs.engine.depends import Texts
from proofs.engine.entered import watch
from proofs.engine.foundation import RESTS
from proofs.engine.operation import is_refused
from proofs.engine.options import Story
from proofs.engine.program import source_fingerprint
from proofs.engine.reached import BASELESS, ENDED_EARLY, REACHABLE
from proofs.engine.runner import Options, prove
from proofs.engine.theorem import EXECUTES
from proofs.engine.verdict import NOT_PLAYED, Failure, Report, TheoremResult, Verdict
from proofs.engine.workers import LONG_PATIENCE, Pool
from proofs.word import NARROW

NOT_COME = "calls with random arguments did not come to an end of it; live/story.py may make the calls that do"
BROKE_FIRST = "calls with random arguments broke a theorem before they came here"


def prove_subjects(names: Sequence[str], patterns: Sequence[str], options: Options) -> Report:
    """Prove the selected theorems and what they rest on; after a failure look for a run that shows it."""
    watch()
    runs = registry.loaded("seeking").Seeking(options)
    scenarios = Scenarios(options, runs)
    options.stories, options.resolve, options.runs = scenarios, registry.known, runs
    try:
        return _proved(names, patterns, options, scenarios, runs)
    finally:
        runs.end()


def _proved(names: Sequence[str], patterns: Sequence[str], options: Options, scenarios: Scenarios, runs: Any) -> Report:
    """The report of the prover, and what running code says to it."""
    proofs_ = [registry.proof_of(name) for name in names]
    registry.loaded("recordlint").check_all(proofs_)
    report = prove(proofs_, patterns, options)
    report.notes += registry.loaded("recordlint").notes(proofs_)
    report.notes += [] if WORD_BITS == 64 else [NARROW]
    if not report.theorems:
        return report
    mistaken = {t.subject for t in report.theorems if any(failure.mistake for failure in t.failures)}
    played = {name: why for name, why in scenarios.failed.items() if registry.has_story(name) and name not in mistaken}
    report.notes += _ended_early(played, scenarios.broken)
    for name in scenarios.failed.keys() - played.keys():
        why = NOT_PLAYED if name in mistaken else scenarios.failed[name]
        if name not in mistaken:
            report.notes.append(f"{name}: not checked for vacuity: {why}")
        _leave_open(report, name, why)
    for name in {t.subject for t in report.theorems if _partly_reached(t)} - mistaken:
        _leave_open(report, name, BROKE_FIRST if name in played else NOT_COME, _partly_reached)
    for name in played:
        _leave_open(report, name, ENDED_EARLY, _is_cut_short)
    below = {name: theorem for name, theorem in scenarios.broken.items() if not theorem.startswith(f"{name}.")}
    suspects = dict.fromkeys([*played, *(t.subject for t in report.theorems if _open(t))])
    for name in sorted(suspects.keys() - mistaken, key=lambda name: (name in below, list(suspects).index(name))):
        if not _is_explained(report, name, below.get(name, "")):
            _search(report, name, runs.result(name))
            _try_candidates(report, name, options)
        _leave_out_untold(report, name, below.get(name, name).partition(".")[0])
    return report


def _is_explained(report: Report, name: str, broken: str) -> bool:
    """Whether the scenario of a subject ended early by what is refuted of another one, and nothing else is open."""
    is_open = any(t.subject == name and _open(t) for t in report.theorems)
    return bool(broken) and not is_open and _is_refuted(report, broken.partition(".")[0])


def _is_refuted(report: Report, subject: str) -> bool:
    """Whether a run breaks a theorem of a subject."""
    every = [*report.theorems, *report.relied]
    return any(t.subject == subject and t.verdict is Verdict.REFUTED and t.trace for t in every)


def _ended_early(played: Mapping[str, str], broken: Mapping[str, str]) -> Iterator[str]:
    """Why scenarios ended early; what breaks is shown where it belongs, and named elsewhere."""
    for name, why in played.items():
        below = broken.get(name, name).partition(".")[0] != name and broken[name].partition(".")[0] in played
        yield f"{name}: the scenario did not come to its end: {f'it breaks {broken[name]}' if below else why}"


def _leave_out_untold(report: Report, name: str, broken: str) -> None:
    """Where a run refutes a subject, nobody asks whether the rest of the ends is reached that the run would come to."""
    untold = [t for t in report.theorems if t.subject == name and any(f.reason == ENDED_EARLY for f in t.failures)]
    if untold and _is_refuted(report, broken):
        report.theorems = [t for t in report.theorems if t not in untold]
        report.notes.append(f"{name}: not looked at: which ends of {len(untold)} operations are reached")


def _is_vacuous(theorem: TheoremResult) -> bool:
    return theorem.verdict is Verdict.VACUOUS


def _is_cut_short(theorem: TheoremResult) -> bool:
    """Whether a run that ended early may be why some end was not reached."""
    reached = theorem.id.endswith(f".{REACHABLE}") and _is_vacuous(theorem)
    return reached and all(failure.reason != BASELESS for failure in theorem.failures)


def _partly_reached(theorem: TheoremResult) -> bool:
    """Whether runs that were made up from the contract, and nobody wrote, came to some ends, but not to all."""
    reached = theorem.id.endswith(f".{REACHABLE}") and theorem.obvious > 0
    return reached and _is_vacuous(theorem) and registry.is_made_up(theorem.subject)


def _leave_open(report: Report, name: str, why: str, which: Callable[[TheoremResult], bool] = _is_vacuous) -> None:
    """Without a story nothing says that a subject's theorems speak of states that occur, nor that they do not."""
    for theorem in report.theorems:
        if theorem.subject == name and which(theorem):
            theorem.verdict = Verdict.UNKNOWN
            found = theorem.failures or [Failure(theorem.sentence, "", (), (), why)]
            theorem.failures = [replace(failure, reason=why) for failure in found]


@dataclass
class Scenarios:
    """The scripted runs of the allocators, or of what ``options`` put in their place; which ``failed``, and why."""

    options: Options
    runs: Any
    """Looks for runs that break theorems (seeking.py)."""
    failed: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    """The theorems that they broke; where a subject uses others, it may be one of theirs."""
    _seen: dict[str, Texts] = field(default_factory=dict)
    _marks: dict[str, str] = field(default_factory=dict)
    _known: dict[str, Ends | None] = field(default_factory=dict)
    _missing: list[str] = field(default_factory=list)

    def unplayed(self, subjects: Sequence[str]) -> list[Story]:
        """The scenarios of these subjects that no equal run has played, the longest first."""
        self._marks = {name: self._mark(name) for name in subjects}
        self._known = {name: self._recalled(name, self._marks[name]) for name in subjects}
        refused = {name for name in subjects if self._known[name] is None and self._is_refused(name)}
        self.failed |= dict.fromkeys(refused, NOT_PLAYED)
        playable = (name for name in subjects if self._known[name] is None and name not in refused)
        self._missing = sorted(playable, key=_operations, reverse=True)
        return self._to_play(self._missing)

    def _to_play(self, names: Sequence[str]) -> list[Story]:
        """The runs of these scenarios; what plays them is imported before processes are forked."""
        if not names:
            return []
        played = evidence().played
        return [Story(partial(played, name, self._texts(name)), _not_played) for name in names]

    def ends(self, played: Sequence[Played]) -> dict[str, frozenset[End]]:
        """The ends of each operation that the scenarios come to, in this run or an equal one."""
        for name, (ends, failure, broken, ran) in zip(self._missing, played, strict=True):
            self._known[name] = ends
            if failure:
                self.failed[name] = failure
                self.broken |= {name: broken} if broken else {}
                if registry.has_story(name):
                    self.options.early.add(name)
                    self.runs.story_broke(name)
            else:
                functions = self._told(name).functions(ran)
                found = [ends, functions]
                self.options.cache.remember_one(f"{name} witness", self._marks[name], found, functions)
        self._missing = []
        return {name: ends for subject, known in self._known.items() for name, ends in _ends_of(subject, known or {})}

    def _is_refused(self, name: str) -> bool:
        proof = registry.proof_of(name)
        return is_refused(proof, self.options.sources_of(proof))

    def _texts(self, name: str) -> dict[str, str]:
        """The texts that take the place of a subject's own modules, by module."""
        proof = registry.proof_of(name)
        own = {name: proof.module.__name__}
        return {own.get(part, part): text for part, text in self.options.sources_of(proof).items()}

    def _told(self, name: str) -> Texts:
        """The files that the scenario of a subject depends on."""
        if name not in self._seen:
            closure = self.options.closure
            self._seen[name] = closure.texts(f"{name} told", closure.of_story(name), {})
        return self._seen[name]

    def _recalled(self, name: str, mark: str) -> Ends | None:
        """The ends that a scenario came to, if none of the functions that ran then says anything else now."""
        texts = self._told(name)
        for ends, functions in self.options.cache.recall_any(f"{name} witness", mark):
            if texts.are_current(functions):
                moved = texts.moved(functions)
                return {operation: [tuple(map(moved, end)) for end in some] for operation, some in ends.items()}
        return None

    def _mark(self, name: str) -> str:
        """What a scenario depends on beside the functions that it runs; of a variant these are not noted."""
        texts = self._texts(name)
        if not texts:
            closure, told = self.options.closure, self._told(name)
            files = None if told.modules is None else closure.files(told.modules)
            strangers = closure.state.strangers(told.modules or ())
            return hashlib.sha256(f"{told.fingerprint(files)} {strangers}".encode()).hexdigest()
        return source_fingerprint() + hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()


def evidence() -> Any:
    """What runs the allocators themselves; it is imported before processes are forked."""
    return registry.loaded("checking.evidence")


Ends = dict[str, list[End]]
Played = tuple[Ends, str, str, tuple[str, ...]]
"""The ends that a scenario came to, why it ended early, the theorem that it broke, and the functions that ran."""


def _operations(subject: str) -> int:
    """The number of a subject's operations: the longest story is begun first, so that no process waits for it."""
    return len(registry.proof_of(subject).subject.operations)


def _not_played(reason: str) -> Played:
    """What stands for a scenario whose process was lost: nothing was reached."""
    return {}, reason, "", ()


def _ends_of(subject: str, ends: Ends) -> Iterator[tuple[str, frozenset[End]]]:
    """The ends of every operation of a subject, the ones that were never called as well."""
    for operation in registry.proof_of(subject).subject.operations:
        yield f"{subject}.{operation.name}", frozenset(map(tuple, ends.get(operation.name, ())))


def _open(theorem: TheoremResult) -> bool:
    """Whether a run might refute a theorem: it is open, and speaks of what runs."""
    open_ = theorem.verdict in (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.ERROR)
    return open_ and not theorem.id.endswith((f".{RESTS}", f".{REACHABLE}"))


@dataclass(frozen=True)
class Search:
    """What looking for a run came to: so many steps, and the theorem that one of them broke, with the script.

    ``theorems`` are all that the last call broke.
    """

    steps: int
    theorem: str = ""
    sentence: str = ""
    script: str = ""
    failure: str = ""
    unfolding: dict[str, Any] | None = None
    theorems: tuple[str, ...] = ()


def _search(report: Report, name: str, found: Search) -> None:
    """Enter what the checker, if there is one, found; what it breaks is refuted, with the script that shows it."""
    if found.failure:
        report.notes.append(f"{name}: no run could be looked for: {found.failure}")
    elif not found.theorem and any(_open(t) and t.verdict is not Verdict.ERROR for t in report.theorems):
        report.notes.append(f"{name}: {found.steps} random operations on the real allocator broke no theorem")
    elif found.theorem:
        _refute(report, name, found)


MOST_TRIED = 4
"""Of so many theorems of a subject that no run refutes yet the solver's candidate is tried on a machine."""


def _try_candidates(report: Report, name: str, options: Options) -> None:
    """Lay out what the solver proposes against a theorem that no run refutes yet, and call the operation from there."""
    if not registry.is_derived(name):
        return
    for theorem in [t for t in report.theorems if t.subject == name and _has_candidate(t)][:MOST_TRIED]:
        if not _has_candidate(theorem):
            continue  # the run that broke another one broke it, too
        found, told = _tried(theorem, options)
        if found.theorem:
            _refute(report, name, found)
        if theorem.verdict is Verdict.UNKNOWN:
            failure = theorem.failures[0]
            theorem.failures[0] = replace(failure, remarks=(*failure.remarks, told or f"it breaks {found.theorem}"))


def _has_candidate(theorem: TheoremResult) -> bool:
    """Whether a theorem is open, or false by a model of the solver alone, and the solver can be asked for a state."""
    untold = _open(theorem) and theorem.verdict is not Verdict.ERROR and not theorem.trace
    return untold and bool(theorem.failures) and bool(theorem.failures[0].text)


def _tried(theorem: TheoremResult, options: Options) -> tuple[Search, str]:
    """The run from the solver's candidate, if it breaks anything; else what came of it, in a sentence."""
    lost = Search(0), "the solver's candidate was tried, and nothing came of it in time"
    with Pool(1, patience=LONG_PATIENCE, apart=True) as pool:
        source = options.sources.get(theorem.subject)
        calls = [(theorem.subject, theorem.operation, theorem.failures[0].text, source)]
        return next(pool.each(evidence().stood, calls, lambda n, reason, hung: lost)) or lost


def _refute(report: Report, name: str, found: Search) -> None:
    """Enter that a run breaks a theorem."""
    known = {theorem.id: theorem for theorem in [*report.relied, *report.theorems]}
    theorem = known.get(found.theorem)
    if theorem is None:
        operation = found.theorem.split(".")[1]
        theorem = TheoremResult(found.theorem, name, operation, found.sentence, Verdict.REFUTED)
    if not any(theorem is one for one in report.theorems):
        report.theorems.append(theorem)
    theorem.verdict, theorem.trace, theorem.unfolding = Verdict.REFUTED, found.script, found.unfolding
    for other in (known[one] for one in found.theorems if one in known and one != found.theorem):
        if other.verdict in (Verdict.UNKNOWN, Verdict.REFUTED) and not other.trace:
            _broken_too(other, found.theorem)
    _give_way(report, theorem)


def _broken_too(theorem: TheoremResult, by: str) -> None:
    """Enter that the run that breaks another theorem breaks this one."""
    theorem.verdict = Verdict.REFUTED
    said = f"the run that breaks {by} breaks this, too"
    theorem.failures = [
        replace(one, reason=said, remarks=(), text="") for one in theorem.failures[:1]
    ] + theorem.failures[1:]


def _give_way(report: Report, refuted: TheoremResult) -> None:
    """A run has broken an operation: that the prover could not go on in it is told beside that, and no more."""
    name = f"{refuted.subject}.{refuted.operation}"
    for theorem in [t for t in report.theorems if t.id == f"{name}.{EXECUTES}" and t is not refuted]:
        report.theorems.remove(theorem)
        why = theorem.failures[0]
        report.notes.append(f"{name}: the prover, too, could not go on, at {why.line}: {why.reason}")
