"""Runs a program with a recorder preloaded (preload.c), and makes a trace of what it asked of its allocator.

The recorder is compiled on the spot.  It works in programs that are linked dynamically and not set-uid.  Of the program
itself the last image counts, if it executes another; programs that it starts are recorded, too, each for itself.
"""

from __future__ import annotations

import gzip
import os
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from proofs.c_check.compiler import find_compiler
from proofs.checking.trace import Event
from proofs.registry import Mistake
from proofs.traces.addresses import Addresses

SOURCE = Path(__file__).parent / "preload.c"
RECORD = struct.Struct("=4Q")
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Recorded:
    """What a program asked for: its process, the events, what was left out or put in."""

    process: int
    image: int
    events: tuple[Event, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Recording:
    """What came of a run: its exit status (-N: it died of signal N), its record, and those of programs it started."""

    status: int
    program: Recorded | None
    others: tuple[Recorded, ...]


def record(command: Sequence[str]) -> Recording:
    """Run ``command`` and record it; Mistake if there is no C compiler, or no such program."""
    if not shutil.which(command[0]):
        raise Mistake(f"{command[0]}: there is no such program")
    with tempfile.TemporaryDirectory(prefix="drystone-record-") as folder:
        library = build(Path(folder))
        records = Path(folder, "records")
        records.mkdir()
        preloaded = " ".join(filter(None, (str(library), os.environ.get("LD_PRELOAD", ""))))
        environment = os.environ | {"LD_PRELOAD": preloaded, "DRYSTONE_RECORD": str(records)}
        with (
            at_the_terminal() as there,
            subprocess.Popen(list(command), env=environment) as process,
            passing_on(process, there),
        ):
            status = process.wait()
        found = [_recorded(file) for file in sorted(records.iterdir(), key=_order)]
    own = [one for one in found if one.process == process.pid]
    others = tuple(one for one in found if one.process != process.pid and one.events)
    return Recording(status, own[-1] if own else None, others)


@contextmanager
def at_the_terminal() -> Iterator[bool]:
    """Inside, this process group is the terminal's, so that the program may read from it; whether there is one."""
    if not (sys.stdin and sys.stdin.isatty()):
        yield False
        return
    terminal, before = sys.stdin.fileno(), signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    group = os.tcgetpgrp(terminal)
    os.tcsetpgrp(terminal, os.getpgrp())
    signal.signal(signal.SIGTTOU, before)
    try:
        yield True
    finally:
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(terminal, group)
        signal.signal(signal.SIGTTOU, before)


@contextmanager
def passing_on(process: subprocess.Popen[bytes], there: bool) -> Iterator[None]:
    """An interrupt, or an order to end, is the program's: what it does then is recorded, too.

    One from the terminal (``there``) comes to the program by itself.
    """

    def pass_on(number: int, frame: FrameType | None) -> None:
        if not there or number != signal.SIGINT:
            process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def build(folder: Path) -> Path:
    """The recorder as a library in ``folder``; Mistake if there is no C compiler, it fails, or this is no Linux."""
    if not sys.platform.startswith("linux"):
        raise Mistake(f"recording works on Linux, not on {sys.platform}; a trace may also be a log of another tool")
    command = find_compiler().c
    library = folder / "recorder.so"
    flags = ("-O2", "-shared", "-fPIC", "-fno-builtin", "-pthread", "-o", str(library), str(SOURCE), "-ldl")
    done = subprocess.run([*command, *flags], capture_output=True, text=True, check=False)
    if done.returncode:
        first = next(iter(done.stderr.splitlines()), f"status {done.returncode}")
        raise Mistake(f"{shlex.join(command)} does not compile the recorder: {first}")
    return library


def _order(file: Path) -> tuple[int, int]:
    process, image = file.name.split(".")
    return int(process), int(image)


def _recorded(file: Path) -> Recorded:
    process, image = _order(file)
    found = events_of(file.read_bytes())
    return Recorded(process, image, tuple(found.events), found.notes)


def events_of(data: bytes) -> Addresses:
    """The events of a recorder's file; it ends where its records are empty."""
    into = Addresses()
    for kind, address, size, more in RECORD.iter_unpack(data[: len(data) // RECORD.size * RECORD.size]):
        if not kind:
            break
        if chr(kind) in "mca":
            into.allocate(address, size, zeroed=chr(kind) == "c", alignment=max(more, 1))
        elif chr(kind) == "f":
            into.free(address)
        elif chr(kind) == "<":
            into.lift(address)
        else:
            into.drop(more, address, size)
    return into


def write(file: Path, events: Iterable[Event], title: str) -> None:
    """Write a trace, packed if the file's name ends in .gz; the first line says what it is of."""
    first = title.encode("ascii", "replace").decode()
    text = f"# {first}\n" + "".join(event.line() for event in events)
    data = text.encode()
    file.write_bytes(gzip.compress(data, mtime=0) if file.suffix == ".gz" else data)
