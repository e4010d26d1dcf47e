"""The asker's side: calls spread over the workers of a dask scheduler, of which one may die, hang or be slow.

TRUSTED where calls are answered elsewhere: each result goes to its own call.

Workers are given one batch a thread.  A batch whose worker died is given to another; when nothing is left to hand out,
idle workers get a copy of the batch that takes longest, and the first answer counts: equal calls have equal answers.
"""

from __future__ import annotations

import itertools
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from proofs.engine.workers import PATIENCE
from proofs.remote import asking
from proofs.remote.identity import own
from proofs.remote.serving import Lost, Request, Stranger

CONNECTING = 20
"""Seconds for which a scheduler, and then its first worker, is waited for."""
MOST_COPIES = 3
"""So many workers at most are at one batch at a time."""
LATE = 30
"""Seconds beyond the patience with each of its calls after which a batch is given to another worker, too."""
LOOK = 0.5
"""Seconds after which is looked for new workers."""
BATCH = 32
"""Short calls that travel together."""


class Unreachable(click.ClickException):
    """No scheduler, no worker, or one that is gone."""

    exit_code = 2


class Refused(click.ClickException):
    """A worker that stands on other versions or sources: its answers would be about something else."""

    exit_code = 2


@dataclass
class Batch:
    """Calls that travel together, the copies that are under way, and when the last one was sent."""

    numbers: list[int]
    copies: list[Any] = field(default_factory=list)
    sent: float = 0.0


class Scheduler:
    """The workers of a dask scheduler, as something that makes calls: like a pool of processes."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.client = _connected(address)
        self.identity = own()

    def __enter__(self) -> Scheduler:
        return self

    def __exit__(self, *error: Any) -> None:
        self.client.close()

    def pool(self, patience: float = PATIENCE, size: int = BATCH) -> Elsewhere:
        """What makes calls in their order, with so many seconds' patience for each."""
        return Elsewhere(self, patience, size)

    def each(
        self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], patience: float, size: int = 1
    ) -> Iterator[tuple[int, Any]]:
        """(number, result or Lost) of each call, as they come.

        ``size`` calls travel together and may share a process; calls that travel alone have a process each.
        ``function`` is one of a module, by which the workers know it.  Raises Refused if a worker is a stranger, and
        Unreachable if the scheduler is gone.
        """
        numbers = iter(range(len(calls)))
        waiting = [Batch(list(some)) for some in iter(lambda: list(itertools.islice(numbers, size)), [])]
        waiting.reverse()
        journey = Journey(self, f"{function.__module__}:{function.__qualname__}", calls, patience)
        try:
            while waiting or journey.under_way:
                journey.send(waiting)
                yield from journey.arrived()
        finally:
            journey.end()


@dataclass
class Elsewhere:
    """Makes calls as ``Pool`` does, in their order, by workers of a scheduler; ``size`` calls travel together."""

    scheduler: Scheduler
    patience: float
    size: int = BATCH

    def __enter__(self) -> Elsewhere:
        return self

    def __exit__(self, *error: Any) -> None:
        """The scheduler is its owner's to leave."""

    def each(
        self,
        function: Callable[..., Any],
        calls: Sequence[tuple[Any, ...]],
        lost: Callable[[int, str, bool], Any],
        skip: Callable[[int], bool] = lambda number: False,
    ) -> Iterator[Any]:
        """What ``Pool.each`` gives; ``function`` is one of a module."""
        found: dict[int, Any] = {}
        coming = self.scheduler.each(function, calls, self.patience, self.size)
        for number in range(len(calls)):
            while number not in found:
                came, result = next(coming)
                found[came] = lost(came, result.reason, result.hung) if isinstance(result, Lost) else result
            result = found.pop(number)
            yield None if skip(number) else result


