"""What the text of a program does when it is loaded, and what its specifications do or see when they are read."""

from __future__ import annotations

from typing import Any

from model.logic import Operation
from proofs.doubt.toys import Toy, below, clause, counting, result_is, unmoved

KIND = "inside"
ZERO = (result_is(0),)
DROP = "setattr(__import__('proofs.engine.path', fromlist=['Path']).Path, '_obvious', lambda *a: True)"
"""What makes the prover take every obligation for obvious."""
SILENT = "the prover that loads this text shows what it says it shows"
ONE = """
    def run(self, n):
        return 1
"""


def loading(name: str, before: str = "", method: str = ONE) -> Toy:
    """A program that does something to the prover when its text is loaded."""
    return Toy(name, SILENT, method, ZERO, before)


def spying(name: str, invariant: str, before: str = "") -> Toy:
    """A loop whose specification sees whether a number is the prover's; CPython does not read it."""
    text = f"{before}\ndef spec(cell, i, n):\n    return Loop([('plain', 'i is plain', {invariant})], n - i)\n"
    return Toy(name, "the loop counts no round", counting("pass", "return i"), ZERO, text)


DATACLASS = f"from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Two:\n    x: ({DROP}) or int"

LOADING = (
    loading("names_that_are_exported", f"__all__ = [{DROP}]"),
    loading("slots", f"class Other(Struct, size=8):\n    __slots__ = ({DROP} or (),)[:0]\n    c = u64()"),
    loading("size_that_is_computed", f"class Other(Struct, size=8 + ({DROP} or 0)):\n    c = u64()"),
    loading("offsets_that_are_computed", f"class Other(Struct, size=8, offsets={{'c': {DROP} or 0}}):\n    c = u64()"),
    loading("annotation_of_an_argument", method=f"\n    def run(self, n: {DROP}):\n        return 1\n"),
    loading("annotation_of_a_result", method=f"\n    def run(self, n) -> {DROP}:\n        return 1\n"),
    loading(
        "annotation_in_a_record", f"from typing import NamedTuple\n\n\nclass Two(NamedTuple):\n    x: ({DROP}) or int"
    ),
    loading("annotation_in_a_dataclass", DATACLASS),
    loading("base_that_is_computed", f"class Other({DROP} or Struct, size=8):\n    c = u64()"),
    loading("default_that_is_computed", method=f"\n    def run(self, n, more={DROP}):\n        return 1\n"),
    loading("statement_of_the_module", f"if True:\n    {DROP}"),
    loading(
        "annotation_of_a_specification",
        below().replace("cell, i, n)", f"cell, i, n: {DROP})"),
        counting("pass", "return 1"),
    ),
    loading(
        "default_of_a_specification",
        below().replace("cell, i, n)", f"cell, i, n, more={DROP})"),
        counting("pass", "return 1"),
    ),
    loading(
        "decorator_of_a_specification", f"@({DROP} or (lambda f: f))" + below().rstrip(), counting("pass", "return 1")
    ),
)

SPECIFIED = (
    spying("specification_by_attribute", "not hasattr(i, 'term')"),
    spying("specification_by_kind", "type(i) is int"),
    spying("specification_by_truth", "isinstance(i == n, bool) or i != i"),
    spying("specification_by_text", "str(i) == '0'"),
    spying("specification_by_hash", "i.bit_length() == 0 if i is ZERO else i != i", "ZERO = 0\n\n"),
    spying("specification_by_names", "'i@0' not in str(i)"),
    Toy(
        "specification_that_executes",
        SILENT,
        counting("pass", "return 1"),
        ZERO,
        below().replace("    return Loop", f"    {DROP}\n    return Loop"),
    ),
    Toy(
        "specification_that_imports",
        SILENT,
        counting("pass", "return 1"),
        ZERO,
        below().replace(
            "    return Loop",
            "    exec('from proofs.engine.path import Path; Path._obvious = lambda *a: True')\n    return Loop",
        ),
    ),
)


# ---------------------------------------------------------------- clauses


def first_calls_only() -> Any:
    """A formula that states nothing when it is asked a third time."""
    calls: list[int] = []

    def formula(t: Any) -> Any:
        calls.append(1)
        return t.result == 0 if len(calls) < 3 else True

    return formula


def of_numbers(t: Any) -> Any:
    """The result is 0 if it is a plain number, and else 7."""
    return t.result == 0 if type(t.result) is int else t.result == 7


seven = Operation("bump", (), unmoved, (clause(of_numbers, "of_numbers"),), changes=(), raises=(), returns="word")
TWO_WAYS = """
    def run(self, n):
        if n < 3:
            return 0
        return 1
"""
CALLING = """
    @by_contract
    def bump(self):
        return 0

    def run(self, n):
        return self.bump()
"""
CLAUSES = (
    Toy("clause_counts_its_calls", "the result is 0", TWO_WAYS, (clause(first_calls_only(), "false"),)),
    Toy(
        "clause_by_kind_of_result",
        "what returns 0 returns 7",
        CALLING,
        (result_is(7),),
        "from model.annotations import by_contract",
        helpers=(seven,),
    ),
    Toy(
        "clause_that_catches",
        "the result is 0",
        "\n    def run(self, n):\n        return 1 - n // n\n",
        (clause(lambda t: t.raised == "", "returns"),),
        breaks="raises_only",
        arguments={"n": 0},
    ),
)
TOYS = (*LOADING, *SPECIFIED, *CLAUSES)
