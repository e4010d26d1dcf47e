"""Virtual memory on a live machine: its abstract state read out of RAM and TLB, and a scenario that meets every end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import impl.virtual_memory
from impl.arithmetic import PAGE_SIZE
from impl.layout import Struct, flag, u8, u16, u32, u64
from impl.machine import Machine
from impl.page_tables import HIGH_START, NO_EXECUTE, USER, WRITABLE
from impl.reach import LOW_END, PLACE_BASE
from impl.virtual_memory import VirtualMemory
from model.address_space.state import ENTRIES, ENTRY_SIZE, TABLE
from model.language.ghost import GhostSet
from model.virtual_memory.pages import FIRST_PLACE, LAST_PLACE
from model.virtual_memory.state import Translations
from proofs.address_space.live.scenario import FRAMES, PATHS_THAT_END, PLACE, Live, space_of
from proofs.address_space.live.views import tables_of
from proofs.checking.ends import unrecorded
from proofs.checking.recorder import Recorder, Witnesses, unmet
from proofs.virtual_memory.subject import SUBJECT


class LiveRam(Live):
    """The tables in RAM, and which pages there are of it."""

    def __init__(self, machine: Machine, memory: VirtualMemory) -> None:
        super().__init__(machine, memory.space)
        self.mapped: Any = GhostSet(range(machine.ram.size // PAGE_SIZE))
        leaves = [(number, table) for table, (role, number) in self.tables.items() if role == TABLE]
        pages = [
            number * ENTRIES + slot % PAGE_SIZE // ENTRY_SIZE for number, t in leaves for slot in self.present_in(t)
        ]
        self.pages = [page for page in pages if FIRST_PLACE <= page < LAST_PLACE]


def translations_of(machine: Machine, memory: VirtualMemory, live: LiveRam) -> Translations:
    """The abstract state that tables and TLB say."""
    space = space_of(machine, memory.space, live)
    words = {"user_mode": memory.user_mode, "ram_size": machine.ram.size, "lowest": memory._lowest}
    return Translations(**vars(space), **tables_of(memory), **words, ends=Ends(live))


class Ends:
    """At how many entries the ways to pages below a page end: those of tables, but the present ones of other tables.

    Told of the lower half, in which the window lies.
    """

    def __init__(self, live: Any) -> None:
        self._live = live
        self._looked = sorted({FIRST_PLACE, LAST_PLACE, *(p for page in live.pages for p in (page, page + 1))})

    def __getitem__(self, page: int) -> int:
        found = 0
        for table, (role, number) in self._live.tables.items():
            first, span = number * ENTRIES ** (role - TABLE + 1), ENTRIES ** (role - TABLE)
            begun = min(max(-(-(page - first) // span), 0), ENTRIES)
            inner = [slot for slot in self._live.present_in(table) if role != TABLE]
            found += begun - len([slot for slot in inner if slot % PAGE_SIZE // ENTRY_SIZE < begun])
        return found

    def everywhere(self, body: Callable[[int], Any]) -> bool:
        """Whether ``body`` holds at the ends of the window, and of the pages that are mapped there."""
        return all(body(page) for page in self._looked)


def violated(machine: Machine, memory: VirtualMemory, operation: str, arguments: dict[str, Any]) -> list[str]:
    """The invariants that do not hold now, and what the operation requires of the arguments and misses."""
    live = LiveRam(machine, memory)
    return unmet(SUBJECT, live, 0, translations_of(machine, memory, live), operation, arguments)


class Scenario:
    """A small machine with one space and two ways to use it, whose calls are recorded."""

    def __init__(self) -> None:
        self.machine = Machine(FRAMES * PAGE_SIZE)
        self.memories = [VirtualMemory(self.machine.space, user) for user in (False, True)]
        self.recorder = Recorder(SUBJECT, impl.virtual_memory)

    def call(self, memory: VirtualMemory, name: str, *arguments: Any) -> None:
        """One recorded call of an operation of the memory."""
        named = dict(zip(SUBJECT.operation(name).arguments, arguments, strict=True))
        with unrecorded():
            proper = not violated(self.machine, memory, name, named)
        run: Callable[[], Any] = lambda: getattr(memory, name)(*arguments)  # noqa: E731
        self.recorder.call(name, proper, run)


def placed(scenario: Scenario, memory: VirtualMemory) -> None:
    """Come to every end of the search for a place, and of map and unmap at its beginning."""
    for pages in (0, 1, LAST_PLACE):
        scenario.call(memory, "find_place", pages)
    for address, pages in ((PLACE_BASE, 1), (PLACE_BASE, 1), (-1, 1), (PLACE_BASE + 2 * PAGE_SIZE, 1)):
        scenario.call(memory, "map", address, pages)
    for pages in (1, 2, LAST_PLACE - FIRST_PLACE):
        scenario.call(memory, "find_place", pages)
        scenario.call(memory, "_find_hole", FIRST_PLACE, pages)
    scenario.call(memory, "_find_hole", LAST_PLACE, 1)
    for span in (0, 1, ENTRIES, ENTRIES**2, ENTRIES**3):
        scenario.call(memory, "_vacant_since", (FIRST_PLACE + span) * PAGE_SIZE)
    for address in (PLACE_BASE + 2 * PAGE_SIZE, PLACE_BASE):
        scenario.call(memory, "unmap", address, 1)


TRIO = PLACE + 8 * PAGE_SIZE
"""Three pages side by side that can be written."""


class Bytes(Struct, size=1):
    """One byte."""

    value = u8()


class Fields(Struct, size=16):
    """A field of each kind."""

    byte = u8()
    flag = flag()
    half = u16()
    word = u32()
    wide = u64()


def use(scenario: Scenario) -> None:
    """Every access at every end: in a page, across a border, at nothing, and with what no access takes."""
    memory = scenario.memories[0]
    scenario.machine.space.map(TRIO, 3, WRITABLE)
    for address in (TRIO, TRIO + PAGE_SIZE - 3, LOW_END - 3):
        words(scenario, memory, address)
        ranges(scenario, memory, address)
    scenario.machine.space.unmap(TRIO, 3)
    memory.invalidate(TRIO, 3)


def words(scenario: Scenario, memory: VirtualMemory, address: int) -> None:
    """Words and fields at the address."""
    for width in (1, 2, 4, 8, 3):
        scenario.call(memory, "_load", address, width)
        for value in (1, -1):
            scenario.call(memory, "_store", address, width, value)
    scenario.call(memory, "load", address, 8)
    scenario.call(memory, "store", address, 8, 1)
    for place in (address, address - 5):
        memory.flush()
        for _ in range(2):
            scenario.call(memory, "load_u64", place)
        for field in Fields.FIELDS:
            memory.flush()
            for _ in range(2):
                scenario.call(memory, "read", field, place)
            for value in (1, 2**64):
                memory.flush()
                scenario.call(memory, "write", field, place, value)
                scenario.call(memory, "write", field, place, value)


def ranges(scenario: Scenario, memory: VirtualMemory, address: int) -> None:
    """Ranges of bytes from the address on."""
    for size in (-1, 0, 2, PAGE_SIZE - 4, *(pages * PAGE_SIZE for pages in (2, 3, 4))):
        for name in ("load_bytes", "_load_raw"):
            scenario.call(memory, name, address, size)
        scenario.call(memory, "array", Bytes.value, address, size)
        scenario.call(memory, "array", Fields.word, address, size)
        data = bytes(max(size, 0))
        scenario.call(memory, "store_bytes", address, data)
        for write in (False, True):
            scenario.call(memory, "_starts", address, size, write)
            scenario.call(memory, "_store_raw", address, data, write)
        for byte in (7, 256):
            scenario.call(memory, "fill", address, size, byte)
        scenario.call(memory, "copy", PLACE + 3 * PAGE_SIZE, address, size)


def looked_up(scenario: Scenario, memory: VirtualMemory, address: int) -> None:
    """An address is translated for every use, twice each: from the tables, and from the TLB."""
    for write, execute in ((False, False), (True, False), (False, True)):
        scenario.call(memory, "_walk", address, write, execute)
        scenario.call(memory, "_refill", address, write, execute)
        for _ in range(2):
            scenario.call(memory, "_translate", address, write)
    for _ in range(2):
        scenario.call(memory, "_translate_code", address)


def witness() -> Witnesses:
    """Play a scenario that comes to every end of every operation; what it reached."""
    scenario = Scenario()
    supervisor, user = scenario.memories
    for number, flags in enumerate((0, WRITABLE, USER, WRITABLE | USER)):
        scenario.machine.space.map(PLACE + number * PAGE_SIZE, 1, flags)
    mapped = tuple(PLACE + number * PAGE_SIZE for number in range(4))
    for address in (*PATHS_THAT_END, *mapped):
        scenario.call(supervisor, "_look_up", address)
    scenario.machine.space.protect(mapped[1], 1, WRITABLE | NO_EXECUTE)
    for address in (-1, LOW_END, *PATHS_THAT_END, *mapped):
        for memory in scenario.memories:
            looked_up(scenario, memory, address)
    for end in (scenario.machine.ram.size - PAGE_SIZE, scenario.machine.ram.size):
        scenario.call(supervisor, "_table_word", end)
        scenario.call(supervisor, "_check_frame", end)
    use(scenario)
    scenario.call(supervisor, "_reset", False, 1)
    for pages in (0, 3):
        scenario.call(supervisor, "invalidate", PLACE, pages)
    scenario.call(supervisor, "flush")
    for flags in (-1, 1, USER):
        scenario.call(user, "protect", PLACE, 2, flags)
    for address, pages in (
        *((-1, 1), (PLACE, 0), (PLACE + 1, 1), (LOW_END, 1), (HIGH_START, 2**35), (PLACE, 5)),
        (PLACE, 2),
    ):
        scenario.call(user, "protect", address, pages, USER)
        scenario.call(user, "unmap", address, pages)
    scenario.call(user, "flush_all")
    scenario.call(user, "flush")
    placed(scenario, supervisor)
    for memory in scenario.memories:
        for address, size in (
            (-1, 1),
            (PLACE, 2**64),
            (PLACE, 0),
            (PLACE, 1),
            (PLACE + 3 * PAGE_SIZE, 5),
            (LOW_END, 1),
        ):
            scenario.call(memory, "is_mapped", address, size)
    scenario.machine.destroy()
    scenario.call(supervisor, "_look_up", PLACE)
    scenario.call(supervisor, "_vacant_since", PLACE_BASE)
    return scenario.recorder.found
