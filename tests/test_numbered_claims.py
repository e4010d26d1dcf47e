"""Structs that are kept by number come into being with an array of them, out of the bytes that lie there."""

import types

import pytest

from model.language.logic import Clause, Operation, Subject, every
from proofs.doubt.specified import specified
from proofs.engine.operation import Proof, verify
from proofs.engine.path import EngineError
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from tests.toys import ensures

SOURCE = """\
from impl.layout import Struct, u8, u16, u64
from model.language.annotations import loop


class Cell(Struct, size=16):
    a = u64()


class Item(Struct, size=4):
    v = u16()
    w = u8()


def start(memory, address, n):
    memory.fill(address + 16, 4 * n, 7)
    {0}
    memory.claim_array(Item, address + 16, n)
    {1}
    return Item(memory, address + 16 + 4 * {2})
"""


SPECIFICATION = """
def spec(cell, i):
    return Loop([("range", "", (i >= 0) & (i <= 1))], 1 - i, changes=("claimed.Item", "Item.v", "Item.w"))
"""
few = Clause("few", "n is small", lambda state, heap, ghost, given: (given["n"] >= 1) & (given["n"] < 100))


def _room(state, heap, ghost, given):
    low, high = heap + 16, heap + 16 + 4 * given["n"]
    vacant = [
        state.claimed(name).all(lambda a, size=size: (a + size <= low) | (a >= high))
        for name, size in (("Cell", 16), ("Item", 4))
    ]
    return every([high < 2**64, state.mapped.covers(low, high), *vacant])


room = Clause("room", "there is room", _room)


def run(before="pass", after="pass", number="0", demands=(), requires=(few, room)):
    """Verdicts of the theorems about ``start``."""
    module = types.ModuleType("toy")
    module.__file__ = "/nowhere/toy.py"
    operation = Operation(
        "start", ("n",), lambda t: t.ghost, demands, requires, establishes=True, established=lambda t: False
    )
    proof = Proof(
        Subject("toy", (), (operation,)),
        module,
        "Cell",
        ("Cell", "Item"),
        lambda: None,
        lambda: None,
        invoke=lambda edition, memory, address, name, given: edition.start(memory, address, given["n"]),
        annotations=specified(SPECIFICATION),
        numbered={"Item": lambda state, heap: heap + 16},
    )
    return proof, SOURCE.format(before, after, number)


def open_theorems(*args, **more) -> set[str]:
    proof, source = run(*args, **more)
    report = prove([proof], (), Options(jobs=1, sources={"toy": source}))
    return {t.id.split(".", 2)[2] for t in report.theorems if t.verdict is not Verdict.PROVED}


def items(t):
    return t.new.fields("Item")


claimed = ensures("claimed", lambda t: t.new.claimed("Item").each(0, t.n, lambda k: t.new.claimed("Item")[k]))
sevens = ensures("sevens", lambda t: items(t).v.each(0, t.n, lambda k: items(t).v[k] == 0x0707))
bytes_ = ensures("bytes_", lambda t: items(t).w.each(0, t.n, lambda k: items(t).w[k] == 7))
others = ensures("others", lambda t: items(t).v.same_outside(t.old.fields("Item").v, 0, t.n))
other_claims = ensures("other_claims", lambda t: t.new.claimed("Item").same_outside(t.old.claimed("Item"), 0, t.n))


def test_the_fields_hold_what_the_bytes_say_and_nothing_else_changes():
    assert open_theorems(demands=(claimed, sevens, bytes_, others, other_claims)) == set()


def test_the_bytes_are_those_of_the_moment_of_the_claim():
    assert "sevens" in open_theorems("memory.fill(address + 17, 1, 8)", demands=(sevens, bytes_))
    assert open_theorems("memory.fill(address + 18, 1, 8)", demands=(sevens,)) == set()


def test_nothing_is_known_of_a_number_behind_the_array():
    beyond = ensures("beyond", lambda t: items(t).v[t.n] == 0x0707)
    there = ensures("there", lambda t: t.new.claimed("Item")[t.n])
    assert open_theorems(demands=(beyond, there)) == {"beyond", "there"}


@pytest.mark.parametrize(("number", "open_"), [("(n - 1)", set()), ("n", {"safety"})])
def test_only_elements_of_the_array_are_accessed(number, open_):
    assert open_theorems(after=f"Item(memory, address + 16 + 4 * {number}).v = 1") == open_


def test_raw_bytes_are_not_touched_where_the_array_lies():
    assert open_theorems(after="memory.fill(address + 16 + 4 * n - 1, 1, 0)") == {"safety"}
    assert open_theorems(after="memory.fill(address + 12, 4, 0)", requires=(few, room)) == {"safety"}


def test_without_room_the_claim_is_not_safe():
    assert open_theorems(requires=(few,)) == {"safety", "machine_width"}


def test_the_array_is_claimed_once():
    proof, source = run(after="memory.claim_array(Item, address + 16, n)")
    with pytest.raises(EngineError, match="kept by number"):
        verify(proof, proof.subject.operations[0], source)


def test_an_array_that_does_not_begin_at_a_number_is_an_error():
    proof, source = run()
    with pytest.raises(EngineError, match="does not lie at"):
        verify(
            proof,
            proof.subject.operations[0],
            source.replace("claim_array(Item, address + 16", "claim_array(Item, address + 18"),
        )


def test_no_cut_loop_claims_an_array_that_is_kept_by_number():
    proof, source = run()
    looped = source.replace(
        "    memory.claim_array(Item, address + 16, n)\n",
        '    i = 0\n    while i < 1:\n        loop("spec", None, i)\n'
        "        memory.claim_array(Item, address + 16, n)\n        i = i + 1\n",
    )
    with pytest.raises(EngineError, match="claims an array"):
        verify(proof, proof.subject.operations[0], looped)
