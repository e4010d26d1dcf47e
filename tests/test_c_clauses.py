"""Each clause of the heap's contract has a heap that breaks just it; the quick judge and the contract agree."""

import pytest

from model.heap.contract import PUBLIC
from model.heap.state import MOST_HOLES, Holdings, Promise
from proofs.c_check.campaign import Disagreement, Options, check
from proofs.c_check.compiler import HEADERS, find_compiler
from proofs.c_check.judging import agree, judged
from tests.c_heaps import CLAUSES, PLAIN, RIGHT, driver_of, needs_compiler, sources
from tests.c_heaps import driver_object as _driver_object  # noqa: F401
from tests.test_sentences import LEANS

pytestmark = [needs_compiler, pytest.mark.usefixtures("_driver_object")]
CALLS = 40_000


def test_the_driver_knows_the_clauses_of_the_contract_and_no_others():
    ours = {clause.name for operation in PUBLIC.operations for clause in operation.ensures}
    assert ours == set(CLAUSES)


def test_the_clauses_of_each_call_stand_in_the_drivers_order():
    for operation in PUBLIC.operations:
        places = [CLAUSES.index(clause.name) for clause in operation.ensures]
        assert places == sorted(places), operation.name


def test_every_sentence_stands_alone():
    sentences = {clause.sentence for operation in PUBLIC.operations for clause in operation.ensures}
    assert [sentence for sentence in sentences if LEANS.match(sentence)] == []


def test_the_driver_remembers_as_many_holes_as_the_contract():
    assert f"DS_HOLES = {MOST_HOLES}," in (HEADERS / "judge.h").read_text()


@pytest.mark.parametrize("number", range(1, len(CLAUSES) + 1), ids=CLAUSES)
def test_a_heap_that_breaks_one_clause_is_found_to_break_just_that(number, tmp_path):
    with driver_of(sources("breakers.c", f"BREAKS={number}"), tmp_path) as driver:
        facts = driver.facts()
        found = driver.search(0, 0, CALLS, 300)
        assert found.history is not None
        judgement, verdict = judged(driver, found.history, facts)
        assert judgement.clause is not None
        assert judgement.clause.name == CLAUSES[number - 1]
        assert agree(judgement, verdict)


@pytest.mark.parametrize("file", [*RIGHT, "breakers.c"])
def test_the_quick_judge_and_the_contract_find_nothing_wrong_with_a_right_heap(file, tmp_path):
    with driver_of(sources(file), tmp_path) as driver:
        facts = driver.facts()
        assert driver.search(1, 0, 20_000, 300).history is None
        for number in range(4):
            judgement, verdict = judged(driver, driver.history(7, number, 60), facts)
            assert agree(judgement, verdict)
            assert judgement.clause is None
            assert judgement.checks > 20


def test_a_quick_judge_that_is_wrong_is_an_error_of_the_tool(tmp_path, monkeypatch):
    """The contract without a clause finds nothing where the driver finds something: nobody is blamed."""
    operations = {operation.name: operation for operation in PUBLIC.operations}
    monkeypatch.setattr(type(PUBLIC), "operation", lambda self, name: operations["free_null"])
    with pytest.raises(Disagreement):
        check(sources("breakers.c", "BREAKS=14"), [PLAIN], Options(calls=5000), find_compiler(), tmp_path)


# ---------------------------------------------------------------- what the user holds


def test_a_block_that_is_granted_fills_the_gap_that_it_lies_in_and_no_other():
    held = Holdings(0, 1000, promise=Promise(first_fit=True))
    for block, address in enumerate((0, 100, 200, 300)):
        held = held.lent(block, address, 50)
    held = held.given_back(1).given_back(3)
    assert held.holes == ((100, 50), (300, 50))
    assert held.gap(120) == (50, 200)
    assert held.lent(4, 60, 10).holes == ((300, 50),)
    assert (held.count, held.total) == (2, 100)


def test_the_rest_of_a_freed_block_is_a_hole_as_far_as_the_heap_says_how_it_splits():
    """A block of 100 bytes is freed, and 20 of them are granted again, at its beginning."""
    for splits, holes in ((0, ()), (30, ((150, 50),)), (80, ())):
        held = Holdings(0, 1000, promise=Promise(best_fit=True, splits=splits)).lent(0, 100, 100).lent(1, 300, 50)
        assert held.given_back(0).lent(2, 100, 20).holes == holes
        assert held.given_back(0).lent(2, 101, 20).holes == ()


def test_a_best_fit_that_loses_the_order_of_its_list_is_found_by_what_a_split_leaves(tmp_path):
    for number, defines in enumerate(((), ("DEFECT_UNSORTED",))):
        (tmp_path / str(number)).mkdir()
        with driver_of(sources("sorted.c", *defines), tmp_path / str(number)) as driver:
            found = driver.search(0, 0, 100_000, 300)
            assert (found.verdict.clause if found.verdict else "") == ("fits_best" if defines else "")
            if found.history is not None:
                judgement, verdict = judged(driver, found.history, driver.facts())
                assert agree(judgement, verdict)


def test_nothing_but_what_is_declared_is_asked_of_a_heap():
    promise = Promise()
    assert promise.alignment == 1
    assert not any(value for name, value in vars(promise).items() if name != "alignment")
