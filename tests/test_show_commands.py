"""list and show: what is to be proved, told without proving it."""

import json

import pytest
import z3

from proofs import registry
from proofs.show_commands import written


def test_list_names_theorems_with_their_sentences(run):
    status, out, _ = run("list", "segment_heap.init", "--format", "json")
    theorems = json.loads(out)
    assert status == 0
    assert all(t.keys() == {"id", "sentence", "step"} and t["id"].startswith("segment_heap.init.") for t in theorems)
    assert {"segment_heap.init.safety", "segment_heap.init.init_maps"} <= {t["id"] for t in theorems}
    plain = run("list", "segment_heap.init")[1]
    assert all(t["id"] in plain and t["sentence"] in plain for t in theorems)


def test_list_tells_steps_of_a_proof_from_theorems(run):
    """A step may do no more than mention a term: it is none of the theorems that are counted."""
    out = run("list", "address_space.map_reserved", "--format", "json")[1]
    steps = {t["id"].split(".")[-1] for t in json.loads(out) if t["step"]}
    assert "ends_looked_at" in steps
    assert "map_reserved_refuses" not in steps
    assert "ends_looked_at  (a step of the proof)" in run("list", "address_space.map_reserved")[1]


def test_show_tells_sentence_formula_and_obligations(run):
    status, out, _ = run("show", "segment_heap.dump.dump_cost")
    assert status == 0
    assert "dump costs at most 4 loads per segment and 2" in out
    assert "return t.cost <= 2 + 4 * t.ghost.count" in out
    assert "obligations for the solver" in out


@pytest.mark.parametrize("name", registry.SUBJECTS)
def test_the_formula_of_every_clause_can_be_shown(name):
    """Also of those that come from a part, a law, or a contract that many share."""
    subject = registry.proof_of(name).subject
    clauses = [*subject.invariants, *(one for operation in subject.operations for one in operation.ensures)]
    assert clauses
    assert all("".join(written(one)).strip() for one in clauses)


def test_show_tells_of_an_operation_what_it_starts_from_ensures_and_rests_on(run):
    status, out, _ = run("show", "stack.whole")
    assert status == 0
    assert "starts from" in out
    assert "no physical byte has two live owners" in out
    for theorem in ("segment_heap.allocate: nothing_outside", "stack.apart: still_whole", "stack.bin_heap_framed"):
        assert theorem in " ".join(out.split())
    assert run("show", "stack.nothing")[0] == 5


def test_show_prints_smt_lib_that_a_solver_reads(run):
    status, out, _ = run("show", "segment_heap.dump.dump_cost", "--smt", "1")
    assert status == 0
    assert out.rstrip().endswith("(check-sat)")
    solver = z3.Solver()
    solver.from_string(out.replace("(check-sat)", ""))
    assert solver.check() == z3.unsat
    status, _, error = run("show", "segment_heap.dump.dump_cost", "--smt", "999")
    assert status == 5
    assert "there is no number 999" in error
