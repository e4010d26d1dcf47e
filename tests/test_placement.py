"""Where the machine puts pages whose address nobody chose: the lowest hole of its window, if there is one."""

import random

import pytest

from impl.address_space import AddressSpace
from impl.arithmetic import NULL, PAGE_SIZE
from impl.bin_heap import BinHeap
from impl.errors import PageFault
from impl.machine import Machine
from impl.page_tables import USER
from impl.reach import PLACE_BASE, PLACE_END
from impl.segment_heap import SegmentHeap
from impl.virtual_memory import FIRST_PLACE, LAST_PLACE, VirtualMemory
from proofs.checking.pages import mapped_frames

HOME = 0x7100
WINDOW = LAST_PLACE - FIRST_PLACE
TIB = 1 << 40


@pytest.fixture(params=[False, True], ids=["fast", "checked"])
def machine(request: pytest.FixtureRequest) -> Machine:
    return Machine(8 << 20, checked=request.param)


def heap_on(machine: Machine) -> BinHeap:
    assert machine.memory.map(0x7000, 2)
    heap = BinHeap.claim(machine.memory, HOME)
    heap.init()
    return heap


def lowest_hole(machine: Machine, pages: int) -> int:
    """What find_place has to say, found in another way: between the mapped pages, in their order."""
    start = FIRST_PLACE
    for page in [*sorted(page for page in mapped_frames(machine) if FIRST_PLACE <= page < LAST_PLACE), LAST_PLACE]:
        if page - start >= pages > 0:
            return start * PAGE_SIZE
        start = page + 1
    return NULL


# ---------------------------------------------------------------- the window


def test_a_place_is_not_used_up_by_asking(machine: Machine) -> None:
    memory = machine.memory
    assert [memory.find_place(pages) for pages in (3, 1, 3, WINDOW)] == [PLACE_BASE] * 4
    assert memory.map(PLACE_BASE, 3)
    assert memory.find_place(1) == PLACE_BASE + 3 * PAGE_SIZE
    memory.unmap(PLACE_BASE, 3)
    assert memory.find_place(1) == PLACE_BASE


@pytest.mark.parametrize("pages", [-1, 0, WINDOW + 1, 2**52, 2**64])
def test_no_pages_and_too_many_have_no_place(machine: Machine, pages: int) -> None:
    assert machine.memory.find_place(pages) == NULL


def test_the_whole_window_is_a_place_until_a_page_of_it_is_mapped(machine: Machine) -> None:
    memory = machine.memory
    for address in (PLACE_BASE, PLACE_END - PAGE_SIZE, PLACE_BASE + 5 * TIB):
        assert memory.find_place(WINDOW) == PLACE_BASE
        assert memory.map(address, 1)
        assert memory.find_place(WINDOW) == NULL
        memory.unmap(address, 1)
    for address in (PLACE_BASE - PAGE_SIZE, PLACE_END):
        assert memory.map(address, 1)
        assert memory.find_place(WINDOW) == PLACE_BASE


def test_a_hole_ends_where_the_window_does(machine: Machine) -> None:
    memory = machine.memory
    assert memory.map(PLACE_BASE + 2 * PAGE_SIZE, 1)
    rest = WINDOW - 3
    assert memory.find_place(rest) == PLACE_BASE + 3 * PAGE_SIZE
    assert memory.find_place(rest + 1) == NULL
    assert memory.find_place(2) == PLACE_BASE
    assert memory.find_place(3) == PLACE_BASE + 3 * PAGE_SIZE


