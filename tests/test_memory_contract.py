"""What the prover says of memory is true of the machine, for bad arguments above all.

A small state is set up on a checked machine and on symbolic memory, and the same calls are made on both.  Where the
machine raises, something that the prover demands cannot be shown.  Where all that it demands can be shown, what it
knows afterwards is true of the machine: the result, pages, headers, fields, bytes, log lines and cost.
"""

from dataclasses import dataclass, field
from itertools import count

import pytest
import z3
from hypothesis import event, given, settings
from hypothesis import strategies as st

from impl.address_space import LOW_END, PRESENT
from impl.arithmetic import PAGE_SIZE
from impl.errors import DrystoneError
from impl.layout import Struct, flag, u8, u16, u64
from impl.machine import Machine
from impl.virtual_memory import VirtualMemory
from proofs.engine import path as paths
from proofs.engine.headers import Headers
from proofs.engine.memory import SymMemory
from proofs.engine.names import constant
from proofs.engine.pages import Pages
from proofs.engine.path import EngineError
from proofs.engine.store import Store
from proofs.engine.values import term_of
from tests.entailment import holds

PAGE = PAGE_SIZE
BASE = 0x4000_0000
PATIENCE = 3000
TOP = LOW_END - PAGE
"""The last page of the lower half: what begins in it may end where nothing can be."""


class Cell(Struct, size=16):
    a = u64()
    b = u64()

    @classmethod
    def retired(cls, view):
        return view.a == 0


class Tiny(Struct, size=1):
    value = u8()


class Mixed(Struct, size=8):
    on = flag()
    half = u16()


class Large(Struct, size=3 * PAGE):
    word = u64()


