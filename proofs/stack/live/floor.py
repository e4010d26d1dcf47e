"""The frame allocator and two spaces on a live machine: what others do leaves each as it is."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from impl.address_space import AddressSpace
from impl.arithmetic import PAGE_SIZE
from impl.machine import Machine
from impl.page_tables import WRITABLE
from impl.virtual_memory import VirtualMemory
from model.language.logic import Transition
from model.stack.floor import Account
from proofs.address_space.live.scenario import PLACE, space_of
from proofs.frame_allocator.live.scenario import Live as Header
from proofs.frame_allocator.live.scenario import ghosts_of
from proofs.virtual_memory.live.access import Image, map_of, pages_about, places_about
from proofs.virtual_memory.live.scenario import LiveRam, translations_of

FRAMES = 32


class Frozen(LiveRam):
    """The tables as they are now, whatever is written later."""

    def __init__(self, machine: Machine, memory: VirtualMemory) -> None:
        super().__init__(machine, memory)
        self._words = memoryview(array("Q", self._words))


def transitions() -> Iterator[tuple[str, Transition]]:
    """Programs write; then a second space maps, and unmaps, while the first does nothing."""
    machine = Machine(FRAMES * PAGE_SIZE)
    memory = VirtualMemory(machine.space)
    other = AddressSpace(machine.ram, machine.frames)
    machine.space.map(PLACE, 2, WRITABLE)
    other.map(PLACE, 1)
    memory.store(PLACE, 8, 1)
    yield "frame_allocator_framed", _program_writes(machine, memory)
    yield "frame_allocator_framed", _program_writes(machine, memory)
    yield "words", _word_is_stored(machine, memory)
    yield "words", _word_is_stored(machine, memory)
    for operation, place, pages in ((other.map, PLACE + PAGE_SIZE, 3), (other.unmap, PLACE, 2)):
        then = Frozen(machine, memory)
        ghost = translations_of(machine, memory, then)
        operation(place, pages)
        now = LiveRam(machine, memory)
        uses = space_of(machine, machine.space, now)
        account = Account(uses.use, uses.free_frames)
        for name in ("address_space", "virtual_memory"):
            yield f"{name}_framed", Transition(0, then, now, {name: ghost, "account": account}, {})


def _word_is_stored(machine: Machine, memory: VirtualMemory) -> Transition:
    """A program stores a word across the border of two pages, right before another word."""
    address, other = PLACE + PAGE_SIZE - 3, PLACE + PAGE_SIZE + 5
    ranges, value = [(address, 8), (other, 4)], 0xF1E2D3C4B5A69788
    tlb, before = map_of(memory, pages_about(ranges), machine.frames.free_frames), machine.ram.buffer[:]
    memory.store(address, 8, value)
    after = machine.ram.buffer[:]
    places = places_about(before, after, tlb, ranges)
    old, new = (Image(image, frozenset(), places) for image in (before, after))
    arguments = {"address": address, "width": 8, "value": value, "other": other, "size": 4}
    return Transition(0, old, new, {"virtual_memory": tlb}, arguments)


def _program_writes(machine: Machine, memory: VirtualMemory) -> Transition:
    """Somebody uses memory, and no frame comes or goes."""
    frames = machine.frames
    then, ghosts = Header(frames), ghosts_of(frames)
    memory.store(PLACE + PAGE_SIZE, 8, memory.load(PLACE, 8) + 1)
    return Transition(frames.address, then, Header(frames), {"frame_allocator": ghosts}, {})
