"""What passes the checker and still is no program: the run ends with an error of the prover, and nothing is proved."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

from model.language.logic import Operation, Subject
from proofs.doubt.specified import specified
from proofs.engine import path as paths
from proofs.engine.operation import Proof
from proofs.engine.path import EngineError
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Report, Verdict
from tests.toys import claimed, ensures, word

HEAD = """\
from typing import NamedTuple

from impl.errors import InvalidFree
from impl.layout import Struct, u64
from model.language.annotations import loop


class Pair(NamedTuple):
    first: int

    def doubled(self):
        return self.first + self.first


class Other(Struct, size=32):
    width = u64()
    cost = u64()
    read = u64()
    refused = u64()


class Box:
    def __init__(self):
        self.width = 0

    @classmethod
    def make(cls):
        return cls()


class Fake(Struct, size=8):
    v = u64()

    def read(self, field, address):
        return self.address


class Cell(Struct, size=16):
    a = u64()
    b = u64()

    def run(self, n):
{body}

    @classmethod
    def keep(cls, n):
        cls.a = n
        return 0

    def store(self, struct, n):
        struct.a = n
        return 0

    def loop_through(self, cell, n):
        i = 0
        while i < n:
            loop("spec", cell, i, n)
            cell = Cell(Fake(self.memory, 5), 8)
            i = i + 1
        return cell.a
"""


SPECIFICATION = """
def spec(view, i, n):
    return Loop([("in", "i does not pass n", (0 <= i) & (i <= n))], n - i)
"""


def report(body: str) -> Report:
    """What the prover says of a ``run`` whose result is said to be 0."""
    module = types.ModuleType("toy")
    module.__file__ = "/nowhere/toy.py"
    demands = (ensures("nothing", lambda t: t.result == 0),)
    operation = Operation("run", ("n",), lambda t: t.ghost, demands, (word,))
    subject, annotations = Subject("toy", (claimed,), (operation,)), specified(SPECIFICATION)
    proof = Proof(subject, module, "Cell", ("Cell",), lambda: None, lambda: None, annotations=annotations)
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    return prove([proof], (), Options(jobs=1, sources={"toy": HEAD.replace("{body}", lines)}))


ERRORS = {
    "the cost of memory is set": ("self.memory.cost = 0\nreturn 0", "assigns to cost of SymMemory"),
    "a refusal is undone": ("self.memory.refused = 0\nreturn 0", "assigns to refused of SymMemory"),
    "the memory's read is exchanged": ("self.memory.read = n\nreturn 0", "assigns to read of SymMemory"),
    "a field is made narrower": ("Cell.a.width = 1\nreturn 0", "assigns to width of Field"),
    "a struct's field is exchanged": ("return Cell.keep(n)", "assigns to a of StructType"),
    "a struct that was handed on": ("return self.store(Cell, n)", "assigns to a of StructType"),
    "a record's class": ("return Pair.keep(n)", "Pair, which is a record"),
    "an object that is made": ("box = Box.make()\nbox.width = n\nreturn 0", "make in type"),
    "a record is counted in": ("x = Pair(n)\nreturn x.count(n)", "the attribute count"),
    "a memory of its own": (
        "return self.loop_through(Cell(Fake(self.memory, 7), 8), n)",
        "something else than the machine",
    ),
    "a sequence of text": ("x = 'ab'\ny = x * 2\nreturn len(y)", "makes str"),
    "text that is filled": ("x = '%d'\ny = x % n\nreturn len(y)", "needs a concrete one"),
    "tuples are joined": ("x = (n, 1)\ny = x + x\nreturn len(y)", "makes tuple"),
    "a truth as an index": ("x = (5, 6)\nreturn x[n == 0]", "used as a number"),
    "views are compared": ("return 0 if self == self else 1", "views are not compared"),
    "a walk over a record": ("for x in Pair(n):\n    self.a = x\nreturn 0", "a for loop walks over Pair"),
    "a walk over a number of rounds": (
        "for x in range(n):\n    self.a = x\nreturn 0",
        "for over a range of an unknown",
    ),
    "a number is called": ("return n(0)", "not callable"),
    "a memory that counts": ("return self.memory.size(n)", "looks up size in SymMemory"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_a_program_cannot_do_is_an_error_and_not_proved(name: str):
    body, reason = ERRORS[name]
    found = report(body)
    assert found.verdict is Verdict.ERROR
    assert not any(theorem.verdict is Verdict.PROVED for theorem in found.theorems)
    assert reason in found.theorems[0].failures[0].reason


@pytest.mark.parametrize("body", ["return Pair(0).doubled()", "return Pair(n).first - n", "return n - n"])
def test_a_true_statement_of_the_same_module_is_proved(body: str):
    assert not {t.id for t in report(body).theorems if t.verdict is not Verdict.PROVED}


def test_nothing_is_executed_while_an_error_is_handled():
    try:
        raise InvalidError
    except InvalidError:
        with pytest.raises(EngineError, match="while an error is handled"):
            paths.explore("toy.run", lambda path: None)


class InvalidError(Exception):
    """Some error."""


def test_nothing_is_run_of_a_program_that_is_refused(run, tmp_path):
    """Its story is not played: the program may do anything, or never end."""
    file, seen = tmp_path / "copy.py", tmp_path / "seen"
    text = (Path(__file__).parent.parent / "impl" / "segment_heap.py").read_text()
    line = '        check_word(size, "size")\n'
    assert line in text
    file.write_text(text.replace(line, line + f"        open({str(seen)!r}, 'a').close()\n", 1))
    status, out, _ = run("prove", "segment_heap.allocate", "--only", "--source", file, "--no-cache")
    assert status == 2
    assert "is not in the language" in out
    assert not seen.exists()
