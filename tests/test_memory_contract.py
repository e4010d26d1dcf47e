"""What the prover says of memory is true of the machine, for bad arguments above all.

A small state is set up on a checked machine and on symbolic memory, and the same calls are made on both.  Where the
machine raises, something that the prover demands cannot be shown.  Where all that it demands can be shown, what it
knows afterwards is true of the machine: the result, pages, headers, fields, bytes, log lines and cost.
"""

from dataclasses import dataclass, field
from itertools import count

import z3

from impl.arithmetic import PAGE_SIZE
from impl.errors import DrystoneError
from impl.layout import Struct, flag, u8, u16, u64
from impl.machine import Machine
from impl.page_tables import PRESENT
from impl.reach import LOW_END
from impl.virtual_memory import VirtualMemory
from proofs.engine import path as paths
from proofs.engine.memory import SymMemory
from proofs.engine.names import constant
from proofs.engine.path import EngineError
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
    stems = {"map": "map_granted", "is_mapped": "is_mapped", "find_place": "no_place"}
    numbers = {name: count() for name in stems}
    for call, outcome in zip(case.calls, case.outcomes, strict=False):
        if call[0] in stems and isinstance(outcome, int):
            chosen = outcome == 0 if call[0] == "find_place" else outcome
            path.know(z3.Bool(constant(stems[call[0]], next(numbers[call[0]]))) == chosen)


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
