"""What running code says of a variant: random histories and the subject's scripted story, clauses live.

A violation counts only if the same history, played once more, meets it again.  Nothing is shrunk.
"""

from __future__ import annotations

import resource
import signal
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from proofs.checking.bench import load_edition, source_of
from proofs.checking.campaign import machine_of, search
from proofs.checking.script import violated_in
from proofs.checking.stage import Stage
from proofs.checking.violation import Violation
from proofs.checking.witness import play
from proofs.engine.lineage import lineage
from proofs.engine.operation import Proof

HISTORIES = 6
"""Random histories of a variant that the first one and the story do not refute."""
MORE_HISTORIES = 60
"""Random histories of a variant that cannot be proved."""
SECONDS = 20
"""Processor time for such a run, whose variant may never come to an end."""
MORE_SECONDS = 15
"""Processor time for the longest search."""

STATM = Path("/proc/self/statm")
"""Where Linux says how much a process has mapped, in pages."""
MEMORY = 64 << 30
"""Bytes of address space that one mutant may add: a wild size must not take the machine with it."""


@dataclass(frozen=True)
class Broken:
    """The theorems that a run breaks, and what kind of run it was."""

    theorems: tuple[str, ...]
    run: str


class TooLong(BaseException):
    """A run takes too long; no Exception, so that nothing on the way mistakes it for one of the variant's."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise TooLong inside after so many seconds of this process's own time."""

    def ring(number: int, frame: types.FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)  # again, where the first one was raised in a callback and lost
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def edition_of(proof: Proof, module: str, source: str) -> types.ModuleType:
    """The subject as ordinary code with the text ``source`` for one of its modules."""
    if module in [one.__name__ for one in lineage(proof.module)]:
        return load_edition(proof.module, source)
    names = [part.__name__ for part in proof.parts]
    before = {name: sys.modules[name] for name in names}
    try:
        for part in proof.parts:
            text = source if part.__name__ == module else source_of(part)
            sys.modules[part.__name__] = load_edition(part, text)
        return load_edition(proof.module, source_of(proof.module))
    finally:
        sys.modules.update(before)


def broken_by_running(subject: str, edition: types.ModuleType, patient: bool = False) -> Broken | None:
    """The first run that breaks something; None if none does, or none comes to an end.

    If it is ``patient`` it does not try the quick runs again, but takes more time.
    """
    runs, seconds = quick_runs(subject, edition), SECONDS
    if patient:
        runs, seconds = [partial(_random, subject, edition, MORE_HISTORIES, 1)], MORE_SECONDS
    for run in runs:
        try:
            with within(seconds):
                found = run()
        except (TooLong, Exception):
            continue  # the variant behaves so strangely that the run makes no sense: the prover must decide
        if found is not None:
            return found
    return None


def quick_runs(subject: str, edition: types.ModuleType) -> list[Callable[[], Broken | None]]:
    """The story, a history, some more histories."""
    runs = [partial(_told, subject, edition), partial(_random, subject, edition, 1)]
    return [*runs, partial(_random, subject, edition, HISTORIES)]


def _random(subject: str, edition: types.ModuleType, histories: int, seed: int = 0) -> Broken | None:
    violation, world = search(machine_of(subject), histories, seed, edition)
    if violation is None or world is None:
        return None
    return _again(violation, type(world)(world.frames, edition), world.journal, "random history")


def _told(subject: str, edition: types.ModuleType) -> Broken | None:
    worlds, violation = play(subject, edition)
    if violation is None:
        return None
    world = worlds[-1]
    return _again(violation, type(world)(world.frames, edition), world.journal, "story")


def _again(violation: Violation, fresh: Stage, journal: list[str], run: str) -> Broken | None:
    replayed = violated_in(fresh, journal)
    if replayed is None or replayed.theorems != violation.theorems:
        return None
    return Broken(violation.theorems, f"{run} of {len(journal)} steps")


def limit_memory() -> None:
    """Let this process map ``MEMORY`` bytes more: what its parent mapped came with the fork and counts, too."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = _mapped() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def _mapped() -> int:
    """Bytes of address space that this process has; 0 where the system does not say."""
    try:
        pages = int(STATM.read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
