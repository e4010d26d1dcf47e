"""Worker processes: one that hangs or crashes costs its own piece of work only.

Workers are forked, so they see the subjects and the cache as they were when the pool began.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from proofs.engine.discharge import BUDGET, MBQI_BUDGET, Answer, solve
from proofs.engine.text import Text

PATIENCE = 120
"""Seconds after which a worker counts as hung: a net under the resource budget, which should stop it first."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Solved:
    """The answer to an obligation, and the seconds that all its rungs took."""

    answer: Answer
    seconds: float


def climb(rungs: Iterable[tuple[Text | str, bool, bool]], seed: int) -> Solved:
    """Try the rungs in turn; stop at the first proof, at a model of the whole problem, or at an error of the solver."""
    start = time.perf_counter()
    answer, spent = Answer("unknown", 0, "nothing was tried"), 0
    for text, mbqi, whole in rungs:
        answer = _solve(str(text), mbqi, seed)
        spent += answer.resources
        if answer.answer in ("unsat", "error") or (answer.answer == "sat" and whole):
            break
        if answer.answer == "sat":
            answer = Answer("unknown", answer.resources, "a model of a part of the facts only")
    return Solved(Answer(answer.answer, spent, answer.reason), time.perf_counter() - start)


def _solve(text: str, mbqi: bool, seed: int) -> Answer:
    """The solver's answer, or "error" if it fails."""
    try:
        return solve(text, mbqi, seed, MBQI_BUDGET if mbqi else BUDGET)
    except Exception as error:
        return Answer("error", 0, f"{type(error).__name__}: {error}")


class Pool:
    """Runs functions in worker processes, or in this process if there is only one job."""

    def __init__(self, jobs: int, patience: float | None = None) -> None:
        self.jobs = jobs
        self.patience = PATIENCE if patience is None else patience
        self._pool: Any = None

    def __enter__(self) -> Pool:
        if self.jobs > 1:
            context = multiprocessing.get_context("fork")
            self._pool = ProcessPool(max_workers=self.jobs, context=context).__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        if self._pool is not None:
            self._pool.__exit__(*error)

    def each(
        self,
        function: Callable[..., Item],
        calls: Sequence[tuple[Any, ...]],
        lost: Callable[[int, str, bool], Item],
        skip: Callable[[int], bool] = lambda number: False,
    ) -> Iterator[Item | None]:
        """``function(*call)`` for each call, in their order.

        ``lost(number, reason, hung)`` stands in where a worker was lost.  ``skip(number)`` is asked
        when all earlier results have been taken; None is the result of a call that is skipped.
        """
        if self._pool is None:
            for number, call in enumerate(calls):
                yield None if skip(number) else function(*call)
            return
        futures = [self._pool.schedule(function, args=list(call), timeout=self.patience) for call in calls]
        for number, future in enumerate(futures):
            if skip(number):
                future.cancel()
                yield None
                continue
            try:
                result = future.result()
            except FutureTimeout:
                result = lost(number, f"the worker hung for {self.patience} s", True)
            except ProcessExpired as error:
                result = lost(number, f"the worker died: {error}", False)
            yield result
