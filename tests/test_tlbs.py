"""Any number of TLBs of one space, told together; and fetches, which no-execute forbids."""

import gc

import pytest

from impl.address_space import AddressSpace
from impl.errors import NotMapped, PageFault
from impl.machine import Machine
from impl.page_tables import NO_EXECUTE, USER, WRITABLE
from impl.virtual_memory import TLB_ENTRIES, VirtualMemory
from proofs.checking.memory import WatchedMemory
from proofs.frame_allocator.live.reference import broken
from tests.page_tables import tlb_coherent

PAGE = 4096
BASE = 0x40_0000


@pytest.fixture(params=[False, True], ids=["fast", "checked"])
def machine(request):
    machine = Machine(2 << 20, checked=request.param)
    assert machine.memory.map(BASE, 3)
    return machine


@pytest.fixture
def memory(machine):
    return machine.memory


@pytest.mark.parametrize("level", range(4))
def test_no_execute_in_the_entry_of_any_level_forbids_a_fetch(level):
    """And nothing else: loads and stores are granted (MEM-3)."""
    machine = Machine(2 << 20)
    machine.space.map(BASE, 1, WRITABLE | USER)
    for memory in (machine.memory, VirtualMemory(machine.space, user_mode=True)):
        memory.store(BASE + 5, 1, 0xC3)
        assert memory.fetch(BASE + 5) == 0xC3
        slot = machine.space.root
        for number in range(level):
            slot = (machine.ram.load(slot, 8) & 0xF_FFFF_FFFF_F000) + (BASE >> 30 - 9 * number) % 512 * 8
        entry = machine.ram.load(slot, 8)
        machine.ram.vandalise(slot, (entry | NO_EXECUTE).to_bytes(8, "little"))
        memory.flush()
        with pytest.raises(PageFault) as fault:
            memory.fetch(BASE + 5)
        assert (fault.value.address, fault.value.access, fault.value.cause) == (BASE + 5, "execute", "no-execute")
        memory.store(BASE + 5, 1, memory.load(BASE + 5, 1))
        with pytest.raises(PageFault):
            memory.fetch(BASE + 5)
        machine.ram.vandalise(slot, entry.to_bytes(8, "little"))
        assert memory.fetch(BASE + 5) == 0xC3


def test_a_fetch_faults_as_a_load_does_and_for_no_execute(machine):
    """The causes of a fault, of a fetch (MEM-3, MEM-7)."""
    machine.space.map(0, 1, USER)
    machine.space.map(PAGE, 1, 0)
    user = VirtualMemory(machine.space, user_mode=True)
    assert user.fetch(0) == 0 == machine.memory.fetch(PAGE)
    for memory, address, cause in (
        (user, PAGE, "supervisor"),
        (user, 2 * PAGE, "not present"),
        (user, 1 << 47, "not canonical"),
        (machine.memory, BASE, "no-execute"),
        (machine.memory, -1, "not canonical"),
    ):
        with pytest.raises(PageFault) as fault:
            memory.fetch(address)
        assert (fault.value.address, fault.value.access, fault.value.cause) == (address, "execute", cause)


@pytest.mark.parametrize("views", [2, 3, 7])
def test_every_tlb_of_a_space_is_told_of_an_unmap(views):
    """Through whichever of them it is done (MEM-4)."""
    machine = Machine(2 << 20)
    memories = [machine.memory, *(VirtualMemory(machine.space, tlb_entries=8) for _ in range(views - 1))]
    for unmapping in memories:
        machine.space.map(BASE, 3, WRITABLE)
        for memory in memories:
            for page in range(3):
                memory.store(BASE + page * PAGE, 8, 1)
                memory.fetch(BASE + page * PAGE)
        unmapping.unmap(BASE + PAGE, 2)
        for memory in memories:
            for page in (1, 2):
                for access in (memory.fetch, memory.load_u64, lambda a, memory=memory: memory.store(a, 8, 2)):
                    with pytest.raises(PageFault, match="not present"):
                        access(BASE + page * PAGE)
            assert len(memory.translations()) == 2 and len(memory.code_translations()) == 1
            assert not broken([tlb_coherent], memory)
        unmapping.unmap(BASE, 1)


