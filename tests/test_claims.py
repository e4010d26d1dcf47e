"""Every documented statement has its theorem; a theorem that is deleted is missed; citations are read as they stand."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from proofs import registry
from proofs.claims import NoTests, StrayCitation, citations, claims
from proofs.cli import main
from tests.mistakes.mistake import CONTRACT, Mistake, replace_in
from tests.test_mistakes import told

ROOT = Path(__file__).parent.parent
COUNTS = {
    "segment_heap": 14,
    "bin_heap": 16,
    "block_heap": 9,
    "frame_allocator": 8,
    "bucket_heap": 8,
    "address_space": 13,
}


@pytest.fixture
def run(capfd, monkeypatch):
    """Run ``drystone claims``: (status, standard output, standard error)."""

    def running(*arguments: str):
        monkeypatch.setattr(sys, "argv", ["drystone", "claims", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        said = capfd.readouterr()
        return end.value.code, said.out, said.err

    return running


def without(monkeypatch, subject: str, clause: str) -> None:
    """Delete a clause from the model of a subject, wherever it stands."""
    proof = registry.proof_of(subject)
    operations = [
        replace(operation, ensures=tuple(c for c in operation.ensures if c.name != clause))
        for operation in proof.subject.operations
    ]
    invariants = tuple(c for c in proof.subject.invariants if c.name != clause)
    fewer = replace(proof, subject=replace(proof.subject, invariants=invariants, operations=tuple(operations)))
    ordinary = registry.proof_of
    monkeypatch.setattr(registry, "proof_of", lambda name: fewer if name == subject else ordinary(name))


def test_no_statement_of_a_subject_is_missing(run):
    status, out, err = run()
    assert (status, err) == (0, "")
    assert ", 0 MISSING" in out.splitlines()[-1]


def test_every_documented_statement_is_listed_once():
    documented = {name: registry.statements_of(name) for name in registry.SUBJECTS}
    assert {name: len(statements) for name, statements in documented.items() if statements} == COUNTS
    listed = [claim.statement.id for claim in claims()]
    assert len(set(listed)) == len(listed) == sum(COUNTS.values())


def test_json_is_a_list_with_the_promised_keys(run):
    status, out, _ = run("--format", "json")
    document = json.loads(out)
    assert status == 0
    assert all(item.keys() == {"id", "sentence", "theorems", "tests"} for item in document)
    (layout,) = [item for item in document if item["id"] == "SEG-2"]
    assert "segment_heap.free.granular" in layout["theorems"]
    assert "tests/test_segment_heap.py::test_the_header_has_the_documented_layout" in layout["tests"]


@pytest.mark.parametrize(
    ("subject", "clause", "statement"),
    [
        ("segment_heap", "rejects_invalid", "SEG-12"),
        ("segment_heap", "stored_free", "SEG-4"),
        ("block_heap", "shown", "BLK-1"),
        ("address_space", "at_most_four_loads", "MEM-13"),
    ],
)
def test_a_deleted_theorem_is_missed_and_its_statement_named(run, monkeypatch, subject, clause, statement):
    without(monkeypatch, subject, clause)
    status, out, err = run()
    assert status == 1
    assert err.startswith(f"drystone: {statement}: no theorem: ")
    assert err.count("\n") == 1
    assert ", 1 MISSING" in out.splitlines()[-1]


def test_the_prover_s_own_theorems_count_only_while_it_states_them(run, monkeypatch):
    proof = replace(registry.proof_of("frame_allocator"), relocatable=False)
    ordinary = registry.proof_of
    monkeypatch.setattr(registry, "proof_of", lambda name: proof if name == "frame_allocator" else ordinary(name))
    status, _, err = run()
    assert status == 1
    assert err.startswith("drystone: FRM-4: no theorem: ")


def test_a_statement_that_only_a_test_can_say_needs_the_test(tmp_path):
    tests = tmp_path / "tests"
    tests.mkdir()
    found = {claim.statement.id: claim for claim in claims(tests)}
    assert found["MEM-1"].missing == "neither theorem nor test"
    assert found["SEG-1"].missing == ""
    (tests / "test_ram.py").write_text('def test_frames():\n    """Costs nothing (MEM-1)."""\n')
    found = {claim.statement.id: claim for claim in claims(tests)}
    assert found["MEM-1"].missing == ""
    assert found["MEM-1"].tests == ("tests/test_ram.py::test_frames",)


def test_only_docstrings_of_tests_count(tmp_path):
    file = tmp_path / "tests" / "test_it.py"
    file.parent.mkdir()
    file.write_text(
        '"""SEG-1."""\n'
        'def helper():\n    """SEG-2."""\n'
        'def test_one():\n    """SEG-3, and SEG-3 again."""\n    "SEG-4"\n'
        'class TestIt:\n    def test_two(self):\n        """SEG-3."""\n'
    )
    assert citations(file.parent, re.compile(r"\bSEG-\d+\b")) == {
        "SEG-3": ["tests/test_it.py::test_one", "tests/test_it.py::TestIt::test_two"]
    }


def test_a_citation_of_what_is_no_statement_is_an_error(tmp_path, monkeypatch):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_it.py").write_text('def test_one():\n    """SEG-99."""\n')
    with pytest.raises(StrayCitation, match="SEG-99"):
        claims(tests)


def test_without_tests_there_is_one_clear_line(run, monkeypatch, tmp_path):
    with pytest.raises(NoTests, match="in a checkout"):
        claims(tmp_path / "tests")


@pytest.mark.slow
def test_every_theorem_that_a_claim_names_is_proved_by_a_run():
    command = [sys.executable, "-m", "proofs.cli", "prove", "--format", "json"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    proved = {one["id"] for one in json.loads(run.stdout)["theorems"] if one["verdict"] == "PROVED"}
    named = {theorem for claim in claims() for theorem in claim.theorems}
    assert named <= proved


@pytest.mark.slow
def test_a_project_makes_statements_of_its_own(tmp_path):
    own = '(INIT, TAKE), {"TIK-1": "a ticket is given out once", "TIK-2": "nobody says so"})'
    made = Mistake("statements", CONTRACT, "(INIT, TAKE))", own, "", ()).made_in(tmp_path)
    first = '@clause("a ticket that is given out is given out for the first time"'
    replace_in(made / CONTRACT, f"{first})", f'{first}, covers="TIK-1")')
    status, text, _ = told(made, tmp_path / "output", "claims")
    assert "TIK-1   a ticket is given out once\n        theorem  tickets.take.takes_a_new_one" in text
    assert "TIK-2: no theorem: nobody says so" in text
    assert status == 1