STRUCTS = (Cell, Tiny, Mixed, Large)
WINDOW = (*range(BASE - 1, BASE + 72), *range(BASE + PAGE - 17, BASE + PAGE + 17))
"""The bytes that are looked at."""
PAGES = (*range(BASE // PAGE - 1, BASE // PAGE + 6), TOP // PAGE, LOW_END // PAGE, 0)


@dataclass
class Case:
    """A state, and calls; ``mapped`` are pages behind BASE, ``claims`` are (struct, address, count or None)."""

    mapped: list
    claims: list
    content: bytes
    calls: list
    outcomes: list = field(default_factory=list)


# ---------------------------------------------------------------- the machine


def machine_of(case):
    """A checked machine in the state of the case; claims that it refuses are left out."""
    machine = Machine(1 << 19, checked=True)
    memory = machine.memory
    for page in case.mapped:
        memory.map(page * PAGE, 1)
    for place, value in zip(WINDOW, case.content, strict=False):
        if is_there(machine, place):
            memory.store(place, 1, value)
    kept = []
    for struct, address, number in case.claims:
        try:
            memory.claim(struct, address) if number is None else memory.claim_array(struct, address, number)
            kept.append((struct, address, number))
        except DrystoneError:
            continue
    case.claims = kept
    return machine


def is_there(machine, address):
    return machine.space.walk(address) & PRESENT != 0


def byte_at(machine, address):
    """The byte there, under a header or not, uncounted and unchecked."""
    return VirtualMemory.load_bytes(machine.memory, address, 1)[0]


def perform(memory, call):
    """One call on either memory; ``array`` is read at once."""
    name, *arguments = call
    if name == "array":
        field_, address, number, index = arguments
        return memory.array(field_, address, number)[index]
    return getattr(memory, name)(*arguments)


def run_on_machine(case):
    """The machine after the calls, up to the first that raises; and the loads and stores that they took."""
    machine = machine_of(case)
    before = machine.counter.total
    case.outcomes = []
    for call in case.calls:
        try:
            case.outcomes.append(perform(machine.memory, call))
        except (DrystoneError, ValueError, TypeError, OverflowError) as error:
            case.outcomes.append(error)
            break
    return machine, machine.counter.total - before


# ---------------------------------------------------------------- the prover


def know_entry(path, memory, machine, case):
    """The same state in symbolic memory; a field's array holds what the bytes say, header or not."""
    pages = z3.K(z3.IntSort(), z3.BoolVal(False))
    for page in PAGES:
        if is_there(machine, page * PAGE):
            pages = z3.Store(pages, page, True)
    path.know(memory.arrays["mapped"].array == pages)
    for struct in STRUCTS:
        claimed = z3.K(z3.IntSort(), z3.BoolVal(False))
        for place in machine.memory.shadow.claims(struct, 0, 2**64):
            claimed = z3.Store(claimed, place, True)
        path.know(memory.arrays[f"claimed.{struct.__name__}"].array == claimed)
    path.know(z3.And(*bytes_are(memory, machine)))
    path.know(z3.And(*fields_are(memory, machine, peeked(case))))
    path.know(memory.log_length.term == 0)


def peeked(case):
    """Where the calls may read a field of what is no header."""
    return [(call[1], call[2]) for call in case.calls if call[0] == "peek"]


def under_headers(machine):
    """The bytes under headers."""
    claims = machine.memory.shadow.all_claims()
    return {b for start, struct, number in claims for b in range(start, start + min(struct.SIZE * number, 128))}


def bytes_are(memory, machine):
    """What the bytes are that are mapped and under no header."""
    hidden, content = under_headers(machine), memory.arrays["byte"].array
    for place in WINDOW:
        if is_there(machine, place) and place not in hidden:
            yield z3.Select(content, place) == byte_at(machine, place)
    yield z3.BoolVal(True)


def fields_are(memory, machine, more=()):
    """What the fields of headers are, and of what lies at further places."""
    places = [(f, p) for s in STRUCTS for p in machine.memory.shadow.claims(s, 0, 2**64) for f in s.FIELDS]
    for one, place in (*places, *more):
        start = place + one.offset
        if (
            start >= 0
            and start + one.width <= 2**64
            and all(is_there(machine, b) for b in (start, start + one.width - 1))
        ):
            value = int.from_bytes(bytes(byte_at(machine, start + i) for i in range(one.width)), "little")
            content = memory.arrays[f"{one.struct.__name__}.{one.name}"].array
            yield z3.Select(content, place) == (z3.BoolVal(value != 0) if one.kind == "flag" else value)
    yield z3.BoolVal(True)


def pin(path, case):
    """What the machine may choose is what it chose."""
    stems = {"map": "map_granted", "is_mapped": "is_mapped"}
    numbers = {name: count() for name in stems}
    for call, outcome in zip(case.calls, case.outcomes, strict=False):
        if call[0] in stems and isinstance(outcome, bool):
            path.know(z3.Bool(constant(stems[call[0]], next(numbers[call[0]]))) == outcome)


@dataclass
class Proved:
    """What the prover did with the calls up to the one at which the machine raised."""

    path: object = None
    memory: object = None
    results: list = field(default_factory=list)
    refused: bool = False


def run_on_terms(case):
    """The same calls, on one path: the first, where the machine raised and the prover sees more."""
    found, machine = Proved(), machine_of(case)

    def run(path):
        if found.path is not None:
            return
        found.path = path
        memory = found.memory = path.memory = SymMemory({struct.__name__: struct for struct in STRUCTS})
        know_entry(path, memory, machine, case)
        pin(path, case)
        try:
            for call, _ in zip(case.calls, case.outcomes, strict=False):
                found.results.append(perform(memory, call))
        except EngineError:
            found.refused = True

    paths.explore("subject.operation", run)
    return found


# ---------------------------------------------------------------- the comparison


def truths_of(found, machine, case, cost):
    """What is true of the machine afterwards, of which the prover speaks."""
    memory, truths = found.memory, []
    for symbolic, real in zip(found.results, case.outcomes, strict=True):
        if real is None or symbolic is None:
            assert real is symbolic is None
        else:
            truths.append(term_of(symbolic) == term_of(real))
    truths += [z3.Select(memory.arrays["mapped"].array, page) == is_there(machine, page * PAGE) for page in PAGES]
    for struct in STRUCTS:
        places = set(machine.memory.shadow.claims(struct, 0, 2**64))
        claimed = memory.arrays[f"claimed.{struct.__name__}"].array
        truths += [z3.Select(claimed, place) == (place in places) for place in {*WINDOW, *places}]
    truths += [*bytes_are(memory, machine), *fields_are(memory, machine)]
    truths += [term_of(memory.cost) == cost, term_of(memory.log_length) == len(machine.memory.messages)]
    return truths


def possible(path, truths):
    """Whether what the path knows does not contradict these truths."""
    solver = z3.Solver()
    solver.set("timeout", PATIENCE)
    solver.add(*[fact.term for fact in path.facts], *truths)
    return solver.check() != z3.unsat


def compare(case):
    """Make the calls on both: "raised", "stricter" (the prover refuses what the machine does) or "agree"."""
    machine, cost = run_on_machine(case)
    found = run_on_terms(case)
    accepted = not found.refused and all(holds(o, PATIENCE) for o in found.path.obligations)
    if case.outcomes and isinstance(case.outcomes[-1], Exception):
        assert not accepted, f"the machine raises {case.outcomes[-1]!r}, and the prover demands nothing that fails"
        return "raised"
    if not accepted:
        return "stricter"
    assert len(found.results) == len(case.outcomes), "the prover says that this cannot happen"
    truths = truths_of(found, machine, case, cost)
    if not possible(found.path, truths):
        wrong = [truth for truth in truths if not possible(found.path, [truth])]
        raise AssertionError(f"the prover knows otherwise than {wrong or 'all of this together'}")
    return "agree"


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
@settings(max_examples=2000, deadline=None)
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
