"""Checks one heap in all builds: searched, judged by the contract, shrunk, and shown by a program of its own.

A result is CHECKED, never PROVED.  A seed determines the histories.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from model.language.logic import Clause
from proofs.c_check.compiler import BUILDS, Build, Compiled, Compiler, Sources, compile_builds
from proofs.c_check.description import Facts
from proofs.c_check.driver import HANG, PATIENCE, SLOW, Driver, Progress, Search, Verdict
from proofs.c_check.history import History
from proofs.c_check.judging import Judgement, agree, judged
from proofs.c_check.observing import span
from proofs.c_check.shrinking import shrunk
from proofs.c_check.telling import Story, ending, shown_arena, story
from proofs.c_check.witness import Witness, summary, witness
from proofs.registry import Mistake

LENGTH = 300
"""Calls of one history, at most, unless told otherwise."""
SHRINK_SECONDS = 8.0
"""Shrinking takes no longer, in each build."""
FEW, SHORTER_CALLS = 4, 20_000
"""For a history of more calls than that a shorter one is looked for, in so many calls."""
APART = 1_000_000
"""Each build has histories of its own: so many lie between the numbers of their first ones."""
COMPARED, COMPARED_CALLS = 5, 100
"""So many histories of each build, and so many calls of each, are judged by the contract, too."""

EXCUSED = 3
"""So many histories of one search may be slow once and not again: then it was the machine, and the search goes on."""
RUNS = 3
"""Such a history is run so often until it holds."""


class Disagreement(RuntimeError):
    """The quick judge and the contract say different things of one history: an error of the tool itself."""


@dataclass
class Options:
    """How much is searched, from which seed on, and how long a call may take (milliseconds)."""

    calls: int = 100_000
    seed: int = 0
    length: int = LENGTH
    hang: int = HANG
    shrink_seconds: float = SHRINK_SECONDS


@dataclass
class Violation:
    """A clause that does not hold: the shortest history found, how it went, and a program that shows it."""

    clause: Clause
    step: int
    how: str
    history: History
    story: Story
    witness: Witness
    first_number: int
    seconds: float
    arena: str


@dataclass
class Outcome:
    """What the check of one build came to; ``verdict`` is CHECKED, REFUTED, VACUOUS, UNKNOWN or LEFT OUT."""

    build: Build
    verdict: str
    why: str = ""
    search: Search | None = None
    violation: Violation | None = None
    checks: int = 0


@dataclass
class Report:
    """What the check of a heap came to."""

    sources: Sources
    facts: Facts | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The worst of all builds."""
        found = {outcome.verdict for outcome in self.outcomes}
        return next((word for word in ("REFUTED", "VACUOUS", "UNKNOWN", "CHECKED") if word in found), "LEFT OUT")


def check(
    sources: Sources,
    builds: Sequence[Build],
    options: Options,
    compiler: Compiler,
    folder: Path,
    progress: Progress | None = None,
) -> Report:
    """Check the heap in each build; Mistake if it does not compile or lacks what it needs."""
    sources.check()
    report = Report(sources)
    for compiled in compile_builds(sources, builds, folder, compiler):
        if compiled.error:
            raise Mistake(f"{sources.name}: {compiled.build.name}: {compiled.error}")
        if compiled.program is None:
            report.outcomes.append(Outcome(compiled.build, "LEFT OUT", compiled.left_out))
            continue
        campaign = Campaign(sources, compiled, compiler, options, report)
        report.outcomes.append(campaign.run(progress))
    return report


