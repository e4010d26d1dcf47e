"""Frames that the frame allocator never hands out, mapped by their physical address, once each."""

import pytest

from impl.address_space import AddressSpace
from impl.errors import AlreadyLent, NoSuchFrame, NotReserved, NotValid, PhysicalMemoryFull
from impl.frame_allocator import LENT, RESERVED, FrameAllocator
from impl.machine import Machine
from impl.page_tables import HIGH_START, USER
from impl.ram import PhysicalMemory
from impl.regions import Area
from proofs.frame_allocator.live.reference import broken
from tests.page_tables import INVARIANTS

PAGE = 4096


def snapshot(machine):
    return machine.ram.buffer[:]


def test_reserved_frames_are_mapped_once_and_come_back():
    machine = Machine(2 << 20, checked=True, reserved=[(100 * PAGE, 3 * PAGE)])
    free = machine.free_frames()
    machine.space.map_reserved(0, 100 * PAGE, 3)
    assert machine.space.translate(2 * PAGE) == 102 * PAGE
    assert not broken(INVARIANTS, machine.space)
    assert machine.frames.record(101).state == LENT
    before = snapshot(machine)
    with pytest.raises(AlreadyLent, match=f"the reserved frame at {102 * PAGE:#x} is mapped already"):
        machine.space.map_reserved(8 * PAGE, 102 * PAGE, 1)
    assert snapshot(machine) == before
    machine.space.unmap(0, 3)
    assert machine.frames.record(101).state == RESERVED
    assert machine.free_frames() == free


def test_protected_reserved_frames_still_go_back_where_they_came_from():
    machine = Machine(2 << 20, checked=True, reserved=[(100 * PAGE, PAGE)])
    free = machine.free_frames()
    machine.space.map_reserved(0, 100 * PAGE, 1)
    machine.space.protect(0, 1, USER)
    machine.space.unmap(0, 1)
    assert machine.frames.record(100).state == RESERVED
    assert machine.free_frames() == free


@pytest.mark.parametrize(("base", "pages", "refused"), [(99, 2, 99), (102, 2, 103), (101, 5, 103), (300, 1, 300)])
def test_frames_that_may_be_handed_out_are_never_lent(base, pages, refused):
    """Only reserved frames can be mapped by address (MEM-11)."""
    machine = Machine(2 << 20, checked=True, reserved=[(100 * PAGE, 3 * PAGE)])
    before = snapshot(machine)
    with pytest.raises(NotReserved, match=f"the frame at {refused * PAGE:#x} is not reserved"):
        machine.space.map_reserved(0, base * PAGE, pages)
    assert snapshot(machine) == before


@pytest.mark.parametrize(
    ("base", "pages"),
    [
        *((100 * PAGE + 8, 1), (512 * PAGE, 1), (511 * PAGE, 2), (510 * PAGE, 2**20), (2**40, 1)),
        *((2**52 + 100 * PAGE, 1), (2**63 + 100 * PAGE, 1), (2**64 - PAGE, 1), (2**64 - 1, 1)),
    ],
)
def test_what_is_no_frame_of_the_area_is_not_called_unreserved(base, pages):
    """A physical address beyond 52 bits is none either: nothing of it is cut."""
    machine = Machine(2 << 20, checked=True, reserved=[(100 * PAGE, 3 * PAGE)])
    before = snapshot(machine)
    with pytest.raises(NoSuchFrame) as refused:
        machine.space.map_reserved(0, base, pages)
    assert snapshot(machine) == before
    assert f"{base:#x}" in str(refused.value) or f"knows {machine.frames.end} frames" in str(refused.value)


def test_below_an_area_that_begins_above_0_lie_no_frames():
    ram = PhysicalMemory(32 * PAGE)
    area, header = Area(16 * PAGE, 16 * PAGE), Area(20 * PAGE, PAGE)
    space = AddressSpace(ram, FrameAllocator.init_region(ram, area, header))
    space.map_reserved(0, header.base, 1)
    for base in (0, 15 * PAGE):
        with pytest.raises(NoSuchFrame):
            space.map_reserved(PAGE, base, 1)


def test_more_reserved_pages_than_there_are_frames_are_refused_at_once():
    """Nothing is walked for them, however many there are."""
    machine = Machine(2 << 20, checked=True, reserved=[(100 * PAGE, 3 * PAGE)])
    before, loads = snapshot(machine), machine.counter.loads
    with pytest.raises(NotValid, match="the frame allocator knows 512 frames"):
        machine.space.map_reserved(0, 100 * PAGE, 2**35)
    assert snapshot(machine) == before
    assert machine.counter.loads - loads <= 2


def test_reserved_mapping_without_frames_for_tables_changes_nothing():
    machine = Machine(2 << 20, checked=True, reserved=[(100 * PAGE, PAGE)])
    machine.space.map(0, machine.free_frames() - 4)
    before = snapshot(machine)
    with pytest.raises(PhysicalMemoryFull):
        machine.space.map_reserved(HIGH_START, 100 * PAGE, 1)
    assert snapshot(machine) == before
