"""What a run of the page tables sees is reported under the theorem that says it."""

import pytest

import model.translation
from model.address_space import SUBJECT
from proofs.checking.space_theorems import THEOREMS, theorem_of

NAMED = [(operation, fact) for operation, facts in THEOREMS.items() for fact in facts]
RAISES_ONLY = "raises_only"
"""The theorem of every operation that names no exception."""


@pytest.mark.parametrize(("operation", "fact"), NAMED)
def test_every_fact_is_that_of_a_theorem(operation, fact):
    contract = SUBJECT.operation(operation)
    theorems = {clause.name for clause in (*contract.ensures, *SUBJECT.invariants)}
    assert THEOREMS[operation][fact] in theorems | {RAISES_ONLY}


def test_what_no_theorem_says_keeps_its_name():
    assert theorem_of(SUBJECT, "map", "pages") == "all_fresh"
    assert theorem_of(SUBJECT, "store", "faults") == "faults"
    assert theorem_of(model.translation.SUBJECT, "unmap", "pages") == "pages"
