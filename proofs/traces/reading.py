"""Reads a trace of any kind; which it is, its content says, or the user."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from proofs.checking.trace import Trace, TraceError, lines_of, opened, read_trace
from proofs.registry import Mistake
from proofs.traces import heaptrack, kmem, mtrace, valgrind
from proofs.traces.addresses import Addresses

OWN = "drystone"
LOOKED_AT = 2000
"""So many lines tell what a file is."""
OWN_EVENT = re.compile(r"^[mcrfa]( \d+){1,3}$")
ZSTD = b"\x28\xb5\x2f\xfd"


class Format(NamedTuple):
    """A format of another tool: ``looks`` knows it by its first lines; ``read`` takes a line, and what it remembers."""

    looks: Callable[[list[str]], bool]
    read: Callable[[str, Addresses, Any], None]
    memory: Callable[[], Any]


FORMATS = {
    "heaptrack": Format(heaptrack.looks, heaptrack.read, heaptrack.Kinds),
    "mtrace": Format(mtrace.looks, mtrace.read, list),
    "valgrind": Format(valgrind.looks, valgrind.read, list),
    "ftrace": Format(kmem.looks, kmem.read, list),
}
"""In this order they are tried: the later a format, the more lines it passes over."""
NAMES = (OWN, *FORMATS)


def read_any(path: str | Path, format_: str | None = None) -> Trace:
    """The trace in the file ``path``, of the ``format_`` of NAMES that is named, or that it is seen to be.

    TraceError if a line is wrong, Mistake if there is nothing in it to replay, OSError if it cannot be opened.
    """
    with opened(path) as file:
        if file.peek(4)[:4] == ZSTD:  # type: ignore[attr-defined]  # both readers have it
            raise Mistake(f"{path}: it is packed; unpack it first: zstd -d {path}")
    name = format_ or format_of(path)
    if name == OWN:
        return read_trace(path)
    known = FORMATS[name]
    into, memory, number = Addresses(), known.memory(), 0
    with opened(path) as file:
        for number, line in enumerate(lines_of(file, str(path)), 1):
            text = _text(line)
            try:
                known.read(text, into, memory)
            except ValueError as error:
                raise TraceError(str(path), number, f"expected {error}; found: {text[:60]!r}") from error
    if number and not into.events:
        raise Mistake(f"{path}: read as {name}, it holds no allocation; --trace-format says what else it is")
    return Trace(str(path), tuple(into.events), (f"read as {name}", *into.notes))


def format_of(path: str | Path) -> str:
    """The name of the format that the first lines of the file show; Drystone's own if they show none."""
    with opened(path) as file:
        first = [_text(line) for line in islice(lines_of(file, str(path)), LOOKED_AT)]
    said = next((line for line in first if not line.startswith("#")), "")
    if OWN_EVENT.match(said):
        return OWN
    return next((name for name, known in FORMATS.items() if known.looks(first)), OWN)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r\n")
