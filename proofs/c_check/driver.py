"""The compiled heap as a process that runs histories in children of its own, and tells what came of them.

The process leads a group of its own; whatever is left of the group is killed when the driver is closed.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from proofs.c_check.description import Facts, parse_facts
from proofs.c_check.history import History, parse
from proofs.registry import Mistake

HANG = 300
"""Milliseconds of processor time after which a call hangs."""
SLOW = ("hangs", "sleeps")
"""Failures that only a clock tells: on a busy machine a call that comes to its end may look so."""
PATIENCE = 5
"""A call that looks so is given that many times as long before it counts."""
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99:allow_user_segv_handler=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=0:exitcode=98:halt_on_error=1",
}
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Verdict:
    """How a history ended, at which call (1 is the first, 0 is before).

    ``kind`` is held, untaken (the heap did not take the arena), broken (``what`` names the clause), signal or exit
    (``what`` is the number), hangs, or sleeps; ``detail`` says more.
    """

    kind: str
    step: int
    what: str
    detail: str
    granted: int = 0
    refused: int = 0
    peak_live: int = 0
    peak_used: int = 0
    nanoseconds: int = 0
    fresh: int = 0
    """The largest request that a fresh heap grants on this arena; 0 where nobody asked."""

    @property
    def failed(self) -> bool:
        """Whether something is wrong with the heap."""
        return self.kind not in ("held", "untaken")

    @property
    def slow(self) -> bool:
        """Whether only a clock tells the failure."""
        return self.kind in SLOW

    @property
    def clause(self) -> str:
        """The clause that does not hold, or ""."""
        if not self.failed:
            return ""
        return self.what if self.kind == "broken" else "returns"

    @property
    def mark(self) -> tuple[str, str]:
        """What two violations have in common if they are of one kind."""
        return self.kind, self.what


@dataclass(frozen=True)
class Search:
    """What a search came to: histories, calls, what was granted and refused; the history that failed, if one did."""

    histories: int
    calls: int
    granted: int
    refused: int
    history: History | None = None
    verdict: Verdict | None = None

    def then(self, part: Search) -> Search:
        """Both: the search that went on where this one ended."""
        counts = (self.histories + part.histories, self.calls + part.calls)
        return Search(*counts, self.granted + part.granted, self.refused + part.refused, part.history, part.verdict)


class Driver:
    """Runs histories on a compiled heap."""

    def __init__(self, program: Path, hang: int = HANG, brief: bool = False) -> None:
        """``brief`` reports of sanitizers name no source lines: that takes them a thousand times as long."""
        self.hang = hang
        environment = {**os.environ, **SANITIZERS}
        if brief:
            environment["ASAN_OPTIONS"] += ":symbolize=0"
        self._said = program.parent / "said"
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(
                [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True,
                start_new_session=True, cwd=program.parent, env=environment,
            )  # fmt: skip

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process, its children, and what they started in the same group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    @contextmanager
    def waiting(self, milliseconds: int) -> Iterator[None]:
        """Inside, a call hangs after that time."""
        self.hang, before = milliseconds, self.hang
        try:
            yield
        finally:
            self.hang = before

    def facts(self) -> Facts:
        """What the glue defines and declares."""
        return parse_facts(list(self._answer("facts\n")))

    def search(self, seed: int, first: int, calls: int, length: int, progress: Progress | None = None) -> Search:
        """Histories from number ``first`` on, of ``length`` calls at most, until so many calls or a failure."""
        lines: list[str] = []
        for line in self._answer(f"search {seed} {first} {calls} {length} {self.hang}\n"):
            if not line.startswith("at "):
                lines.append(line)
            elif progress:
                progress(int(line.split()[1]))
        word, *numbers = lines[0].split()
        number, made, granted, refused = map(int, numbers)
        if word == "clean":
            return Search(number, made, granted, refused)
        end = lines.index("end")
        return Search(number - first + 1, made, granted, refused, parse(lines[1:end]), _verdict(lines[end + 1 :]))

    def history(self, seed: int, number: int, length: int) -> History:
        """What a search does in its history of that number."""
        return parse(list(self._answer(f"history {seed} {number} {length} {self.hang}\n"))[:-1])

    def run(self, history: History) -> Verdict:
        """The verdict on one history, every byte looked at after every call."""
        return _verdict(list(self._answer(self._order("run", history))))

    def hurry(self, history: History) -> Verdict:
        """The verdict on one history; live bytes are looked at now and then, and those of each block when it goes."""
        return _verdict(list(self._answer(self._order("hurry", history))))

    def record(self, history: History) -> tuple[list[str], Verdict]:
        """Everything that happens in one history, as observing.py reads it, and how it ended."""
        lines = list(self._answer(self._order("record", history)))
        place = next(number for number, line in enumerate(lines) if line.startswith("verdict "))
        return lines[:place], _verdict(lines[place:])

    def said(self) -> str:
        """What the heap printed, so far."""
        return self._said.read_text(errors="replace")

    def forget(self) -> None:
        """Forget what the heap printed."""
        os.truncate(self._said, 0)

    def _order(self, word: str, history: History) -> str:
        arena = history.arena
        words = (self.hang, arena.size, arena.capacity, arena.place, arena.fill, len(history.calls))
        return f"{word} {' '.join(map(str, words))}\n{history.lines()}"

    def _answer(self, order: str) -> Iterator[str]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        with suppress(BrokenPipeError):  # no answer will come, then
            stdin.write(order)
            stdin.flush()
        for line in stdout:
            if line == "done\n":
                return
            yield line.rstrip("\n")
        raise self._lost()

    def _lost(self) -> Mistake:
        """The driver itself came to an end: before any history began, the heap's own constructors, say."""
        status = self._process.wait()
        how = f"signal {-status}" if status < 0 else f"status {status}"
        lines = self.said().strip().splitlines()
        return Mistake(f"the compiled heap ended by itself, with {how}{': ' + lines[-1] if lines else ''}")


def _verdict(lines: list[str]) -> Verdict:
    _, kind, step, what, detail = lines[0].split(" ", maxsplit=4)
    counts = map(int, lines[1].split()[1:])
    return Verdict(kind, int(step), what, detail, *counts)
