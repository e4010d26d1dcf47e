"""The quick face of a checked memory does what the memory itself does: whatever is asked, and however it ends."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impl.arithmetic import PAGE_SIZE
from impl.layout import Struct, flag, u8, u16, u64
from impl.machine import Machine
from impl.page_tables import FRAME_MASK, USER, WRITABLE
from impl.reach import LOW_END
from impl.shadow import CheckedMemory
from proofs.checking.hurried import HurriedMemory

BASE = 0x2ABC_DE73_5000
"""Its four numbers differ.  On a machine of 32 bits, below its end."""
PAGES = 3
TOP = LOW_END - PAGE_SIZE


class Cell(Struct, size=16):
    on = flag()
    half = u16()
    word = u64()

    @classmethod
    def retired(cls, view):
        return view.word == 0


class Tiny(Struct, size=1):
    value = u8()


STRUCTS = (Cell, Tiny)
FIELDS = (Cell.on, Cell.half, Cell.word, Tiny.value)
NEAR = [*range(BASE - 9, BASE + 50), *range(BASE + PAGE_SIZE - 20, BASE + PAGE_SIZE + 20)]
PLACES = [
    *NEAR,
    BASE + 2 * PAGE_SIZE + 8,
    BASE + 3 * PAGE_SIZE - 8,
    TOP,
    TOP + 4090,
    LOW_END,
    BASE + 2**48,
    BASE - 2**48,
    2**64 - 8,
    2**64,
    0,
    -8,
]
ADDRESSES = st.sampled_from(PLACES)
SIZES = st.sampled_from([0, 1, 7, 8, 9, 16, 17, 30, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE, 2**63, 2**64, -1, True])
VALUES = st.sampled_from([0, 1, 2, 255, 256, 65535, 65536, 2**64 - 1, 2**64, -1, True])
ORDINARY = st.one_of(
    st.tuples(st.sampled_from(["read", "peek"]), st.sampled_from(FIELDS), ADDRESSES),
    st.tuples(st.just("write"), st.sampled_from(FIELDS), ADDRESSES, VALUES),
    st.tuples(st.sampled_from(["load_bytes", "is_mapped"]), ADDRESSES, SIZES),
    st.tuples(st.just("store_bytes"), ADDRESSES, st.binary(max_size=40)),
    st.tuples(st.just("store_bytes"), ADDRESSES, st.just(b"\x07" * (PAGE_SIZE + 1))),
    st.tuples(st.just("fill"), ADDRESSES, st.sampled_from([0, 1, 8, 30, PAGE_SIZE + 1, -1]), st.sampled_from([0, 5])),
    st.tuples(st.sampled_from(["claim", "release"]), st.sampled_from(STRUCTS), ADDRESSES),
    st.tuples(st.just("claim_array"), st.sampled_from(STRUCTS), ADDRESSES, st.integers(0, 5)),
    st.tuples(st.just("release_array"), st.sampled_from(STRUCTS), ADDRESSES, st.integers(1, 3)),
    st.tuples(st.just("release_range"), st.sampled_from(STRUCTS), ADDRESSES, ADDRESSES),
)
STEPS = st.one_of(
    ORDINARY,
    st.tuples(st.sampled_from(["map", "unmap"]), st.sampled_from([BASE, BASE + 2 * PAGE_SIZE, TOP]), st.just(1)),
    st.tuples(st.just("protect"), st.just(BASE + PAGE_SIZE), st.just(1), st.sampled_from([0, WRITABLE, USER])),
    st.tuples(st.just("flush")),
    st.tuples(st.just("spoil"), st.integers(0, 3), st.integers(0, 63)),
    st.tuples(st.just("lead_to"), st.integers(0, 3), st.sampled_from(["table", "header", "beyond"])),
    st.tuples(st.just("destroy_space")),
)


def entries(memory: CheckedMemory) -> list[int]:
    """Where the four entries on the way to the page at BASE lie, from the root on."""
    words, place, found = memory.ram.views["Q"], memory.space.root & FRAME_MASK, list[int]()
    for shift in (39, 30, 21, 12):
        if place >= memory.ram.size:
            break
        found.append(place + (BASE >> shift & 511) * 8)
        place = words[found[-1] >> 3] & FRAME_MASK
    return found


def spoil(memory: CheckedMemory, level: int, bit: int) -> None:
    """A device flips one bit of an entry of a page table."""
    way = entries(memory)
    place = way[min(level, len(way) - 1)] if way else 0
    memory.ram.views["Q"][place >> 3] ^= 1 << bit


def lead_to(memory: CheckedMemory, level: int, where: str) -> None:
    """A device makes an entry lead to a page table, to the header of the frame allocator, or out of RAM."""
    way = entries(memory)
    place = way[min(level, len(way) - 1)] if way else 0
    targets = {"table": way[-1] // PAGE_SIZE * PAGE_SIZE if way else 0, "header": 0, "beyond": memory.ram.size}
    old = memory.ram.views["Q"][place >> 3]
    memory.ram.views["Q"][place >> 3] = old & ~FRAME_MASK | targets[where]


def outcome(memory: CheckedMemory, step: tuple[Any, ...]) -> tuple[Any, ...]:
    """What is returned or raised."""
    name, *arguments = step
    try:
        if name in ("spoil", "lead_to"):
            return "device", {"spoil": spoil, "lead_to": lead_to}[name](memory, *arguments)
        return "returned", getattr(memory, name)(*arguments)
    except Exception as error:
        return "raised", type(error), str(error)


def seen(machine: Machine, memory: CheckedMemory) -> tuple[Any, ...]:
    """All that there is: bytes, claims, translations, counts."""
    counter = machine.counter
    counts = counter.loads, counter.stores, counter.walk_loads
    return machine.ram.buffer[:], memory.shadow.all_claims(), memory.translations(), counts


def machine_of(user_mode: bool) -> tuple[Machine, CheckedMemory]:
    machine = Machine(1 << 18, checked=True)
    memory = CheckedMemory(machine.space, machine.counter, user_mode)
    assert memory.map(BASE, PAGES)
    memory.vandalise(BASE, bytes(range(1, 256)) * (PAGES * PAGE_SIZE // 255))
    Cell.claim(memory, BASE)
    memory.claim_array(Tiny, BASE + 20, 4)
    Cell.claim(memory, BASE + 29)
    Cell.claim(memory, BASE + PAGE_SIZE)
    memory.protect(BASE + PAGE_SIZE, 1, USER)
    for page in range(PAGES):
        memory.load(BASE + PAGE_SIZE * page + 100, 1)
    return machine, memory


@settings(max_examples=300)
@given(st.booleans(), st.lists(ORDINARY, min_size=12, max_size=30), st.lists(STEPS, max_size=12))
def test_it_cannot_be_told_from_the_memory_behind_it(user_mode, ordinary, others):
    machines = [machine_of(user_mode), machine_of(user_mode)]
    slow, quick = machines[0][1], HurriedMemory(machines[1][1])
    for step in (*ordinary, *others):
        assert outcome(quick, step) == outcome(slow, step)
        assert seen(machines[1][0], quick) == seen(*machines[0])


@pytest.mark.parametrize("bit", range(64))
@pytest.mark.parametrize("level", range(4))
def test_a_spoilt_entry_of_any_level_is_met_alike(level, bit):
    for user_mode in (False, True):
        machines = [machine_of(user_mode), machine_of(user_mode)]
        faces = machines[0][1], HurriedMemory(machines[1][1])
        for one in faces:
            spoil(one, level, bit)
        for step in (
            ("is_mapped", BASE + 8, 64),
            ("flush",),
            ("is_mapped", BASE + 8, 64),
            ("load_bytes", BASE + 64, 8),
        ):
            assert outcome(faces[1], step) == outcome(faces[0], step)
        assert seen(machines[1][0], faces[1]) == seen(*machines[0])


@pytest.mark.parametrize("user_mode", [False, True])
def test_every_access_at_every_place_ends_alike(user_mode):
    machines = [machine_of(user_mode), machine_of(user_mode)]
    faces = machines[0][1], HurriedMemory(machines[1][1])
    fields = [(name, field) for field in FIELDS for name in ("read", "peek", "write")]
    asked = [("is_mapped", size) for size in (1, 8, PAGE_SIZE, True)]
    asked += [("load_bytes", size) for size in (*range(26), PAGE_SIZE)]
    stored = [bytes(range(size)) for size in range(26)]
    for place in PLACES:
        steps = [(name, field, place, *[1] * (name == "write")) for name, field in fields]
        steps += [(name, place, size) for name, size in asked]
        steps += [("store_bytes", place, data) for data in stored]
        for step in steps:
            assert outcome(faces[1], step) == outcome(faces[0], step)
        assert seen(machines[1][0], faces[1]) == seen(*machines[0])
