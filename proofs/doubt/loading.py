"""What the text of a program does when it is loaded."""

from __future__ import annotations

from proofs.doubt.toys import Toy, below, counting, result_is

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
    return Toy(name, SILENT, method, ZERO, before, spec=below())


def specifying(name: str, text: str) -> Toy:
    """A program that holds a text that is a specification elsewhere."""
    return loading(name, text, counting("pass", "return 1"))


DATACLASS = f"from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Two:\n    x: ({DROP}) or int"

TOYS = (
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
    specifying("annotation_of_a_specification", below().replace("cell, i, n)", f"cell, i, n: {DROP})")),
    specifying("default_of_a_specification", below().replace("cell, i, n)", f"cell, i, n, more={DROP})")),
    specifying("decorator_of_a_specification", f"@({DROP} or (lambda f: f))" + below()),
)
