"""Loads and stores through page tables and TLB: faults, page borders, stale translations."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from impl.address_space import AddressSpace
from impl.errors import BusError, NotMapped, PageFault
from impl.layout import Struct, flag, u32, u64
from impl.machine import Machine
from impl.page_tables import NO_EXECUTE, USER, WRITABLE
from impl.virtual_memory import VirtualMemory
from proofs.frame_allocator.live.reference import broken
from tests.page_tables import tlb_coherent

PAGE = 4096
BASE = 0x40_0000


class Pair(Struct, size=16):
    small = u32()
    used = flag()
    large = u64()


@pytest.fixture(params=[False, True], ids=["fast", "checked"])
def machine(request):
    machine = Machine(2 << 20, checked=request.param)
    assert machine.memory.map(BASE, 3)
    return machine


@pytest.fixture
def memory(machine):
    return machine.memory


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_words_cross_page_borders(memory, width):
    """Every width at every offset near the border (MEM-6)."""
    for address in range(BASE + PAGE - 8, BASE + PAGE + 1):
        value = 0x1122334455667788 % 256**width
        memory.store(address, width, value)
        assert memory.load(address, width) == value
        assert memory.load_bytes(address, width) == value.to_bytes(width, "little")


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        (0, "not present"),
        (BASE - 1, "not present"),
        (BASE + 3 * PAGE, "not present"),
        (BASE + 3 * PAGE - 4, "not present"),
        (1 << 47, "not canonical"),
        (2**64 - 8, "not present"),
        (2**64 - 4, "not present"),
        (2**64, "not canonical"),
        (-8, "not canonical"),
    ],
)
def test_fault_names_address_access_and_cause(memory, address, cause):
    """For each cause (MEM-7)."""
    with pytest.raises(PageFault) as load:
        memory.load(address, 8)
    with pytest.raises(PageFault) as store:
        memory.store(address, 8, 2**64 - 1)
    assert (load.value.access, load.value.cause) == ("read", cause)
    assert (store.value.access, store.value.cause) == ("write", cause)
    assert address <= load.value.address < address + 8
    with pytest.raises(PageFault):
        memory.load_u64(address)


def test_store_that_faults_on_its_second_page_changes_nothing(memory):
    end = BASE + 3 * PAGE
    memory.store_bytes(end - 8, b"original")
    for access in (
        lambda: memory.store(end - 4, 8, 2**64 - 1),
        lambda: memory.store_bytes(end - 8, b"more than eight"),
        lambda: memory.fill(end - 8, 9, 0),
        lambda: memory.copy(end - 8, BASE, 16),
    ):
        with pytest.raises(PageFault):
            access()
        assert memory.load_bytes(end - 8, 8) == b"original"


def test_store_to_a_read_only_second_page_changes_nothing(memory):
    memory.store(BASE + 2 * PAGE - 4, 8, 0x0102030405060708)
    memory.protect(BASE + 2 * PAGE, 1, 0)
    with pytest.raises(PageFault, match="read-only") as fault:
        memory.store(BASE + 2 * PAGE - 4, 8, 0)
    assert fault.value.address == BASE + 2 * PAGE
    assert memory.load(BASE + 2 * PAGE - 4, 8) == 0x0102030405060708


@pytest.mark.parametrize("width", [0, 3, 9])
def test_width_must_be_one_that_the_machine_has(memory, width):
    with pytest.raises(ValueError):
        memory.load(BASE, width)
    with pytest.raises(ValueError):
        memory.store(BASE, width, 0)


@pytest.mark.parametrize("value", [-1, 256])
def test_value_that_does_not_fit_is_refused(memory, value):
    memory.store(BASE, 1, 7)
    with pytest.raises(ValueError):
        memory.store(BASE, 1, value)
    assert memory.load(BASE, 1) == 7


def test_negative_size_is_a_callers_error(memory):
    with pytest.raises(ValueError):
        memory.load_bytes(BASE, -1)


@pytest.mark.parametrize("address", [BASE, BASE + 3, BASE + PAGE - 8, BASE + PAGE - 9, BASE + PAGE - 3])
def test_fields_work_at_any_alignment_and_across_pages(memory, address):
    pair = Pair.claim(memory, address)
    pair.small, pair.used, pair.large = 0xDEADBEEF, True, 2**64 - 2
    assert (pair.small, pair.used, pair.large) == (0xDEADBEEF, True, 2**64 - 2)
    with pytest.raises(ValueError):
        pair.small = 2**32
    assert pair.small == 0xDEADBEEF


def test_bytes_fill_and_copy_cross_pages(memory):
    data = bytes(range(256)) * 20
    memory.store_bytes(BASE + 100, data)
    assert memory.load_bytes(BASE + 100, len(data)) == data
    memory.copy(BASE + 2 * PAGE - 1500, BASE + 100, 3000)
    assert memory.load_bytes(BASE + 2 * PAGE - 1500, 3000) == data[:3000]
    memory.fill(BASE + 4000, 500, 0xAB)
    assert memory.load_bytes(BASE + 3999, 502) == data[3899:3900] + b"\xab" * 500 + data[4400:4401]


def test_user_mode_respects_the_user_bit(machine):
    """A user may touch user pages only (MEM-3)."""
    space = machine.space
    machine.memory.store(BASE, 8, 99)
    space.protect(BASE, 1, USER)
    user = VirtualMemory(space, user_mode=True)
    assert user.load(BASE, 8) == 99
    with pytest.raises(PageFault, match="read-only"):
        user.store(BASE, 8, 1)
    with pytest.raises(PageFault, match="supervisor"):
        user.load(BASE + PAGE, 8)


@pytest.mark.parametrize(("bit", "cause"), [(WRITABLE, "read-only"), (USER, "supervisor")])
def test_every_level_must_grant_the_access(bit, cause):
    """The bits of all four levels count (MEM-3)."""
    machine = Machine(2 << 20)
    machine.space.map(BASE, 1, WRITABLE | USER)
    memory = VirtualMemory(machine.space, user_mode=True)
    memory.store(BASE, 8, 1)
    entry = machine.ram.load(machine.space.root, 8)
    machine.ram.vandalise(machine.space.root, (entry & ~bit).to_bytes(8, "little"))
    memory.flush()
    with pytest.raises(PageFault, match=cause):
        memory.store(BASE, 8, 2)


@pytest.mark.parametrize("frame", [2 << 8, 2**40 - 1])
def test_an_entry_that_leads_to_the_end_of_ram_or_beyond_is_a_bus_error(frame):
    """On every level: the frame after the last is none, and nothing of its number is cut."""
    machine = Machine(2 << 20)
    machine.memory.map(BASE, 1)
    assert machine.ram.size == 2 << 8 << 12
    for level in range(4):
        slot = machine.space.root
        for number in range(level):
            slot = (machine.ram.load(slot, 8) & 0xF_FFFF_FFFF_F000) + (BASE >> 30 - 9 * number) % 512 * 8
        entry = machine.ram.load(slot, 8)
        machine.ram.vandalise(slot, ((frame << 12) | 7).to_bytes(8, "little"))
        machine.memory.flush()
        for access in (machine.memory.load_u64, machine.memory.fetch):
            with pytest.raises(BusError):
                access(BASE)
        machine.ram.vandalise(slot, entry.to_bytes(8, "little"))
        assert machine.memory.load(BASE, 8) == 0


def test_map_answers_false_where_the_tables_refuse(memory, machine):
    free = machine.free_frames()
    assert not memory.map(BASE + PAGE, 1)
    assert not memory.map(BASE + 1, 1)
    assert not memory.map(1 << 47, 1)
    assert not memory.map(0, 0)
    assert not memory.map(0, free + 1)
    assert not memory.map(0, 2**64 - 1)
    assert machine.free_frames() == free
    with pytest.raises(NotMapped):
        memory.unmap(BASE, 4)


# ---- the TLB ---------------------------------------------------------------------------------


def test_unmapped_page_faults_even_after_it_was_used(memory):
    """Unmap reaches the TLB (MEM-4)."""
    memory.store(BASE, 8, 1)
    assert memory.load(BASE, 8) == 1
    memory.unmap(BASE, 1)
    for access in (memory.load, lambda a, w: memory.store(a, w, 0), lambda a, w: memory.load_u64(a)):
        with pytest.raises(PageFault):
            access(BASE, 8)
    assert not broken([tlb_coherent], memory)


def test_page_mapped_again_shows_its_new_frame(memory):
    """Map reaches the TLB (MEM-4)."""
    memory.store(BASE, 8, 1)
    memory.unmap(BASE, 1)
    assert memory.map(BASE + 10 * PAGE, 1)
    assert memory.map(BASE, 1)
    assert memory.load(BASE, 8) == 0
    memory.store(BASE, 8, 2)
    assert memory.load(BASE + 10 * PAGE, 8) == 0


def test_protected_page_refuses_stores_at_once(memory):
    """Protect reaches the TLB (MEM-3, MEM-4)."""
    memory.store(BASE, 8, 1)
    memory.protect(BASE, 1, NO_EXECUTE)
    with pytest.raises(PageFault, match="read-only"):
        memory.store(BASE, 8, 2)
    memory.protect(BASE, 1, WRITABLE)
    memory.store(BASE, 8, 3)
    assert memory.load(BASE, 8) == 3


def test_tables_changed_behind_the_tlb_leave_it_stale_until_invalidated(memory):
    memory.store(BASE + PAGE, 8, 77)
    memory.space.unmap(BASE + PAGE, 1)
    assert memory.load(BASE + PAGE, 8) == 77
    assert broken([tlb_coherent], memory)
    memory.invalidate(BASE + PAGE + 123)
    with pytest.raises(PageFault):
        memory.load(BASE + PAGE, 8)
    assert not broken([tlb_coherent], memory)


def test_a_read_does_not_grant_a_write(memory):
    memory.protect(BASE, 1, 0)
    assert memory.load(BASE, 8) == 0
    with pytest.raises(PageFault):
        memory.store(BASE, 8, 1)


def test_flush_forgets_everything(memory):
    memory.load(BASE, 8)
    memory.flush()
    assert memory.translations() == []


def test_corrupted_tables_are_a_bus_error_not_somebody_elses_memory():
    machine = Machine(2 << 20)
    machine.memory.map(BASE, 1)
    root = machine.space.root
    machine.ram.vandalise(root, ((1 << 40) | 7).to_bytes(8, "little"))
    with pytest.raises(BusError):
        machine.memory.load(BASE, 8)
    machine.ram.vandalise(root, bytes(8))
    with pytest.raises(PageFault):
        machine.memory.load(BASE, 8)


def test_page_tables_must_lie_in_ram(machine):
    space = object.__new__(AddressSpace)
    space.memory = machine.memory
    with pytest.raises(TypeError):
        VirtualMemory(space)


def test_destroyed_address_space_faults(machine):
    machine.memory.load(BASE, 8)
    machine.destroy()
    with pytest.raises(PageFault):
        machine.memory.load(BASE, 8)


# ---- lock step with a dictionary of bytes ----------------------------------------------------


class MemoryMachine(RuleBasedStateMachine):
    """Loads, stores, map, unmap and protect against a dictionary of bytes and a set of pages."""

    @initialize(checked=st.booleans())
    def start(self, checked):
        self.machine = Machine(64 * PAGE, checked=checked)
        self.memory = self.machine.memory
        self.content = {}
        self.read_only = set()

    def granted(self, address, size, write):
        pages = range((address // PAGE) * PAGE, address + size, PAGE)
        return all(page in self.content and not (write and page in self.read_only) for page in pages)

    def bytes_at(self, address, size):
        return bytes(self.content[a - a % PAGE][a % PAGE] for a in range(address, address + size))

    def put(self, address, data):
        for place, byte in enumerate(data, address):
            self.content[place - place % PAGE][place % PAGE] = byte

    PAGE_NUMBERS = st.integers(0, 9)
    SPOTS = st.builds(lambda page, offset: BASE + page * PAGE + offset, st.integers(0, 9), st.integers(-20, 20))
    WIDTHS = st.sampled_from([1, 2, 4, 8])

    @rule(page=PAGE_NUMBERS, pages=st.integers(1, 4))
    def map(self, page, pages):
        new = [BASE + number * PAGE for number in range(page, page + pages)]
        done = self.memory.map(new[0], pages)
        if done:
            self.content.update({address: bytearray(PAGE) for address in new})
        else:
            assert any(address in self.content for address in new) or self.machine.free_frames() < pages + 3

    @rule(page=PAGE_NUMBERS)
    def unmap(self, page):
        address = BASE + page * PAGE
        if address in self.content:
            self.memory.unmap(address, 1)
            del self.content[address]
            self.read_only.discard(address)

    @rule(page=PAGE_NUMBERS, writable=st.booleans())
    def protect(self, page, writable):
        address = BASE + page * PAGE
        if address in self.content:
            self.memory.protect(address, 1, WRITABLE if writable else 0)
            (self.read_only.discard if writable else self.read_only.add)(address)

    @rule(address=SPOTS, width=WIDTHS)
    def load(self, address, width):
        if self.granted(address, width, False):
            assert self.memory.load(address, width) == int.from_bytes(self.bytes_at(address, width), "little")
        else:
            with pytest.raises(PageFault):
                self.memory.load(address, width)

    @rule(address=SPOTS, width=WIDTHS, value=st.integers(0, 2**64 - 1))
    def store(self, address, width, value):
        value %= 256**width
        if self.granted(address, width, True):
            self.memory.store(address, width, value)
            self.put(address, value.to_bytes(width, "little"))
        else:
            with pytest.raises(PageFault):
                self.memory.store(address, width, value)

    @rule(address=SPOTS, size=st.integers(0, 2 * PAGE), byte=st.integers(0, 255))
    def fill(self, address, size, byte):
        if self.granted(address, size, True) or not size:
            self.memory.fill(address, size, byte)
            self.put(address, bytes([byte]) * size)
        else:
            with pytest.raises(PageFault):
                self.memory.fill(address, size, byte)

    @rule(spot=SPOTS, source=SPOTS, size=st.integers(0, 900))
    def copy(self, spot, source, size):
        if abs(spot - source) < size:
            return
        if not size or (self.granted(source, size, False) and self.granted(spot, size, True)):
            self.memory.copy(spot, source, size)
            self.put(spot, self.bytes_at(source, size))
        else:
            with pytest.raises(PageFault):
                self.memory.copy(spot, source, size)

    @invariant()
    def every_page_holds_what_the_model_says(self):
        for address, content in self.content.items():
            assert self.memory.load_bytes(address, PAGE) == content
        assert not broken([tlb_coherent], self.memory)


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_machine_finds_places_where_it_is_told() -> None:
    memory = Machine(1 << 20).memory
    first = memory.find_place(5)
    memory.placement = lambda pages: pages * 4096
    assert memory.find_place(5) == 5 * 4096
    memory.placement = None
    assert memory.find_place(5) == first
