"""The specification of a subject as one text: all that its public theorems state, and no hint."""

import re
from dataclasses import replace
from functools import cache
from importlib import import_module

import pytest
from click.testing import CliRunner

from proofs import registry, spec
from proofs.cli import drystone
from proofs.engine.helping import helped
from proofs.show_commands import theorems_of

OWN = (
    *("safety", "machine_width", "raises_only", "relocatable", "reachable", "rests", "state", "stateless", "executes"),
    *("terminates", "calls"),
)
"""Theorems that the prover states of every operation; the text says so at its end."""
HINTS = ("trigger=", "needs=", "lemma=", "inner=", "loop(", "hold(", "advance(")


@cache
def text_of(name: str) -> str:
    return spec.specification(registry.public_of(name), registry.state_of(name))


@pytest.fixture(scope="module", params=registry.SUBJECTS)
def subject(request):
    return registry.public_of(request.param)


def test_nothing_in_it_is_a_hint(subject):
    text = text_of(subject.name)
    assert [hint for hint in HINTS if hint in text] == []


def test_every_clause_stands_in_it_with_its_sentence(subject):
    flat = " ".join(text_of(subject.name).split())
    clauses = [*subject.invariants, *(one for operation in subject.operations for one in spec.clauses_of(operation))]
    clauses += [one for operation in subject.operations for one in operation.requires]
    assert [clause.name for clause in clauses if f"{clause.name}: {clause.sentence}" not in flat] == []


def test_it_tells_its_length(subject):
    *text, last = text_of(subject.name).splitlines()
    assert last == f"{len(text) - 1} lines"


@pytest.mark.parametrize("name", ["segment_heap", "block_heap"])
def test_nothing_that_a_public_theorem_states_is_left_out(name):
    public = registry.public_of(name)
    proved = registry.proof_of(name).subject.operations
    inner = {clause.name for operation in proved for clause in operation.ensures if clause.inner}
    text = text_of(name)
    for theorem in theorems_of([name], ()):
        _, operation, *rest = theorem.id.split(".")
        if operation not in public.names or rest[0] in OWN or len(rest) > 1 or rest[0] in inner:
            continue
        assert f"\n{rest[0]}: " in text, theorem.id


def test_public_operations_are_among_those_that_are_proved_and_promise_the_same(subject):
    proved = [one.promise for one in registry.proof_of(subject.name).subject.operations]
    assert all(one.promise in proved for one in subject.operations)
    assert all(one.promise == one for one in subject.operations)
    assert registry.proof_of(subject.name).subject.invariants == subject.invariants


def test_the_command_prints_it():
    found = CliRunner().invoke(drystone, ["spec", "segment_heap"], standalone_mode=False)
    assert found.output == text_of("segment_heap")


def test_a_name_that_is_no_subject_is_a_mistake():
    found = CliRunner().invoke(drystone, ["spec", "segment"], standalone_mode=False)
    assert isinstance(found.exception, registry.UnknownSubject)


def test_words_are_those_of_the_subject():
    assert "def intact(" in text_of("segment_heap")
    assert re.search(r"^GRANULE = 16$", text_of("segment_heap"), re.MULTILINE)
    assert import_module("model.segment_heap.contract").PUBLIC is registry.public_of("segment_heap")


def without(operation, name):
    return replace(operation, ensures=[one for one in operation.ensures if one.name != name])


def hidden(operation, name):
    return replace(operation, ensures=[replace(one, inner=one.name == name) for one in operation.ensures])


def weakened(operation, name):
    true = [replace(one, formula=lambda t: True) if one.name == name else one for one in operation.ensures]
    return replace(operation, ensures=true)


@pytest.mark.parametrize("change", [without, hidden, weakened])
def test_a_subject_is_not_made_of_operations_that_promise_less(change):
    public = registry.public_of("segment_heap")
    with pytest.raises(ValueError, match="what is proved is not what is promised: free"):
        public.made_of(change(one, "merges_neighbours") if one.name == "free" else one for one in public.operations)


def test_a_subject_may_be_made_of_operations_whose_proofs_are_helped():
    public = registry.public_of("segment_heap")
    step = replace(public.operation("free").ensures[0], name="step", formula=lambda t: True)
    free = helped(public.operation("free"), ("merges_neighbours",), {"merges_neighbours": (step,)})
    made = public.made_of(free if one.name == "free" else one for one in public.operations)
    assert [one.name for one in made.operation("free").ensures if one.inner] == ["step"]
    with pytest.raises(KeyError, match="ensures nothing called gone"):
        helped(public.operation("free"), ("gone",))


def test_what_a_clause_speaks_of_stands_beside_its_formula():
    """A guard, and what a formula that many contracts share stands for in this one."""
    text = spec.specification(registry.public_of("bin_heap"), registry.state_of("bin_heap"))
    assert "with condition = refused_when_locked\n    with error = 'LockError'" in text
    assert "def refused_when_locked(t: Transition) -> Truth:\n    return lock_of(t.old, t.heap) != 0" in text
    assert "with arguments = ('size',)" in text
    segments = spec.specification(registry.public_of("segment_heap"), registry.state_of("segment_heap"))
    assert "only where granted(t):\n    for each of ghost.headers:\n    def first_fit" in segments


def test_a_law_that_is_said_of_something_else_is_shown_itself_and_of_what_it_is_said():
    flat = " ".join(text_of("bin_heap").split())
    assert "now [BIN-12] only where returned(t): of as_block(of_product(t)): def given_out(t: Transition)" in flat
    assert "there: the descriptor is there, with its bitmap def descriptor(state" in flat
