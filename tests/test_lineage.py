"""A class in several files is one class, to the prover and to whatever runs it, and its bases fool nobody."""

from __future__ import annotations

import sys
import types
from dataclasses import replace
from importlib import import_module

import pytest

import impl.block_heap
import impl.mmu
import impl.virtual_memory
from model.language.logic import Clause, Operation, Subject
from proofs import recordlint, registry
from proofs.checking.bench import load_edition, source_of, source_with
from proofs.engine.lineage import by_module, class_in, edited, files_of, lineage
from proofs.engine.operation import Proof, verify
from proofs.engine.outside import made
from proofs.engine.path import EngineError
from proofs.engine.refusal import Refused
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from tests.test_language import load

VIRTUAL_MEMORY = registry.proof_of("virtual_memory")

# ---------------------------------------------------------------- files


def test_the_files_of_a_class_are_its_own_and_those_of_its_bases():
    assert lineage(impl.virtual_memory) == (impl.virtual_memory, impl.mmu)
    assert files_of(impl.virtual_memory) == {impl.virtual_memory.__file__, impl.mmu.__file__}
    assert lineage(impl.block_heap) == (impl.block_heap,)


def test_a_class_is_found_where_any_of_these_files_knows_it():
    assert class_in(impl.virtual_memory, "Entry") is impl.mmu.Entry
    with pytest.raises(AttributeError, match="Nothing"):
        class_in(impl.virtual_memory, "Nothing")


@pytest.mark.parametrize("name", registry.SUBJECTS)
def test_every_file_of_a_subjects_class_is_a_part_of_its_proof(name):
    proof = registry.proof_of(name)
    assert set(lineage(proof.module)[1:]) <= set(proof.parts)


@pytest.mark.parametrize("module", [impl.virtual_memory, impl.mmu])
def test_a_text_is_an_edition_of_the_module_whose_class_it_defines(module):
    assert edited(impl.virtual_memory, source_of(module)) == module.__name__


def test_any_other_text_is_one_of_the_subjects_own():
    for text in ("", "class Other:\n    pass\n", "def f(:", source_of(impl.virtual_memory) + source_of(impl.mmu)):
        assert edited(impl.virtual_memory, text) == "impl.virtual_memory"


def test_a_text_given_for_the_subject_goes_to_the_module_of_which_it_is_an_edition():
    of_tlb, own = source_of(impl.mmu), source_of(impl.virtual_memory)
    assert by_module(impl.virtual_memory, "virtual_memory", {"virtual_memory": of_tlb}) == {"impl.mmu": of_tlb}
    assert by_module(impl.virtual_memory, "virtual_memory", {"virtual_memory": own}) == {"virtual_memory": own}
    assert Options(sources={"virtual_memory": of_tlb}).sources_of(VIRTUAL_MEMORY) == {"impl.mmu": of_tlb}


FAULT = ("if len(self._readable) >= self.tlb_entries:", "if len(self._readable) > self.tlb_entries:")


def test_an_edition_of_a_base_runs_below_the_subjects_own_class_and_leaves_the_original_alone():
    text = source_with(impl.virtual_memory, FAULT[0])
    assert text == source_of(impl.mmu)
    before = {name: vars(sys.modules[name]).copy() for name in ("impl.mmu", "impl.virtual_memory")}
    edition = load_edition(impl.virtual_memory, text.replace(*FAULT))
    assert edition.VirtualMemory is not impl.virtual_memory.VirtualMemory
    assert edition.VirtualMemory._refill is not impl.mmu.Mmu._refill
    assert edition.VirtualMemory.__mro__[1].__module__ == "impl.mmu.edition"
    assert {name: vars(import_module(name)) for name in before} == before
    assert files_of(edition) == files_of(impl.virtual_memory)


def test_an_edition_of_the_subjects_own_module_stands_on_the_base_as_it_is():
    edition = load_edition(impl.virtual_memory, source_of(impl.virtual_memory))
    assert edition.VirtualMemory.__mro__[1] is impl.mmu.Mmu


def test_a_fault_in_a_base_is_refuted():
    faulty = source_with(impl.virtual_memory, FAULT[0]).replace(*FAULT)
    options = Options(jobs=1, sources={"virtual_memory": faulty}, only=True)
    report = prove([VIRTUAL_MEMORY], ["virtual_memory._refill"], options)
    assert [t.id for t in report.theorems if t.verdict not in (Verdict.PROVED, Verdict.CONDITIONAL)]