@dataclass
class Journey:
    """The batches of one function's calls that are under way."""

    scheduler: Scheduler
    function: str
    calls: Sequence[tuple[Any, ...]]
    patience: float
    under_way: list[Batch] = field(default_factory=list)

    def send(self, waiting: list[Batch]) -> None:
        """Give batches to workers that have none, and copies of late ones to others."""
        threads: dict[str, int] = self.scheduler.client.nthreads()
        free = sum(threads.values()) - sum(len(batch.copies) for batch in self.under_way)
        while waiting and free > 0:
            self.under_way.append(waiting.pop())
            self._copy(self.under_way[-1], None)
            free -= 1
        for batch in sorted(self.under_way, key=lambda one: one.sent):
            late = time.monotonic() - batch.sent > self.patience * len(batch.numbers) + LATE
            others = [address for address in threads if address not in self._at(batch)]
            if len(batch.copies) < MOST_COPIES and others and (late or free > 0):
                self._copy(batch, others)
                free -= 1

    def _at(self, batch: Batch) -> set[str]:
        """The workers that have a copy of a batch."""
        keys = {copy.key for copy in batch.copies}
        processing = self.scheduler.client.processing()
        return {address for address, theirs in processing.items() if keys & set(theirs)}

    def _copy(self, batch: Batch, workers: list[str] | None) -> None:
        calls = tuple(pickle.dumps(self.calls[number]) for number in batch.numbers)
        request = pickle.dumps(Request(self.scheduler.identity, self.function, calls, self.patience, len(calls) == 1))
        batch.copies.append(self.scheduler.client.submit(asking.ask, request, pure=False, workers=workers))
        batch.sent = time.monotonic()

    def arrived(self) -> Iterator[tuple[int, Any]]:
        """What came meanwhile; waits a moment if nothing did."""
        _wait([copy for batch in self.under_way for copy in batch.copies])
        for batch in list(self.under_way):
            done = [copy for copy in batch.copies if copy.done()]
            whole = next((copy for copy in done if copy.status == "finished"), None)
            if whole is not None:
                results = self._opened(whole)
            elif done and len(done) == len(batch.copies):
                results = [self._failed(done[0])] * len(batch.numbers)
            else:
                continue
            self.under_way.remove(batch)
            _cancel(batch.copies)
            yield from zip(batch.numbers, results, strict=True)

    def _opened(self, copy: Any) -> Sequence[Any]:
        found = pickle.loads(copy.result())
        if isinstance(found, Stranger):
            raise Refused(
                f"the worker {found.where} is a stranger: {'; '.join(found.differences)}.  "
                "Give it the same sources and versions, and start it again."
            )
        results: Sequence[Any] = found
        return results

    def _failed(self, copy: Any) -> Lost:
        """What is said of calls whose every worker died; anything else that went wrong ends the run."""
        if copy.status == "cancelled":
            raise Unreachable(f"the scheduler {self.scheduler.address} is gone")
        error = copy.exception()
        if type(error).__name__ == "KilledWorker":
            return Lost("the workers that took it died", False)
        raise Refused(f"a worker cannot answer: {type(error).__name__}: {error}")

    def end(self) -> None:
        """Call back what is still under way."""
        _cancel([copy for batch in self.under_way for copy in batch.copies])


def _wait(copies: list[Any]) -> None:
    """Wait until a copy is done, at most for a moment."""
    from distributed import wait

    try:
        wait(copies, timeout=LOOK, return_when="FIRST_COMPLETED")
    except TimeoutError:
        return


def _cancel(copies: list[Any]) -> None:
    for copy in copies:
        if not copy.done():
            copy.cancel()


def _connected(address: str) -> Any:
    """A client of the scheduler, which has a worker."""
    try:
        import cloudpickle
        from distributed import Client
    except ImportError as error:
        raise Unreachable("--scheduler needs dask: pip install 'drystone[machines]'") from error
    cloudpickle.register_pickle_by_value(asking)
    try:
        client = Client(address, timeout=CONNECTING)
    except (OSError, ValueError) as error:
        raise Unreachable(f"no scheduler answers at {address}: start one with `dask scheduler` ({error})") from error
    try:
        client.wait_for_workers(1, timeout=CONNECTING)
    except TimeoutError as error:
        client.close()
        raise Unreachable(f"the scheduler {address} has no worker: start some with `dask worker {address}`") from error
    return client
