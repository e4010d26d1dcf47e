"""The machine as a whole: nothing is lost, nothing is shared, and what is reserved stays untouched."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impl.errors
from impl.errors import DrystoneError, OutOfMemory, PhysicalMemoryFull
from impl.machine import Machine
from impl.ram import PhysicalMemory
from impl.shadow import CheckedMemory, CheckedRam
from impl.virtual_memory import VirtualMemory
from proofs.frame_allocator.live.reference import INVARIANTS as FRAME_INVARIANTS
from proofs.frame_allocator.live.reference import broken
from tests.page_tables import INVARIANTS, leaves

PAGE = 4096


def test_ordinary_machine_counts_nothing_and_has_no_shadow():
    machine = Machine()
    machine.memory.map(0, 4)
    machine.memory.store(0, 8, 1)
    assert type(machine.memory) is VirtualMemory and type(machine.ram) is PhysicalMemory
    assert machine.counter.total == machine.counter.walk_loads == 0


def test_checked_machine_counts_and_checks():
    machine = Machine(1 << 20, checked=True)
    assert type(machine.memory) is CheckedMemory and type(machine.ram) is CheckedRam
    assert machine.memory.counter is machine.ram.counter is machine.counter
    before = machine.counter.total
    machine.memory.map(0, 1)
    assert machine.counter.total > before


def test_checked_and_ordinary_machine_hold_the_same_bytes():
    contents = []
    for checked in (False, True):
        machine = Machine(1 << 20, checked=checked, reserved=[(0x20000, 10)])
        machine.memory.map(0x1000, 7)
        machine.memory.store_bytes(0x1FFE, b"dry stone")
        machine.memory.unmap(0x3000, 2)
        contents.append(machine.ram.buffer[:])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("size", [0, 5000, -PAGE])
def test_ram_must_be_whole_pages(size):
    with pytest.raises(ValueError):
        Machine(size)


def test_machine_without_room_for_its_header_is_refused():
    with pytest.raises(OutOfMemory):
        Machine(8 * PAGE, reserved=[(0, 8 * PAGE)])


def test_machine_without_room_for_its_root_table_is_refused():
    with pytest.raises(PhysicalMemoryFull):
        Machine(PAGE)


def test_smallest_machine_works():
    machine = Machine(6 * PAGE)
    assert machine.free_frames() == 4
    assert machine.memory.map(0, 1)
    assert machine.free_frames() == 0
    machine.memory.unmap(0, 1)
    assert machine.free_frames() == 4


def test_reserved_memory_is_never_written_nor_handed_out():
    reserved = [(0, 3 * PAGE), (40 * PAGE + 7, 1), (30 * PAGE, 2 * PAGE), (2**64 - 1, 1), (31 * PAGE, 0)]
    machine = Machine(64 * PAGE, reserved=reserved)
    machine.memory.map(0, 40)
    machine.memory.fill(0, 40 * PAGE, 0xFF)
    for frame in (0, 1, 2, 30, 31, 40):
        assert machine.ram.load_bytes(frame * PAGE, PAGE) == bytes(PAGE)
    frames = {entry & (1 << 52) - PAGE for entry in leaves(machine.space).values()}
    assert frames.isdisjoint(frame * PAGE for frame in (0, 1, 2, 30, 31, 40))


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 9)), max_size=25))
@settings(deadline=None, max_examples=50)
def test_mapping_anything_any_number_of_times_loses_no_frame(requests):
    machine = Machine(64 * PAGE, checked=True)
    free = machine.free_frames()
    mapped = []
    for place, pages in requests:
        address = place * (PAGE << place % 30)
        if machine.memory.map(address, pages):
            mapped.append((address, pages))
        elif mapped:
            machine.memory.unmap(*mapped.pop(place % len(mapped)))
    assert not broken(INVARIANTS, machine.space) and not broken(FRAME_INVARIANTS, machine.frames)
    for address, pages in mapped:
        machine.memory.unmap(address, pages)
    assert machine.free_frames() == free
    machine.destroy()
    assert machine.free_frames() == free + 1


def test_every_error_belongs_to_one_tree():
    classes = [value for value in vars(impl.errors).values() if isinstance(value, type)]
    assert len(classes) > 8 and all(issubclass(error, DrystoneError) for error in classes)


@pytest.mark.slow
def test_a_quarter_gigabyte_can_be_mapped_and_given_back():
    machine = Machine(2 << 30)
    free = machine.free_frames()
    pages = (256 << 20) // PAGE
    assert machine.memory.map(0x7FFF_0000_0000, pages)
    machine.memory.store(0x7FFF_0000_0000 + (256 << 20) - 8, 8, 1)
    machine.memory.unmap(0x7FFF_0000_0000, pages)
    assert machine.free_frames() == free
