"""What the memory of a proof refuses: specifications that act, fields of another kind, structs of somebody else."""

import pytest
import z3

from impl.layout import Field, Struct, flag, u8, u64
from model.language.logic import Clause, negate
from proofs.engine import path as paths
from proofs.engine.memory import SymMemory
from proofs.engine.operating import SymOperation, anything_like
from proofs.engine.path import EngineError
from proofs.engine.values import SymBool, SymInt
from proofs.engine.verdict import Verdict
from tests.entailment import single_path
from tests.toys import Toy, ensures

BASE = 0x4000_0000


class Cell(Struct, size=16):
    a = u64()
    on = flag()


class Tiny(Struct, size=1):
    value = u8()


def another_cell():
    """A struct of the same name, laid out otherwise."""

    class Cell(Struct, size=32):
        on = flag()
        a = u64()

    return Cell


def stranger():
    """A struct that no proof names."""

    class Stranger(Struct, size=8):
        a = u64()

    return Stranger


def on_memory(run):
    """Run on a memory of which nothing is known."""

    def prepared(path):
        memory = path.memory = SymMemory({"Cell": Cell, "Tiny": Tiny})
        run(path, memory)

    return single_path(prepared)


CHANGES = {
    "write": lambda m: m.write(Cell.a, BASE, 1),
    "write through a view": lambda m: setattr(Cell(m, BASE), "a", 1),
    "claim": lambda m: m.claim(Cell, BASE),
    "release": lambda m: m.release(Cell, BASE),
    "claim_array": lambda m: m.claim_array(Cell, BASE, 1),
    "release_array": lambda m: m.release_array(Cell, BASE, 1),
    "release_range": lambda m: m.release_range(Cell, BASE, BASE + 16),
    "map": lambda m: m.map(BASE, 1),
    "unmap": lambda m: m.unmap(BASE, 1),
    "is_mapped": lambda m: m.is_mapped(BASE, 1),
    "find_place": lambda m: m.find_place(1),
    "give_away": lambda m: m.give_away(BASE, 1),
    "fill": lambda m: m.fill(BASE, 1, 0),
    "copy": lambda m: m.copy(BASE, BASE + 16, 1),
    "log": lambda m: m.log("x", 1),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_specification_changes_nothing(name):
    def run(path, memory):
        before = memory.state()
        with path.ghost(), pytest.raises(EngineError, match="a specification changes memory"):
            CHANGES[name](memory)
        assert memory.changed_since(before) == []
        assert memory.log_length is before.log_length
        assert memory.touched == []

    on_memory(run)


REFUSED = {
    "a flag in a word": lambda m, n, f: m.write(Cell.a, BASE, f),
    "a truth in a word": lambda m, n, f: m.write(Cell.a, BASE, True),
    "nothing in a word": lambda m, n, f: m.write(Cell.a, BASE, None),
    "a word in a flag": lambda m, n, f: m.write(Cell.on, BASE, n),
    "one in a flag": lambda m, n, f: m.write(Cell.on, BASE, 1),
    "a flag for an address": lambda m, n, f: m.read(Cell.a, f),
    "a truth for an address": lambda m, n, f: m.claim(Cell, True),
    "a flag for a count": lambda m, n, f: m.map(n, f),
    "a flag for a size": lambda m, n, f: m.is_mapped(n, f),
    "a flag for a byte": lambda m, n, f: m.fill(n, n, f),
    "a flag in the log": lambda m, n, f: m.log("x", f),
    "another struct of that name": lambda m, n, f: m.claim(another_cell(), n),
    "a field of another struct of that name": lambda m, n, f: m.read(another_cell().a, n),
    "a peek at another struct of that name": lambda m, n, f: m.peek(another_cell().a, n),
    "no class at all, but an address": lambda m, n, f: m.claim_array(n, Cell, 1),
    "a number in place of a class": lambda m, n, f: m.release(5, n),
    "a struct that the proof does not name": lambda m, n, f: m.claim(stranger(), n),
    "an array of what the proof does not name": lambda m, n, f: m.claim_array(stranger(), n, 1),
    "the release of what the proof does not name": lambda m, n, f: m.release(stranger(), n),
    "a range of what the proof does not name": lambda m, n, f: m.release_range(stranger(), n, n),
    "a field that the proof does not name": lambda m, n, f: m.write(stranger().a, n, 1),
    "a field that is no struct's": lambda m, n, f: m.read(Field(8), n),
    "a part that is not there": lambda m, n, f: m.havoc(["Cell.c"]),
    "an array of structs that are no bytes": lambda m, n, f: m.array(Cell.a, n, 1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_of_another_kind_is_refused(name):
    def run(path, memory):
        with pytest.raises(EngineError):
            REFUSED[name](memory, SymInt(path.integer("n")), SymBool(z3.Bool("f")))

    on_memory(run)


ITERATED = {
    "iteration": list,
    "length": len,
    "truth": bool,
    "membership": lambda items: 1 in items,
    "equality": lambda items: items == b"",
    "a flag for an index": lambda items: items[SymBool(z3.Bool("f"))],
    "a slice": lambda items: items[0:1],
}


@pytest.mark.parametrize("name", ITERATED)
def test_an_array_can_only_be_indexed(name):
    def run(path, memory):
        with pytest.raises(EngineError):
            ITERATED[name](memory.array(Tiny.value, BASE, 4))

    on_memory(run)


def no_size():
    class Empty(Struct):
        pass

    return {"Empty": Empty}


def shared_field():
    one = u64()

    class First(Struct, size=8):
        x = one

    class Second(Struct, size=8):
        x = one

    return {"First": First, "Second": Second}


def reserved_name():
    class claimed(Struct, size=8):
        Cell = u64()

    return {"claimed": claimed, "Cell": Cell}


def moved_field():
    class Moved(Struct, size=16):
        a = u64()
        b = u64()

    Moved.b.offset = 4
    return {"Moved": Moved}


def shrunk():
    class Shrunk(Struct, size=16):
        a = u64()
        b = u64()

    type.__setattr__(Shrunk, "SIZE", 8)
    return {"Shrunk": Shrunk}


def odd_width():
    class Odd(Struct, size=16):
        a = Field(3)

    return {"Odd": Odd}


def wide_flag():
    class Wide(Struct, size=16):
        a = Field(8, "flag")

    return {"Wide": Wide}


STRUCTS = {
    "whose fields overlap": moved_field,
    "that are shorter than their fields": shrunk,
    "with a field of three bytes": odd_width,
    "with a flag of eight bytes": wide_flag,
    "without a size": no_size,
    "that share a field": shared_field,
    "that are kept where claims are": reserved_name,
    "under another's name": lambda: {"Other": Cell},
}


@pytest.mark.parametrize("name", STRUCTS)
def test_structs_are_refused(name):
    with pytest.raises(EngineError):
        single_path(lambda path: SymMemory(STRUCTS[name]()))


def test_a_part_of_the_abstract_state_keeps_its_kind():
    def run(path):
        path.memory = SymMemory({"Cell": Cell})
        assert type(anything_like(SymBool(z3.Bool("f")))) is SymBool
        assert type(anything_like(True)) is SymBool
        assert type(anything_like(3)) is SymInt
        with pytest.raises(EngineError):
            anything_like("a name")

    single_path(run)


def test_a_log_line_without_value_unsettles_what_speaks_of_the_log():
    def run(path, memory):
        operation = SymOperation(memory, None, memory.state())
        operation.settle()
        assert operation.is_settled
        memory.log("x")
        assert not operation.is_settled

    on_memory(run)


def test_memory_that_was_given_back_says_anything():
    def run(path, memory):
        assert memory.touched is not None
        memory.give_away(BASE, 16)
        assert memory.touched is None

    on_memory(run)


# ---------------------------------------------------------------- false statements about small programs


def never(name="never"):
    """That the operation does not come to its end."""
    return ensures(name, lambda t: False)


def toy(body, *demands, requires=()):
    """A toy with this body of ``run``."""
    lines = "\n".join(f"        {line}" for line in body.strip().splitlines())
    return Toy(f"    def run(self, n):\n{lines}\n", "", demands or (never(),), requires)


TOYS = {
    "a negative number of pages": toy("self.memory.map(4096, n)\nreturn 0"),
    "an address below 0": toy("self.memory.map(n, 1)\nreturn 0"),
    "an unmapping of nothing": toy("self.memory.unmap(n, 0)\nreturn 0"),
    "a question about nothing": toy(
        "if self.memory.is_mapped(n, 0):\n    return 1\nreturn 0", ensures("yes", lambda t: t.result == 1)
    ),
    "a claim of a negative number": toy("self.memory.claim_array(Cell, 4096, n)\nreturn 0"),
    "half a header": toy(
        "self.memory.release_range(Cell, self.address, self.address + 8)\nreturn 0",
        ensures("gone", lambda t: t.new.bytes.unchanged(t.old, t.heap + 8, t.heap + 16)),
    ),
}


@pytest.mark.parametrize("name", TOYS)
def test_what_the_machine_refuses_is_not_proved(name):
    assert TOYS[name].verdicts()["safety"] is not Verdict.PROVED


ASKING = "    def run(self, n):\n        if self.memory.is_mapped(4096, 8):\n            return 1\n        return 0\n"
LIMITS = {
    "exactly": lambda state, heap, ghost, given: state.mapped.exactly(0, 0),
    "all": lambda state, heap, ghost, given: state.mapped.all(lambda p: p > 100),
    "not there": lambda state, heap, ghost, given: negate(state.mapped[1]),
    "everywhere": lambda state, heap, ghost, given: state.mapped.everywhere(
        lambda p: (p > 100) | negate(state.mapped[p])
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_pages_of_others_may_be_mapped_where_a_heap_knows_its_own(name):
    own = Clause("own", "what the heap has mapped", LIMITS[name])
    asks = Toy(ASKING, demands=[ensures("never", lambda t: t.result == 0)], requires=[own])
    assert asks.open() == {"never"}


def test_a_heap_that_says_nothing_of_its_pages_knows_all_of_them():
    covered = Clause("covered", "the page is mapped", lambda state, heap, ghost, given: state.mapped.covers(4096, 8192))
    asks = Toy(ASKING, demands=[ensures("always", lambda t: t.result == 1)], requires=[covered])
    assert asks.open() == set()


def test_a_specification_that_acts_is_an_error():
    acts = Toy(
        "    def run(self, n):\n        return 0\n",
        demands=[ensures("acts", lambda t: paths.current().memory.map(0, 1) is None)],
    )
    assert any(theorem.verdict is Verdict.ERROR for theorem in acts.report().theorems)
