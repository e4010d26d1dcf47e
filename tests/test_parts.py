"""A subject may be made of several modules: the loops of each are cut, and nothing bypasses their editions."""

import types
from dataclasses import replace

import pytest

import impl.regions
from proofs.engine.edition import load_symbolic
from proofs.engine.operation import verify
from proofs.engine.path import EngineError
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from proofs.registry import proof_of
from tests.toys import Toy, ensures

PART = """
from model.language.annotations import loop

STEP = 1

def count(n, cell):
    i = 0
    while i < n:
        loop("spec", i, n)
        i = i + STEP
    return i
"""
LOADS = PART.replace("i = i + STEP", "i = i + STEP + 0 * cell.b")
SPEC = """
def spec(i, n):
    return Loop([("range", "i does not pass n", (0 <= i) & (i <= n))], n - i, costless=True)
"""
CALLER = """
    def run(self, n):
        self.a = 1
        return count(n, self)
"""
FROM = "from toy_part import count"

returns_n = ensures("returns_n", lambda t: t.result == t.n)
pays_one = ensures("pays_one", lambda t: t.cost == 1)


def toy(statement: str, demands=(returns_n, pays_one), spec: str = SPEC) -> Toy:
    """A toy whose loop lies in ``toy_part``, from which it imports with that statement."""
    toy = Toy(CALLER, spec, demands, before=statement)
    module = types.ModuleType("toy_part")
    module.__file__ = "/nowhere/toy_part.py"
    toy.proof = replace(toy.proof, parts=(module,))
    return toy


def subject_module() -> types.ModuleType:
    """A module that lies nowhere."""
    module = types.ModuleType("toy")
    module.__file__ = "/nowhere/toy.py"
    return module


def report(toy: Toy, part: str = PART):
    return prove([toy.proof], (), Options(jobs=1, sources={"toy": toy.source, "toy_part": part}))


def unproved(toy: Toy, part: str = PART) -> set[str]:
    return {t.id.removeprefix("toy.run.") for t in report(toy, part).theorems if t.verdict is not Verdict.PROVED}


def test_the_loop_of_a_part_is_cut_and_proved_for_any_number_of_rounds():
    found = report(toy(FROM))
    assert all(t.verdict is Verdict.PROVED for t in found.theorems)
    assert {"toy.run.spec.range", "toy.run.spec.terminates", "toy.run.returns_n"} <= {t.id for t in found.theorems}


@pytest.mark.parametrize(
    ("old", "new", "open_"),
    [
        ("i < n", "i + 1 < n", "returns_n"),
        ("STEP = 1", "STEP = 2", "spec.range"),
        ("STEP = 1", "STEP = 0", "spec.terminates"),
        ("return i", "return i + 1", "returns_n"),
    ],
)
def test_a_fault_in_a_part_is_seen(old, new, open_):
    assert PART.count(old) == 1
    assert open_ in unproved(toy(FROM), PART.replace(old, new))


@pytest.mark.parametrize(
    "statement",
    ["import toy_part", "import toy_part as count", "from .toy_part import count", "from toy_part import *"],
)
def test_an_import_that_would_bypass_the_edition_of_a_part_is_refused(statement):
    subject = toy(statement)
    with pytest.raises(EngineError, match="import"):
        verify(subject.proof, subject.proof.subject.operations[0], subject.source, {"toy_part": PART})


def test_a_part_of_a_package_is_imported_by_its_own_name_only():
    with pytest.raises(EngineError, match="the import of regions from impl"):
        load_symbolic(subject_module(), None, "from impl import regions", (impl.regions,))


def test_the_original_of_a_part_is_not_touched():
    before = dict(vars(impl.regions))
    names = proof_of("frame_allocator").says
    edition = load_symbolic(subject_module(), None, "from impl.regions import clip", (impl.regions,), names=names)
    assert edition.clip is not impl.regions.clip
    assert vars(impl.regions) == before


def test_a_loop_that_says_it_costs_nothing_and_loads_is_an_error():
    subject = toy(FROM)
    with pytest.raises(EngineError, match="'cost'"):
        verify(subject.proof, subject.proof.subject.operations[0], subject.source, {"toy_part": LOADS})


def test_without_that_word_the_cost_of_a_loop_is_unknown():
    assert "pays_one" in unproved(toy(FROM, spec=SPEC.replace(", costless=True", "")))