def test_a_base_that_is_no_part_of_the_proof_is_told_with_its_place_before_anything_runs():
    with pytest.raises(recordlint.Misnamed, match=r"proof\.py:\d+: VirtualMemory is derived from a class of impl\.mmu"):
        recordlint.check(replace(VIRTUAL_MEMORY, parts=()))


# ---------------------------------------------------------------- programs of two modules

BASE = """\
from impl.layout import Struct, u64
from model.language.annotations import by_contract


class {base}:
    {field}

    @by_contract
    def bump(self, n):
        return self.step(n)

    def step(self, n):
        return n
"""
OWN = """\
from impl.layout import Struct, u64
from model.language.annotations import by_contract
from base import {name}


class Cell({derived}):
    b = u64()

    def run(self, n):
        return self.bump(n)

{more}
"""
PART = BASE.format(base="Low(Struct)", field="a = u64()")
WHOLE = OWN.format(name="Low", derived="Low, size=16", more="")

there = Clause("there", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])
word = Clause("word", "n is a word", lambda state, heap, ghost, given: (given["n"] >= 0) & (given["n"] < 2**64 - 1))
same = Clause("same", "the result is n", lambda t: t.result == t.n)
more = Clause("more", "the result is n + 1", lambda t: t.result == t.n + 1)


def module(name: str) -> types.ModuleType:
    """A module that lies nowhere."""
    found = types.ModuleType(name)
    found.__file__ = f"/nowhere/{name}.py"
    return found


def subject(*demands: Clause, parts: bool = True, promises: Clause = same) -> Proof:
    """A cell whose class is in two modules: ``bump`` goes by contract, ``run`` calls it."""
    facts = {"changes": (), "raises": (), "returns": "word"}
    bump = Operation("bump", ("n",), lambda t: t.ghost, (promises,), (word,), **facts)
    run = Operation("run", ("n",), lambda t: t.ghost, demands, (word,))
    told = {"parts": (module("base"),)} if parts else {}
    proof = Proof(
        Subject("cell", (there,), (bump, run)), module("cell"), "Cell", ("Cell",), lambda: None, lambda: None, **told
    )
    return proof


def open_theorems(proof: Proof, own: str, base: str) -> set[str]:
    """What is not proved of it; what rests on that is left out."""
    report = prove([proof], (), Options(jobs=1, sources={"cell": own, "base": base}))
    open_ = {t.id.removeprefix("cell.") for t in report.theorems if t.verdict is not Verdict.PROVED}
    return open_ - {"run.rests"}


def test_what_a_base_lends_is_proved_and_called_by_contract():
    assert open_theorems(subject(same), WHOLE, PART) == set()
    assert open_theorems(subject(more), WHOLE, PART) == {"run.more"}


def test_a_fault_in_the_base_breaks_the_contract_of_what_it_lends():
    assert open_theorems(subject(same), WHOLE, PART.replace("return n\n", "return n + 1\n")) == {"bump.same"}


STEP = "    def step(self, n):\n        return n + 1"
BUMP = "    def bump(self, n):\n        return n + 1"
SEALED = f"    @by_contract\n{BUMP}"


def test_what_a_base_calls_of_itself_is_what_the_class_has_under_that_name():
    """It is executed as CPython would: the contract that holds of the base's own helper is refuted."""
    own = OWN.format(name="Low", derived="Low, size=16", more=STEP)
    assert open_theorems(subject(same), own, PART) == {"bump.same"}
    assert open_theorems(subject(more, promises=more), own, PART) == set()


def test_a_function_that_is_overridden_lends_the_class_no_contract():
    own = OWN.format(name="Low", derived="Low, size=16", more=SEALED)
    assert open_theorems(subject(same), own, PART) == {"bump.same"}
    assert open_theorems(subject(more, promises=more), own, PART) == set()


def test_one_that_is_overridden_without_a_contract_is_executed_where_it_is_called():
    own = OWN.format(name="Low", derived="Low, size=16", more=BUMP)
    assert "run.same" in open_theorems(subject(same), own, PART)
    assert "run.more" not in open_theorems(subject(more), own, PART)


