"""What happened in a history, as transitions between states of memory that specifications read.

The driver tells the bytes that changed between calls (U, written by the heap's user) and in a call (N), the result
(R), and what the heap says of itself (V usable, F free, T used, W whole).  A state is the same ``ConcreteState`` that
the checks of our own heaps look at: pages of bytes, with no headers in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from model.heap.contract import PUBLIC
from model.heap.state import NOBODY, Holdings
from model.language.logic import Transition
from model.language.words import NULL, PAGE_SIZE, WORD_LIMIT
from proofs.c_check.description import WATCHED, Facts
from proofs.c_check.driver import Verdict
from proofs.c_check.history import REQUESTS, USES, Call, History
from proofs.checking.state import ConcreteState, Pages, PageSet

OPERATIONS = {
    **{"m": "malloc", "n": "malloc", "c": "calloc", "a": "aligned", "r": "realloc"},
    **{"f": "free", "e": "realloc_zero", "z": "free_null", "b": "bad_free", "s": "resize"},
}
RETURNED = ("held", "untaken", "broken")
"""How a history ends whose last call returned, and whose heap answered every question after it."""
TOLD = {"V": "usable", "F": "free_bytes", "T": "used_bytes", "W": "whole"}


class Memory:
    """The bytes that were told, page by page; a state shares the pages that do not change after it."""

    def __init__(self) -> None:
        self.pages: Pages = {}

    def write(self, address: int, data: bytes) -> None:
        """The bytes from ``address`` on are ``data`` now."""
        while data:
            page, offset = divmod(address, PAGE_SIZE)
            part, data = data[: PAGE_SIZE - offset], data[PAGE_SIZE - offset :]
            before = self.pages.get(page, bytes(PAGE_SIZE))
            self.pages[page] = before[:offset] + part + before[offset + len(part) :]
            address += len(part)

    def state(self) -> ConcreteState:
        """Memory as it is now."""
        mapped = PageSet(frozenset(self.pages))
        return ConcreteState(dict(self.pages), mapped, claims=lambda name: [], structs={}, cost=0, lines=[])


class Observer:
    """Reads the record of one history."""

    def __init__(self, history: History, facts: Facts, lines: Sequence[str], verdict: Verdict) -> None:
        self.history, self.facts, self.verdict = history, facts, verdict
        self.lines = lines
        self.memory = Memory()
        self.names = _names(history)

    def transitions(self) -> Iterator[tuple[int, Transition]]:
        """Each call that was made, by its number (0 is init), from the state before to the state after.

        The last one is that of the call that did not return, if one did not.
        """
        groups = _groups(self.lines)
        if not groups:
            return
        held = self._holdings(groups[0][0])
        self._write(groups[0], "U")
        for number, group in enumerate(groups[1:], 1):
            self._write(group, "U")
            step = int(group[0].split()[1])
            t = self._transition(step, held, group, number < len(groups) - 1 or self.verdict.kind in RETURNED)
            yield step, t
            held = t.ghost_after

    def _holdings(self, line: str) -> Holdings:
        start, size, _, _ = (int(word, 16) for word in line.split()[1:])
        anywhere = self.facts.flags["no_arena"]
        return Holdings(
            NULL if anywhere else start,
            WORD_LIMIT if anywhere else start + size,
            watched=WATCHED if anywhere else WORD_LIMIT,
            fresh=self.verdict.fresh,
            first_end=WORD_LIMIT if anywhere else start + size,
            promise=self.facts.promise,
        )

    def _write(self, group: list[str], tag: str) -> None:
        for line in group:
            if line[0] == tag:
                _, address, data = line.split()
                self.memory.write(int(address, 16), bytes.fromhex(data))

    def _transition(self, step: int, held: Holdings, group: list[str], returned: bool) -> Transition:
        name = OPERATIONS[self.history.calls[step - 1].what] if step else "init"
        old = self.memory.state()
        self._write(group, "N")
        arguments = self._arguments(step, group)
        result = next((int(line.split()[1], 16) for line in group if line[0] == "R"), NULL)
        raised = "" if returned else self.verdict.kind
        t = Transition(name, old, self.memory.state(), held, arguments, result, raised)
        t.ghost_after = PUBLIC.operation(name).after(t) if not raised else held
        return t

    def _arguments(self, step: int, group: list[str]) -> dict[str, Any]:
        arguments: dict[str, Any] = {"given": NOBODY, "block": NOBODY, "alignment": 1, "size": 0}
        arguments |= dict.fromkeys(TOLD.values())
        arguments |= {TOLD[line[0]]: int(line.split()[1], 16) for line in group if line[0] in TOLD}
        if not step:
            return arguments
        call = self.history.calls[step - 1]
        if call.what in REQUESTS:
            arguments["block"] = self.names[step - 1]
        elif call.what in USES:
            arguments["given"] = arguments["block"] = call.a
        return arguments | _numbers(call)


def _numbers(call: Call) -> dict[str, int]:
    """The sizes of a call, by name."""
    match call.what:
        case "m" | "n":
            return {"size": call.a}
        case "c":
            return {"size": call.a * call.b}
        case "a":
            return {"alignment": call.a, "size": call.b}
        case "r":
            return {"size": call.b}
        case "s":
            return {"arena_size": call.a}
    return {}


def _names(history: History) -> dict[int, int]:
    """The name of the block that each request asks for, by the request's place."""
    places = [place for place, call in enumerate(history.calls) if call.what in REQUESTS]
    return {place: name for name, place in enumerate(places)}


def _groups(lines: Sequence[str]) -> list[list[str]]:
    """The lines of the start, and of each call."""
    groups: list[list[str]] = []
    for line in lines:
        if line[0] in "SC":
            groups.append([])
        groups[-1].append(line)
    return groups


def span(lines: Sequence[str]) -> tuple[int, int]:
    """Where the arena begins and ends at first; (0, 0) if nothing was recorded."""
    if not lines:
        return 0, 0
    start, size = (int(word, 16) for word in lines[0].split()[1:3])
    return start, start + size