class Campaign:
    """The check of one build."""

    def __init__(
        self, sources: Sources, compiled: Compiled, compiler: Compiler, options: Options, report: Report
    ) -> None:
        assert compiled.program is not None
        self.sources, self.compiled, self.compiler = sources, compiled, compiler
        self.options, self.report, self.program = options, report, compiled.program
        self.hang = options.hang * compiled.build.slower
        own = [number for number, build in enumerate(BUILDS) if compiled.build.name.startswith(build.name)]
        self.first = APART * own[0]
        self.began = time.monotonic()

    def run(self, progress: Progress | None) -> Outcome:
        """Search, and look into what is found."""
        build = self.compiled.build
        with Driver(self.program, self.hang, brief=True) as driver:
            facts = driver.facts()
            self.report.facts = self.report.facts or facts
            if facts.missing or facts.mistake:
                raise Mistake(f"{self.sources.glue}: {facts.mistake or f'it defines no {facts.missing[0]}'}")
            known = self._known(driver, facts)
            if known is not None:
                return known
            search = self._searched(driver, progress)
            if search.history is not None:
                return self._look_into(driver, facts, search, search.history)
            checks = self._compared(driver, facts)
        if not search.granted:
            return Outcome(build, "VACUOUS", "no request was ever granted, or the heap took no arena", search)
        return Outcome(build, "CHECKED", "", search, checks=checks)

    def _searched(self, driver: Driver, progress: Progress | None) -> Search:
        """What the whole search came to: it ends at the first history that fails, and not because of the machine."""
        options, whole = self.options, Search(0, 0, 0, 0)
        for excused in range(EXCUSED + 1):
            first, left = self.first + whole.histories, options.calls - whole.calls
            part = driver.search(options.seed, first, left, options.length, _behind(progress, whole.calls))
            passes = excused < EXCUSED and self._passes_again(driver, part)
            whole = whole.then(replace(part, history=None, verdict=None) if passes else part)
            if not passes or whole.calls >= options.calls:
                break
        return whole

    def _passes_again(self, driver: Driver, part: Search) -> bool:
        """Whether the history that ended a search only looked slow: in one of several runs it holds."""
        if part.history is None or part.verdict is None or not part.verdict.slow:
            return False
        history = part.history
        return any(not driver.run(history).failed for _ in range(RUNS))

    def _compared(self, driver: Driver, facts: Facts) -> int:
        """Some of the histories that the quick judge finds right, judged by the contract: clauses evaluated."""
        checks = 0
        for number in range(COMPARED):
            history = driver.history(self.options.seed, self.first + number, min(self.options.length, COMPARED_CALLS))
            judgement, verdict = judged(driver, history, facts)
            if not agree(judgement, verdict):
                raise self._disagreement(judgement, verdict, history)
            checks += judgement.checks
        return checks

    def _disagreement(self, judgement: Judgement, verdict: Verdict, history: History) -> Disagreement:
        name = judgement.clause.name if judgement.clause else "nothing"
        return Disagreement(
            f"{self.compiled.build.name}: the contract finds {name} at call {judgement.step}, the driver "
            f"{verdict.clause or 'nothing'} at call {verdict.step}, of {history}"
        )

    def _known(self, driver: Driver, facts: Facts) -> Outcome | None:
        """The violation that another build came to, if its history shows it here, too."""
        for outcome in self.report.outcomes:
            found = outcome.violation
            if found is None or driver.run(found.history).clause != found.clause.name:
                continue
            search = Search(0, len(found.history.calls), 0, 0)
            return Outcome(self.compiled.build, "REFUTED", f"the history found in {outcome.build.name}", search, found)
        return None

    def _look_into(self, driver: Driver, facts: Facts, search: Search, found: History) -> Outcome:
        """A history failed: whether it does so again, its shortest form, and what the contract says of that."""
        seconds = time.monotonic() - self.began
        verdict = driver.run(found)
        if verdict.kind == "lies":
            raise Mistake(f"{self.sources.glue}: drystone_arena names {verdict.detail}: not all of that is memory")
        if not verdict.failed:
            why = f"history {self.first + search.histories - 1} of seed {self.options.seed} failed once and not again"
            return Outcome(self.compiled.build, "UNKNOWN", why, search)
        mark, found = verdict.mark, found.first(verdict.step)
        if not self._fails(driver, found, mark):
            why = f"call {verdict.step} of a history takes more than {self.hang} ms; to allow it, use --hang"
            return Outcome(self.compiled.build, "UNKNOWN", why, search)
        with driver.waiting(max(driver.hang // 10, 50)):  # the same hang is met a hundred times
            short = self._short(driver, facts, found, mark)
        if not self._fails(driver, short, mark):  # it was slow, and no more
            short = found
        return self._judged(facts, search, short, seconds)

    def _fails(self, driver: Driver, history: History, mark: tuple[str, str]) -> bool:
        """Whether a history fails like this, however long a call is given."""
        with driver.waiting(driver.hang * (PATIENCE if mark[0] in SLOW else 1)):
            return driver.run(history).mark == mark

    def _short(self, driver: Driver, facts: Facts, found: History, mark: tuple[str, str]) -> History:
        """The shortest history found that fails like this: shrunk, and looked for among shorter ones."""
        seconds = self.options.shrink_seconds / (2 if mark[0] in SLOW else 1)
        ends = time.monotonic() + seconds

        def fails(one: History) -> bool:
            return driver.run(one).mark == mark

        best = shrunk(found, facts, fails, seconds)
        while len(best.calls) > FEW and time.monotonic() < ends:
            other = driver.search(self.options.seed, 0, SHORTER_CALLS, len(best.calls) - 1).history
            if other is None or not fails(other):
                break
            other = shrunk(other, facts, fails, ends - time.monotonic())
            if len(other.calls) >= len(best.calls):
                break
            best = other
        return best

    def _judged(self, facts: Facts, search: Search, short: History, seconds: float) -> Outcome:
        """What the contract says; Disagreement if the quick judge says something else."""
        with Driver(self.program, self.hang * PATIENCE) as driver:  # reports with source lines take long
            judgement, verdict = judged(driver, short, facts)
            said = driver.said()
        if not agree(judgement, verdict) or judgement.clause is None:
            raise self._disagreement(judgement, verdict, short)
        how, arena = ending(verdict, said, span(judgement.observer.lines)), shown_arena(short.arena, facts)
        told = story(judgement)
        notes = summary(short, f"heap.{judgement.clause.name}: {judgement.clause.sentence}", how, arena)
        folder = self.program.parent
        shows = witness(self.sources, self.compiled.build, self.compiler, short, verdict.fresh, notes, folder)
        number = self.first + search.histories - 1
        violation = Violation(judgement.clause, judgement.step, how, short, told, shows, number, seconds, arena)
        return Outcome(self.compiled.build, "REFUTED", "", search, violation, judgement.checks)


def _behind(progress: Progress | None, calls: int) -> Progress | None:
    """The progress of a search that goes on behind so many calls."""
    return progress and (lambda made: progress(calls + made))