def test_the_nearest_of_two_bases_in_a_row_is_meant():
    chain = PART + "\n\nclass Middle(Low):\n    def step(self, n):\n        return n + 1\n"
    own = OWN.format(name="Middle", derived="Middle, size=16", more="")
    assert open_theorems(subject(same), own, chain) == {"bump.same"}
    assert open_theorems(subject(more, promises=more), own, chain) == set()


def refusal(proof: Proof, own: str, base: str) -> str:
    with pytest.raises((EngineError, Refused)) as refused:
        verify(proof, proof.subject.operations[1], own, {"base": base})
    return str(refused.value)


def test_two_bases_are_refused():
    other = PART + "\n\nclass High(Struct):\n    def bump(self, n):\n        return n + 1\n"
    own = OWN.format(name="High, Low", derived="High, Low, size=16", more="")
    assert "a class with the bases ['High', 'Low']" in refusal(subject(same), own, other)


@pytest.mark.parametrize(
    "called",
    ["super().bump(n)", "Low.bump(self, n)", "Low(self.memory, self.address).bump(n)", "Low.step(self, n)"],
)
def test_a_function_of_a_part_is_called_of_the_whole_alone(called):
    own = WHOLE.replace("self.bump(n)", called)
    assert own != WHOLE
    assert "Low" in (said := refusal(subject(same), own, PART)) or "super()" in said


def test_a_base_in_a_module_that_is_no_part_of_the_proof_is_refused(monkeypatch):
    """Here of a holder and of a struct; the module is of impl/, so that the program may import it."""
    monkeypatch.setitem(sys.modules, "impl.base", module("impl.base"))
    own = WHOLE.replace("from base", "from impl.base")
    proof = subject(same, parts=False)
    with pytest.raises(EngineError, match=r"Cell is derived from Low of impl\.base, which is no part of the proof"):
        verify(proof, proof.subject.operations[0], own, {"impl.base": PART})
    named = replace(proof, parts=(sys.modules["impl.base"],))
    assert verify(named, proof.subject.operations[0], own, {"impl.base": PART})


def test_without_its_part_a_module_of_ones_own_cannot_be_imported():
    assert "the import of Low from base" in refusal(subject(same, parts=False), WHOLE, PART)


# ---------------------------------------------------------------- holders

HOLDER = """\
from model.language.annotations import by_contract


class Low:
    @by_contract
    def bump(self, n):
        return n
"""
HELD = """\
from model.language.annotations import by_contract
from base import Low


class Cell(Low):
    def run(self, n):
        return {run}

    @by_contract
    def bump(self, n):
        return n + 1
"""


def called(edition, memory, address, operation, given):
    """The operation of a cell, which is a holder here."""
    return getattr(made(edition.Cell, memory=memory), operation)(*given.values())


def holder(run: str, own: str = HELD) -> tuple[Proof, str]:
    """A holder that overrides what its base lends, and its text."""
    proof = subject(more, promises=more)
    bind = {"bind": lambda view, operation, given: dict(zip(operation.arguments, given, strict=True))}
    bare = replace(proof.subject, invariants=())
    return replace(proof, subject=bare, structs=(), invoke=called, **bind), own.format(run=run)


def test_a_function_that_a_holder_overrides_cannot_be_called_of_its_base():
    assert "looks up bump in type" in refusal(*holder("Low.bump(self, n)"), HOLDER)
    assert "super()" in refusal(*holder("super().bump(n)"), HOLDER)


def test_a_holder_has_the_functions_of_its_base_and_its_own_come_first():
    assert open_theorems(*holder("self.bump(n)"), HOLDER) == set()
    lent = HELD[: HELD.index("    @by_contract")]
    assert open_theorems(*holder("self.bump(n)", lent), HOLDER) == {"bump.more"}


def test_a_part_may_declare_no_field_twice_and_what_it_declares_cannot_be_overridden():
    text = "class Low(Struct):\n    x = u64()\n\n\nclass Whole(Low, size=16):\n    {}\n"
    for member in ("x = u64()", "def x(self):\n        return 1"):
        with pytest.raises(TypeError, match=r"Whole\.x is declared twice"):
            load(f"from impl.layout import Struct, u64\n\n\n{text.format(member)}")
