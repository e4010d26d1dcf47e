"""What ``make bench`` keeps a record of: pieces of work, and a reference loop that each is measured against.

A work is made ready once, and tells what a run of it took: seconds of processor time, that of the processes which it
starts included.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from struct import unpack_from
from time import process_time
from typing import Any

from impl.bin_heap import BinHeap
from impl.block_heap import KernelHeap
from impl.bucket_heap import BucketHeap
from impl.machine import Machine
from impl.segment_heap import SegmentHeap
from proofs.checking.campaign import check
from proofs.checking.replay import replay
from proofs.checking.trace import FREE, MALLOC, REALLOC, Event, Trace

PAGE = 4096
HOME = 0x7000
BASE = 0x4000_0000
SUBJECT, OPERATION = "segment_heap", "segment_heap.allocate"
"""Whose proof is measured."""
Work = Callable[[], float]


def reference() -> int:
    """What most of the time goes to in all works: calls, dictionaries, numbers and words out of a buffer."""
    known, data, total = dict.fromkeys(range(256), 3), bytes(range(256)) * 16, 0
    for number in range(60_000):
        total += _step(known, data, number & 0xFF)
    return total


def _step(known: dict[int, int], data: bytes, number: int) -> int:
    return known[number] + int(unpack_from("<Q", data, number * 8)[0] & 0xFFFF)


def timed(run: Callable[[], Any]) -> float:
    """Seconds of processor time."""
    began = process_time()
    run()
    return process_time() - began


# ---------------------------------------------------------------- the machine and the heaps


def loads() -> Work:
    """Loads of words that are in the TLB."""
    memory = Machine(1 << 20).memory
    memory.map(BASE, 4)

    def run() -> None:
        for number in range(100_000):
            memory.load_u64(BASE + (number & 0x7FF) * 8)

    return partial(timed, run)


def _pairs(allocate: Callable[[int], int], free: Callable[[int], Any], times: int) -> Work:
    """Forty blocks of mixed sizes come, and go in another order, so many times."""

    def run() -> None:
        for _ in range(times):
            blocks = [allocate(16 + number % 7 * 148) for number in range(40)]
            for block in (*blocks[::2], *blocks[1::2]):
                free(block)

    return partial(timed, run)


def segment_pairs() -> Work:
    """Requests to a segment heap."""
    machine = Machine(8 << 20)
    machine.memory.map(HOME, 1)
    heap = SegmentHeap(machine.memory, HOME)
    heap.init(BASE)
    return _pairs(heap.allocate, heap.free, 25)


def bin_pairs() -> Work:
    """Requests to a bin heap."""
    machine = Machine(8 << 20)
    machine.memory.map(HOME, 2)
    heap = BinHeap(machine.memory, HOME)
    heap.init()
    return _pairs(heap.malloc, heap.free, 25)


def bucket_pairs() -> Work:
    """Requests to a bucket heap."""
    machine = Machine(8 << 20)
    machine.memory.map(HOME, 1)
    machine.memory.map(BASE, 256)
    heap = BucketHeap(machine.memory, HOME)
    heap.init(BASE, 1 << 20, PAGE)
    return _pairs(heap.alloc, heap.free, 50)


def block_pairs() -> Work:
    """Requests to the kernel's block heap."""
    machine = Machine(112 << 20)
    machine.memory.map(HOME, 8)
    machine.memory.map(0x0100_0000, 25_600)
    heap = KernelHeap.claim(machine.memory, 0x7100)
    heap.kheap_init()
    return _pairs(heap.kmalloc, heap.kfree, 25)


# ---------------------------------------------------------------- runs that are checked


def program(events: int) -> Trace:
    """A made-up program that asks for blocks of many sizes and holds some hundred of them."""
    chance, made, live, number = random.Random(22), [], [], 0
    while len(made) < events:
        what = chance.randrange(20)
        if live and what < 8 + len(live) // 100:
            made.append(Event(FREE, live.pop(chance.randrange(len(live))), 0))
        elif live and what == 19:
            made.append(Event(REALLOC, chance.choice(live), chance.randrange(1, 4000)))
        else:
            made.append(Event(MALLOC, number, chance.choice((16, 40, 64, 200, 1000, 3000, 9000))))
            live.append(number)
            number += 1
    return Trace("made up", tuple(made))


def replayed(heap: str) -> Work:
    """A program replayed on a heap, as ``drystone replay`` does it."""
    trace = program(4_000)

    def run() -> None:
        assert not replay(trace, heap).violations

    replay(program(10), heap)
    return partial(timed, run)


def checked(subject: str) -> Work:
    """Random histories of a subject, as ``drystone check`` runs them."""
    check(subject, 1)
    return partial(timed, partial(check, subject, 30))


# ---------------------------------------------------------------- the prover


class Proofs:
    """Proofs of an operation in processes of their own: without a cache, and after an edit of one function."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.edits = 0
        self.source = Path(f"impl/{SUBJECT}.py").read_text("utf-8")

    def prove(self, *more: str) -> float:
        """The theorems of the operation alone."""
        before = _of_children()
        command = (sys.executable, "-m", "proofs.cli", "prove", OPERATION, "--only", "--jobs", "1", *more)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 3 and " 0 REFUTED, 0 VACUOUS" in done.stdout, done.stdout + done.stderr
        return _of_children() - before

    def cold(self) -> float:
        """Everything."""
        return self.prove("--no-cache")

    def edit(self) -> float:
        """What an edit of one function asks for: a variable in it has another name, each time a new one."""
        cache = Path(self.folder.name) / "cache.sqlite"
        if not cache.exists():
            self.prove("--cache", str(cache))
        self.edits += 1
        head, body, tail = _around(self.source, "    def allocate(", "    def free(")
        edited = Path(self.folder.name) / "edited.py"
        edited.write_text(head + body.replace("segment", f"segment{self.edits}") + tail, "utf-8")
        return self.prove("--cache", str(cache), "--source", str(edited))


def _around(text: str, start: str, end: str) -> tuple[str, str, str]:
    """What is before, between and from the two lines on."""
    first = text.index(start)
    last = text.index(end, first)
    return text[:first], text[first:last], text[last:]


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


WORKS: dict[str, Callable[[], Work]] = {
    "load": loads,
    "malloc_free.segment_heap": segment_pairs,
    "malloc_free.bin_heap": bin_pairs,
    "malloc_free.bucket_heap": bucket_pairs,
    "malloc_free.block_heap": block_pairs,
    "replay.bin_heap": partial(replayed, "bin_heap"),
    "replay.bucket_heap": partial(replayed, "bucket_heap"),
    "check.bin_heap": partial(checked, "bin_heap"),
    f"proof.{OPERATION}": lambda: Proofs().cold,
    f"edit.{OPERATION}": lambda: Proofs().edit,
}
SELDOM = ("proof", "edit", "check")
"""Works that take seconds."""
