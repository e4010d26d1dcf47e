"""Calls in processes of their own: one that dies, hangs or eats memory costs its own call only.

The processes are forked by a parent that has no other thread, so that none inherits a lock that is held.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Lost:
    """What is said of a call whose process died or, if it ``hung``, was ended."""

    reason: str
    hung: bool


@dataclass
class Child(Generic[Item]):
    """A process at work on one call."""

    process: Any
    pipe: Connection
    deadline: float

    def result(self, patience: float) -> Item | Lost:
        """What came back, once something did or the time is over."""
        hung = not self.pipe.poll()
        try:
            found: Item | Lost = Lost(f"hung for {patience} s", True) if hung else self.pipe.recv()
        except EOFError:
            self.process.join()
            found = Lost(f"the process died: {self.process.exitcode}", False)
        self.end()
        return found

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def each_apart(
    function: Callable[[int], Item], count: int, jobs: int, patience: float
) -> Iterator[tuple[int, Item | Lost]]:
    """(number, ``function(number)``) for each number below ``count``, as they come; at most ``jobs`` at a time.

    A call that takes longer than ``patience`` seconds is lost.
    """
    children: dict[int, Child[Item]] = {}
    started = 0
    try:
        while started < count or children:
            while started < count and len(children) < jobs:
                children[started] = _started(function, started, patience)
                started += 1
            rest = min(child.deadline for child in children.values()) - time.monotonic()
            ready = wait([child.pipe for child in children.values()], max(rest, 0))
            for number, child in list(children.items()):
                if child.pipe in ready or child.deadline <= time.monotonic():
                    del children[number]
                    yield number, child.result(patience)
    finally:
        for child in children.values():
            child.end()


def _started(function: Callable[[int], Item], number: int, patience: float) -> Child[Item]:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_answer, args=(function, number, theirs))
    process.start()
    theirs.close()
    return Child(process, ours, time.monotonic() + patience)


def _answer(function: Callable[[int], Item], number: int, pipe: Connection) -> None:
    pipe.send(function(number))
