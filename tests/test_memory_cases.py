"""What the prover says of map, unmap and claims is what the machine does, case by case."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from impl.reach import LOW_END
from proofs.engine.headers import Headers
from proofs.engine.memory import SymMemory
from proofs.engine.pages import Pages
from proofs.engine.store import Store
from proofs.engine.values import term_of
from tests.test_memory_contract import BASE, PAGE, PAGES, STRUCTS, TOP, WINDOW, Case, Cell, Large, Mixed, Tiny, compare

# ---------------------------------------------------------------- cases

NEAR = (0, 1, 7, 8, 15, 16, 24, 32, 48, 63, 64, PAGE - 16, PAGE - 8, PAGE - 1, PAGE, PAGE + 8, 2 * PAGE, 3 * PAGE)
WILD = (-PAGE, -8, -1, 0, 8, PAGE, TOP, TOP + 8, LOW_END - 1, LOW_END, 2**64 - PAGE, 2**64 - 8, 2**64, 2**64 + BASE)
addresses = st.one_of(
    st.sampled_from([BASE + n for n in NEAR]), st.sampled_from([BASE + n for n in NEAR + WILD] + [*WILD])
)
counts = st.one_of(st.integers(1, 4), st.sampled_from([-(2**52), -1, 0, 1, 5, 512, 4096, 2**20, 2**52, 2**64, 2**70]))
sizes = st.one_of(st.integers(1, 20), st.sampled_from([-1, 0, 1, 8, PAGE, PAGE + 1, 2 * PAGE, 2**52, 2**64 - 1, 2**64]))
values = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([-1, 0, 1, 255, 256, 2**16, 2**64, True, None]))
structs = st.sampled_from(STRUCTS)
fields = st.sampled_from([one for struct in STRUCTS for one in struct.FIELDS])
CALLS = {
    "map": st.tuples(addresses, counts),
    "unmap": st.tuples(addresses, counts),
    "is_mapped": st.tuples(addresses, sizes),
    "find_place": st.tuples(counts),
    "claim": st.tuples(structs, addresses),
    "release": st.tuples(structs, addresses),
    "claim_array": st.tuples(structs, addresses, counts),
    "release_array": st.tuples(structs, addresses, counts),
    "release_range": st.tuples(structs, addresses, addresses),
    "array": st.tuples(st.sampled_from([Tiny.value, Cell.a]), addresses, counts, st.integers(-1, 4)),
    "fill": st.tuples(addresses, sizes, st.sampled_from([-1, 0, 1, 255, 256])),
    "copy": st.tuples(addresses, addresses, sizes),
    "peek": st.tuples(fields, addresses),
    "read": st.tuples(fields, addresses),
    "write": st.tuples(fields, addresses, values),
}
calls = st.one_of([arguments.map(lambda given, name=name: (name, *given)) for name, arguments in CALLS.items()])
claims = st.tuples(structs, st.sampled_from([BASE + n for n in NEAR]), st.sampled_from([None, None, 1, 2, 4]))
cases = st.builds(
    Case,
    st.sets(st.sampled_from(PAGES), max_size=6).map(lambda more: sorted({BASE // PAGE, BASE // PAGE + 1, *more})),
    st.lists(claims, max_size=3),
    st.one_of(st.just(b""), st.binary(min_size=40, max_size=len(WINDOW))),
    st.lists(calls, min_size=1, max_size=3),
)


@given(cases)
@settings(max_examples=100, deadline=None)
def test_what_the_prover_says_is_true_of_the_machine(case):
    event(compare(case))


@pytest.mark.slow
@given(cases)
@settings(max_examples=400, deadline=None)
def test_what_the_prover_says_is_true_of_the_machine_many_cases(case):
    event(compare(case))


HERE = [BASE // PAGE, BASE // PAGE + 1]
ROOMY = [BASE // PAGE + n for n in range(5)]
TWO_CELLS = [(Cell, BASE, 2)]


def case_of(*calls, mapped=HERE, claims=(), content=b""):
    """A case that is written out."""
    return Case(mapped, list(claims), content, list(calls))


AGREED = {
    "map": case_of(("map", BASE + 2 * PAGE, 3), ("claim", Large, BASE + 2 * PAGE)),
    "map of what is mapped": case_of(("map", BASE + PAGE, 2), ("map", BASE + 2 * PAGE, 1)),
    "map of no page": case_of(("map", BASE + 2 * PAGE, 0)),
    "map off the page": case_of(("map", BASE + 2 * PAGE + 8, 1)),
    "map beyond the half": case_of(("map", TOP, 2)),
    "map of too much": case_of(("map", BASE + 2 * PAGE, 2**52)),
    "unmap": case_of(("unmap", BASE, 1), ("is_mapped", BASE + PAGE - 1, 2)),
    "is_mapped": case_of(("is_mapped", BASE + PAGE - 1, PAGE + 1), ("is_mapped", BASE, 2 * PAGE + 1)),
    "is_mapped at the top": case_of(
        ("is_mapped", TOP, PAGE), ("is_mapped", TOP, PAGE + 1), mapped=[*HERE, TOP // PAGE]
    ),
    "is_mapped beyond all words": case_of(("is_mapped", 2**64 - 1, 2**64 - 1)),
    "find_place": case_of(("find_place", 2**52)),
    "claim over three pages": case_of(("claim", Large, BASE + 8), mapped=ROOMY),
    "claim of an array": case_of(
        ("claim_array", Mixed, BASE + 8, 3), ("read", Mixed.half, BASE + 16), content=bytes(90)
    ),
    "claim of an array with content": case_of(
        ("claim_array", Mixed, BASE + 8, 3), ("read", Mixed.on, BASE + 8), content=bytes(range(90))
    ),
    "release of an element": case_of(("write", Cell.a, BASE, 0), ("release", Cell, BASE), claims=TWO_CELLS),
    "release of a part": case_of(("release_array", Cell, BASE + 16, 1), claims=TWO_CELLS),
    "release of neighbours": case_of(
        ("release_array", Cell, BASE, 2), claims=[(Cell, BASE, None), (Cell, BASE + 16, None)]
    ),
    "release of a range": case_of(("release_range", Cell, BASE + 1, BASE + 32), claims=TWO_CELLS),
    "release of an empty range": case_of(("release_range", Cell, BASE + 32, BASE), claims=TWO_CELLS),
    "array": case_of(("array", Tiny.value, BASE + 1, 4, 3), claims=[(Tiny, BASE, 8)], content=bytes(range(90))),
    "array of nothing is there": case_of(("claim_array", Tiny, BASE, 4), ("array", Tiny.value, BASE, 4, 0)),
    "fill": case_of(("fill", BASE + PAGE - 3, 6, 255), ("copy", BASE, BASE + PAGE - 3, 6)),
    "fill of no byte": case_of(("fill", BASE, 0, 1)),
    "peek at a header": case_of(
        ("peek", Cell.b, BASE), ("write", Cell.b, BASE, 7), ("peek", Cell.b, BASE), claims=TWO_CELLS
    ),
    "peek at bytes": case_of(("peek", Cell.b, BASE + 3), content=bytes(range(90))),
    "peek at a header's bytes": case_of(
        ("write", Cell.b, BASE, 7), ("peek", Cell.b, BASE + 1), ("peek", Mixed.on, BASE + 8), claims=TWO_CELLS
    ),
}
"""Calls of which the prover demands nothing that cannot be shown."""

RAISED = {
    "map below 0": case_of(("map", -PAGE, 1)),
    "map of a negative number": case_of(("map", BASE + 2 * PAGE, -1)),
    "map of no word": case_of(("map", BASE + 2 * PAGE, 2**64)),
    "unmap of no page": case_of(("unmap", BASE, 0)),
    "unmap of a negative number": case_of(("unmap", BASE, -1)),
    "unmap below 0": case_of(("unmap", -PAGE, 1)),
    "unmap of a header": case_of(("unmap", BASE, 1), claims=TWO_CELLS),
    "is_mapped of a negative size": case_of(("is_mapped", BASE, -1)),
    "is_mapped below 0": case_of(("is_mapped", -1, 2)),
    "claim with a hole in the middle": case_of(
        ("claim", Large, BASE), mapped=[n for n in ROOMY if n != BASE // PAGE + 1]
    ),
    "claim with a hole between": case_of(
        ("claim", Large, BASE + 8), mapped=[n for n in ROOMY if n != BASE // PAGE + 2]
    ),
    "claim of no element": case_of(("claim_array", Cell, BASE, 0)),
    "claim of fewer than none": case_of(("claim_array", Cell, BASE + 64, -2)),
    "release of an element that is not there": case_of(("release_array", Cell, BASE, 3), claims=TWO_CELLS),
    "release of fewer than none": case_of(("release_array", Cell, BASE + 16, -1), claims=TWO_CELLS),
    "release that is not retired": case_of(("write", Cell.a, BASE, 1), ("release", Cell, BASE), claims=TWO_CELLS),
    "release of half a header": case_of(("release_range", Cell, BASE, BASE + 24), claims=TWO_CELLS),
    "array of fewer than none": case_of(("array", Tiny.value, BASE, -1, 0), claims=[(Tiny, BASE, 8)]),
    "array of words": case_of(("array", Cell.a, BASE, 1, 0), claims=TWO_CELLS),
    "fill of fewer than none": case_of(("fill", BASE, -1, 0)),
    "fill of a page that is gone": case_of(("unmap", BASE, 1), ("fill", BASE, 8, 0)),
    "copy of a header": case_of(("copy", BASE + 64, BASE, 8), claims=TWO_CELLS),
    "peek at what is not there": case_of(("peek", Cell.b, BASE + 2 * PAGE)),
    "peek across the end": case_of(("peek", Cell.a, BASE + 2 * PAGE - 4)),
    "access after release": case_of(("release_range", Cell, BASE, BASE + 16), ("read", Cell.b, BASE), claims=TWO_CELLS),
}
"""Calls of which the machine refuses one."""


@pytest.mark.parametrize("name", AGREED)
def test_what_is_in_order_is_shown_and_known(name):
    assert compare(AGREED[name]) == "agree"


@pytest.mark.parametrize("name", RAISED)
def test_what_the_machine_refuses_cannot_be_shown(name):
    assert compare(RAISED[name]) == "raised"


FAULTS = {
    "arguments are not shown": ("map of a negative number", Store, "_words", lambda self, *v: [term_of(n) for n in v]),
    "two pages stand for all": ("claim with a hole in the middle", Headers, "_pages_of", lambda *a: []),
    "a released header keeps its bytes": ("peek at a header's bytes", SymMemory, "_touch", None),
    "granted pages are not there": ("map of what is mapped", Pages, "_granted", None),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_prover_is_noticed(name, monkeypatch):
    case, owner, part, then = FAULTS[name]
    monkeypatch.setattr(owner, part, then or (lambda *arguments: None))
    with pytest.raises(AssertionError, match="the prover"):
        compare({**AGREED, **RAISED}[case])