def test_what_is_unmapped_behind_the_back_of_a_view_is_placed_again() -> None:
    """The search begins where this view knows nothing to be vacant below; it ends at the window's beginning."""
    machine = Machine(8 << 20)
    memory, other = machine.memory, VirtualMemory(machine.space)
    assert memory.map(PLACE_BASE, 3)
    far = PLACE_BASE + 64 * TIB
    assert memory.map(far, 1)
    other.unmap(PLACE_BASE, 2)
    assert memory.find_place(WINDOW - 1) == NULL
    assert memory.find_place(64 * TIB // PAGE_SIZE - 3) == PLACE_BASE + 3 * PAGE_SIZE
    machine.space.unmap(far, 1)
    machine.space.unmap(PLACE_BASE + 2 * PAGE_SIZE, 1)
    assert memory.find_place(WINDOW) == PLACE_BASE


def test_two_views_of_one_space_find_what_the_other_left() -> None:
    machine = Machine(8 << 20)
    views = [machine.memory, VirtualMemory(machine.space), VirtualMemory(machine.space, user_mode=True)]
    for number in range(30):
        view = views[number % 3]
        place = view.find_place(number % 4 + 1)
        assert place == lowest_hole(machine, number % 4 + 1)
        assert view.map(place, number % 4 + 1)


def test_two_spaces_have_a_window_each() -> None:
    machine = Machine(8 << 20)
    other = VirtualMemory(AddressSpace(machine.ram, machine.frames))
    assert machine.memory.map(PLACE_BASE, 1)
    assert other.find_place(1) == PLACE_BASE
    assert other.map(PLACE_BASE, 1)


def test_after_the_end_of_a_space_nothing_is_mapped_and_nothing_can_be(machine: Machine) -> None:
    machine.destroy()
    place = machine.memory.find_place(1)
    assert place == PLACE_BASE
    assert not machine.memory.map(place, 1)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_lowest_hole(seed: int, machine: Machine) -> None:
    """Near the ends of tables of every level, after maps and unmaps of this view."""
    source, memory = random.Random(seed), machine.memory
    spans = [1, 512, 512**2, 512**3]
    mapped: list[tuple[int, int]] = []
    for _ in range(150):
        pages = source.choice([1, 1, 2, 3, 7, 30])
        page = FIRST_PLACE + source.randrange(4) * source.choice(spans) + source.randrange(-3, 6)
        if source.random() < 0.5:
            page = memory.find_place(pages) // PAGE_SIZE
        if source.random() < 0.4 and mapped:
            memory.unmap(*mapped.pop(source.randrange(len(mapped))))
        elif memory.map(page * PAGE_SIZE, pages):
            mapped.append((page * PAGE_SIZE, pages))
        for asked in (1, 2, 5, 511, 513, 512**2 - 4, 512**3 + 1):
            assert memory.find_place(asked) == lowest_hole(machine, asked)


def test_the_search_passes_absent_tables_at_once() -> None:
    """One page in every TiB of the window: no hole of a TiB is found, and no table is read page by page."""
    machine = Machine(16 << 20, checked=True)
    for number in range(96):
        assert machine.memory.map(PLACE_BASE + number * TIB + 7 * PAGE_SIZE, 1)
    before = machine.counter.walk_loads
    assert machine.memory.find_place(TIB // PAGE_SIZE) == NULL
    assert machine.counter.walk_loads - before < 96 * 2 * 3 * 512 * 4
    assert machine.memory.find_place(TIB // PAGE_SIZE - 1) == PLACE_BASE + 8 * PAGE_SIZE


# ---------------------------------------------------------------- heaps


def test_a_refused_request_leaves_the_heap_as_able_as_before(machine: Machine) -> None:
    heap = heap_on(machine)
    assert [heap.malloc(96 * TIB - 64), heap.malloc(96 * TIB), heap.malloc(2**64 - 8192)] == [NULL] * 3
    assert heap.malloc(1) != NULL


def test_a_heap_uses_the_places_of_what_it_unmapped(machine: Machine) -> None:
    heap = heap_on(machine)
    places = set()
    for _ in range(50):
        block = heap.malloc(100_000)
        places.add(block)
        heap.free(block)
    assert places == {PLACE_BASE + 64}


def test_pages_of_others_in_the_window_are_no_refusal(machine: Machine) -> None:
    heap = heap_on(machine)
    for number in range(8):
        assert machine.memory.map(PLACE_BASE + 2 * number * PAGE_SIZE, 1)
    assert all(heap.malloc(4000) for _ in range(20))
    assert all(heap.malloc(20_000) for _ in range(8))


def test_heaps_on_two_views_of_one_space_do_not_collide() -> None:
    machine = Machine(8 << 20)
    other = VirtualMemory(machine.space)
    first = heap_on(machine)
    assert other.map(0x9000, 2)
    second = BinHeap.claim(other, 0x9100)
    second.init()
    blocks = [heap.malloc(20_000) for _ in range(10) for heap in (first, second)]
    assert NULL not in blocks
    assert len({*blocks}) == 20


def test_history_does_not_matter() -> None:
    """What was allocated and freed before decides nothing about the largest block that there can be."""

    def largest(machine: Machine, heap: BinHeap) -> int:
        pages = machine.free_frames()
        while not heap.malloc(pages * PAGE_SIZE - 64):
            pages -= 1
        return pages

    fresh, used = Machine(8 << 20), Machine(8 << 20)
    heaps = [heap_on(machine) for machine in (fresh, used)]
    source = random.Random(1)
    for _ in range(200):
        blocks = [heaps[1].malloc(source.randrange(17_000, 600_000)) for _ in range(12)]
        source.shuffle(blocks)
        for block in blocks:
            heaps[1].free(block)
    assert largest(fresh, heaps[0]) == largest(used, heaps[1])


# ---------------------------------------------------------------- views in user mode


def test_a_view_in_user_mode_may_use_what_it_maps() -> None:
    machine = Machine(8 << 20)
    view = VirtualMemory(machine.space, user_mode=True)
    assert view.map(0x7000, 2)
    view.store(0x7FFC, 8, 5)
    assert view.load(0x7FFC, 8) == 5
    assert view.is_mapped(0x7000, 2 * PAGE_SIZE)
    assert machine.space.walk(0x7000) & USER
    assert machine.memory.map(0x9000, 1)
    assert not view.is_mapped(0x9000, 1)
    with pytest.raises(PageFault):
        view.load(0x9000, 1)


def test_heaps_live_on_a_view_in_user_mode() -> None:
    machine = Machine(8 << 20)
    view = VirtualMemory(machine.space, user_mode=True)
    assert view.map(0x7000, 4)
    segments = SegmentHeap(view, 0x7000)
    assert segments.init(0x40_0000)
    assert segments.allocate(100) != NULL
    bins = BinHeap.claim(view, 0x7100)
    bins.init()
    blocks = [bins.malloc(size) for size in (1, 5000, 50_000)]
    assert NULL not in blocks
    for block in blocks:
        bins.free(block)
