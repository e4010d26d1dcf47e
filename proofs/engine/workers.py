"""Worker processes: one that ends early, by whatever means, costs its own call only.

TRUSTED: a call whose worker ended early has no result of its own.

Workers are forked, so they see the subjects and the cache as they were when the first call was made.  A result
counts only if it came back whole: a worker that is killed, exits with status 0 or hangs has given none.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from proofs.engine.process import die_with_parent

PATIENCE = 120
"""Seconds after which a worker counts as hung: a net under the resource budget, which should stop it first."""

LONG_PATIENCE = 600
"""The same where nothing else stops a worker: it executes code, on a machine that may be busy with other things."""

Item = TypeVar("Item")
Lost = Callable[[int, str, bool], Item]
"""What stands for a call that was lost: ``lost(number, reason, hung)``."""


# ---------------------------------------------------------------- the worker's side


def _serve(
    function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], pipe: Connection, others: Sequence[Connection]
) -> None:
    """Answer call after call, until the pipe is closed.

    The parent alone decides on an interrupt.  The other workers' pipes are closed here, so that each of them notices
    when the parent is gone.
    """
    gc.freeze()  # what is inherited is never looked through, so that its pages stay shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    for other in others:
        other.close()
    while True:
        try:
            number = pipe.recv()
        except EOFError:
            os._exit(0)
        pipe.send(_outcome(function, calls[number]))


def _outcome(function: Callable[..., Any], call: tuple[Any, ...]) -> tuple[Any, str]:
    """What the call returned, and what it raised, SystemExit and KeyboardInterrupt, too; "" if nothing."""
    try:
        return function(*call), ""
    except BaseException as error:
        return None, f"{type(error).__name__}: {error}"


# ---------------------------------------------------------------- the parent's side


@dataclass
class Worker:
    """A process, and the number of the call that it is at work on."""

    process: Any
    pipe: Connection
    call: int
    deadline: float

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Pool:
    """Runs functions in ``jobs`` worker processes; one job runs in this process, unless calls are to be kept ``apart``.

    Calls that are kept apart have a process each, so that none sees what another one did.
    """

    def __init__(self, jobs: int, patience: float | None = None, apart: bool = False) -> None:
        self.jobs = jobs
        self.patience = PATIENCE if patience is None else patience
        self.apart = apart
        self.workers: list[Worker] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: Any) -> None:
        self.end()

    def each(
        self,
        function: Callable[..., Item],
        calls: Sequence[tuple[Any, ...]],
        lost: Lost[Item],
        skip: Callable[[int], bool] = lambda number: False,
    ) -> Iterator[Item | None]:
        """``function(*call)`` for each call, in their order.

        ``lost(number, reason, hung)`` stands in where a worker was lost or its call raised something.
        ``skip(number)`` is asked when all earlier results have been taken; None is the result of a call that is
        skipped.
        """
        if self.jobs == 1 and not self.apart:
            for number, call in enumerate(calls):
                yield None if skip(number) else function(*call)
            return
        work = Work(self, function, calls, lost)
        try:
            for number in range(len(calls)):
                yield None if skip(number) and work.drop(number) else work.result(number)
        finally:
            self.end()

    def end(self) -> None:
        """End all workers, whatever they do."""
        for worker in self.workers:
            worker.end()
        self.workers.clear()


class Work:
    """The calls of one function: those that wait, those that workers of ``pool`` are at, and the results."""

    def __init__(
        self, pool: Pool, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], lost: Lost[Any]
    ) -> None:
        self.pool = pool
        self.function = function
        self.calls = calls
        self.lost = lost
        self.waiting = list(reversed(range(len(calls))))
        self.results: dict[int, Any] = {}
        self.idle: list[Worker] = []

    def begin(self) -> None:
        """Give workers their first calls."""
        self._hand_out()

    def is_done(self, number: int) -> bool:
        """Whether the result of one call is there."""
        if number not in self.results:
            self._take_what_is_there(0)
            self._hand_out()
        return number in self.results

    def result(self, number: int) -> Any:
        """The result of one call, once it is there; meanwhile all workers are kept busy."""
        self._hand_out()
        while number not in self.results:
            self._wait()
            self._hand_out()
        return self.results.pop(number)

    def drop(self, number: int) -> bool:
        """Forget one call, whether it waits, is at work or is done; True."""
        self.results.pop(number, None)
        if number in self.waiting:
            self.waiting.remove(number)
        for worker in [worker for worker in self._busy() if worker.call == number]:
            self._end(worker)
        return True

    def _busy(self) -> list[Worker]:
        return [worker for worker in self.pool.workers if worker not in self.idle]

    def _hand_out(self) -> None:
        """Give the next calls to idle workers, and to new ones while there are less than may be."""
        while self.waiting and (self.idle or len(self.pool.workers) < self.pool.jobs):
            worker = self.idle.pop() if self.idle else self._started()
            worker.call = self.waiting.pop()
            worker.deadline = time.monotonic() + self.pool.patience
            try:
                worker.pipe.send(worker.call)
            except OSError:  # it died while it was idle: a new one is tried
                self.waiting.append(worker.call)
                self._end(worker)

    def _started(self) -> Worker:
        ours, theirs = multiprocessing.Pipe()
        pipes = [ours, *(worker.pipe for worker in self.pool.workers)]
        process = multiprocessing.get_context("fork").Process(
            target=_serve, args=(self.function, self.calls, theirs, pipes)
        )
        process.start()
        theirs.close()
        worker = Worker(process, ours, -1, 0.0)
        self.pool.workers.append(worker)
        return worker

    def _end(self, worker: Worker) -> None:
        self.pool.workers.remove(worker)
        worker.end()

    def _wait(self) -> None:
        """Wait for a result, the end of a worker, or the end of patience; take what is there."""
        rest = min(worker.deadline for worker in self._busy()) - time.monotonic()
        self._take_what_is_there(max(rest, 0))

    def _take_what_is_there(self, seconds: float) -> None:
        """The same, for so many seconds at most."""
        busy = self._busy()
        ready = wait([part for worker in busy for part in (worker.pipe, worker.process.sentinel)], seconds)
        for worker in busy:
            if worker.pipe in ready or worker.process.sentinel in ready:
                self._take(worker)
            elif worker.deadline <= time.monotonic():
                self._end(worker)
                self._lose(worker.call, f"the worker hung for {self.pool.patience} s", True)

    def _take(self, worker: Worker) -> None:
        """Take what a worker sent; one that sent nothing whole has died."""
        try:
            came = worker.pipe.recv() if worker.pipe.poll() else ()
        except Exception:  # what came is no result
            came = ()
        if came and not self.pool.apart:
            self.idle.append(worker)
        else:
            self._end(worker)
        if not came:
            self._lose(worker.call, f"the worker died: exit status {worker.process.exitcode}", False)
        elif came[1]:
            self._lose(worker.call, came[1], False)
        else:
            self.results[worker.call] = came[0]

    def _lose(self, number: int, reason: str, hung: bool) -> None:
        self.results[number] = self.lost(number, reason, hung)


class Ahead:
    """One call under way in a process of its own, while this process goes on."""

    def __init__(self, function: Callable[..., Any], call: tuple[Any, ...], lost: Lost[Any]) -> None:
        self._pool = Pool(1, LONG_PATIENCE, apart=True)
        self._work = Work(self._pool, function, [call], lost)
        self._work.begin()

    @property
    def is_done(self) -> bool:
        """Whether the result is there."""
        return self._work.is_done(0)

    def result(self) -> Any:
        """The result, once it is there; it can be taken once."""
        return self._work.result(0)

    def end(self) -> None:
        """Nobody waits for the result."""
        self._pool.end()
