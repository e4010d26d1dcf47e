"""Shadow memory: every way to touch what is not yours is noticed at once, before the access."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impl.counter import Counter, words_in
from impl.errors import NotMapped, PageFault, ShadowViolation
from impl.layout import Struct, u32, u64
from impl.machine import Machine
from impl.shadow import CheckedRam, Shadow

PAGE = 4096
BASE = 0x40_0000


class Header(Struct, size=24):
    magic = u32()
    size = u64()

    @classmethod
    def retired(cls, view):
        return view.magic == 0


class Other(Struct, size=8):
    value = u64()


class Twin(Struct, size=24):
    """As large as a Header."""


@pytest.fixture
def machine():
    machine = Machine(1 << 20, checked=True)
    machine.memory.map(BASE, 2)
    return machine


@pytest.fixture
def memory(machine):
    return machine.memory


def refused(memory, access):
    """The access is a violation and no byte of RAM, no claim and no count of it changes."""
    before = memory.ram.buffer[:], memory.counter.total
    with pytest.raises(ShadowViolation):
        access()
    assert (memory.ram.buffer[:], memory.counter.total) == before


def test_field_access_needs_a_claim_of_that_struct_at_exactly_that_address(memory):
    header = Header.claim(memory, BASE)
    header.magic = 5
    assert header.magic == 5
    refused(memory, lambda: Header(memory, BASE + 8).magic)
    refused(memory, lambda: setattr(Header(memory, BASE + 24), "magic", 1))
    refused(memory, lambda: Other(memory, BASE).value)


@pytest.mark.parametrize("address", [BASE - 8, BASE + 8, BASE, BASE + 23])
def test_claims_never_overlap(memory, address):
    Header.claim(memory, BASE)
    memory.map(BASE - PAGE, 1)
    if address == BASE - 8:
        Other.claim(memory, address)
        refused(memory, lambda: memory.claim_array(Other, BASE - 16, 2))
    else:
        refused(memory, lambda: Other.claim(memory, address))
    Other.claim(memory, BASE + 24)


@pytest.mark.parametrize("address", [0, BASE - 1, BASE + 2 * PAGE, BASE + 2 * PAGE - 8, 1 << 47, 2**64 - 8])
def test_claim_of_memory_that_is_not_there_is_refused(memory, address):
    refused(memory, lambda: Header.claim(memory, address))


def test_claim_of_read_only_memory_is_refused(memory):
    memory.protect(BASE, 1, 0)
    refused(memory, lambda: Header.claim(memory, BASE))


def test_release_of_what_is_not_claimed_is_refused(memory):
    header = Header.claim(memory, BASE)
    refused(memory, Other(memory, BASE).release)
    refused(memory, Header(memory, BASE + 24).release)
    refused(memory, lambda: memory.release_array(Header, BASE, 2))
    header.release()
    refused(memory, header.release)


def test_release_of_a_header_that_is_not_retired_is_refused(memory):
    header = Header.claim(memory, BASE)
    header.magic = 1
    refused(memory, header.release)
    header.magic = 0
    header.release()
    memory.store(BASE, 8, 1)


def test_allocators_raw_access_must_be_clear_of_headers(memory):
    Header.claim(memory, BASE + 100)
    refused(memory, lambda: memory.fill(BASE + 90, 11, 0))
    refused(memory, lambda: memory.copy(BASE + 123, BASE + 1000, 1))
    refused(memory, lambda: memory.copy(BASE + 1000, BASE + 123, 1))
    memory.fill(BASE + 90, 10, 1)
    memory.copy(BASE + 124, BASE + 90, 10)
    memory.fill(BASE + 110, 0, 0)


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_user_may_not_touch_a_header(memory, width):
    Header.claim(memory, BASE + 16)
    for address in (BASE + 17 - width, BASE + 16, BASE + 39):
        refused(memory, lambda a=address: memory.load(a, width))
        refused(memory, lambda a=address: memory.store(a, width, 0))
        refused(memory, lambda a=address: memory.load_bytes(a, width))
        refused(memory, lambda a=address: memory.store_bytes(a, bytes(width)))
    memory.store(BASE + 16 - width, width, 1)
    memory.store(BASE + 40, width, 1)


def test_load_u64_is_checked_and_counted_too(memory):
    Header.claim(memory, BASE)
    refused(memory, lambda: memory.load_u64(BASE + 16))
    before = memory.counter.loads
    assert memory.load_u64(BASE + 24) == 0
    assert memory.counter.loads == before + 1


def test_page_that_holds_a_header_cannot_be_unmapped(memory):
    header = Header.claim(memory, BASE + PAGE - 4)
    refused(memory, lambda: memory.unmap(BASE, 1))
    refused(memory, lambda: memory.unmap(BASE + PAGE, 1))
    header.release()
    memory.unmap(BASE, 2)
    with pytest.raises(NotMapped):
        memory.unmap(BASE, 2)


def test_vandal_writes_through_everything_and_is_not_counted(memory):
    header = Header.claim(memory, BASE)
    memory.protect(BASE, 1, 0)
    before = memory.counter.stores
    memory.vandalise(BASE, b"\x2a\0\0\0")
    assert memory.counter.stores == before
    assert header.magic == 42
    with pytest.raises(PageFault):
        memory.vandalise(0, b"x")


def test_arrays_are_claimed_at_once_and_read_record_by_record(memory):
    memory.claim_array(Other, BASE, 5)
    Other(memory, BASE + 32).value = 7
    assert Other(memory, BASE + 32).value == 7
    refused(memory, lambda: Other(memory, BASE + 40).value)
    refused(memory, lambda: Other(memory, BASE + 33).value)
    refused(memory, lambda: Header(memory, BASE).magic)
    memory.release_array(Other, BASE, 5)
    memory.store(BASE, 8, 1)


def test_a_record_that_was_asked_for_goes_with_its_array(memory):
    """What was once looked up is not believed any longer than it holds."""
    for gone in (
        lambda: memory.release_array(Other, BASE, 5),
        lambda: memory.release_array(Other, BASE + 8, 2),
        lambda: memory.release(Other, BASE + 16),
        lambda: memory.release_range(Other, BASE + 16, BASE + 24),
        lambda: memory.release_range(Other, BASE, BASE + 40),
    ):
        memory.claim_array(Other, BASE, 5)
        for place in range(BASE, BASE + 40, 8):
            Other(memory, place).value = 0
        gone()
        left = memory.shadow.claims(Other, BASE, BASE + 40)
        assert BASE + 16 not in left
        for place in range(BASE, BASE + 40, 8):
            assert memory.shadow.is_claimed(Other, place) == (place in left)
        refused(memory, lambda: Other(memory, BASE + 16).value)
        memory.release_range(Other, BASE, BASE + 40)
        Header.claim(memory, BASE + 8)
        refused(memory, lambda: Other(memory, BASE + 8).value)
        memory.release_range(Header, BASE + 8, BASE + 32)


def test_another_header_of_the_same_size_is_not_released(memory):
    Header.claim(memory, BASE)
    refused(memory, lambda: memory.release(Twin, BASE))
    memory.claim_array(Header, BASE + 240, 2)
    refused(memory, lambda: memory.release_array(Twin, BASE + 240, 2))
    refused(memory, lambda: memory.release_array(Other, BASE + 240, 6))


def test_every_claim_that_comes_or_goes_is_a_change(memory):
    """Whoever relies on what was so before looks at this number."""
    known = {memory.shadow.changes}
    for step in (
        lambda: Header.claim(memory, BASE),
        lambda: memory.claim_array(Other, BASE + 24, 5),
        lambda: memory.release(Other, BASE + 32),
        lambda: memory.release_range(Other, BASE + 24, BASE + 64),
        lambda: memory.release(Header, BASE),
    ):
        step()
        assert memory.shadow.changes not in known
        known.add(memory.shadow.changes)


def test_headers_of_an_array_are_headers_like_others(memory):
    memory.claim_array(Other, BASE, 5)
    Other.claim(memory, BASE + 40)
    memory.release(Other, BASE + 8)
    refused(memory, lambda: memory.release(Other, BASE + 8))
    refused(memory, lambda: memory.release_array(Other, BASE, 2))
    memory.release_array(Other, BASE + 24, 3)
    assert memory.shadow.claims(Other, 0, 2**64) == [BASE, BASE + 16]
    for count in (0, -1):
        refused(memory, lambda n=count: memory.release_array(Other, BASE, n))


def test_a_range_that_cuts_a_header_is_not_released(memory):
    memory.claim_array(Header, BASE, 3)
    for low, high in ((0, 8), (0, 47), (24, 47), (25, 71)):
        refused(memory, lambda low=low, high=high: memory.release_range(Header, BASE + low, BASE + high))
    memory.release_range(Header, BASE + 1, BASE + 24)
    memory.release_range(Header, BASE + 1, BASE + 48)
    assert memory.shadow.claims(Header, 0, 2**64) == [BASE, BASE + 48]


def test_empty_claims_are_refused(memory):
    refused(memory, lambda: memory.claim_array(Other, BASE, 0))
    refused(memory, lambda: memory.claim(Struct, BASE))


def test_release_range_drops_every_header_of_one_type(memory):
    for number in range(5):
        Header.claim(memory, BASE + 24 * number).magic = 1
    memory.release_range(Header, BASE + 24, BASE + 96)
    assert memory.shadow.claims(Header, 0, 2**64) == [BASE, BASE + 96]


def test_page_table_cannot_be_reached_as_data(machine):
    memory = machine.memory
    table = machine.space.walk(BASE) & ~0xFFF & (1 << 52) - 1
    middle = machine.space._leaf_slot(BASE) // PAGE * PAGE
    memory.flush()
    slot = machine.space._leaf_slot(BASE)
    machine.ram.vandalise(slot, (middle | 7).to_bytes(8, "little"))
    refused_before = memory.counter.total
    with pytest.raises(ShadowViolation, match="page"):
        memory.load(BASE, 8)
    assert memory.counter.total <= refused_before + 1
    machine.ram.vandalise(slot, (table | 7).to_bytes(8, "little"))
    assert memory.load(BASE, 8) == 0


def test_physical_header_of_the_frame_allocator_is_protected_in_ram(machine):
    ram = machine.ram
    for access in (
        lambda: ram.load(machine.header.base, 8),
        lambda: ram.store(machine.header.base + 200, 8, 0),
        lambda: ram.fill(machine.space.root, PAGE, 0),
    ):
        with pytest.raises(ShadowViolation):
            access()
    with pytest.raises(ShadowViolation):
        Header.claim(ram, ram.size - 8)


# ---- the set of claims against a plain list ---------------------------------------------------


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([Header, Other]), st.integers(0, 400), st.integers(1, 4)),
        max_size=40,
    ),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_shadow_behaves_like_a_list_of_ranges(operations, low, high):
    shadow, claims = Shadow(), []
    for release, struct, address, count in operations:
        if release and claims:
            struct, address, count = claims.pop(address % len(claims))
            shadow.release(struct, address, count)
            continue
        end = address + struct.SIZE * count
        if any(start < end and address < start + kind.SIZE * n for kind, start, n in claims):
            with pytest.raises(ShadowViolation):
                shadow.claim(struct, address, count)
        else:
            shadow.claim(struct, address, count)
            claims.append((struct, address, count))
    for struct in (Header, Other):
        places = [start + struct.SIZE * i for kind, start, n in claims if kind is struct for i in range(n)]
        assert shadow.claims(struct, low, high) == sorted(p for p in places if low <= p < high)
        assert all(shadow.is_claimed(struct, place) == (place in places) for place in range(0, 500))
    claimed = {b for kind, start, n in claims for b in range(start, start + kind.SIZE * n)}
    for address in range(0, 480, 7):
        assert (shadow.touches(address, 5) is not None) == any(b in claimed for b in range(address, address + 5))


# ---- counting ---------------------------------------------------------------------------------


def test_every_access_counts_once(memory):
    header = Header.claim(memory, BASE)
    memory.load(BASE + 100, 8)
    counter = memory.counter
    for access, loads, stores in (
        (lambda: header.magic, 1, 0),
        (lambda: setattr(header, "magic", 0), 0, 1),
        (lambda: memory.load(BASE + 100, 2), 1, 0),
        (lambda: memory.store(BASE + 100, 2, 1), 0, 1),
        (lambda: memory.fill(BASE + 100, 17, 1), 0, 3),
        (lambda: memory.copy(BASE + 200, BASE + 100, 9), 2, 2),
        (lambda: memory.load_bytes(BASE + 100, 8), 1, 0),
        (lambda: memory.store_bytes(BASE + 100, b"123456789"), 0, 2),
        (lambda: memory.vandalise(BASE + 100, b"123456789"), 0, 0),
        (header.release, 0, 0),
    ):
        before = counter.loads, counter.stores
        access()
        assert (counter.loads - before[0], counter.stores - before[1]) == (loads, stores)


def test_hardware_walk_is_counted_apart_and_only_on_a_miss(memory):
    memory.flush()
    counter = memory.counter
    before = counter.loads, counter.walk_loads
    for _ in range(3):
        memory.load(BASE, 8)
    assert (counter.loads - before[0], counter.walk_loads - before[1]) == (3, 4)


def test_paused_counter_forgets_what_happens_inside():
    counter = Counter()
    ram = CheckedRam(PAGE, counter)
    with counter.paused():
        ram.store(0, 8, 1)
    assert (counter.loads, counter.stores, counter.walk_loads, counter.total) == (0, 0, 0, 0)
    ram.load(0, 8)
    assert counter.total == 1


@pytest.mark.parametrize(("size", "words"), [(0, 0), (1, 1), (8, 1), (9, 2), (4096, 512)])
def test_words_in_rounds_up(size, words):
    assert words_in(size) == words


def test_peek_is_a_counted_load_of_anything() -> None:
    machine = Machine(1 << 20, checked=True)
    memory = machine.memory
    memory.map(0x10000, 1)
    memory.store(0x10008, 8, 77)
    before = machine.counter.loads
    assert memory.peek(Header.size, 0x10000) == 77
    assert machine.counter.loads == before + 1
