"""Operations that take truths and bytes, and give lists: proved, called, and what is refused."""

import types
from dataclasses import replace

import pytest

from model.language.logic import Clause, Operation, Subject, negate
from proofs.engine.operation import Proof, verify
from proofs.engine.path import EngineError
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict

SOURCE = """\
from impl.layout import Struct, u64
from model.language.annotations import by_contract


class Cell(Struct, size=8):
    a = u64()

    @by_contract
    def first(self, data, on):
        {first}

    @by_contract
    def both(self, n):
        {both}

    def run(self, n):
        {run}
"""
FIRST = "return data[0] if on else 0"
BOTH = """\
xs = []
        xs += (n, n)
        return xs"""

there = Clause("there", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])
filled = Clause("filled", "there are bytes", lambda s, h, g, given: given["data"].size > 0)
a_byte = Clause("a_byte", "n is a byte", lambda s, h, g, given: (given["n"] >= 0) & (given["n"] < 256))
told = Clause("told", "it is the first byte", lambda t: negate(t.on) | (t.result == t.data.items[0]))
off = Clause("off", "or 0", lambda t: t.on | (t.result == 0))
twice = Clause("twice", "n is there twice", lambda t: (t.result.size == 2) & (t.result.items[1] == t.n) & head(t))


def head(t):
    return t.result.items[0] == t.n


def keep(t):
    return t.ghost


def proof(demand, takes=None, gives="list"):
    takes = {"data": "bytes", "on": "flag"} if takes is None else takes
    first = Operation(
        "first", ("data", "on"), keep, (told, off), (filled,), changes=(), returns="word", kinds=takes, raises=()
    )
    both = Operation("both", ("n",), keep, (twice,), (a_byte,), changes=(), returns=gives, raises=())
    run = Operation("run", ("n",), keep, (demand,), (a_byte,), raises=())
    module = types.ModuleType("calling")
    module.__file__ = "/nowhere/calling.py"
    subject = Subject("calling", (there,), (first, both, run))
    return Proof(subject, module, "Cell", ("Cell",), lambda: None, lambda: None)


def open_theorems(subject, run, first=FIRST, both=BOTH):
    source = SOURCE.format(run=run, first=first, both=both)
    report = prove([subject], (), Options(jobs=1, sources={"calling": source}))
    return {t.id.removeprefix("calling.") for t in report.theorems if t.verdict is not Verdict.PROVED}


def is_n(times):
    return Clause("is_n", "the result is n so often", lambda t: t.result == t.n * times)


SUM = """\
xs = self.both(n)
        return xs[0] + xs[1]"""


def test_a_list_is_given_and_known_by_its_contract():
    assert open_theorems(proof(is_n(2)), SUM) == set()
    assert "run.is_n" in open_theorems(proof(is_n(3)), SUM)


def test_an_item_that_is_not_there_is_noticed():
    assert "run.safety" in open_theorems(proof(is_n(2)), SUM.replace("xs[1]", "xs[2]"))


def test_what_takes_bytes_and_a_truth_is_proved_of_all_of_them():
    nothing = Clause("nothing", "nothing is demanded", lambda t: True)
    assert open_theorems(proof(nothing), "return n") == set()
    assert "first.off" in open_theorems(proof(nothing), "return n", FIRST.replace("else 0", "else 1"))
    assert "first.safety" in open_theorems(proof(nothing), "return n", FIRST.replace("data[0]", "data[1]"))


def test_an_operation_gives_what_it_says_or_nobody_may_call_it():
    subject = proof(is_n(2), gives="bytes")
    with pytest.raises(EngineError, match="it returns a list, not a bytes"):
        verify(subject, subject.subject.operation("both"), SOURCE.format(run=SUM, first=FIRST, both=BOTH))


@pytest.mark.parametrize(
    "call",
    ["self.first(n, n)", "self.first(bytes(bytearray()), n)", "self.first(n, n == 1)", "self.both(n == 1)"],
)
def test_an_argument_of_another_kind_is_refused(call):
    """Nobody proved what the operation does with a number for bytes, or for a truth."""
    subject = proof(is_n(1))
    with pytest.raises(EngineError, match="another kind"):
        verify(subject, subject.subject.operation("run"), SOURCE.format(run=f"return {call}", first=FIRST, both=BOTH))


def test_a_truth_where_the_operation_was_proved_of_numbers_is_refused():
    subject = proof(is_n(1), takes={"data": "bytes"})
    run = "return self.first(bytes(bytearray()), n == 1)"
    with pytest.raises(EngineError, match="another kind"):
        verify(subject, subject.subject.operation("run"), SOURCE.format(run=run, first=FIRST, both=BOTH))


ALIAS = """\
xs = []
        ys = xs
        xs += (n,)
        return ys[0]"""


def test_no_second_name_for_a_list_that_grows():
    """CPython gives n."""
    subject = proof(is_n(1))
    with pytest.raises(EngineError, match="old name"):
        verify(subject, subject.subject.operation("run"), SOURCE.format(run=ALIAS, first=FIRST, both=BOTH))


def test_the_kinds_of_arguments_are_part_of_a_contract():
    operation = proof(is_n(1)).subject.operation("first")
    assert operation.promise != replace(operation, kinds={}).promise
