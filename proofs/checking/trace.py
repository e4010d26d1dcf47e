"""Traces: what a real program asked of its allocator, one event per line, plain or gzipped.

    m 17 48      malloc: block 17 gets 48 bytes
    c 18 208     calloc: the same, zeroed
    r 17 96      realloc: block 17 becomes 96 bytes
    f 17         free
    a 19 64 200  aligned_alloc, memalign: block 19 gets 200 bytes at a multiple of 64, a power of two
    # git log    whatever else there is to say

What other tools write down is read by proofs/traces/.  A trace is read and checked as a whole before anything runs.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from impl.arithmetic import WORD_LIMIT
from proofs.registry import Mistake

MALLOC, CALLOC, REALLOC, FREE, ALIGNED = "m", "c", "r", "f", "a"
BORN = (MALLOC, CALLOC, ALIGNED)
"""A block is born by these."""
WORDS = {MALLOC: 3, CALLOC: 3, REALLOC: 3, FREE: 2, ALIGNED: 4}
"""How many words a line of each kind has."""
COMMENT = b"#"
GZIP_MAGIC = b"\x1f\x8b"
MOST_DIGITS = 20
"""A machine word has no more."""


class TraceError(Mistake):
    """A trace cannot be replayed: ``file`` and ``line`` say where it is wrong."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line


class Event(NamedTuple):
    """One request; ``size`` is 0 for a free, ``alignment`` 1 but for an aligned one."""

    kind: str
    block: int
    size: int
    alignment: int = 1

    def line(self) -> str:
        """As a trace has it."""
        if self.kind == FREE:
            return f"{self.kind} {self.block}\n"
        words = f"{self.alignment} {self.size}" if self.kind == ALIGNED else str(self.size)
        return f"{self.kind} {self.block} {words}\n"


@dataclass(frozen=True)
class Trace:
    """The events of one file, in order; every block is allocated before it is used, and not twice.

    ``notes`` say what was left out or put in, if the file is another tool's.
    """

    file: str
    events: tuple[Event, ...]
    notes: tuple[str, ...] = ()

    def peak_live_bytes(self) -> int:
        """The most bytes that were live at one time."""
        sizes: dict[int, int] = {}
        live = peak = 0
        for event in self.events:
            live += event.size - sizes.pop(event.block, 0)
            if event.kind != FREE:
                sizes[event.block] = event.size
            peak = max(peak, live)
        return peak


def read_trace(path: str | Path) -> Trace:
    """The trace in the file ``path``; TraceError if any line is wrong, OSError if it cannot be opened."""
    live: set[int] = set()
    events = []
    number = 0
    with opened(path) as lines:
        for number, line in enumerate(lines_of(lines, str(path)), 1):
            if line.startswith(COMMENT):
                continue
            try:
                events.append(_event(line, live))
            except ValueError as error:
                raise TraceError(str(path), number, str(error)) from error
    return Trace(str(path), tuple(events))


def opened(path: str | Path) -> BinaryIO:
    """The decompressed bytes of the file; gzip is recognised by its content."""
    with open(path, "rb") as file:
        zipped = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    return cast(BinaryIO, gzip.open(path, "rb")) if zipped else open(path, "rb")


def lines_of(file: BinaryIO, name: str) -> Iterator[bytes]:
    """The lines; TraceError where the compressed data ends too early or is damaged."""
    number = 0
    try:
        for line in file:
            number += 1
            yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TraceError(name, number + 1, f"the compressed data is damaged here: {error}") from error


def _event(line: bytes, live: set[int]) -> Event:
    """One event, with ``live`` brought up to date; ValueError if the line is wrong."""
    words = line.decode("ascii", "replace").split()
    if not words or words[0] not in WORDS:
        raise ValueError(f"not an event: {line.strip()[:40]!r}")
    kind = words[0]
    if len(words) != WORDS[kind]:
        raise ValueError(f"{kind!r} takes {WORDS[kind] - 1} numbers, not {len(words) - 1}")
    numbers = [_number(word) for word in words[1:]]
    block, size = numbers[0], numbers[-1] if kind != FREE else 0
    alignment = numbers[1] if kind == ALIGNED else 1
    if alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"an alignment is a power of two, not {alignment}")
    _follow(kind, block, live)
    return Event(kind, block, size, alignment)


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= MOST_DIGITS) or int(word) >= WORD_LIMIT:
        raise ValueError(f"not a number from 0 to 2**64-1: {word[:40]!r}")
    return int(word)


def _follow(kind: str, block: int, live: set[int]) -> None:
    """Blocks are born by malloc and its like, used while they live, and die by free."""
    born = kind in BORN
    if born and block in live:
        raise ValueError(f"block {block} is live already")
    if not born and block not in live:
        raise ValueError(f"block {block} is not live")
    if born:
        live.add(block)
    elif kind == FREE:
        live.remove(block)
