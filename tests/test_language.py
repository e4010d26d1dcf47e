"""The language of programs under proof: what it has passes, all else is refused before anything runs."""

from __future__ import annotations

import ast
import importlib
import re
import types
from pathlib import Path
from typing import Any

import pytest

from impl.errors import InvalidFree
from impl.machine import Machine
from proofs.doubt.specified import specified
from proofs.engine import edition
from proofs.engine.annotations import Names
from proofs.engine.edition import load_symbolic
from proofs.engine.expressions import COMPARISONS, EXPRESSIONS, OF_DICTIONARY, OF_MEMORY, OF_RAM, OPERATORS, State
from proofs.engine.heads import Kind
from proofs.engine.language import STATEMENTS
from proofs.engine.modules import ANNOTATIONS, BUILTINS, MACHINE, RAISABLE
from proofs.engine.operation import load_edition
from proofs.engine.path import EngineError
from proofs.engine.refusal import WORDS, Refused
from proofs.engine.runtime import Engine
from proofs.registry import SUBJECTS
from tests.programs.refused import EXPRESSIONS_REFUSED, OFTEN_TRIED, STATEMENTS_REFUSED
from tests.programs.refused_heads import (
    CLASSES_REFUSED,
    FUNCTIONS_REFUSED,
    HEADS_REFUSED,
    struct,
)
from tests.programs.text import ALLOWED, ALLOWED_MEMBERS, CONSTANTS, NAMES, text_of

PAGE = (Path(edition.__file__).parent / "LANGUAGE.md").read_text()
OLD = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "AugLoad", "AugStore", "Param"}
LATER = {"TypeAlias", "TemplateStr"}
"""Not in every Python that this runs on."""
STATE = State(frozenset({"root"}), frozenset({"table"}))


def load(text: str, names: Names = NAMES) -> types.ModuleType:
    """The edition of a module of that text."""
    module = types.ModuleType("subject")
    module.__file__ = "/nowhere/subject.py"
    return load_symbolic(module, Engine(), text, state=STATE, names=names)


@pytest.mark.parametrize("name", ALLOWED)
def test_what_the_language_has_passes(name: str):
    load(text_of(ALLOWED[name], CONSTANTS))


@pytest.mark.parametrize("name", ALLOWED_MEMBERS)
def test_functions_of_the_language_pass(name: str):
    load(text_of("return n", CONSTANTS, ALLOWED_MEMBERS[name]))


@pytest.mark.parametrize("name", SUBJECTS)
def test_our_allocators_page_tables_and_tlb_are_in_the_language(name: str):
    proof = importlib.import_module(f"proofs.{name}.proof").PROOF
    assert load_edition(proof, proof.subject.operations[0], None, None).__drystone_editions__


# ---------------------------------------------------------------- what is refused


REFUSED = {
    f"{kind}: {name}": case
    for kind, cases in {
        "often tried": OFTEN_TRIED,
        "statement": STATEMENTS_REFUSED,
        "expression": EXPRESSIONS_REFUSED,
        "function": FUNCTIONS_REFUSED,
        "head": HEADS_REFUSED,
        "class": CLASSES_REFUSED,
    }.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_language_has_not_is_refused_before_anything_runs(name: str, monkeypatch: pytest.MonkeyPatch):
    def run(*given: Any) -> None:
        raise AssertionError("something was run")

    monkeypatch.setattr(edition, "_execute", run)
    case = REFUSED[name]
    with pytest.raises(Refused) as refused:
        load(case.text)
    lines = [
        number for number, line in enumerate(case.text.splitlines(), 1) if line.strip().startswith(case.at.strip())
    ]
    found = [one for one in refused.value.refusals if case.construct in one.construct]
    assert found, refused.value.refusals
    assert found[0].file == "/nowhere/subject.py"
    assert found[0].line in lines
    assert case.instead in found[0].instead
    assert found[0].instead


def test_every_construct_that_is_often_tried_is_refused_in_a_test():
    assert set(OFTEN_TRIED) == set(WORDS) - LATER


def test_every_kind_of_node_that_python_has_is_there_or_it_is_said_what_to_write_instead():
    kinds = {
        kind
        for base in (ast.stmt, ast.expr, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
        for kind in _leaves(base)
    }
    there = {
        *STATEMENTS,
        *EXPRESSIONS,
        *OPERATORS,
        *COMPARISONS,
        ast.Name,
        ast.Tuple,
        ast.JoinedStr,
        ast.FormattedValue,
    }
    assert {kind.__name__ for kind in kinds - there} - set(WORDS) == set()


def _leaves(base: type) -> set[type]:
    """The kinds of nodes of one sort; those that Python keeps for old names are none."""
    return {kind for kind in base.__subclasses__() if kind.__module__ == "ast" and kind.__name__ not in OLD}


@pytest.mark.parametrize("name", ["term", "negated", "choose"])
def test_members_are_not_called_like_what_the_prover_finds_at_its_own_values(name: str):
    with pytest.raises(EngineError, match="choose other names"):
        load(text_of(head=struct(f"{name} = u64()")))


def test_two_structs_of_a_program_do_not_share_a_name():
    with pytest.raises(EngineError, match=r"the struct Segment is declared in .*, too"):
        load(
            text_of(
                head="from impl.segment_heap import SegmentHeap\n\n"
                + struct("x = u64()", "class Segment(Struct, size=8):")
            )
        )


# ---------------------------------------------------------------- the page


def in_code(word: str) -> bool:
    """Whether the page names a word as code."""
    plain = re.sub(r"```.+?```", "", PAGE, flags=re.DOTALL)
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", code) for code in re.findall(r"`([^`]+)`", plain))


def test_the_page_names_every_kind_of_statement_expression_and_operator():
    nodes = {*STATEMENTS, *EXPRESSIONS, *OPERATORS, *COMPARISONS, ast.Name, ast.Tuple, ast.JoinedStr}
    assert [node.__name__ for node in nodes if not in_code(node.__name__)] == []


def test_the_page_names_what_a_program_may_call_import_and_raise():
    names = {*OF_MEMORY, *OF_DICTIONARY, *OF_RAM, *BUILTINS, *RAISABLE, *ANNOTATIONS, "bit_length", "claim", "super"}
    names |= {name for source in ("impl.layout", "impl.words") for name in MACHINE[source]}
    assert [name for name in sorted(names) if not in_code(name)] == []


def test_the_page_names_every_kind_of_name():
    text = " ".join(PAGE.split())
    assert [kind.value for kind in Kind if kind.value not in text] == []


def test_the_page_lists_exactly_what_is_often_tried_and_what_to_write_instead():
    table = PAGE[PAGE.index("## What is refused") :]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE)[1:]
    assert [(one.strip("`"), other) for one, other in rows] == list(WORDS.values())


def test_the_program_of_the_page_is_in_the_language_and_runs():
    text, specification = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    load(text, Names("pool", frozenset(specified(specification))))
    example = types.ModuleType("example")
    exec(text, example.__dict__)
    machine = Machine(1 << 20, checked=True)
    machine.memory.map(0x40_0000, 2)
    pool = example.Pool.claim(machine.memory, 0x40_0000)
    pool.first, pool.start, pool.count = 0, 0x40_1000, 5
    pool.fill()
    blocks = [pool.allocate() for _ in range(6)]
    assert sorted(blocks) == [0, *(0x40_1000 + 64 * number for number in range(5))]
    with pytest.raises(InvalidFree):
        pool.free(0x40_1000 + 5 * 64)
