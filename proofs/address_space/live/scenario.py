"""The address space on a live machine: its abstract state read out of RAM, and a scenario that meets every end."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from types import SimpleNamespace
from typing import Any

import impl.address_space
from impl.address_space import AddressSpace
from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.errors import DrystoneError, PhysicalMemoryFull
from impl.machine import Machine
from impl.page_tables import DIRECTORY_SPAN, HIGH_START, NO_ROOT, PRESENT, TABLE_SPAN, TOP_SPAN, USER, Entry
from impl.reach import LOW_END
from impl.shadow import CheckedRam
from model.address_space.state import (
    BORROWED_PAGE,
    ENTRIES,
    ENTRY_SIZE,
    LEVELS,
    PAGE,
    ROOT,
    TABLE,
    Space,
    borrowed,
    frame_of,
    page_of,
)
from model.frame_allocator.single import uses
from model.language.ghost import GhostMap
from model.language.logic import Truth
from proofs.address_space.live.tables import present
from proofs.address_space.subject import SUBJECT
from proofs.checking.ends import unrecorded
from proofs.checking.recorder import Recorder, Witnesses, unmet
from proofs.frame_allocator.live.scenario import Live as LiveFrames
from proofs.frame_allocator.live.scenario import ghosts_of

SAMPLED = (0, 1, ENTRIES - 1)
"""Indexes of entries that are looked at in every table, whether they are present or not."""


class Sampled:
    """A map that is looked at in some places, all of those where something is and a few where nothing is."""

    def __init__(self, read: Callable[[int], Any], places: Iterable[int]) -> None:
        self._read = read
        self.places = sorted(places)

    def __getitem__(self, place: int) -> Any:
        return self._read(place)

    def everywhere(self, body: Callable[[int], Truth]) -> bool:
        """Whether ``body`` holds in those places."""
        return all(body(place) for place in self.places)

    def same(self, other: Sampled) -> bool:
        """Whether both have the same in the places of either."""
        return all(self[place] == other[place] for place in {*self.places, *other.places})


class Live:
    """The tables in RAM, through the interface that clauses read.

    Without a shadow to ask, entries lie in the tables and nowhere else.
    """

    def __init__(self, machine: Machine, space: AddressSpace) -> None:
        self._ram = machine.ram
        self._words = machine.ram.views["Q"]
        self.tables = dict(self._tables(space.root // PAGE_SIZE, ROOT, 0)) if space.root != NO_ROOT else {}
        self.slots = [slot for table in self._all_tables() for slot in self._sampled(table)]
        self.mapped = GhostMap(dict.fromkeys(range(machine.ram.size // PAGE_SIZE), True), False)

    def word(self, slot: int) -> int:
        """The word at a physical address; 0 outside RAM."""
        number = slot // ENTRY_SIZE
        return self._words[number] if 0 <= number < len(self._words) else 0

    def is_claimed(self, slot: int) -> bool:
        """Whether an entry lies at a physical address."""
        if isinstance(self._ram, CheckedRam):
            return self._ram.shadow.is_claimed(Entry, slot)
        return slot % ENTRY_SIZE == 0 and slot // PAGE_SIZE in self.tables

    def fields(self, struct: str) -> SimpleNamespace:
        """The field maps of the only struct type."""
        return SimpleNamespace(value=Sampled(self.word, self.slots))

    def claimed(self, struct: str) -> Sampled:
        """Where entries lie."""
        return Sampled(self.is_claimed, self.slots)

    def present_in(self, table: int) -> list[int]:
        """The slots of the present entries of the table in that frame; none of one that is not in RAM."""
        words = self._words[table * ENTRIES : (table + 1) * ENTRIES]
        return [table * PAGE_SIZE + number * ENTRY_SIZE for number in present(words)]

    def _tables(self, table: int, role: int, number: int) -> Iterator[tuple[int, tuple[int, int]]]:
        """Role and number of the table in that frame, and of all below it."""
        yield table, (role, number)
        if role > TABLE:
            for slot in self.present_in(table):
                index = slot % PAGE_SIZE // ENTRY_SIZE
                yield from self._tables(frame_of(self.word(slot)), role - 1, number * ENTRIES + index)

    def _all_tables(self) -> list[int]:
        """Frames that hold entries, those of this space and any other."""
        frames = range(len(self._words) * ENTRY_SIZE // PAGE_SIZE)
        return [frame for frame in frames if frame in self.tables or self.is_claimed(frame * PAGE_SIZE)]

    def _sampled(self, table: int) -> list[int]:
        first = table * PAGE_SIZE
        return sorted({*self.present_in(table), *(first + index * ENTRY_SIZE for index in SAMPLED)})


def slots_of(table: int) -> range:
    """The slots in that frame."""
    return range(table * PAGE_SIZE, (table + 1) * PAGE_SIZE, ENTRY_SIZE)


class Ranks(dict[int, list[int]]):
    """A table -> the slots of its present entries, which come before all others in the table's order."""

    def of(self, slot: int) -> int:
        """The place of a slot in the order of its table, counted in slots; the slot itself if that is no table."""
        first = slot - slot % PAGE_SIZE
        there = self.get(first // PAGE_SIZE)
        if there is None or slot % ENTRY_SIZE:
            return slot
        before = bisect_left(there, slot)
        if before < len(there) and there[before] == slot:
            return first + before * ENTRY_SIZE
        return slot + (len(there) - before) * ENTRY_SIZE

    def at(self, place: int) -> int:
        """The slot at that place: what ``of`` says, read the other way."""
        first = place - place % PAGE_SIZE
        there = self.get(first // PAGE_SIZE)
        if there is None or place % ENTRY_SIZE:
            return place
        number = (place - first) // ENTRY_SIZE
        if number < len(there):
            return there[number]
        slot = place - len(there) * ENTRY_SIZE
        for taken in there:
            slot += ENTRY_SIZE * (taken <= slot)
        return slot


def space_of(
    machine: Machine,
    space: AddressSpace | None = None,
    live: Live | None = None,
    pages_about: Iterable[int] = (),
    frames_about: Iterable[int] = (),
) -> Space:
    """The abstract state that the tables say; independent of the code that is to walk them.

    Clauses are looked at for the pages and frames in question, too.
    """
    space = space or machine.space
    live = live or Live(machine, space)
    role = {table: role for table, (role, _) in live.tables.items()}
    number = {table: number for table, (_, number) in live.tables.items()}
    up: dict[int, int] = {}
    entries: dict[int, int] = {}
    order = Ranks()
    for table, (kind, first) in live.tables.items():
        order[table] = there = live.present_in(table)
        for slot in there:
            word = live.word(slot)
            frame = frame_of(word)
            up[frame] = slot
            if kind == TABLE:
                role[frame] = BORROWED_PAGE if borrowed(word) else PAGE
                number[frame] = first * ENTRIES + slot % PAGE_SIZE // ENTRY_SIZE
                entries[page_of(number[frame])] = word
    elsewhere = {0, 1, ENTRIES, ENTRIES**2, ENTRIES**3, LOW_END // PAGE_SIZE, WORD_LIMIT // PAGE_SIZE - 2}
    pages = {page for page, entry in entries.items() if entry} | elsewhere | set(pages_about)
    frames = range(machine.ram.size // PAGE_SIZE)
    known = uses(LiveFrames(machine.frames), machine.frames.address, ghosts_of(machine.frames))
    return Space(
        space.root,
        Sampled(lambda page: entries.get(page, 0), pages),
        GhostMap({frame: role.get(frame, 0) for frame in {*frames, *role}}),
        GhostMap(number),
        GhostMap(up),
        Sampled(order.of, live.slots),
        Sampled(order.at, live.slots),
        Sampled(cache(known.use.__getitem__), {*frames, *frames_about}),
        known.free_frames,
        Begun(live),
        known.use.first,
        machine.frames.start,
        machine.frames.end,
        granting=True,
    )


class Begun:
    """How many missing tables begin below a page."""

    def __init__(self, live: Live) -> None:
        self._firsts = [page_of(number * ENTRIES**role) for role, number in live.tables.values() if role != ROOT]

    def __getitem__(self, page: int) -> int:
        begin: int = sum(-(-page // ENTRIES**level) for level in range(1, LEVELS))
        return begin - len([first for first in self._firsts if first < page])


def violated(
    machine: Machine, operation: str = "", arguments: dict[str, Any] | None = None, space: AddressSpace | None = None
) -> list[str]:
    """The invariants that do not hold now, and with ``operation`` what it requires of ``arguments`` and misses."""
    with machine.counter.paused():
        live = Live(machine, space or machine.space)
        return unmet(SUBJECT, live, 0, space_of(machine, space, live), operation, arguments)


# ---------------------------------------------------------------- the scenario

FRAMES = 16
PLACE = 0x40_0000
"""A mapped page; the next one shows the header."""
PATHS_THAT_END = (TOP_SPAN, DIRECTORY_SPAN, TABLE_SPAN, PLACE + 2 * PAGE_SIZE)
"""Addresses whose path ends at each of the four levels, before it comes to a page."""


class Scenario:
    """A small machine whose address space records its calls, those of one step by another included."""

    def __init__(self) -> None:
        self.machine = Machine(FRAMES * PAGE_SIZE, checked=True)
        self.recorder = Recorder(SUBJECT, impl.address_space)
        sealed = [operation for operation in SUBJECT.operations if operation.name.startswith("_")]
        steps = {operation.name: self._step(operation.name, operation.arguments[1:]) for operation in sealed}
        self.machine.space.__class__ = type("Recorded", (AddressSpace,), {"__slots__": (), **steps})

    def _step(self, name: str, parameters: tuple[str, ...]) -> Callable[..., Any]:
        """The method, recorded where it is called."""

        def step(space: AddressSpace, *arguments: int) -> Any:
            named = {"root": space.root, **dict(zip(parameters, arguments, strict=True))}
            refusals: list[Exception] = []
            result = self.record(
                name, named, lambda: refusing(refusals, getattr(AddressSpace, name), space, *arguments)
            )
            if refusals:
                raise refusals[0]
            return result

        return step

    def record(self, name: str, named: dict[str, int], run: Callable[[], Any]) -> Any:
        """One recorded call; its result, None if it was refused."""
        with unrecorded():
            proper = not violated(self.machine, name, named)
        return self.recorder.call(name, proper, run)

    def call(self, name: str, address: int) -> Any:
        """One recorded call of an operation with an address."""
        return self.call_with(name, {"address": address})

    def call_with(self, name: str, given: dict[str, int]) -> Any:
        """One recorded call of an operation with these arguments."""
        space = self.machine.space
        return self.record(name, {"root": space.root, **given}, lambda: getattr(space, name)(*given.values()))

    def function(self, name: str, **given: int) -> None:
        """One recorded call of a function."""
        self.record(name, given, lambda: getattr(impl.address_space, name)(*given.values()))

    def map(self, address: int, pages: int, flags: int = USER) -> None:
        """Map a range."""
        self.call_with("map", {"address": address, "pages": pages, "flags": flags})

    def map_reserved(self, address: int, base: int, pages: int, flags: int = USER) -> None:
        """Map a range of frames that are never handed out."""
        self.call_with("map_reserved", {"address": address, "base": base, "pages": pages, "flags": flags})

    def change(self, address: int, pages: int, flags: int = USER) -> None:
        """Map, protect and unmap a range."""
        given = {"address": address, "pages": pages}
        self.map(address, pages, flags)
        self.call_with("protect", {**given, "flags": flags})
        self.call_with("unmap", given)


def refusing(refusals: list[Exception], run: Callable[..., Any], *arguments: Any) -> Any:
    """``run(*arguments)``; if it refuses, that is noted."""
    try:
        return run(*arguments)
    except (ValueError, DrystoneError) as refusal:
        refusals.append(refusal)
        raise


def show_reserved(scenario: Scenario) -> None:
    """Have the header refused at every end, and shown in the page after PLACE."""
    machine, place = scenario.machine, PLACE + PAGE_SIZE
    base = machine.header.base
    for address, flags in ((-1, USER), (place + 1, USER), (PLACE, USER), (place, -1), (place, PRESENT)):
        scenario.map_reserved(address, base, 1, flags)
    for wrong, pages in (
        *((base, -1), (-1, 1), (base + 1, 1), (base, 0), (base, FRAMES + 1)),
        *((2**52 + base, 1), (base, FRAMES - 1), (FRAMES * PAGE_SIZE, 1), (0, FRAMES - 1), (machine.space.root, 1)),
    ):
        scenario.map_reserved(place, wrong, pages)
    for wrong in (LOW_END, WORD_LIMIT - PAGE_SIZE):
        scenario.map_reserved(wrong, base, 1)
    taken = [machine.frames.allocate(0) for _ in range(machine.frames.free_frames)]
    scenario.map_reserved(TOP_SPAN, base, 1)
    for area in taken:
        machine.frames.free(area.base, area.size)
    scenario.map_reserved(place, base, 1)
    scenario.map_reserved(place + PAGE_SIZE, base, 1)


def witness() -> Witnesses:
    """Play a scenario that comes to every end of every operation; what it reached."""
    scenario = Scenario()
    machine = scenario.machine
    for place in (PLACE, PLACE + 2 * PAGE_SIZE, PLACE + TABLE_SPAN, DIRECTORY_SPAN, PLACE):
        scenario.map(place, 1)
    for place in (PLACE + 2 * PAGE_SIZE, PLACE + TABLE_SPAN, DIRECTORY_SPAN):
        machine.space.unmap(place, 1)
    scenario.map(TOP_SPAN, machine.frames.free_frames)
    scenario.map(TOP_SPAN, FRAMES)
    for number in (1, ENTRIES, ENTRIES**2, ENTRIES**3):
        scenario.function("first_in", address=number * PAGE_SIZE)
    for address in (1, 0, HIGH_START):
        scenario.function("is_canonical_range", address=address, pages=1)
    show_reserved(scenario)
    for address in (-1, WORD_LIMIT, LOW_END, *PATHS_THAT_END, PLACE + PAGE_SIZE):
        scenario.call("walk", address)
    for address in (-1, TABLE_SPAN, PLACE + 0x123):
        scenario.call("translate", address)
    for flags in (-1, PRESENT):
        scenario.call_with("protect", {"address": PLACE, "pages": 1, "flags": flags})
        scenario.map(PLACE, 1, flags)
    for address, pages in (
        *((-1, 1), (PLACE, -1), (PLACE + 1, 1), (PLACE, 0), (LOW_END, 1), (HIGH_START, 2**35)),
        *((PLACE, 3), (PLACE, 2)),
    ):
        scenario.change(address, pages)
    machine.space.map(PLACE, 1)
    show_reserved(scenario)
    for _ in range(2):
        scenario.call_with("destroy", {})
    for name in ("walk", "translate"):
        scenario.call(name, PLACE)
    scenario.change(PLACE, 1)
    scenario.map_reserved(PLACE, 0, 1)
    taken = [machine.frames.allocate(0) for _ in range(machine.frames.free_frames)]
    with suppress(PhysicalMemoryFull):
        machine.space._begin()
    for area in taken:
        machine.frames.free(area.base, area.size)
    machine.space._begin()
    return scenario.recorder.found
