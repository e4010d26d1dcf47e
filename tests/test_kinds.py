"""The result of an operation on which others rely is of the kind that they get."""

import pytest

from model.language.logic import Clause, Operation, Subject
from proofs.engine.operation import Proof
from tests.strangers import module_of, nothing, open_theorems, text

there = Clause("there", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])


@pytest.mark.parametrize(
    ("returns", "result", "proved"),
    [
        ("word", "self.a", True),
        ("word", "-5", False),
        ("word", "2**64", False),
        ("word", "self.a > 0", False),
        ("word", "self", False),
        ("word", "None", False),
        ("word", '"word"', False),
        ("flag", "self.a > 0", True),
        ("flag", "self.a", False),
        ("nothing", "None", True),
        ("nothing", "self.a", False),
        ("area", "Area(self.a, 5)", True),
        ("area", "Area(self.a, -5)", False),
        ("area", "Area(self.a, self)", False),
        ("area", "(self.a, 5)", False),
        ("view", "self", False),
    ],
)
def test_a_result_is_of_the_kind_that_callers_get(returns: str, result: str, proved: bool) -> None:
    tell = Operation("tell", (), lambda t: t.ghost, (), raises=(), changes=(), returns=returns)
    proof = Proof(Subject("toy", (there,), (tell,)), module_of("toy"), "Cell", ("Cell",), nothing, nothing)
    source = f"from impl.regions import Area\n{text('Cell', 'tell', f'return {result}')}"
    assert (open_theorems((proof,), {"toy": source}) == set()) is proved
