"""Annotations say the names of specifications; what they stand for, the record of the proof defines, nobody else."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

import impl
from model.language.annotations import advance, advancing, claiming, hold, loop, observed
from proofs.engine.annotations import Names, named
from proofs.engine.cache import Cache
from proofs.engine.edition import compiled
from proofs.engine.modules import is_annotation
from proofs.engine.operation import Proof
from proofs.engine.path import EngineError
from proofs.engine.refusal import Refused
from proofs.engine.specification import digest_of
from proofs.engine.verdict import Verdict
from proofs.registry import SUBJECTS, proof_of
from proofs.segment_heap.loops import walk_for_fit
from tests.toys import Toy, ensures

BELOW = """
def spec(cell, i, n):
    return Loop([("range", "i does not pass n", (0 <= i) & (i <= n))], n - i)
"""
COUNT = """
    def run(self, n):
        i = 0
        while i < n:
            loop("spec", self, i, n)
            i = i + 1
        return i
"""
returns_n = ensures("returns_n", lambda t: t.result == t.n)


def spec() -> int:
    return 1


def other_spec() -> int:
    return 2


other_spec.__name__ = "spec"


# ---------------------------------------------------------------- what a record defines


def test_specifications_are_called_by_their_own_names():
    first = named(walk_for_fit)
    assert named(first, spec, spec) == {"walk_for_fit": walk_for_fit, "spec": spec}


def test_two_specifications_of_one_name_are_an_error_wherever_they_come_from():
    with pytest.raises(EngineError, match="two specifications are called 'spec'"):
        named(spec, other_spec)
    with pytest.raises(EngineError, match="two specifications are called 'spec'"):
        named(named(spec), named(walk_for_fit, other_spec))


def test_what_has_no_name_cannot_be_said():
    with pytest.raises(EngineError, match="has no name"):
        named(lambda: 1)
    with pytest.raises(EngineError, match="has no name"):
        named(3)


def test_a_record_calls_no_specification_by_another_name():
    with pytest.raises(EngineError, match="the record of toy calls a specification by another name"):
        replace(Toy(COUNT, BELOW).proof, annotations={"walk_for_fit": spec})


def test_what_a_record_defines_does_not_change():
    with pytest.raises(TypeError):
        proof_of("segment_heap").annotations["walk_for_fit"] = spec


# ---------------------------------------------------------------- what a program says


def test_the_name_stands_for_what_the_record_defines():
    toy = Toy(COUNT, BELOW, [returns_n])
    assert toy.open() == set()
    toy.proof = replace(toy.proof, annotations=named())
    assert toy.report().verdict is Verdict.ERROR


def test_a_name_that_is_not_defined_is_refused_with_its_place_before_anything_runs():
    toy = Toy(COUNT.replace('"spec"', '"spek"'), BELOW)
    with pytest.raises(Refused) as refused:
        toy.paths()
    line = toy.line_of('loop("spek"')
    told = "no specification is called 'spek': the proof record of toy defines spec"
    assert str(refused.value) == f"/nowhere/toy.py:{line}: {told}"


def test_of_many_names_the_nearest_are_told():
    names = Names("pool", frozenset({"walk", "walks", "talk", "walked", "chalk", "unlike"}))
    assert names.unknown("f", ast.Name("x", lineno=1), "walkk").instead.endswith("and 2 more")
    assert names.unknown("f", ast.Name("x", lineno=1), "walkk").instead.startswith(
        "the proof record of pool defines walk"
    )
    assert (
        Names("pool").unknown("f", ast.Name("x", lineno=1), "walk").instead == "the proof record of pool defines none"
    )


def test_a_function_of_the_program_is_not_what_its_name_stands_for():
    mine = "def spec(cell, i, n):\n    return 0\n"
    assert Toy(COUNT, BELOW, [returns_n], before=mine).open() == set()
    with pytest.raises(Refused, match="no specification is called 'spec'"):
        Toy(COUNT, "", [returns_n], before=mine).paths()


def test_a_specification_is_looked_at_before_it_is_used():
    with pytest.raises(EngineError, match=r"a specification may not have type\(\)"):
        Toy(COUNT, BELOW.replace("0 <= i", "type(i) == int")).paths()


def test_a_specification_gets_at_no_other_that_was_not_looked_at():
    other = "cell.memory.operation.specifications['other'](i)"
    reaching = BELOW.replace("0 <= i", other) + "\n\ndef other(i):\n    return type(i) == int\n"
    with pytest.raises(EngineError, match=r"in other: a specification may not have type\(\)"):
        Toy(COUNT, reaching).paths()


# ---------------------------------------------------------------- what is remembered


def test_what_is_remembered_of_an_operation_depends_on_its_specifications():
    one, other = (Toy(COUNT, text).proof for text in (BELOW, BELOW.replace("i <= n", "i <= n + 1")))
    again = Toy(COUNT, BELOW).proof
    assert digest_of(one.annotations) == digest_of(again.annotations) != digest_of(other.annotations)
    assert digest_of(replace(one, annotations=other.annotations)) != digest_of(one)
    assert digest_of(replace(one, annotations=again.annotations)) == digest_of(one)


def test_a_changed_specification_is_not_proved_by_what_was_remembered(tmp_path):
    sound, false = Toy(COUNT, BELOW), Toy(COUNT, BELOW.replace("i <= n", "i < n"))
    assert sound.source == false.source
    for _ in range(2):
        assert sound.report(cache=Cache(tmp_path / "c")).verdict is Verdict.PROVED
        assert false.report(cache=Cache(tmp_path / "c")).verdict is Verdict.REFUTED


# ---------------------------------------------------------------- the programs that there are


def said_in(trees: list[ast.Module]) -> set[str]:
    """The names that annotations say."""
    calls = [node for tree in trees for node in ast.walk(tree) if is_annotation(node)]
    return {call.args[0].value for call in calls}


def said_by(proof: Proof) -> set[str]:
    """The names that annotations say in all modules of a subject's program."""
    program = compiled(proof.module, None, proof.parts, None, proof.outside.state, proof.says)
    return said_in([module.tree for module in program.modules.values()])


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_record_defines_what_its_program_says_and_nothing_else(name):
    proof = proof_of(name)
    assert said_by(proof) == set(proof.annotations)


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_function_of_a_program_is_left_out_of_the_language(name):
    proof = proof_of(name)
    program = compiled(proof.module, None, proof.parts, None, proof.outside.state, proof.says)
    assert not [one for found in program.refusals.values() for one in found if "no specification" in one.construct]


