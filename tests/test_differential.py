"""The prover computes what CPython computes: of random programs of the language, run by both, nothing differs.

tests/programs/ writes the programs and runs them.  What is compared: the result and its kind, every field, the log,
the loads and stores, the exception.  Where a run is wrong (a number that is no word, a header that is not there, a
value that does not fit), some obligation must be false of it.  Programs with something in the wrong place are
refused, or end alike, too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest

from proofs.engine import cut, operators, path, runtime
from proofs.engine.memory import SymMemory
from proofs.engine.values import SymInt
from tests.programs.comparing import Comparison, behind_cuts, on_constants, on_mutants, on_symbols
from tests.programs.program import program

# How many programs: every fault that is put into the prover below shows in the first 60 of them (of those with cut
# loops in the first 30).  The slow tests try several times as many.

ENDS = {"returned", "ValueError", "InvalidFree", "DoubleFree", "NotValid", "ZeroDivisionError", "not proved"}


def agreed(found: Comparison) -> None:
    """Nothing differs, every kind of end was met, and little was left out."""
    assert not found.differences, found.differences[0]
    assert found.ends.keys() >= ENDS
    compared = found.ends.total()
    assert found.ends["not proved without need"] <= compared // 8
    assert found.ends["refused"] + found.ends["too many paths"] <= compared // 50


def test_on_symbols_the_path_of_an_input_ends_as_cpython_does():
    agreed(on_symbols(range(70)))


def test_on_constants_the_prover_ends_as_cpython_does():
    agreed(on_constants(range(10_000, 10_080)))


def test_what_is_known_behind_a_cut_loop_is_true_of_every_run():
    found = behind_cuts(range(20_000, 20_018))
    assert not found.differences, found.differences[0]
    assert found.ends["not compared"] <= found.ends.total() // 4


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_a_program_with_something_in_the_wrong_place_is_refused_or_ends_as_cpython_does():
    found = on_mutants(range(60))
    assert not found.differences, found.differences[0]
    assert found.ends["returned"] >= 15
    assert found.ends["refused"] >= 5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_hundreds_of_programs_with_something_in_the_wrong_place():
    assert not on_mutants(range(60_000, 60_250)).differences


@pytest.mark.slow
def test_hundreds_of_programs_on_symbols():
    agreed(on_symbols(range(30_000, 30_300)))


@pytest.mark.slow
def test_hundreds_of_programs_on_constants():
    agreed(on_constants(range(40_000, 40_300)))


@pytest.mark.slow
def test_many_programs_with_cut_loops():
    assert not behind_cuts(range(50_000, 50_060)).differences


# ---------------------------------------------------------------- the programs


def test_the_programs_use_every_construct_of_the_language():
    nodes = {type(node).__name__ for seed in range(60) for node in ast.walk(ast.parse(program(seed, 14).text))}
    statements = {"Assign", "AnnAssign", "AugAssign", "Return", "Raise", "If", "While", "For", "Try", "Expr", "Pass"}
    assert nodes >= statements | {"Break", "Continue", "ClassDef", "FunctionDef", "ImportFrom", "ExceptHandler"}
    expressions = {"Name", "Constant", "Attribute", "Call", "Compare", "BinOp", "UnaryOp", "BoolOp", "IfExp", "Tuple"}
    assert nodes >= expressions | {"Subscript", "JoinedStr", "keyword"}
    operators = {"Add", "Sub", "Mult", "FloorDiv", "Mod", "BitAnd", "BitOr", "BitXor", "LShift", "RShift", "Pow"}
    assert nodes >= operators | {"USub", "Invert", "Not", "And", "Or", "Is", "IsNot"}
    assert nodes >= {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"}


def test_a_program_is_told_by_its_number():
    assert program(7) == program(7)
    assert program(7).text != program(8).text


# ---------------------------------------------------------------- a prover that is wrong is noticed


def differs(compare: Callable[..., Comparison] = on_symbols, count: int = 60) -> bool:
    """Whether some of the first programs show a difference."""
    return any(compare(range(start, start + 10)).differences for start in range(0, count, 10))


def test_a_quotient_that_is_rounded_up_is_noticed(monkeypatch: pytest.MonkeyPatch):
    divide = SymInt.__floordiv__
    monkeypatch.setattr(SymInt, "__floordiv__", lambda a, b: divide(a + 1, b))
    assert differs()


def test_a_comparison_that_takes_equal_for_less_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(SymInt, "__lt__", SymInt.__le__)
    assert differs()


def test_a_bit_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch):
    masked = operators._masked
    monkeypatch.setattr(operators, "_masked", lambda a, mask: masked(a, mask & (mask - 1)))
    assert differs()


def test_a_branch_that_takes_the_other_side_is_noticed(monkeypatch: pytest.MonkeyPatch):
    branch = path.Path.branch

    def swapped(self: Any, condition: Any) -> bool:
        number = len(self.decisions)
        side = branch(self, condition)
        return side if len(self.decisions) == number else not side

    monkeypatch.setattr(path.Path, "branch", swapped)
    assert differs()


def test_a_side_that_is_never_taken_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(path.Path, "_first_feasible", lambda self, condition: True)
    assert differs()


def test_a_store_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch):
    write = SymMemory.write

    def forgetful(self: Any, field: Any, address: Any, value: Any) -> None:
        write(self, field, address, self.arrays[f"{field.struct.__name__}.{field.name}"][address])

    monkeypatch.setattr(SymMemory, "write", forgetful)
    assert differs()


def test_a_field_that_is_taken_for_narrower_than_it_is_is_noticed(monkeypatch: pytest.MonkeyPatch):
    know = SymMemory._know_range
    monkeypatch.setattr(SymMemory, "_know_range", lambda self, term, width: know(self, term, width - 1))
    assert differs()


def test_results_that_are_not_shown_to_be_words_are_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(path.Path, "arithmetic", lambda self, term: None)
    assert differs()


def test_headers_that_are_not_shown_to_be_there_are_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(SymMemory, "_show_claimed", lambda self, struct, address: None)
    assert differs()


def test_a_finally_that_is_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runtime.Engine, "running", staticmethod(lambda: False))
    assert differs()


def test_a_loop_that_forgets_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch):
    havoc = cut.Cut.havoc

    def remembering(self: Any, *locals_: Any) -> tuple[Any, ...]:
        arrays = dict(path.current().memory.arrays)
        havoc(self, *locals_)
        path.current().memory.arrays.update(arrays)
        return locals_

    monkeypatch.setattr(cut.Cut, "havoc", remembering)
    assert differs(behind_cuts, 30)
