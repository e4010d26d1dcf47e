"""Every obligation a second time, with another solver: what both prove, what only one proves, where they disagree.

A disagreement is an answer ``sat`` of the second solver to a text that the first proves, or a proof
by the second of what the first refutes.  It makes the theorem an ERROR: one of the two is wrong.

NOT TRUSTED: it takes PROVED away from a theorem where the solvers disagree, and gives it to none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from proofs.engine.climbing import Solved
from proofs.engine.discharge import Answer, solve
from proofs.engine.discharging import Counter
from proofs.engine.operation import Proof
from proofs.engine.runner import Options, with_texts
from proofs.engine.second_solver import WHOLE, climb, climb_core, key_of
from proofs.engine.text import Rung
from proofs.engine.verdict import Asked, Failure, Report, Verdict

KEPT = 50
"""After so many obligations what was found is written down: a run that is interrupted goes on where it was."""

DISAGREE = "both solvers say the same of the obligation"


@dataclass
class Row:
    """One subject: its obligations, and how many of them each solver proves, both prove, at least one proves."""

    subject: str
    obligations: int = 0
    first: int = 0
    second: int = 0
    both: int = 0
    either: int = 0
    cached: int = 0

    def count(self, first: bool, second: bool, cached: bool) -> None:
        """One more obligation."""
        self.obligations += 1
        self.first += first
        self.second += second
        self.both += first and second
        self.either += first or second
        self.cached += cached

    @property
    def share(self) -> float:
        """The share of the obligations that the second solver proves, from 0 to 1."""
        return self.second / self.obligations if self.obligations else 1.0


@dataclass
class CrossCheck:
    """What the second solver says of a report: by subject, and each obligation that it leaves open, with its reason."""

    rows: list[Row] = field(default_factory=list)
    left: list[tuple[Asked, str]] = field(default_factory=list)
    disagreements: list[tuple[Asked, str]] = field(default_factory=list)


def cross_check(proofs: Sequence[Proof], report: Report, options: Options) -> CrossCheck:
    """Put every obligation of ``report`` to the second solver; a disagreement is entered in the report, too."""
    known = {one.key: options.cache.get(key_of(one.key)) for one in report.asked}
    missing = {one.key: one for one in report.asked if known[one.key] is None}
    open_ = with_texts(proofs, list(missing.values()), options)
    with options.pool(open_) as pool:
        counter = Counter(0, len(open_), options.progress)
        answers: dict[str, Answer] = {key: answer for key, answer in known.items() if answer is not None}
        disputed: dict[str, str] = {}
        calls = [(one.rungs, one.answer) for one in open_]
        opinions = pool.each(second_opinion, calls, _lost)
        for number, (one, found) in enumerate(zip(open_, opinions, strict=True), start=1):
            if found is not None:
                solved, dispute = found
                answers[one.key] = solved.answer
                options.cache.put(key_of(one.key), solved.answer)
                if dispute:
                    disputed[one.key] = dispute
            if number % KEPT == 0:
                options.cache.save()
            counter.step()
    options.cache.save()
    return _drawn_up(report, known, answers, disputed)


def second_opinion(rungs: Sequence[Rung], first: str) -> tuple[Solved, str]:
    """The second solver's answer, and how it contradicts the ``first`` one, "" if it does not."""
    solved, text = climb(rungs)
    if solved.answer.answer == "sat" and solve(text, mbqi=False).answer == "unsat":
        return solved, "Z3 proves it, and cvc5 has a model against it"
    if solved.answer.answer == "sat" and text != str(rungs[-1][0]):  # a model of a part of the facts says nothing
        solved, text = climb(rungs, WHOLE)
    if solved.answer.answer == "unsat" and first == "sat":
        return solved, "Z3 has a model against it, and cvc5 proves it"
    if solved.answer.answer == "unknown" and first == "unsat":
        return climb_core(rungs) or solved, ""
    return solved, ""


def _lost(position: int, reason: str, hung: bool) -> tuple[Solved, str]:
    return Solved(Answer("unknown" if hung else "error", 0, reason), 0.0), ""


def _drawn_up(
    report: Report, known: dict[str, Answer | None], answers: dict[str, Answer], disputed: dict[str, str]
) -> CrossCheck:
    """The account, subject by subject."""
    check = CrossCheck()
    rows: dict[str, Row] = {}
    theorems = {theorem.id: theorem for theorem in report.theorems}
    for one in report.asked:
        answer = answers[one.key]
        second = answer.answer == "unsat"
        name = one.theorem.split(".")[0]
        if name not in rows:
            rows[name] = Row(name)
        rows[name].count(one.answer == "unsat", second, known[one.key] is not None)
        if one.key in disputed:
            check.disagreements.append((one, disputed[one.key]))
            theorem = theorems[one.theorem]
            theorem.verdict = Verdict.ERROR
            theorem.failures.append(Failure(DISAGREE, f"obligation {one.number}", (), (), disputed[one.key]))
        elif not second:
            check.left.append((one, answer.reason or answer.answer))
    check.rows.extend(rows.values())
    return check
