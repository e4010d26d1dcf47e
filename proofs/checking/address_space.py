"""The address space on a live machine: its abstract map read out of the tables, and a scenario that meets every end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import impl.address_space
from impl.address_space import DIRECTORY_SPAN, LOW_END, NO_ROOT, PRESENT, TABLE_SPAN, TOP_SPAN, Entry
from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.machine import Machine
from impl.shadow import CheckedRam
from model.address_space import SUBJECT
from model.logic import Truth
from model.page_tables import ENTRIES, ENTRY_SIZE, HALF, LEVELS, Map, frame_of
from proofs.checking.recorder import Recorder, Witnesses, unmet

LOW_BITS = 2 * HALF
"""Addresses that agree below this bit have the same path through the tables."""


class EntryMap:
    """The map from every address to the entry that maps its page, or 0.

    ``entries`` has one address for each path through the tables, so that what the tables alone
    decide is decided for every address by looking at those.
    """

    def __init__(self, entries: dict[int, int]) -> None:
        self.entries = entries

    def __getitem__(self, address: int) -> int:
        return self.entries.get(_canonical(address % LOW_BITS // PAGE_SIZE * PAGE_SIZE), 0)

    def each(
        self, low: int, high: int, body: Callable[[int], Truth], trigger: Callable[[int], Any] | None = None
    ) -> bool:
        """Whether ``body``, which asks the tables alone, holds for every address of [low, high)."""
        return all(body(address) for address in self.entries if low <= address < high)


class Values:
    """The word at every physical address; 0 outside RAM."""

    def __init__(self, machine: Machine) -> None:
        self._words = machine.ram.views["Q"]

    def __getitem__(self, slot: int) -> int:
        number = slot // ENTRY_SIZE
        return self._words[number] if 0 <= number < len(self._words) else 0


class Claims:
    """Whether an entry of a table lies at a physical address; everywhere, if there is no shadow to ask."""

    def __init__(self, machine: Machine) -> None:
        self._ram = machine.ram

    def __getitem__(self, slot: int) -> bool:
        return not isinstance(self._ram, CheckedRam) or self._ram.shadow.is_claimed(Entry, slot)


class Live:
    """The tables in RAM, through the interface that clauses read."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def fields(self, struct: str) -> SimpleNamespace:
        """The field maps of the only struct type."""
        return SimpleNamespace(value=Values(self._machine))

    def claimed(self, struct: str) -> Claims:
        """Where entries lie."""
        return Claims(self._machine)


def map_of(machine: Machine) -> Map:
    """The abstract map that the tables say; independent of the code that is to walk them."""
    root = machine.space.root
    entries = {0: 0} if root == NO_ROOT else dict(_paths(Values(machine), root, 0, LEVELS))
    return Map(root, EntryMap(entries))


def _paths(values: Values, table: int, low: int, level: int) -> Iterator[tuple[int, int]]:
    """For each path below ``table``, whose first entry is for address ``low``: its first address, its page's entry."""
    span = PAGE_SIZE * ENTRIES ** (level - 1)
    for number in range(ENTRIES):
        place = _canonical(low + number * span)
        entry = values[table + number * ENTRY_SIZE]
        if level == 1:
            yield place, entry
        elif entry & PRESENT:
            yield from _paths(values, frame_of(entry), place, level - 1)
        else:
            yield place, 0


def _canonical(address: int) -> int:
    """The canonical address with these 48 low bits."""
    return address if address < HALF or address >= LOW_BITS else address + WORD_LIMIT - LOW_BITS


def violated(machine: Machine, operation: str = "", arguments: dict[str, Any] | None = None) -> list[str]:
    """The invariants that do not hold now, and with ``operation`` what it requires of ``arguments`` and misses."""
    return unmet(SUBJECT, Live(machine), 0, map_of(machine), operation, arguments)


# ---------------------------------------------------------------- the scenario

FRAMES = 16
PAGE = 0x40_0000
"""A mapped page; the next one shows the header."""
PATHS_THAT_END = (TOP_SPAN, DIRECTORY_SPAN, TABLE_SPAN, PAGE + 2 * PAGE_SIZE)
"""Addresses whose path ends at each of the four levels, before it comes to a page."""


class Scenario:
    """A small machine with one address space whose walks are recorded."""

    def __init__(self) -> None:
        self.machine = Machine(FRAMES * PAGE_SIZE, checked=True)
        self.recorder = Recorder(SUBJECT, impl.address_space)

    def call(self, name: str, address: int) -> Any:
        """One recorded call; its result, None if it was refused."""
        space = self.machine.space
        proper = not violated(self.machine, name, {"root": space.root, "address": address})
        return self.recorder.call(name, proper, lambda: getattr(space, name)(address))


def witness() -> Witnesses:
    """Play a scenario that comes to every end of every operation; what it reached."""
    scenario = Scenario()
    machine = scenario.machine
    machine.space.map(PAGE, 1)
    machine.space.map_reserved(PAGE + PAGE_SIZE, machine.header.base, 1)
    for address in (-1, WORD_LIMIT, LOW_END, *PATHS_THAT_END, PAGE + PAGE_SIZE):
        scenario.call("walk", address)
    for address in (-1, TABLE_SPAN, PAGE + 0x123):
        scenario.call("translate", address)
    machine.destroy()
    for name in ("walk", "translate"):
        scenario.call(name, PAGE)
    return scenario.recorder.found
