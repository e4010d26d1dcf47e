"""What stands for RAM in a proof does what RAM does (impl/ram.py), and shows that it touches nothing else."""

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from impl.arithmetic import PAGE_SIZE
from impl.page_tables import Entry
from impl.ram import PhysicalMemory
from proofs.engine import raw
from proofs.engine.memory import SymMemory
from proofs.engine.path import EngineError
from proofs.engine.sequences import BYTES, SymSequence, empty
from proofs.engine.values import SymInt, term_of
from proofs.virtual_memory.machine import View
from tests.entailment import entailed, holds, single_path

AT = PAGE_SIZE - 6
"""Near the border of two frames."""
SIZE = 12
WIDTHS = st.sampled_from([1, 2, 4, 8])
PLACES = st.integers(AT, AT + SIZE - 8)
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("store"), PLACES, WIDTHS, st.integers(0, 2**64 - 1)),
        st.tuples(st.just("load"), PLACES, WIDTHS),
        st.tuples(st.just("fill"), PLACES, st.integers(0, 8), st.integers(0, 255)),
        st.tuples(st.just("put"), PLACES, st.binary(min_size=8, max_size=8), st.integers(0, 4), st.integers(0, 4)),
        st.tuples(st.just("take"), PLACES, st.integers(0, 8)),
        st.tuples(st.just("view"), PLACES, st.sampled_from("BHIQ?"), st.integers(0, 2**64 - 1)),
    ),
    max_size=3,
)


def symbolic(path, ram: PhysicalMemory) -> SymMemory:
    """A symbolic memory with the bytes that RAM has there."""
    path.memory = memory = SymMemory({"Entry": Entry})
    for x in range(AT, AT + SIZE):
        path.know(term_of(memory.arrays["byte"][x]) == ram.buffer[x])
    return memory


def data_of(content: bytes) -> SymSequence:
    """The same bytes in a proof."""
    items = empty(BYTES).items
    for place, member in enumerate(content):
        items = items.set(place, member)
    return SymSequence(BYTES, items, len(content))


def both(path, memory: SymMemory, ram: PhysicalMemory, name: str, at: int, rest: tuple) -> None:
    """The same call of RAM and of what stands for it; they give the same."""
    if name == "store":
        value = rest[1] % 256 ** rest[0]
        ram.cells.store(at, rest[0], value)
        raw.store(memory, at, rest[0], value)
    elif name == "load":
        assert entailed(path, term_of(raw.load(memory, at, rest[0])) == ram.cells.load(at, rest[0]))
    elif name == "fill":
        ram.cells.fill(at, *rest)
        raw.fill(memory, at, *rest)
    elif name == "put":
        ram.cells.put(at, *rest)
        raw.put(memory, at, data_of(rest[0]), *rest[1:])
    elif name == "take":
        found, there = raw.take(memory, at, rest[0]), ram.cells.take(at, rest[0])
        assert all(entailed(path, term_of(found.items[i]) == there[i]) for i in range(len(there)))
    else:
        view(path, memory, ram, at, *rest)


def view(path, memory: SymMemory, ram: PhysicalMemory, at: int, code: str, value: int) -> None:
    """A typed view is stored to, and read."""
    width = ram.views[code].itemsize
    index, value = at // width + 1, value % 256**width if code != "?" else value
    ram.views[code][index] = value
    made = View(memory, code)
    made[index] = value
    assert entailed(path, term_of(made[index]) == ram.views[code][index])


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=SIZE, max_size=SIZE), CALLS)
def test_what_stands_for_ram_does_what_ram_does(content, calls):
    ram = PhysicalMemory(2 * PAGE_SIZE)
    ram.buffer[AT : AT + SIZE] = content

    def run(path):
        memory = symbolic(path, ram)
        for name, at, *rest in calls:
            both(path, memory, ram, name, at, tuple(rest))
        for x in range(AT, AT + SIZE):
            assert entailed(path, term_of(memory.arrays["byte"][x]) == ram.buffer[x])

    single_path(run)


def test_encode_and_decode_do_what_cells_do():
    cells = PhysicalMemory(PAGE_SIZE).cells

    def run(path):
        for value, width in ((0x1234, 2), (2**64 - 2, 8), (7, 1)):
            made, plain = raw.encode(value, width), cells.encode(value, width)
            assert all(entailed(path, term_of(made.items[i]) == plain[i]) for i in range(width))
            assert entailed(path, term_of(raw.decode(made, width)) == cells.decode(plain, width))

    single_path(run)


TOUCHING = {
    "a load": lambda memory, at: raw.load(memory, at, 8),
    "a store": lambda memory, at: raw.store(memory, at, 8, 1),
    "a fill": lambda memory, at: raw.fill(memory, at, 8, 1),
    "a load of bytes": lambda memory, at: raw.take(memory, at, 8),
    "a store of bytes": lambda memory, at: raw.put(memory, at, data_of(bytes(8)), 0, 8),
}


@pytest.mark.parametrize("touch", TOUCHING.values(), ids=TOUCHING)
@pytest.mark.parametrize("flaw", ["a header", "no page"])
def test_an_access_under_a_header_or_outside_of_pages_is_not_proved(touch, flaw):
    """The first byte of the header is the last one of the access; or the last page is missing."""

    def run(path):
        path.memory = memory = SymMemory({"Entry": Entry})
        mapped, claimed = memory.arrays["mapped"], memory.arrays["claimed.Entry"]
        path.know(z3.And(mapped[0].term, mapped[1].term == (flaw == "a header")))
        path.know(claimed.everywhere(lambda a: claimed[a] == ((a == AT + 7) & (flaw == "a header"))).term)
        touch(memory, SymInt(z3.IntVal(AT)))

    assert not all(map(holds, single_path(run).obligations))


def test_a_value_that_does_not_fit_or_a_width_that_is_none_is_not_stored():
    def run(path):
        path.memory = memory = SymMemory({"Entry": Entry})
        raw.store(memory, 0, 1, SymInt(path.integer("value")))
        with pytest.raises(EngineError, match="width"):
            raw.load(memory, 0, 3)

    assert not all(map(holds, single_path(run).obligations))
