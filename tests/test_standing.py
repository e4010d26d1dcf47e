"""The solver's candidate is laid out on a machine: a run from there refutes, and what is no state refutes nothing."""

import sys

import pytest

from model.library.state import Parts
from proofs.checking import derived
from proofs.engine.candidate import WINDOW
from proofs.plain import made_of
from proofs.scaffold.writing import new_project
from tests.projects import drystone, replaced

RARE = "        if size == 123 and self.end == 3001:\n            self.top = top + 124\n            return top\n"
GOOD = "        self.top = top + size\n        return top\n"


@pytest.fixture
def arena(tmp_path):
    """A new project."""
    new_project("arena", tmp_path / "mine")
    return tmp_path / "mine"


@pytest.mark.slow
def test_a_defect_that_random_calls_do_not_meet_is_shown_from_the_candidate(arena):
    replaced(arena / "arena" / "impl.py", GOOD, RARE + GOOD)
    said = drystone("prove", at=arena, status=1)
    assert "random operations on the real allocator broke no theorem" in said
    assert "REFUTED arena.allocate.truthful" in said
    script = (
        said.split("a run of the real allocator that breaks it:\n")[1].split("\n\nREFUTED")[0].split("\n  the heap")[0]
    )
    assert "world.run_there('allocate', 123)" in script
    (arena / "history.py").write_text("\n".join(line.removeprefix("    ") for line in script.splitlines()))
    said = drystone(at=arena, status=1, program=(sys.executable, "history.py"))
    assert "VIOLATED arena.allocate" in said
    assert "also violated: arena.allocate.truthful" in said


FOOLING = """\
from drystone.proofs import registry
from drystone.proofs.checking.standing import stands
from drystone.proofs.engine.candidate import Proposal

operation = registry.proof_of("arena").subject.operation("allocate")
STATE = {"heap": 64, "arena.start": 200, "arena.top": 300, "arena.end": 3001, "size": 123}
RAM = {"claimed.Arena": {64: True}, "Arena.start": {64: 200}, "Arena.top": {64: 300}, "Arena.end": {64: 3001}}


def what_comes(values=(), maps=()):
    maps = {name: (entries, 0) for name, entries in {**RAM, **dict(maps)}.items()}
    found, told = stands("arena", operation, Proposal({**STATE, **dict(values)}, maps), None)
    print(found.theorem or told)


what_comes()
what_comes({"arena.top": 301})
what_comes({"arena.start": 0}, {"Arena.start": {64: 0}})
what_comes({"arena.top": 199}, {"Arena.top": {64: 199}})
what_comes({"heap": 0})
what_comes({}, {"claimed.Arena": {64: True, 72: True}})
what_comes({"arena.end": 2**64}, {"Arena.end": {64: 2**64}})
what_comes({"size": 124})
what_comes({"size": 2**64})
"""
TOLD = """\
arena.allocate.allocate_cost
not so that RAM holds the numbers of the abstract arena
not so that live memory lies before free memory, and does not begin at NULL
not so that live memory lies before free memory, and does not begin at NULL
not so that a descriptor lies above address 0
cannot be laid out on a machine (ShadowViolation
cannot be laid out on a machine (Violation
from there the operation breaks nothing
from there the operation breaks nothing
"""


def test_what_is_no_state_refutes_nothing(arena):
    replaced(arena / "arena" / "impl.py", GOOD, RARE + GOOD)
    (arena / "fooling.py").write_text(FOOLING)
    said = drystone("fooling.py", at=arena, program=(sys.executable,))
    for told, expected in zip(said.splitlines(), TOLD.splitlines(), strict=True):
        assert expected in told


def test_a_map_of_a_candidate_is_set_wherever_it_may_be_redefined():
    literals = {"Word": 0, "Truth": False, "GhostSet": [8], "GhostMap": ({5: 1}, 0), "FlagMap": ({}, True)}
    names = {}
    made_of(Parts, lambda kind, name: names.setdefault(name, literals[kind]))
    state = derived.ghost_of(Parts, names)
    moved = state.following.redefined(lambda x: state.following[x] + 1)
    assert (moved[5], moved[7], moved[WINDOW]) == (2, 1, 0)
    assert state.small.free[9] is True and state.small.free[WINDOW] is False
    assert state.ring.nodes[8] and not state.ring.nodes[9]
