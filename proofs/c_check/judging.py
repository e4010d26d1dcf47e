"""The judge of record: the clauses of model/heap/, evaluated on every call of a recorded history."""

from __future__ import annotations

from dataclasses import dataclass

from model.heap.contract import PUBLIC
from model.language.logic import Clause, Transition
from proofs.c_check.description import Facts
from proofs.c_check.driver import Driver, Verdict
from proofs.c_check.history import History
from proofs.c_check.observing import Observer


@dataclass(frozen=True)
class Judgement:
    """The first clause that does not hold, with the call and its transition; None if all hold."""

    step: int
    clause: Clause | None
    transition: Transition | None
    checks: int
    observer: Observer


def judge(history: History, facts: Facts, lines: list[str], verdict: Verdict) -> Judgement:
    """Evaluate every clause of every call, up to the first that does not hold."""
    checks, step, t = 0, 0, None
    observer = Observer(history, facts, lines, verdict)
    for step, t in observer.transitions():
        for clause in PUBLIC.operation(t.heap).ensures:
            checks += 1
            if not clause.formula(t):
                return Judgement(step, clause, t, checks, observer)
    return Judgement(step, None, t, checks, observer)


def judged(driver: Driver, history: History, facts: Facts) -> tuple[Judgement, Verdict]:
    """What the contract says of a history, and what the driver's own quick judge says."""
    driver.forget()
    lines, verdict = driver.record(history)
    return judge(history, facts, lines, verdict), verdict


def agree(judgement: Judgement, verdict: Verdict) -> bool:
    """Whether both name the same clause at the same call, or none."""
    mine = judgement.clause.name if judgement.clause else ""
    return mine == verdict.clause and (not mine or judgement.step == verdict.step)
