"""What an access to symbolic memory must show, and what is known after it."""

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from impl.segment_heap import Segment
from proofs.engine import path as paths
from proofs.engine.arrays import INDEXED, THERE
from proofs.engine.memory import (
    CLAIM_DISJOINT,
    CLAIM_MAPPED,
    CLAIMED,
    COPY_DISJOINT,
    FITS,
    RAW_CLAIMS,
    RAW_MAPPED,
    RETIRED,
    UNMAP_CLAIMS,
    UNMAP_MAPPED,
    SymMemory,
    number_of,
)
from proofs.engine.path import EngineError
from proofs.engine.values import SymBool, SymInt, term_of
from tests.entailment import entailed, holds, single_path
from tests.test_symbolic_memory import BASE, PAGE, Record, Tiny

# ---------------------------------------------------------------- obligations of a memory


def on_memory(run, *, mapped=((BASE, 4),), structs=(Record, Tiny)):
    """The path of ``run(path, memory)`` on a memory where these pages are mapped and nothing is claimed."""

    def prepared(path):
        memory = path.memory = SymMemory({struct.__name__: struct for struct in structs})
        pages = z3.K(z3.IntSort(), z3.BoolVal(False))
        for base, count in mapped:
            for number in range(base // PAGE, base // PAGE + count):
                pages = z3.Store(pages, number, True)
        path.know(memory.arrays["mapped"].array == pages)
        for struct in structs:
            array = memory.arrays[f"claimed.{struct.__name__}"].array
            path.know(array == z3.K(z3.IntSort(), z3.BoolVal(False)))
        run(path, memory)

    return single_path(prepared)


def failing(path):
    """The sentences of the obligations that do not hold."""
    return {o.sentence for o in path.obligations if not holds(o)}


ACCESSES = {
    "claim": (lambda m: m.claim(Record, BASE + 32), set()),
    "claim at the end of the last page": (lambda m: m.claim(Record, BASE + 4 * PAGE - 16), set()),
    "claim across pages": (lambda m: m.claim(Record, BASE + PAGE - 8), set()),
    "claim beyond the last page": (lambda m: m.claim(Record, BASE + 4 * PAGE - 8), {CLAIM_MAPPED}),
    "claim before the first page": (lambda m: m.claim(Record, BASE - 1), {CLAIM_MAPPED}),
    "claim twice": (lambda m: (m.claim(Record, BASE), m.claim(Record, BASE)), {CLAIM_DISJOINT}),
    "claim over another": (lambda m: (m.claim(Record, BASE), m.claim(Tiny, BASE + 15)), {CLAIM_DISJOINT}),
    "claim under another": (lambda m: (m.claim(Tiny, BASE + 16), m.claim(Record, BASE + 1)), {CLAIM_DISJOINT}),
    "claim side by side": (lambda m: (m.claim(Record, BASE), m.claim(Tiny, BASE + 16)), set()),
    "load without header": (lambda m: Record(m, BASE).huge, {CLAIMED}),
    "store without header": (lambda m: setattr(Record(m, BASE), "huge", 1), {CLAIMED}),
    "load beside a header": (lambda m: (m.claim(Record, BASE), Record(m, BASE + 8).huge), {CLAIMED}),
    "load through another type": (lambda m: (m.claim(Record, BASE), Tiny(m, BASE).value), {CLAIMED}),
    "load after release": (lambda m: (m.claim(Record, BASE), m.release(Record, BASE), Record(m, BASE).huge), {CLAIMED}),
    "release": (lambda m: (m.claim(Record, BASE), m.release(Record, BASE)), set()),
    "release of nothing": (lambda m: m.release(Record, BASE), {CLAIMED}),
    "release twice": (lambda m: (m.claim(Record, BASE), m.release(Record, BASE), m.release(Record, BASE)), {CLAIMED}),
    "a byte that fits": (lambda m: setattr(Record.claim(m, BASE), "small", 255), set()),
    "a byte that does not fit": (lambda m: setattr(Record.claim(m, BASE), "small", 256), {FITS}),
    "a half-word that does not fit": (lambda m: setattr(Record.claim(m, BASE), "medium", 2**16), {FITS}),
    "a word that does not fit": (lambda m: setattr(Record.claim(m, BASE), "large", 2**32), {FITS}),
    "a word that fits": (lambda m: setattr(Record.claim(m, BASE), "huge", 2**64 - 1), set()),
    "a negative number": (lambda m: setattr(Record.claim(m, BASE), "huge", -1), {FITS}),
    "fill": (lambda m: m.fill(BASE, 4 * PAGE, 7), set()),
    "fill of nothing anywhere": (lambda m: m.fill(0, 0, 7), set()),
    "fill beyond the pages": (lambda m: m.fill(BASE, 4 * PAGE + 1, 7), {RAW_MAPPED}),
    "fill over a header": (lambda m: (m.claim(Record, BASE + 8), m.fill(BASE, 9, 7)), {RAW_CLAIMS}),
    "fill beside a header": (lambda m: (m.claim(Record, BASE + 8), m.fill(BASE, 8, 7)), set()),
    "fill with no byte": (lambda m: m.fill(BASE, 8, 256), {FITS}),
    "copy": (lambda m: m.copy(BASE, BASE + 64, 64), set()),
    "copy onto itself by halves": (lambda m: m.copy(BASE, BASE + 32, 64), {COPY_DISJOINT}),
    "copy from a header": (lambda m: (m.claim(Record, BASE + 64), m.copy(BASE, BASE + 60, 8)), {RAW_CLAIMS}),
    "copy to a header": (lambda m: (m.claim(Record, BASE), m.copy(BASE + 8, BASE + 64, 8)), {RAW_CLAIMS}),
    "copy from unmapped pages": (lambda m: m.copy(BASE, 0, 8), {RAW_MAPPED}),
    "unmap": (lambda m: m.unmap(BASE, 4), set()),
    "unmap of a part": (lambda m: (m.unmap(BASE, 2), m.unmap(BASE + 2 * PAGE, 2)), set()),
    "unmap twice": (lambda m: (m.unmap(BASE, 2), m.unmap(BASE, 2)), {UNMAP_MAPPED}),
    "unmap of too much": (lambda m: m.unmap(BASE, 5), {UNMAP_MAPPED}),
    "unmap off the page": (lambda m: m.unmap(BASE + 8, 1), {UNMAP_MAPPED}),
    "unmap under a header": (lambda m: (m.claim(Record, BASE), m.unmap(BASE, 1)), {UNMAP_CLAIMS}),
    "unmap beside a header": (lambda m: (m.claim(Record, BASE), m.unmap(BASE + PAGE, 1)), set()),
    "unmap after release": (lambda m: (m.claim(Record, BASE), m.release(Record, BASE), m.unmap(BASE, 1)), set()),
    "array": (lambda m: (m.claim_array(Tiny, BASE, 8), m.array(Tiny.value, BASE, 8)[7]), set()),
    "array beyond its records": (lambda m: (m.claim_array(Tiny, BASE, 8), m.array(Tiny.value, BASE, 9)), {THERE}),
    "array read outside": (lambda m: (m.claim_array(Tiny, BASE, 8), m.array(Tiny.value, BASE, 4)[4]), {INDEXED}),
    "array claimed over a header": (
        lambda m: (m.claim(Tiny, BASE + 7), m.claim_array(Record, BASE, 4)),
        {CLAIM_DISJOINT},
    ),
    "array claimed beyond the pages": (lambda m: m.claim_array(Record, BASE, 1 + PAGE // 4), {CLAIM_MAPPED}),
    "element of an array": (lambda m: (m.claim_array(Record, BASE, 3), Record(m, BASE + 32).huge), set()),
    "between elements": (lambda m: (m.claim_array(Record, BASE, 3), Record(m, BASE + 24).huge), {CLAIMED}),
    "behind an array": (lambda m: (m.claim_array(Record, BASE, 3), Record(m, BASE + 48).huge), {CLAIMED}),
    "range released": (
        lambda m: (m.claim_array(Record, BASE, 3), m.release_range(Record, BASE, BASE + 48), m.fill(BASE, 48, 0)),
        set(),
    ),
    "range released in part": (
        lambda m: (m.claim_array(Record, BASE, 3), m.release_range(Record, BASE, BASE + 32), m.fill(BASE, 48, 0)),
        {RAW_CLAIMS},
    ),
}


@pytest.mark.parametrize("name", ACCESSES)
def test_an_access_is_safe_or_an_obligation_fails(name):
    run, expected = ACCESSES[name]
    assert failing(on_memory(lambda path, memory: run(memory))) == expected


def test_a_segment_may_not_go_with_its_magic():
    def run(magic):
        def go(path, memory):
            segment = Segment.claim(memory, BASE)
            segment.magic = magic
            segment.release()

        return failing(on_memory(go, structs=(Segment,)))

    assert run(0x5E60BEEF) == {RETIRED}
    assert run(0) == set()


def test_ghost_reads_cost_nothing_and_demand_nothing():
    def run(path, memory):
        with path.ghost():
            Record(memory, BASE).huge
        assert memory.cost == 0

    assert on_memory(run).obligations == []


# ---------------------------------------------------------------- what is known afterwards


def known(run, **more):
    """Whether ``run(path, memory)``, which gives a truth value, is known to hold at the end."""
    claims = []

    def running(path, memory):
        claim = run(path, memory)
        claims.append(term_of(claim))

    path = on_memory(running, **more)
    return entailed(path, claims[0])


def byte(memory, address):
    return memory.arrays["byte"][address]


def test_a_field_keeps_what_was_stored():
    def run(path, memory):
        record = Record.claim(memory, BASE)
        record.small, record.on, record.huge = 3, True, 2**63
        other = Record.claim(memory, BASE + 16)
        other.small = 4
        with path.ghost():
            return (record.small == 3) & (record.on == True) & (record.huge == 2**63) & (other.small == 4)  # noqa: E712

    assert known(run)


def test_a_fresh_header_holds_anything_in_range():
    def run(condition):
        def claimed(path, memory):
            record = Record.claim(memory, BASE)
            value = record.small
            with path.ghost():
                return condition(value)

        return claimed

    assert known(run(lambda value: (value >= 0) & (value < 256)))
    assert not known(run(lambda value: value == 0))
    assert not known(run(lambda value: value < 255))


def test_a_header_that_comes_back_has_forgotten_its_fields():
    def run(path, memory):
        record = Record.claim(memory, BASE)
        record.huge = 5
        record.release()
        record = Record.claim(memory, BASE)
        with path.ghost():
            return record.huge == 5

    assert not known(run)


def test_release_makes_its_own_bytes_arbitrary_and_no_others():
    def run(address):
        def filled(path, memory):
            memory.fill(BASE, 64, 9)
            memory.claim(Record, BASE + 128)
            memory.release(Record, BASE + 128)
            memory.fill(BASE + 128, 16, 9)
            memory.claim(Tiny, BASE + 128)
            memory.release(Tiny, BASE + 128)
            return byte(memory, address) == 9

        return filled

    assert known(run(BASE + 63))
    assert known(run(BASE + 129))
    assert known(run(BASE + 143))
    assert not known(run(BASE + 128))


def test_a_claimed_array_says_what_its_bytes_say():
    def run(path, memory):
        memory.fill(BASE, 32, 1)
        memory.claim_array(Record, BASE, 2)
        record = Record(memory, BASE + 16)
        with path.ghost():
            return (
                (record.small == 1)
                & (record.on == True)  # noqa: E712
                & (record.medium == 0x0101)
                & (record.huge == 0x0101010101010101)
            )

    assert known(run)


def test_fresh_pages_are_mapped_zeroed_and_free_of_headers():
    def run(path, memory):
        granted = z3.Bool("map_granted$0")
        path.know(granted)
        assert memory.map(BASE + 4 * PAGE, 2)
        memory.claim(Record, BASE + 6 * PAGE - 16)
        return (byte(memory, BASE + 4 * PAGE) == 0) & (byte(memory, BASE + 6 * PAGE - 1) == 0)

    assert known(run)


@pytest.mark.parametrize("offset", [-1, 0, 31, 32])
def test_mapping_leaves_other_bytes(offset):
    def run(path, memory):
        memory.fill(BASE, 32, 6)
        path.know(z3.Bool("map_granted$0"))
        assert memory.map(BASE + 4 * PAGE, 2)
        return byte(memory, BASE + offset) == 6

    assert known(run) is (0 <= offset < 32)


def test_a_refused_mapping_changes_nothing():
    def run(path, memory):
        before = memory.state()
        path.know(z3.Not(z3.Bool("map_granted$0")))
        assert not memory.map(BASE + 4 * PAGE, 2)
        assert memory.refused is True
        return memory.state().same_memory(before)

    assert known(run)


def test_a_mapping_may_be_granted_or_refused():
    def run(path):
        memory = path.memory = SymMemory({"Record": Record})
        memory.map(BASE, 2)

    assert len(paths.explore("subject.operation", run)) == 2


def test_unmapped_pages_are_gone_and_their_bytes_forgotten():
    def run(condition):
        def unmapped(path, memory):
            memory.fill(BASE, 2 * PAGE, 3)
            memory.unmap(BASE, 1)
            return condition(memory)

        return unmapped

    assert known(run(lambda memory: memory.state().mapped.exactly(BASE + PAGE, BASE + 4 * PAGE)))
    assert known(run(lambda memory: byte(memory, BASE + PAGE) == 3))
    assert not known(run(lambda memory: byte(memory, BASE) == 3))


def test_a_field_outside_its_numbered_places_is_an_error():
    origin, k = z3.Int("origin"), z3.Int("k")
    assert z3.simplify(number_of(origin + 16 * k + 32, origin, 16)).eq(z3.simplify(k + 2))
    assert number_of(origin, origin, 16).as_long() == 0
    for address in (origin + 8, origin + 8 * k, k, origin * 2):
        with pytest.raises(EngineError):
            number_of(address, origin, 16)


def test_an_array_is_not_read_after_such_a_field_was_written():
    def run(path, memory):
        memory.claim_array(Tiny, BASE, 4)
        items = memory.array(Tiny.value, BASE, 4)
        items[0]
        Tiny(memory, BASE).value = 1
        with pytest.raises(EngineError, match="after such a field was written"):
            items[1]

    on_memory(run)


def test_cost_counts_every_access_of_an_implementation():
    def run(path, memory):
        record = Record.claim(memory, BASE)
        record.huge = 1
        record.huge
        memory.fill(BASE + 64, 17, 0)
        memory.copy(BASE + 64, BASE + 128, 9)
        with path.ghost():
            return memory.cost == 1 + 1 + 3 + 2 * 2

    assert known(run)


# ---------------------------------------------------------------- raw bytes against a bytearray

raw = st.one_of(
    st.tuples(st.just("fill"), st.integers(0, 60), st.integers(0, 40), st.integers(0, 255)),
    st.tuples(st.just("copy"), st.integers(0, 60), st.integers(0, 60), st.integers(0, 40)),
)


@given(st.lists(raw, min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_fill_and_copy_do_what_they_do_to_a_bytearray(steps):
    model = bytearray(100)
    steps = [s for s in steps if s[0] == "fill" or s[1] + s[3] <= s[2] or s[2] + s[3] <= s[1]]

    def run(path, memory):
        memory.fill(BASE, 100, 0)
        for name, first, second, third in steps:
            if name == "fill":
                memory.fill(BASE + first, second, third)
                model[first : first + second] = bytes([third]) * second
            else:
                memory.copy(BASE + first, BASE + second, third)
                model[first : first + third] = model[second : second + third]
        claims.append(SymBool(z3.And(*[byte(memory, BASE + n).term == b for n, b in enumerate(model)])))

    claims = []
    path = on_memory(run)
    assert failing(path) == set()
    assert entailed(path, claims[0].term)


def test_statements_about_bytes_mean_what_they_say():
    def run(statement):
        def written(path, memory):
            before = memory.state()
            memory.fill(BASE + 8, 8, 1)
            return statement(memory.state().bytes, before)

        return written

    assert known(run(lambda now, before: now.unchanged(before, 0, BASE + 8)))
    assert not known(run(lambda now, before: now.unchanged(before, 0, BASE + 9)))
    assert known(run(lambda now, before: now.unchanged(before, BASE + 16, 2**64)))
    assert not known(run(lambda now, before: now.unchanged(before, BASE + 15, 2**64)))
    assert known(run(lambda now, before: now.unchanged_outside(before, BASE + 8, BASE + 16)))
    assert not known(run(lambda now, before: now.unchanged_outside(before, BASE + 9, BASE + 16)))
    assert known(run(lambda now, before: now.unchanged_where(before, lambda x: (x < BASE + 8) | (x > BASE + 15))))
    assert not known(run(lambda now, before: now.unchanged_where(before, lambda x: (x < BASE + 9) | (x > BASE + 15))))
    assert known(run(lambda now, before: now.filled(BASE + 8, BASE + 16, 1)))
    assert not known(run(lambda now, before: now.filled(BASE + 8, BASE + 17, 1)))


def test_symbolic_addresses_meet_only_where_they_are_equal():
    def run(path, memory):
        a = SymInt(path.integer("a"))
        path.know(z3.And(a.term >= BASE, a.term <= BASE + PAGE))
        record = Record.claim(memory, a)
        other = Record.claim(memory, a + 16)
        record.huge, other.huge = 1, 2
        with path.ghost():
            return (record.huge == 1) & (Record(memory, a + 16).huge == 2)

    assert known(run)
