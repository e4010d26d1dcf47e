"""The frame allocator against its reference model, its documents (FRM-1 .. FRM-8) and hostile input."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from impl.errors import NotValid, OutOfMemory, PhysicalMemoryFull
from impl.frame_allocator import LENT, MAX_ORDER, RESERVED, FrameAllocator, FrameRecord, get_header, header_size
from impl.machine import Machine
from impl.ram import PhysicalMemory
from impl.regions import Area, clip, whole_frames
from impl.shadow import CheckedRam
from model.frame_allocator.single_frames import ALLOCATE_COST, FREE_COST
from proofs.frame_allocator.live.reference import INVARIANTS, FrameModel, agrees, broken

PAGE = 4096
GIB = 1 << 30


def enumerator(regions):
    return lambda number: regions[number] if number < len(regions) else None


def build(area, regions=(), ram=None):
    """An allocator over ``area``, its model, and its header."""
    regions = [Area(*region) for region in regions]
    header = get_header(area, enumerator(regions))
    ram = ram or PhysicalMemory(max(header.base + header.size, PAGE))
    frames = FrameAllocator.init_region(ram, area, header, enumerator(regions))
    return frames, FrameModel(area.base, area.size, [*regions, header]), header


def snapshot(frames, header):
    return frames.memory.buffer[header.base : header.base + header.size]


# ---- the header (FRM-1, FRM-2, FRM-4) ------------------------------------------------------

ADDRESSES = st.integers(0, 80 * PAGE) | st.integers(0, 80).map(lambda n: n * PAGE) | st.integers(0, 2**64 - 1)
SIZES = st.integers(0, 20 * PAGE) | st.integers(0, 9).map(lambda n: n * PAGE) | st.integers(0, 2**64 - 1)
REGIONS = st.lists(st.tuples(ADDRESSES, SIZES).map(lambda pair: Area(*pair)), max_size=6)
AREAS = st.tuples(st.integers(0, 9 * PAGE), st.integers(0, 60 * PAGE)).map(lambda pair: Area(*pair))

LARGE_AREAS = st.builds(Area, st.integers(0, 9 * PAGE), st.integers(5 * PAGE, 60 * PAGE))


def usable_frames(area, regions):
    return FrameModel(area.base, area.size, regions).usable


@given(area=AREAS, regions=REGIONS)
def test_header_is_the_lowest_clear_place_or_there_is_none(area, regions):
    """Clear of every reserved region, or OutOfMemory (FRM-1)."""
    usable = usable_frames(area, regions)
    whole = usable_frames(area, [])
    needed = header_size(len(whole)) // PAGE
    places = [frame for frame in sorted(whole) if usable.issuperset(range(frame, frame + needed))]
    try:
        header = get_header(area, enumerator(regions))
    except OutOfMemory:
        assert not places
    else:
        assert header == Area(places[0] * PAGE, needed * PAGE)


@given(area=AREAS, regions=REGIONS)
def test_init_makes_exactly_the_usable_frames_free(area, regions):
    """Header and reserved frames are not among them (FRM-3)."""
    try:
        frames, model, _ = build(area, regions, CheckedRam(128 * PAGE))
    except OutOfMemory:
        return
    assert agrees(model, frames)
    assert not broken(INVARIANTS, frames)
    assert frames.free_frames == len(model.usable)


@given(area=AREAS, region=REGIONS.filter(bool))
def test_clip_widens_to_frames_and_stays_inside(area, region):
    """Regions and areas are counted in whole frames (FRM-2, FRM-3)."""
    start, end = whole_frames(area)
    base, size = clip(region[0], start, end)
    reserved = usable_frames(area, []) - usable_frames(area, region[:1])
    assert set(range(base // PAGE, (base + size) // PAGE)) == reserved
    assert base % PAGE == size % PAGE == 0 and start <= base and base + size <= end


@pytest.mark.parametrize("size", [0, 1, PAGE - 1, PAGE])
def test_area_without_room_is_out_of_memory(size):
    with pytest.raises(OutOfMemory):
        get_header(Area(1, size))


@pytest.mark.parametrize(
    ("area", "why"),
    [
        (Area(2**64 - 1, PAGE), "beyond the last physical address"),
        (Area(0, 2**64 - 1), "beyond the last physical address"),
        (Area(PAGE, 2**64 - 1), "beyond the last physical address"),
        (Area(2**52, 1), "beyond the last physical address"),
        (Area(2**52 - 16 * PAGE, 16 * PAGE + 1), "beyond the last physical address"),
        (Area(2**60, 16 * PAGE), "beyond the last physical address"),
        (Area(0, 2**43 + PAGE), "more than 2147483648 frames"),
    ],
)
def test_area_that_cannot_be_numbered_is_not_valid(area, why):
    """What 52 bits cannot address is refused, not cut."""
    with pytest.raises(NotValid, match=why):
        get_header(area)
    with pytest.raises(NotValid, match=why):
        FrameAllocator.init_region(PhysicalMemory(PAGE), area, Area(0, PAGE))


def test_the_last_frames_below_2_to_the_52_are_an_area():
    area = Area(2**52 - 8 * PAGE, 8 * PAGE)
    ram = PhysicalMemory(PAGE)
    frames = FrameAllocator.init_region(ram, area, get_header(area), at=0)
    assert frames.allocate(2) == (2**52 - 4 * PAGE, 4 * PAGE)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (Area(1, 2 * PAGE), "cannot begin at 0x1"),
        (Area(0, PAGE - 1), "4095 bytes is too small for 16 frames"),
        (Area(4 * PAGE, PAGE), "meets a reserved region"),
        (Area(2**52 - PAGE, PAGE + 1), "beyond the last physical address"),
        (Area(2**64 - PAGE, PAGE), "beyond the last physical address"),
    ],
)
def test_a_header_region_is_refused_for_what_is_wrong_with_it(header, why):
    with pytest.raises(NotValid, match=why):
        FrameAllocator.init_region(
            PhysicalMemory(16 * PAGE), Area(0, 16 * PAGE), header, enumerator([Area(4 * PAGE, 5)])
        )


@pytest.mark.parametrize("area", [Area(-1, PAGE), Area(0, 2**64), Area(PAGE, -PAGE)])
def test_area_that_is_no_pair_of_words_is_a_callers_error(area):
    with pytest.raises(ValueError):
        get_header(area)


@pytest.mark.parametrize(
    "header", [Area(1, 2 * PAGE), Area(0, PAGE - 1), Area(0, 0), Area(4 * PAGE, PAGE), Area(2**64 - PAGE, PAGE)]
)
def test_bad_header_region_is_refused_before_anything_is_written(header):
    ram = PhysicalMemory(16 * PAGE)
    with pytest.raises(NotValid):
        FrameAllocator.init_region(ram, Area(0, 16 * PAGE), header, enumerator([Area(4 * PAGE, 5)]))
    assert ram.load_bytes(0, 16 * PAGE) == bytes(16 * PAGE)


def test_init_of_an_area_without_frames_is_refused():
    with pytest.raises(NotValid):
        FrameAllocator.init_region(PhysicalMemory(PAGE), Area(1, PAGE), Area(0, PAGE))


def test_header_outside_the_area_takes_no_frame_of_it():
    frames = FrameAllocator.init_region(PhysicalMemory(PAGE), Area(4 * PAGE, 4 * PAGE), Area(0, PAGE))
    assert frames.free_frames == 4


def test_header_keeps_working_at_any_other_address():
    """The header is moved between calls (FRM-4)."""
    frames, model, header = build(Area(0, 64 * PAGE))
    area = frames.allocate(2)
    model.allocate(*area)
    elsewhere = PhysicalMemory(8 * PAGE)
    elsewhere.store_bytes(5 * PAGE, snapshot(frames, header))
    moved = FrameAllocator(elsewhere, 5 * PAGE)
    assert agrees(model, moved)
    moved.free(*area)
    model.release(*area)
    assert agrees(model, moved)
    assert not broken(INVARIANTS, moved)


def test_header_keeps_working_where_the_page_tables_show_it():
    """The header is used through a mapping (FRM-4)."""
    machine = Machine(1 << 20)
    base, size = machine.header
    high = 2**64 - (1 << 40)
    machine.space.map_reserved(high, base, size // PAGE)
    virtual = FrameAllocator(machine.memory, high)
    free = machine.free_frames()
    area = virtual.allocate(3)
    assert machine.frames.is_live(*area)
    assert machine.free_frames() == virtual.free_frames == free - 8
    virtual.free(*area)
    assert machine.free_frames() == free


# ---- allocate and free (FRM-5 .. FRM-8) ------------------------------------------------------


def test_orders_beyond_the_largest_are_not_valid():
    """NotValid, with nothing changed (FRM-6)."""
    frames, _, _ = build(Area(0, 64 * PAGE))
    for order in (19, 63, 64, 255, 2**64 - 1):
        with pytest.raises(NotValid):
            frames.allocate(order)


@pytest.mark.parametrize(
    ("order", "error"), [(-1, ValueError), (2**64, ValueError), ("0", TypeError), (True, TypeError)]
)
def test_order_that_is_no_word_is_a_callers_error(order, error):
    frames, _, header = build(Area(0, 64 * PAGE))
    before = snapshot(frames, header)
    with pytest.raises(error):
        frames.allocate(order)
    assert snapshot(frames, header) == before


def test_every_order_up_to_one_gigabyte_is_served_aligned():
    """Orders 0 to 18 (FRM-5, FRM-6)."""
    frames, model, _ = build(Area(0, 3 * GIB))
    areas = [frames.allocate(order) for order in range(MAX_ORDER + 1)]
    assert all(area.size == PAGE << order for order, area in enumerate(areas))
    assert all(area.base % area.size == 0 for area in areas)
    for area in areas:
        frames.free(*area)
    assert frames.free_frames == len(model.usable)


@pytest.mark.parametrize("base", [PAGE, 3 * PAGE, GIB - PAGE, GIB + 5 * PAGE, 7 * GIB - 3 * PAGE])
def test_alignment_is_that_of_the_physical_address_not_of_the_area(base):
    """An area that begins anywhere (FRM-5)."""
    ram = PhysicalMemory(PAGE * 4)
    area = Area(base, 300 * PAGE)
    frames = FrameAllocator.init_region(ram, area, Area(0, 4 * PAGE), enumerator([]))
    model = FrameModel(*area, [Area(0, 4 * PAGE)])
    for order in (8, 5, 3, 1, 0, 0, 2):
        if model.has_block(order):
            got = frames.allocate(order)
            assert model.accepts(*got, order)
            model.allocate(*got)
        else:
            with pytest.raises(PhysicalMemoryFull):
                frames.allocate(order)
    assert agrees(model, frames)
    assert not broken(INVARIANTS, frames)


def test_full_memory_is_reported_only_when_it_is_full():
    """As often as there are frames, then PhysicalMemoryFull (FRM-7)."""
    frames, model, _ = build(Area(0, 37 * PAGE), [(9 * PAGE, 1)])
    for _ in range(len(model.usable)):
        model.allocate(*frames.allocate(0))
    assert not model.free
    with pytest.raises(PhysicalMemoryFull):
        frames.allocate(0)


def wild_areas(live, header):
    """Areas that are not exactly the live one: FRM-8's whole list."""
    base, size = live
    yield from ((base, size // 2), (base, size * 2), (base + size // 2, size // 2), (base, size - 1), (base, size + 1))
    yield from ((base + 1, size), (base + PAGE, size), (base, 0), (base, 2**64 - 1), (2**64 - PAGE, PAGE))
    yield from ((header.base, header.size), (header.base, PAGE), (1 << 40, PAGE), (2**64 - 1, 1), (base + size, size))


def test_free_of_anything_but_a_live_allocation_changes_nothing():
    """NotValid for each kind of wrong area (FRM-8)."""
    frames, _, header = build(Area(0, 64 * PAGE), [(30 * PAGE, 2 * PAGE)])
    live = frames.allocate(3)
    before = snapshot(frames, header)
    for area in [*wild_areas(live, header), (30 * PAGE, PAGE), (31 * PAGE, PAGE), (30 * PAGE, 2 * PAGE)]:
        with pytest.raises(NotValid):
            frames.free(*area)
    assert snapshot(frames, header) == before
    frames.free(*live)
    with pytest.raises(NotValid):
        frames.free(*live)


def test_free_across_two_allocations_is_refused():
    """Two whole allocations are not one (FRM-8)."""
    frames, _, header = build(Area(0, 64 * PAGE))
    areas = sorted(frames.allocate(0) for _ in range(8))
    pairs = [a for a, b in pairwise(areas) if a.base + PAGE == b.base]
    before = snapshot(frames, header)
    for area in pairs:
        with pytest.raises(NotValid):
            frames.free(area.base, 2 * PAGE)
    assert pairs and snapshot(frames, header) == before


def test_only_reserved_frames_can_be_lent_and_only_once():
    frames, model, header = build(Area(0, 64 * PAGE), [(30 * PAGE, PAGE)])
    live = frames.allocate(0)
    assert not frames.is_lent(30 * PAGE)
    assert frames.lend(30 * PAGE) and not frames.lend(30 * PAGE)
    assert frames.is_lent(30 * PAGE)
    assert not any(frames.is_lent(base) for base in (30 * PAGE + 8, 29 * PAGE, live.base, 64 * PAGE, 2**64 - PAGE))
    assert frames.record(30).state == LENT
    assert not any(frames.lend(base) for base in (live.base, 63 * PAGE, 64 * PAGE, 30 * PAGE + 1))
    assert frames.lend(header.base) and frames.take_back(header.base)
    assert frames.take_back(30 * PAGE) and not frames.take_back(30 * PAGE)
    assert frames.record(30).state == RESERVED
    model.allocate(*live)
    assert agrees(model, frames)


def test_the_record_lies_where_the_layout_says():
    assert FrameRecord.SIZE == 12
    frames, _, header = build(Area(0, 64 * PAGE))
    assert frames.record(7).address == header.base + 128 + 7 * 12


# ---- cost ----------------------------------------------------------------------------------


def cost_of(counter, operation, *arguments):
    before = counter.total
    result = operation(*arguments)
    return result, counter.total - before


def test_allocate_costs_at_most_its_bound():
    ram = CheckedRam(16 * PAGE)
    frames = FrameAllocator.init_region(ram, Area(4 * GIB, 4096 * PAGE), Area(0, 16 * PAGE))
    costs = [cost_of(ram.counter, frames.allocate, order)[1] for order in (0, 0, 3, 5, 1, 0)]
    assert max(costs) <= ALLOCATE_COST


@pytest.mark.slow
def test_worst_allocate_and_free_stay_within_their_bounds():
    ram = CheckedRam(16 << 20)
    frames = FrameAllocator.init_region(ram, Area(4 * GIB, 3 * GIB), Area(0, 16 << 20))
    area, cost = cost_of(ram.counter, frames.allocate, 0)
    assert cost == ALLOCATE_COST
    others = [frames.allocate(order) for order in range(MAX_ORDER)]
    costs = [cost_of(ram.counter, frames.free, *other)[1] for other in [*others, area]]
    assert max(costs) <= FREE_COST


# ---- lock step with the model --------------------------------------------------------------


class FramesMachine(RuleBasedStateMachine):
    """Any history of allocate and free, wild frees included, against sets of frames."""

    areas = Bundle("areas")

    @initialize(area=LARGE_AREAS, regions=REGIONS)
    def start(self, area, regions):
        try:
            self.frames, self.model, self.header = build(area, regions, CheckedRam(128 * PAGE))
        except OutOfMemory:
            self.frames, self.model, self.header = build(Area(area.base, 64 * PAGE), (), CheckedRam(128 * PAGE))
        self.counter = self.frames.memory.counter

    @rule(target=areas, order=st.integers(0, 6) | st.integers(0, 18))
    def allocate(self, order):
        before = snapshot(self.frames, self.header)
        start = self.counter.total
        try:
            area = self.frames.allocate(order)
        except PhysicalMemoryFull:
            assert not self.model.has_block(order)
            assert snapshot(self.frames, self.header) == before
            return Area(0, 0)
        assert self.counter.total - start <= ALLOCATE_COST
        assert self.model.accepts(*area, order)
        self.model.allocate(*area)
        return area

    @rule(area=consumes(areas))
    def free(self, area):
        if area not in self.model.live:
            return
        start = self.counter.total
        self.frames.free(*area)
        assert self.counter.total - start <= FREE_COST
        self.model.release(*area)

    @rule(base=ADDRESSES, size=SIZES | st.integers(0, 7).map(lambda order: PAGE << order))
    def free_wildly(self, base, size):
        if (base, size) in self.model.live:
            return
        self.refused(base, size)

    @rule(area=areas, number=st.integers(0, 14))
    def free_nearly(self, area, number):
        for base, size in list(wild_areas(area, self.header))[number : number + 1]:
            if base >= 0 and 0 <= size < 2**64 and (base, size) not in self.model.live:
                self.refused(base, size)

    def refused(self, base, size):
        before = snapshot(self.frames, self.header)
        with pytest.raises((NotValid, ValueError)):
            self.frames.free(base, size)
        assert snapshot(self.frames, self.header) == before

    @invariant()
    def everything_holds(self):
        with self.counter.paused():
            assert not broken(INVARIANTS, self.frames)
            assert agrees(self.model, self.frames)

    def teardown(self):
        if not hasattr(self, "model"):
            return
        for area in list(self.model.live):
            self.frames.free(*area)
            self.model.release(*area)
        assert agrees(self.model, self.frames)


TestFramesMachine = FramesMachine.TestCase
TestFramesMachine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.slow
def test_a_million_frames_are_ready_at_once():
    frames, model, _ = build(Area(0, 4 * GIB))
    assert frames.free_frames == len(model.usable)
