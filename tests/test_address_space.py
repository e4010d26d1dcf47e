"""Page tables in lock step with the abstract partial map, frames running out at any moment."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import impl.address_space
import impl.errors
from impl.address_space import AddressSpace
from impl.errors import (
    AlreadyMapped,
    Destroyed,
    LastPage,
    MappingError,
    NoPages,
    NotAligned,
    NotCanonical,
    NotMapped,
    PhysicalMemoryFull,
)
from impl.machine import Machine
from impl.page_tables import BORROWED, NO_EXECUTE, USER, WRITABLE
from proofs.frame_allocator.live.reference import INVARIANTS as FRAME_INVARIANTS
from proofs.frame_allocator.live.reference import broken
from tests.page_tables import (
    INVARIANTS,
    MAP_PAGE_COST,
    PROTECT_PAGE_COST,
    UNMAP_PAGE_COST,
    WALK_LOADS,
    MapModel,
    agrees,
    is_canonical_range,
    leaves,
    map_cost,
    tables,
)

PAGE = 4096
LOW_END = 1 << 47
HIGH_START = 2**64 - (1 << 47)
TABLE, DIRECTORY, TOP = 2 << 20, 1 << 30, 512 << 30


def snapshot(machine):
    return machine.ram.buffer[:]


@pytest.fixture
def machine():
    return Machine(2 << 20, checked=True)


# ---- single operations ---------------------------------------------------------------------

PLACES = [0, PAGE, TABLE - PAGE, DIRECTORY - PAGE, TOP - PAGE, LOW_END - 2 * PAGE, HIGH_START, 2**64 - 3 * PAGE]


@pytest.mark.parametrize("address", PLACES)
def test_map_and_unmap_across_every_border_gives_all_frames_back(machine, address):
    """Tables that became empty are given back (MEM-2, MEM-9)."""
    free = machine.free_frames()
    machine.space.map(address, 2)
    assert not broken(INVARIANTS, machine.space)
    first, second = machine.space.translate(address), machine.space.translate(address + PAGE + 5)
    assert first % PAGE == 0 and second % PAGE == 5 and first != second - 5
    machine.space.unmap(address, 2)
    assert machine.free_frames() == free
    assert leaves(machine.space) == {} and len(tables(machine.space)) == 1


@pytest.mark.parametrize(
    ("address", "pages", "error"),
    [
        (0, 0, NoPages),
        (1, 0, NoPages),
        (LOW_END, 0, NoPages),
        (1, 1, NotAligned),
        (PAGE - 1, 1, NotAligned),
        (LOW_END + 8, 1, NotAligned),
        (2**64 - 1, 1, NotAligned),
        (LOW_END, 1, NotCanonical),
        (LOW_END - PAGE, 2, NotCanonical),
        (HIGH_START - PAGE, 1, NotCanonical),
        (HIGH_START - PAGE, 2, NotCanonical),
        (2**63, 1, NotCanonical),
        (0, 2**64 - 1, NotCanonical),
        (PAGE, 2**52, NotCanonical),
        (HIGH_START, 2**35 + 1, NotCanonical),
        (2**64 - PAGE, 2, NotCanonical),
        (2**64 - PAGE, 1, LastPage),
        (2**64 - 2 * PAGE, 2, LastPage),
        (HIGH_START, 2**35, LastPage),
    ],
)
def test_what_is_no_range_is_refused_by_every_operation_for_its_first_fault(machine, address, pages, error):
    before = snapshot(machine)
    space = machine.space
    for operation in (
        space.map,
        space.unmap,
        lambda a, n: space.protect(a, n, 0),
        lambda a, n: space.map_reserved(a, 0, n),
    ):
        with pytest.raises(MappingError) as refused:
            operation(address, pages)
        assert type(refused.value) is error and f"{address:#x}" in str(refused.value)
    assert snapshot(machine) == before


@given(address=st.integers(0, 2**64 - 1) | st.sampled_from(PLACES), pages=st.integers(0, 2**36))
def test_canonical_ranges_are_those_of_the_model(address, pages):
    assert impl.address_space.is_canonical_range(address, pages) == is_canonical_range(address, pages)
    aligned = address - address % PAGE
    assert impl.address_space.is_canonical_range(aligned, pages) == is_canonical_range(aligned, pages)


@pytest.mark.parametrize("flags", [1, 8, BORROWED, 1 << 12, 1 << 62, 2**64 - 1])
def test_unknown_flags_are_refused(machine, flags):
    before = snapshot(machine)
    machine_free = machine.free_frames()
    for operation in (machine.space.map, machine.space.protect):
        with pytest.raises(ValueError):
            operation(0, 1, flags)
    assert snapshot(machine) == before and machine.free_frames() == machine_free


@pytest.mark.parametrize(("address", "pages"), [(-PAGE, 1), (2**64, 1), (0, -1), (0, 2**64)])
def test_arguments_that_are_no_words_are_a_callers_error(machine, address, pages):
    with pytest.raises(ValueError):
        machine.space.map(address, pages)
    with pytest.raises(TypeError):
        machine.space.map("0", 1)


def test_map_over_one_mapped_page_changes_nothing(machine):
    """All or nothing (MEM-5)."""
    machine.space.map(10 * PAGE, 1)
    before = snapshot(machine)
    with pytest.raises(AlreadyMapped):
        machine.space.map(8 * PAGE, 4)
    assert snapshot(machine) == before


def test_unmap_and_protect_over_one_hole_change_nothing(machine):
    """All or nothing (MEM-5)."""
    machine.space.map(8 * PAGE, 2)
    machine.space.map(11 * PAGE, 1)
    before = snapshot(machine)
    for operation in (machine.space.unmap, lambda a, n: machine.space.protect(a, n, 0)):
        with pytest.raises(NotMapped):
            operation(8 * PAGE, 4)
    assert snapshot(machine) == before


def test_mapping_fails_exactly_when_pages_and_tables_do_not_fit(machine):
    """A mapping that fails half-way is undone (MEM-5)."""
    free = machine.free_frames()
    with pytest.raises(PhysicalMemoryFull):
        machine.space.map(TABLE - PAGE, free - 3)
    assert machine.free_frames() == free
    machine.space.map(TABLE - PAGE, free - 4)
    assert machine.free_frames() == 0


def test_a_fresh_page_is_zero_whatever_its_frame_held(machine):
    """Nothing of the last owner is left (MEM-8)."""
    space = machine.space
    space.map(0, 1)
    frame = space.translate(0)
    machine.ram.vandalise(frame, b"\xff" * PAGE)
    space.unmap(0, 1)
    space.map(PAGE, 1)
    assert space.translate(PAGE) == frame
    assert machine.ram.load_bytes(frame, PAGE) == bytes(PAGE)


def test_protect_changes_only_the_flags(machine):
    machine.space.map(0, 3)
    before = [machine.space.translate(page * PAGE) for page in range(3)]
    machine.space.protect(PAGE, 1, USER | NO_EXECUTE)
    flags = [machine.space.walk(page * PAGE) & (WRITABLE | USER | NO_EXECUTE) for page in range(3)]
    assert flags == [WRITABLE, USER | NO_EXECUTE, WRITABLE]
    assert [machine.space.translate(page * PAGE) for page in range(3)] == before


@pytest.mark.parametrize("address", [0, PAGE, 5 * TABLE, LOW_END, HIGH_START - 1, 2**64 - 1])
def test_nothing_is_mapped_at_the_start(machine, address):
    """The empty map (MEM-10)."""
    assert machine.space.walk(address) == 0
    with pytest.raises(NotMapped):
        machine.space.translate(address)


def test_no_walk_costs_more_than_four_loads(machine):
    """Whatever is mapped (MEM-13)."""
    machine.space.map(0, 1)
    for address in (0, PAGE, TABLE, DIRECTORY, TOP, HIGH_START, LOW_END):
        before = machine.counter.loads
        machine.space.walk(address)
        assert machine.counter.loads - before <= WALK_LOADS


def test_destroy_gives_every_frame_back_and_ends_all_use(machine):
    free = machine.free_frames() + 1
    for number, address in enumerate(PLACES):
        if not number % 2:
            machine.space.map(address, 1)
    machine.destroy()
    assert machine.free_frames() == free
    machine.destroy()
    assert machine.space.walk(0) == 0
    for operation, error in (
        (machine.space.map, Destroyed),
        (lambda a, n: machine.space.map_reserved(a, machine.header.base, n), Destroyed),
        (machine.space.unmap, NotMapped),
        (lambda a, n: machine.space.protect(a, n, 0), NotMapped),
    ):
        with pytest.raises(MappingError, match="was destroyed") as refused:
            operation(0, 1)
        assert type(refused.value) is error
    assert machine.free_frames() == free


def test_two_address_spaces_never_share_a_frame(machine):
    """No frame has two uses (MEM-11, MEM-12)."""
    other = AddressSpace(machine.ram, machine.frames)
    machine.space.map(0, 5)
    other.map(0, 5)
    mine = {machine.space.translate(page * PAGE) for page in range(5)}
    assert mine.isdisjoint(other.translate(page * PAGE) for page in range(5))
    free = machine.free_frames()
    other.destroy()
    assert machine.free_frames() == free + 5 + 4
    assert not broken(INVARIANTS, machine.space)


def test_address_space_without_a_frame_for_its_root_is_refused(machine):
    machine.space.map(0, machine.free_frames() - 3)
    with pytest.raises(PhysicalMemoryFull):
        AddressSpace(machine.ram, machine.frames)


# ---- cost ------------------------------------------------------------------------------------


def cost_of(machine, operation, *arguments):
    before = machine.counter.total
    operation(*arguments)
    return machine.counter.total - before


@pytest.mark.parametrize("address", PLACES)
@pytest.mark.parametrize("pages", [1, 2])
def test_mapping_and_unmapping_cost_at_most_their_bounds(machine, address, pages):
    assert cost_of(machine, machine.space.map, address, pages) <= min(map_cost(pages), pages * MAP_PAGE_COST)
    assert cost_of(machine, machine.space.protect, address, pages, 0) <= pages * PROTECT_PAGE_COST
    assert cost_of(machine, machine.space.unmap, address, pages) <= pages * UNMAP_PAGE_COST


def test_long_ranges_cost_far_less_per_page():
    machine = Machine(8 << 20, checked=True)
    assert cost_of(machine, machine.space.map, TABLE - PAGE, 1200) <= map_cost(1200) < 1200 * MAP_PAGE_COST // 3
    assert cost_of(machine, machine.space.unmap, TABLE - PAGE, 1200) <= 1200 * UNMAP_PAGE_COST


# ---- lock step with the model --------------------------------------------------------------

BASES = st.sampled_from(PLACES) | st.integers(0, 2**64 - 1)
ADDRESSES = st.builds(lambda base, pages: base - base % PAGE + pages * PAGE, st.sampled_from(PLACES), st.integers(0, 6))
PAGES = st.integers(1, 5) | st.integers(0, 40)
FLAGS = st.sets(st.sampled_from([WRITABLE, USER, NO_EXECUTE])).map(sum)


class MappingMachine(RuleBasedStateMachine):
    """Any history of map, unmap and protect; another owner of frames makes them run out at any moment."""

    @initialize(frames=st.integers(12, 90), reserved=st.lists(st.integers(0, 60), max_size=4))
    def start(self, frames, reserved):
        self.machine = Machine(
            frames * PAGE, checked=True, reserved=[(frame * PAGE, PAGE) for frame in reserved if frame % 7]
        )
        self.space = self.machine.space
        self.model = MapModel(self.machine.free_frames() + 1)
        self.others = []

    def check(self, refusal, operation, *arguments):
        """The operation is refused exactly as the model says, and then changed no byte."""
        if not refusal:
            operation(*arguments)
            return True
        before = snapshot(self.machine)
        with pytest.raises(getattr(impl.errors, refusal)):
            operation(*arguments)
        assert snapshot(self.machine) == before
        return False

    @rule(address=ADDRESSES | BASES, pages=PAGES | st.integers(0, 2**64 - 1), flags=FLAGS)
    def map(self, address, pages, flags):
        if address < 2**64 and self.check(
            self.model.refusal_of_map(address, pages), self.space.map, address, pages, flags
        ):
            self.model.set(address, pages, flags)

    @rule(address=ADDRESSES | BASES, pages=PAGES | st.integers(0, 2**64 - 1))
    def unmap(self, address, pages):
        if address < 2**64 and self.check(
            self.model.refusal_of_unmap(address, pages), self.space.unmap, address, pages
        ):
            self.model.clear(address, pages)

    @precondition(lambda self: self.model.pages)
    @rule(number=st.integers(0, 1000), pages=st.integers(1, 4))
    def unmap_something_mapped(self, number, pages):
        self.unmap(sorted(self.model.pages)[number % len(self.model.pages)], pages)

    @rule(address=ADDRESSES | BASES, pages=PAGES, flags=FLAGS)
    def protect(self, address, pages, flags):
        if address < 2**64 and self.check(
            self.model.refusal_of_unmap(address, pages), self.space.protect, address, pages, flags
        ):
            self.model.set(address, pages, flags)

    @rule(order=st.integers(0, 5))
    def another_owner_takes_frames(self, order):
        try:
            area = self.machine.frames.allocate(order)
        except PhysicalMemoryFull:
            return
        self.others.append(area)
        self.model.frames -= 1 << order
        self.machine.ram.vandalise(area.base, b"\xa5" * area.size)

    @precondition(lambda self: self.others)
    @rule(number=st.integers(0, 100))
    def another_owner_gives_frames_back(self, number):
        base, size = self.others.pop(number % len(self.others))
        self.machine.frames.free(base, size)
        self.model.frames += size // PAGE

    @invariant()
    def everything_holds(self):
        with self.machine.counter.paused():
            assert not broken(INVARIANTS, self.space)
            assert not broken(FRAME_INVARIANTS, self.machine.frames)
            assert agrees(self.model, self.space)
        assert self.machine.free_frames() == self.model.free_frames()

    @invariant()
    def other_owners_frames_are_untouched(self):
        for base, size in self.others:
            assert self.machine.ram.load_bytes(base, size) == b"\xa5" * size

    def teardown(self):
        if hasattr(self, "machine"):
            self.machine.destroy()
            assert self.machine.free_frames() == self.model.frames


TestMappingMachine = MappingMachine.TestCase
TestMappingMachine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
