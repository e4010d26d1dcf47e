"""Which end of a function an execution came to: the line it returned from, and those of the calls on that line.

    return self._take(segment, needed)     ->  ("allocate:98", "_take:160")

The same recorder watches running code and the prover's execution of it, so an end that the
prover claims something about can be matched with one that running code really reached.

TRUSTED: ``unseen`` returns what the function returns, and an end that was not reached is not recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType, TracebackType
from typing import Any, ParamSpec, TypeVar

End = tuple[str, ...]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class EndRecorder:
    """Records, while it is entered, the end of the outermost call of a function of some source files.

    ``end`` is () if no function of the files returned.  An exception counts as an end at its line.

    The prover does not execute the calls of operations that are relied on by contract, here the functions
    called ``sealed``: what they came to is no part of their callers' ends, but noted in ``inner``.
    """

    def __init__(self, files: Collection[str], sealed: Collection[str] = ()) -> None:
        self.files = files
        self.sealed = frozenset(sealed)
        self.inner: dict[str, set[End]] = {}
        self.end: End = ()
        self._open: list[list[tuple[int, End]]] = []

    def __enter__(self) -> EndRecorder:
        self._previous = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.settrace(self._previous)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Follow the functions of the files, and only to their return: everything else runs untraced."""
        if frame.f_code.co_filename not in self.files:
            return None
        frame.f_trace_lines = False
        self._open.append([])
        return self._leave

    def _leave(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "return" and self._open:
            self._close(frame)
        return self._leave

    def _close(self, frame: FrameType) -> None:
        """A function of the files is left: its own line, then what the calls on that line came to."""
        calls = self._open.pop()
        line = frame.f_lineno
        inner = [part for at, end in calls if at == line for part in end]
        end = (f"{frame.f_code.co_name}:{line}", *inner)
        name = frame.f_code.co_name
        if self._open and name in self.sealed:
            self.inner.setdefault(name, set()).add(end)
        elif self._open:
            self._open[-1].append((self._caller_line(frame), end))
        else:
            self.end = end

    def _caller_line(self, frame: FrameType) -> int:
        """The line at which the next outer function of the files stands."""
        outer = frame.f_back
        while outer is not None and outer.f_code.co_filename not in self.files:
            outer = outer.f_back
        return outer.f_lineno if outer is not None and outer.f_lineno is not None else 0


@contextmanager
def unrecorded() -> Iterator[None]:
    """What runs inside does not belong to the code whose ends are recorded, and need not be traced."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


def unseen(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """``function``, run ``unrecorded``: for what code under record calls often."""

    @wraps(function)
    def quiet(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        tracer = sys.gettrace()
        if tracer is None:
            return function(*arguments, **named)
        sys.settrace(None)
        try:
            return function(*arguments, **named)
        finally:
            sys.settrace(tracer)

    return quiet