def test_every_name_in_the_allocators_is_defined_by_some_record():
    trees = [ast.parse(file.read_text()) for file in Path(impl.__file__).parent.glob("*.py")]
    assert said_in(trees) == {name for subject in SUBJECTS for name in proof_of(subject).annotations}


@pytest.mark.parametrize("file", sorted(Path(impl.__file__).parent.glob("*.py")), ids=lambda file: file.stem)
def test_an_allocator_takes_from_the_model_the_annotations_alone(file):
    nodes = list(ast.walk(ast.parse(file.read_text())))
    sources = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    sources |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert {source for source in sources if source.split(".")[0] == "model"} <= {"model.language.annotations"}


# ---------------------------------------------------------------- an ordinary run


def test_in_an_ordinary_run_annotations_do_nothing():
    assert (loop("nobody", 1), hold("nobody", 2), advance("nobody", 3)) == (None, None, None)


def test_an_observer_hears_the_name_and_the_state():
    heard = []
    hear = lambda name, state: heard.append((name, state))  # noqa: E731
    with observed(hear), claiming(hear), advancing(hear):
        loop("walk", 1, 2)
        hold("apart", 3)
        advance("taken")
    loop("walk", 4)
    assert heard == [("walk", (1, 2)), ("apart", (3,)), ("taken", ())]
