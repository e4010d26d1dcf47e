"""Replays a real program's malloc trace on a heap in C.

Every call is judged by its own answer; every live byte is looked at now and then, and each block's when it goes.  Where
something is wrong, the trace is run again with every byte looked at after every call, if that is not too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from proofs.c_check.compiler import Build, Compiler, Sources, compile_builds
from proofs.c_check.description import Facts
from proofs.c_check.driver import PATIENCE, Driver, Verdict
from proofs.c_check.history import Arena, Call, History
from proofs.c_check.telling import ending
from proofs.checking.trace import ALIGNED, CALLOC, FREE, MALLOC, Event, Trace
from proofs.registry import Mistake

SPARE = 1 << 20
MOST_ARENA = 1 << 30
DEFAULT_MOST = 1 << 20
"""DRYSTONE_MOST_ARENA where the glue says nothing: a trace may need more."""
MOST_LOOKS = 2 * 10**10
"""A second run looks at no more bytes than about that."""


@dataclass(frozen=True)
class CReplay:
    """What a replay saw; ``event`` is the one at which something was wrong, or noticed if not ``exact``."""

    heap: str
    build: str
    arena: int
    events: int
    verdict: Verdict
    event: int = 0
    how: str = ""
    exact: bool = True

    @property
    def failed(self) -> bool:
        """Whether something is wrong with the heap."""
        return self.verdict.failed


def replay_c(
    trace: Trace, sources: Sources, build: Build, compiler: Compiler, folder: Path, hang: int, limit: int | None
) -> CReplay:
    """Replay the first ``limit`` events, or all, on the heap; Mistake if it does not compile."""
    sources.check()
    (compiled,) = compile_builds(sources, [build], folder, compiler)
    if compiled.program is None:
        raise Mistake(f"{sources.name}: {build.name}: {compiled.error or compiled.left_out}")
    hang *= build.slower
    with Driver(compiled.program, hang) as driver:
        facts = driver.facts()
        if facts.missing:
            raise Mistake(f"{sources.glue}: it defines no {facts.missing[0]}")
        history, events = translated(trace, facts, limit)
        verdict, exact = driver.hurry(history), True
        if verdict.slow:
            with driver.waiting(hang * PATIENCE):
                verdict = driver.hurry(history)
        if verdict.kind == "untaken":
            raise Mistake(f"{sources.name}: the heap does not take an arena of {history.arena.size} bytes")
        if verdict.failed:
            verdict, exact = _closer(driver, history, verdict, trace.peak_live_bytes())
        how = ending(verdict, driver.said(), (0, 0)) if verdict.failed else ""
    event = events[verdict.step - 1] if verdict.failed and verdict.step else 0
    played = event or len(trace.events[:limit])
    return CReplay(sources.name, build.name, history.arena.size, played, verdict, event, how, exact)


def _closer(driver: Driver, history: History, verdict: Verdict, peak: int) -> tuple[Verdict, bool]:
    """The call at which it went wrong, where it was only noticed later."""
    if verdict.step * peak > MOST_LOOKS:
        return verdict, False
    again = driver.run(history.first(verdict.step))
    return (again, True) if again.failed else (verdict, False)


def arena_for(trace: Trace, facts: Facts) -> Arena:
    """As large as four times what is live at most, as far as the glue allows."""
    most = facts.words["most_arena"]
    most = MOST_ARENA if most == DEFAULT_MOST else most
    unit = max(facts.words["arena_alignment"], 1)
    size = max(min(4 * trace.peak_live_bytes() + SPARE, most), facts.words["least_arena"]) // unit * unit
    return Arena(size, size)


def translated(trace: Trace, facts: Facts, limit: int | None) -> tuple[History, list[int]]:
    """The trace as calls, and for each call its event's number, 1 the first.

    A heap without calloc gets malloc, one without realloc malloc and free, one without aligned allocation malloc of
    as many bytes more as it may need; one that may not be asked for 0 bytes is not.
    """
    calls: list[Call] = []
    events: list[int] = []
    names: dict[int, int] = {}
    requests = 0
    for number, event in enumerate(trace.events[:limit], 1):
        before = len(calls)
        if event.kind in (MALLOC, CALLOC):
            asks = [_request(event.kind, event.size, facts)]
        elif event.kind == ALIGNED:
            asks = [_aligned(event, facts)]
        elif event.kind == FREE:
            asks = [Call("f", names[event.block])] if event.block in names else []
        elif event.size and event.block in names and "realloc" in facts.functions:
            asks = [Call("r", names[event.block], event.size)]
        else:
            asks = [_request(MALLOC, event.size, facts)]
            asks += [Call("f", names[event.block])] if event.block in names else []
        if event.kind == FREE:
            names.pop(event.block, None)
        for call in asks:
            if call.what in "mca":
                if call.what == "m" and not call.a and facts.flags["no_zero_size"]:
                    names.pop(event.block, None)
                    continue
                names[event.block] = requests
                requests += 1
            calls.append(call)
        events += [number] * (len(calls) - before)
    return History(arena_for(trace, facts), tuple(calls)), events


def _aligned(event: Event, facts: Facts) -> Call:
    if "aligned" in facts.functions:
        return Call("a", max(event.alignment, facts.bits // 8), event.size)
    return Call("m", event.size + event.alignment - 1)


def _request(kind: str, size: int, facts: Facts) -> Call:
    return Call("c", 1, size) if kind == CALLOC and "calloc" in facts.functions else Call("m", size)