def test_every_tlb_of_a_space_is_told_of_a_protect():
    """Each right that is taken away is gone everywhere (MEM-3, MEM-4)."""
    machine = Machine(2 << 20)
    machine.space.map(BASE, 2, WRITABLE | USER)
    memories = [VirtualMemory(machine.space, user) for user in (False, True, True)]
    for flags, access, cause in (
        (USER, lambda memory: memory.store(BASE + PAGE, 1, 1), "read-only"),
        (WRITABLE | USER | NO_EXECUTE, lambda memory: memory.fetch(BASE + PAGE), "no-execute"),
    ):
        memories[0].protect(BASE, 2, WRITABLE | USER)
        for memory in memories:
            memory.store(BASE + PAGE, 1, 1)
            memory.fetch(BASE + PAGE)
        memories[1].protect(BASE, 2, flags)
        for memory in memories:
            with pytest.raises(PageFault, match=cause):
                access(memory)


def test_a_refused_unmap_leaves_every_tlb_alone(memory):
    other = VirtualMemory(memory.space)
    memory.load(BASE, 8)
    other.load(BASE, 8)
    with pytest.raises(NotMapped):
        memory.unmap(BASE, 4)
    assert [len(one.translations()) for one in (memory, other)] == [1, 1]


def test_every_tlb_of_a_destroyed_space_is_empty(machine):
    """The frames have other owners by then (MEM-4)."""
    other = VirtualMemory(machine.space)
    other.load(BASE, 8)
    machine.destroy()
    for memory in (other, machine.memory):
        assert memory.translations() == []
        with pytest.raises(PageFault):
            memory.load(BASE, 8)


def test_a_tlb_that_nobody_uses_any_more_is_not_kept(memory):
    for _ in range(20):
        VirtualMemory(memory.space).load(BASE, 8)
        gc.collect()
    assert memory.tlbs.count() <= 2
    memory.load(BASE, 8)
    memory.unmap(BASE, 1)
    with pytest.raises(PageFault):
        memory.load(BASE, 8)


def test_two_faces_of_one_memory_are_one_tlb():
    machine = Machine(2 << 20, checked=True)
    machine.memory.map(BASE, 1)
    face, other = WatchedMemory(machine.memory), VirtualMemory(machine.space)
    face.load(BASE, 8)
    del machine.memory
    gc.collect()
    other.unmap(BASE, 1)
    with pytest.raises(PageFault):
        face.load(BASE, 8)


def test_tlbs_of_two_spaces_do_not_hear_of_each_other(machine):
    other = AddressSpace(machine.ram, machine.frames)
    other.map(BASE, 1)
    view = VirtualMemory(other)
    view.load(BASE, 8)
    machine.memory.unmap(BASE, 1)
    assert len(view.translations()) == 1
    assert view.load(BASE, 8) == 0


def test_a_tlb_has_room_for_one_page_at_least(memory):
    with pytest.raises(ValueError, match="room for one page at least, not 0"):
        VirtualMemory(memory.space, tlb_entries=0)


@pytest.mark.parametrize("room", [1, 2])
def test_a_tlb_never_holds_more_than_it_has_room_for(memory, room):
    small = VirtualMemory(memory.space, tlb_entries=room)
    for page in (0, 1, 0, 1):
        small.store(BASE + page * PAGE, 8, page)
        assert small.load(BASE + page * PAGE, 8) == page
        assert len({address for address, _, _ in small.translations()}) <= room


def test_full_tlb_is_emptied_not_wrong():
    machine = Machine(2 << 20)
    machine.memory.map(BASE, 2)
    machine.memory.store(BASE, 8, 5)
    machine.memory._readable.update(dict.fromkeys(range(2**30, 2**30 + TLB_ENTRIES), 0))
    assert machine.memory.load(BASE + PAGE, 8) == 0
    assert len(machine.memory.translations()) <= 3
    assert machine.memory.load(BASE, 8) == 5
