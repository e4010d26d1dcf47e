"""Words for what happened: calls, how they ended, and a map of the arena."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

from model.heap.state import NOBODY, Holdings
from model.language.logic import Transition
from model.language.words import NULL
from proofs.c_check.description import Facts
from proofs.c_check.driver import Verdict
from proofs.c_check.history import Arena, Call, History
from proofs.c_check.judging import Judgement
from proofs.maps import heap_map
from proofs.maps.heap_map import MOST_SPANS, HeapMap, Span, drawn, focused

NEAR = 1 << 16
FILLS = {0: "zeros", 1: "random bytes", 0xFF: "bytes 0xff"}
REPORTS = re.compile(r"runtime error:|ERROR: AddressSanitizer|[Aa]ssert|SUMMARY|panic|abort")


def shown(call: Call) -> str:
    """A call as C would write it, blocks by their numbers."""
    what, a, b = call
    words = {
        "m": f"malloc({a})",
        "c": f"calloc({a}, {b})",
        "a": f"aligned({a}, {b})",
        "n": f"realloc(NULL, {a})",
        "r": f"realloc(block {a}, {b})",
        "f": f"free(block {a})",
        "e": f"realloc(block {a}, 0)",
        "z": "free(NULL)",
        "b": f"free(arena {'+' if a >= 0 else '-'} {abs(a)}), no live block",
        "s": f"resize({a})",
    }
    return words[what]


def shown_arena(arena: Arena, facts: Facts) -> str:
    """The arena in words."""
    if facts.flags["no_arena"]:
        return "no arena"
    if "arena" in facts.functions:
        return "the heap's own arena"
    place = ("before a guard page", "behind a guard page", "across a multiple of 4 GiB", "across 2 GiB")[arena.place]
    more = f", {arena.capacity} at most" if arena.capacity > arena.size else ""
    return f"an arena of {arena.size} bytes{more}, {place}, full of {FILLS[arena.fill]}"


def ending(verdict: Verdict, said: str, arena: tuple[int, int]) -> str:
    """How a history ended, with what the heap or a sanitizer printed; ``arena`` is where it begins and ends."""
    lines = [line.strip("\0 ") for line in said.splitlines()]
    told = next((line for line in lines if REPORTS.search(line)), "")
    how = {
        "broken": verdict.detail,
        "hangs": "the call does not come to an end",
        "sleeps": "the call waits for something, and nothing comes",
        "exit": f"the call ends the program, with status {verdict.what}",
        "fork": "no child process could be made",
    }.get(verdict.kind, "")
    if verdict.kind == "signal":
        name = signal.Signals(int(verdict.what)).name if verdict.what.isdigit() else verdict.what
        faulted, _, address = verdict.detail.partition(" ")
        how = f"the call ends with {name}" + (f" at {_near(int(address, 16), *arena)}" if faulted == "1" else "")
    return f"{how}: {told}" if told and verdict.kind != "broken" else how


def _near(address: int, start: int, end: int) -> str:
    """An address, in words if it is near the arena."""
    if start <= address < end:
        return f"arena + {address - start}"
    if start - NEAR <= address < start:
        return f"{start - address} bytes before the arena"
    if end <= address < end + NEAR:
        return f"{address - end} bytes behind the arena's end"
    return f"address {address:#x}"


@dataclass(frozen=True)
class Story:
    """A history as it went, one line a call, and the arena at the end."""

    calls: list[str]
    map: HeapMap | None


def story(judgement: Judgement) -> Story:
    """What the calls gave, up to the one that fails."""
    observer = judgement.observer
    lines: dict[int, str] = {}
    for step, t in observer.transitions():
        if step:
            lines[step] = f"{shown(observer.history.calls[step - 1])}{_given(t)}"
        if step == judgement.step:
            break
    calls = [f"{step:>4}. {line}" for step, line in lines.items()]
    arena = not observer.facts.flags["no_arena"]
    return Story(calls, arena_map(judgement.transition) if judgement.transition and arena else None)


def _given(t: Transition) -> str:
    if t.raised:
        return " does not return"
    if t.heap in ("free", "realloc_zero", "free_null", "bad_free", "init"):
        return ""
    if t.heap == "resize":
        return " is agreed to" if t.result != NULL else " is refused"
    if t.result == NULL:
        return " gives NULL"
    name = "" if t.given != NOBODY else f" block {t.block} at"
    return f" gives{name} {_place(t.result - t.ghost.start)}"


def _place(offset: int) -> str:
    return f"arena {'+' if offset >= 0 else '-'} {abs(offset)}" if abs(offset) < 1 << 40 else f"address {offset:#x}"


def arena_map(t: Transition) -> HeapMap:
    """The arena after the call, addresses from its beginning: live blocks, the new one, and what the call damaged."""
    held: Holdings = t.ghost
    spans = [Span(0, held.end - held.start, heap_map.PAGE)]
    for block in held.live:
        spans.append(Span(held.at[block] - held.start, held.size[block], heap_map.LIVE, f"block {block}"))
    if not t.raised and t.result != NULL and t.heap != "resize":
        spans = [span for span in spans if span.label != f"block {t.given}"]
        spans.append(Span(t.result - held.start, t.size, heap_map.LIVE, f"block {t.block}", changed=True))
    spans += [Span(low - held.start, high - low, heap_map.DAMAGE, changed=True) for low, high in _damage(t)]
    return focused(drawn(spans), MOST_SPANS)


def _damage(t: Transition) -> list[tuple[int, int]]:
    """Where bytes of live blocks changed that the call was not given."""
    held: Holdings = t.ghost
    found = []
    for b in held.live:
        low, size = held.at[b], held.seen(held.size[b])
        before, now = (state.content(low, low + size) for state in (t.old, t.new))
        if b != t.given and before is not None and now is not None and before != now:
            changed = [i for i in range(size) if before[i] != now[i]]
            found.append((low + changed[0], low + changed[-1] + 1))
    return found


def shown_calls(history: History) -> list[str]:
    """The calls of a history, one line each."""
    return [f"{number:>4}. {shown(call)}" for number, call in enumerate(history.calls, 1)]
