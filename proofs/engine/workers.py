"""Worker processes for obligations: one that hangs or crashes costs its own obligation only."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

from pebble import ProcessExpired, ProcessPool

from proofs.engine.discharge import Answer, solve

PATIENCE = 120
"""Seconds after which a worker counts as hung: a net under the resource budget, which should stop it first."""


@dataclass(frozen=True)
class Task:
    """One obligation as a ladder of problems: (SMT-LIB text, with MBQI, decides a refutation)."""

    number: int
    rungs: tuple[tuple[str, bool, bool], ...]
    seed: int


@dataclass(frozen=True)
class Solved:
    """The answer, the rung that gave it, and the seconds that all rungs took."""

    number: int
    answer: Answer
    rung: int
    seconds: float


def climb(task: Task) -> Solved:
    """Try the rungs in turn; stop at the first proof, or at a model of the whole problem."""
    import time

    start = time.perf_counter()
    answer, spent = Answer("unknown", 0, "nothing was tried"), 0
    for rung, (text, mbqi, whole) in enumerate(task.rungs):
        answer = solve(text, mbqi, task.seed)
        spent += answer.resources
        if answer.answer == "unsat" or (answer.answer == "sat" and whole):
            break
        if answer.answer == "sat":
            answer = Answer("unknown", answer.resources, "a model of a part of the facts only")
    return Solved(task.number, Answer(answer.answer, spent, answer.reason), rung, time.perf_counter() - start)


def failed(task: Task, reason: str) -> Solved:
    """What is known of an obligation whose worker was lost."""
    return Solved(task.number, Answer("error", 0, reason), 0, 0.0)


def solve_all(tasks: Iterable[Task], jobs: int, done: Callable[[Solved], None]) -> Iterator[Solved]:
    """Solve every task, in this process for one job, else in ``jobs`` workers; yields in the order of the tasks."""
    if jobs == 1:
        for task in tasks:
            solved = climb(task)
            done(solved)
            yield solved
        return
    context = multiprocessing.get_context("fork")
    with ProcessPool(max_workers=jobs, context=context) as pool:
        futures = [(task, pool.schedule(climb, args=[task], timeout=PATIENCE)) for task in tasks]
        for task, future in futures:
            try:
                solved = future.result()
            except FutureTimeout:
                solved = Solved(task.number, Answer("unknown", 0, f"hung for {PATIENCE} s"), 0, float(PATIENCE))
            except ProcessExpired as error:
                solved = failed(task, f"the worker died: {error}")
            except Exception as error:
                solved = failed(task, f"the worker failed: {error}")
            done(solved)
            yield solved
