"""What a cut loop may do to memory, and where a rewritten program says that it is."""

import pytest

from proofs.engine.path import EngineError
from tests.test_rewrite import BELOW, COUNT, STORES, returns_n, specification
from tests.toys import Toy, ensures


def test_memory_that_a_loop_changes_undeclared_is_an_error():
    with pytest.raises(EngineError, match=r"changes \['Cell.a'\] undeclared"):
        Toy(STORES, specification()).paths()
    with pytest.raises(EngineError, match=r"changes \['Cell.a'\] undeclared"):
        Toy(STORES, specification(changes='("Cell.b",)')).paths()


def test_memory_that_a_loop_declares_is_forgotten_and_the_rest_is_kept():
    kept = ensures("kept", lambda t: t.new.fields("Cell").b[t.heap] == 1)
    forgotten = ensures("forgotten", lambda t: t.new.fields("Cell").a[t.heap] == 0)
    toy = Toy(STORES, specification(changes='("Cell.a",)'), [kept, forgotten])
    assert toy.open() == {"forgotten"}


def test_log_lines_of_a_loop_must_be_declared():
    method = COUNT.replace("i = i + 1", 'self.memory.log("{}", i)\n            i = i + 1')
    with pytest.raises(EngineError, match=r"'log'"):
        Toy(method, BELOW).paths()
    assert Toy(method, specification(changes='("log",)'), [returns_n]).open() == set()


def test_pages_that_a_loop_maps_are_an_error():
    method = COUNT.replace("i = i + 1", "self.memory.map(4096, 1)\n            i = i + 1")
    with pytest.raises(EngineError, match="undeclared"):
        Toy(method, specification(changes='("mapped", "byte")')).paths()


def test_the_cost_of_a_loop_is_what_its_invariant_says():
    free = ensures("free", lambda t: t.cost <= 2)
    paid = ensures("paid", lambda t: t.cost <= t.n + 2)
    spec = """
def spec(heap, i, n):
    cost = heap.memory.operation.now().cost
    return Loop([("range", "", (0 <= i) & (i <= n)), ("cost", "", cost <= i + 2)], n - i, ("Cell.a",))
"""
    assert Toy(STORES, spec, [paid, free]).open() == {"free"}


def test_a_loop_with_else_is_refused():
    method = COUNT.replace("        return i", "        else:\n            i = 0\n        return i")
    with pytest.raises(EngineError, match="no else is there"):
        Toy(method, BELOW).paths()


def test_line_numbers_are_those_of_the_source():
    toy = Toy(COUNT.replace("i = i + 1", "i = i + 3"), BELOW)
    (failed,) = [t for t in toy.report().theorems if t.id == "toy.run.spec.below"]
    assert f"toy.py:{toy.line_of('while i < n')} in run" == failed.failures[0].line
    widths = [o.line for path in toy.paths() for o in path.obligations if o.theorem.endswith("machine_width")]
    assert set(widths) == {f"toy.py:{toy.line_of('i = i + 3')} in run"}


def test_decisions_quote_the_line_of_the_source():
    toy = Toy(COUNT.replace("i = i + 1", "i = i + 3"), BELOW)
    (failed,) = [t for t in toy.report().theorems if t.id == "toy.run.spec.below"]
    assert failed.failures[0].decisions == (f"toy.py:{toy.line_of('while i < n')} in run: while i < n:  -> True",)


def test_a_multi_line_method_after_a_loop_keeps_its_lines():
    method = COUNT.replace("        return i", "\n\n        self.b = 2 ** 64 + n\n        return i")
    toy = Toy(method, BELOW)
    (failed,) = [t for t in toy.report().theorems if t.id == "toy.run.machine_width"]
    assert failed.failures[0].line == f"toy.py:{toy.line_of('2 ** 64')} in run"


def test_a_cut_loop_that_moves_a_view_is_refused():
    method = COUNT.replace("i = i + 1", "i = i + 1\n            self.address = i")
    with pytest.raises(EngineError, match="a new view"):
        Toy(method, BELOW).paths()


def test_an_exception_that_the_contract_does_not_name_is_a_failure():
    method = """
    def run(self, n):
        return self.a // n
"""
    assert Toy(method).open() == {"raises_only"}
    assert Toy(method.replace("self.a // n", "self.a")).open() == set()


@pytest.mark.parametrize("result", ["-x", "~x", "x - 4", "x << 63", "~3"])
def test_what_is_computed_of_constants_must_be_a_machine_word_too(result):
    method = f"""
    def run(self, n):
        x = 3
        y = {result}
        return x
"""
    assert Toy(method).open() == {"machine_width"}
    assert Toy(method.replace(result, "x << 62")).open() == set()
