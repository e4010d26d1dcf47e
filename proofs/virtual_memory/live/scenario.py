"""Virtual memory on a live machine: its abstract state read out of RAM and TLB, and a scenario that meets every end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import impl.virtual_memory
from impl.address_space import HIGH_START, LOW_END, NO_EXECUTE, USER, WRITABLE
from impl.arithmetic import PAGE_SIZE
from impl.machine import Machine
from impl.virtual_memory import VirtualMemory
from model.language.ghost import GhostSet
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


def translations_of(machine: Machine, memory: VirtualMemory, live: Live) -> Translations:
    """The abstract state that tables and TLB say."""
    space = space_of(machine, memory.space, live)
    return Translations(**vars(space), **tables_of(memory), user_mode=memory.user_mode, ram_size=machine.ram.size)


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
            for write, execute in ((False, False), (True, False), (False, True)):
                scenario.call(memory, "_walk", address, write, execute)
                scenario.call(memory, "_refill", address, write, execute)
                for _ in range(2):
                    scenario.call(memory, "_translate", address, write)
            for _ in range(2):
                scenario.call(memory, "_translate_code", address)
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
    scenario.machine.destroy()
    scenario.call(supervisor, "_look_up", PLACE)
    return scenario.recorder.found
