"""All that the page shows, drawn from a report of the prover and from what is kept beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proofs import project, registry
from proofs.audit import Ledger, ledger
from proofs.claims import NoTests
from proofs.engine.verdict import PRIORITY, Report, TheoremResult, Verdict, worst
from proofs.engine.workers import Pool
from proofs.maps.svg import svg as map_svg
from proofs.maps.unfolding import of_unfolding
from proofs.page.evidence import Evidence, Known
from proofs.page.measuring import Dot, Dots
from proofs.page.plots import bound_plot
from proofs.page.resting import MACHINE, operations_below, resting
from proofs.page.resting import svg as resting_svg
from proofs.page.specifications import Line, clause_id, lines_of


@dataclass(frozen=True)
class Row:
    """A theorem and what is known of it; ``clause`` is where its formula stands in the specification, "" if nowhere."""

    theorem: TheoremResult
    known: Known
    clause: str

    @property
    def name(self) -> str:
        """What it is called within its operation."""
        return self.theorem.id.split(".", maxsplit=2)[-1]


@dataclass(frozen=True)
class Plot:
    """An operation's cost: what the theorem says, the picture, so many runs, the one that came nearest to the bound."""

    sentence: str
    svg: str
    runs: int
    nearest: Dot
    over: int


@dataclass(frozen=True)
class OperationPart:
    """An operation with its theorems, the worst of their verdicts, and its plot, if it was run and has a bound."""

    name: str
    public: bool
    verdict: str
    rows: list[Row]
    plot: Plot | None

    @property
    def obligations(self) -> int:
        """All of them, obvious ones as well."""
        return sum(row.theorem.obligations + row.theorem.obvious for row in self.rows)


@dataclass(frozen=True)
class SubjectPart:
    """A subject: what it is, its specification, its operations."""

    name: str
    about: str
    verdict: str
    specification: list[Line]
    operations: list[OperationPart]

    @property
    def theorems(self) -> int:
        """How many, without the steps of proofs."""
        return sum(not row.theorem.step for part in self.operations for row in part.rows)

    @property
    def plots(self) -> list[OperationPart]:
        """The operations whose cost was measured."""
        return [part for part in self.operations if part.plot is not None]


@dataclass(frozen=True)
class Picture:
    """A step of a counterexample: the statement, what came of it, the heap then as SVG."""

    statement: str
    outcome: str
    svg: str


@dataclass(frozen=True)
class Refuted:
    """A theorem that is not proved: what is open, the script of a run that breaks it, and how that goes."""

    theorem: TheoremResult
    steps: list[Picture]
    detail: str


@dataclass(frozen=True)
class Page:
    """The whole page."""

    title: str
    verdict: str
    counts: dict[str, int]
    steps: int
    subjects: list[SubjectPart]
    wrong: list[Refuted]
    map: str
    below: dict[str, dict[str, int]]
    ledger: Ledger | None
    evidence: Evidence
    notes: list[str] = field(default_factory=list)
    relied: str = ""


def contents(names: Sequence[str], report: Report, dots: Mapping[str, Dots], evidence: Evidence, jobs: int = 1) -> Page:
    """The page of these subjects."""
    texts = specifications(names, jobs)
    subjects = [_subject(name, report, dots.get(name, {}), evidence, texts[name]) for name in names]
    counts = Counter(theorem.verdict.value for theorem in report.theorems if not theorem.step)
    near = project.at_hand()
    try:
        assumed = ledger()
    except NoTests:
        assumed = None
    return Page(
        title="Drystone" if near is None else near.folder.name,
        verdict=report.verdict.value,
        counts={verdict.value: counts[verdict.value] for verdict in PRIORITY if counts[verdict.value]},
        steps=sum(theorem.step for theorem in report.theorems),
        subjects=subjects,
        wrong=[_refuted(one) for one in sorted(report.theorems, key=_urgency) if one.verdict is not Verdict.PROVED],
        map=resting_svg(resting(names, report.rests), _told(subjects, assumed)),
        below=operations_below(report.rests),
        ledger=assumed,
        evidence=evidence,
        notes=report.notes,
        relied=report.footing,
    )


def _told(subjects: Sequence[SubjectPart], assumed: Ledger | None) -> dict[str, str]:
    """What the boxes of the map say."""
    told = {part.name: f"{part.theorems:,} theorems {part.verdict}" for part in subjects}
    return {**told, MACHINE: f"{len(assumed.assumptions)} things assumed" if assumed else "assumed"}


def specifications(names: Sequence[str], jobs: int) -> dict[str, list[Line]]:
    """The specification of each subject; with several ``jobs`` each is drawn up in a process of its own."""
    if jobs == 1 or len(names) == 1:
        return {name: lines_of(name) for name in names}
    with Pool(jobs) as pool:
        found = pool.each(lines_of, [(name,) for name in names], lambda number, reason, hung: [])
        return {name: lines or lines_of(name) for name, lines in zip(names, found, strict=True)}


def _subject(name: str, report: Report, dots: Dots, evidence: Evidence, specification: list[Line]) -> SubjectPart:
    groups: dict[str, list[TheoremResult]] = {}
    for theorem in report.theorems:
        if theorem.subject == name:
            groups.setdefault(theorem.operation, []).append(theorem)
    public = registry.public_of(name)
    known = {one.name for one in public.operations}
    places = {line.id for line in specification}
    operations = []
    for operation, theorems in groups.items():
        rows = [Row(one, evidence.of(one.id), _clause(one, places)) for one in theorems]
        shown = dots.get(operation, []) if operation in known else []
        plot = _plot(name, operation, shown) if shown else None
        verdict = worst(one.verdict for one in theorems).value
        operations.append(OperationPart(operation, operation in known, verdict, rows, plot))
    verdict = worst(one.verdict for theorems in groups.values() for one in theorems).value
    return SubjectPart(name, _about(name), verdict, specification, operations)


def _about(name: str) -> str:
    """The first sentence of what its code says of itself, or its model."""
    texts = (registry.implementation_of(name).__doc__, getattr(registry.state_of(name), "__doc__", ""))
    return next((text.strip().split("\n\n")[0].replace("\n", " ") for text in texts if text), "")


def _clause(theorem: TheoremResult, places: set[str]) -> str:
    parts = theorem.id.split(".")
    own, always = (clause_id(theorem.subject, one, parts[-1]) for one in (theorem.operation, ""))
    return (own if own in places else always if always in places else "") if len(parts) == 3 else ""


def _plot(subject: str, operation: str, dots: Sequence[Dot]) -> Plot:
    clauses = registry.public_of(subject).operation(operation).ensures
    sentence = "; ".join(one.sentence for one in clauses if one.name.endswith("cost"))
    nearest = max(dots, key=lambda dot: dot.cost / max(dot.bound, 1))
    picture = bound_plot(f"{subject}.{operation}", dots)
    return Plot(sentence, picture, len(dots), nearest, sum(dot.cost > dot.bound for dot in dots))


def _urgency(theorem: TheoremResult) -> int:
    return PRIORITY.index(theorem.verdict)


def _refuted(theorem: TheoremResult) -> Refuted:
    if theorem.unfolding is None:
        return Refuted(theorem, [], "")
    found = of_unfolding(theorem.unfolding)
    pictures = [
        Picture(step.statement, step.outcome, map_svg(step.map, title=step.statement) if step.map else "")
        for step in found.steps
    ]
    return Refuted(theorem, pictures, found.detail)


def data_of(page: Page) -> dict[str, Any]:
    """What the page's own script needs: which operations rest on which."""
    return {"below": page.below}
