"""What a run of the page tables sees is reported under the theorem that says it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from model.language.logic import Transition
from proofs.address_space.live.theorems import BOUNDS, KNOWN, THEOREMS, theorem_of
from proofs.address_space.subject import SUBJECT
from proofs.virtual_memory.subject import SUBJECT as PAGED

NAMED = [
    (subject, operation, fact)
    for subject in (SUBJECT, PAGED)
    for operation, facts in KNOWN[subject.name].items()
    for fact in facts
]
RAISES_ONLY = "raises_only"
"""The theorem of every operation that names no exception."""


@pytest.mark.parametrize(("subject", "operation", "fact"), NAMED)
def test_every_fact_is_that_of_a_theorem(subject, operation, fact):
    contract = subject.operation(operation)
    theorems = {clause.name for clause in (*contract.ensures, *subject.invariants)}
    assert theorem_of(subject, operation, fact) in theorems | {RAISES_ONLY}


def test_what_no_theorem_says_keeps_its_name():
    assert theorem_of(SUBJECT, "map", "pages") == "all_fresh"
    assert theorem_of(SUBJECT, "store", "faults") == "faults"
    assert theorem_of(PAGED, "unmap", "pages") == "all_cleared"
    assert theorem_of(PAGED, "map", "pages") == "pages_are_fresh"
    assert theorem_of(PAGED, "walk", "pages") == "pages"


@pytest.mark.parametrize("operation", BOUNDS)
@pytest.mark.parametrize("pages", [1, 7])
def test_the_bounds_are_those_of_the_theorems(operation, pages):
    theorem = THEOREMS[operation]["cost"]
    (law,) = [clause for clause in SUBJECT.operation(operation).ensures if clause.name == theorem]
    bound = BOUNDS[operation](pages)
    before, after = SimpleNamespace(free_frames=5), SimpleNamespace(free_frames=5 + pages)
    costs = [Transition(0, None, None, before, {"pages": pages}, cost=bound + more) for more in (0, 1)]
    assert [bool(law.formula(replace(t, ghost_after=after))) for t in costs] == [True, False]
