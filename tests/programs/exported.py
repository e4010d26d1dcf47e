"""Random programs of the language translated to C, and run by CPython and by the C.

Where a run of CPython is wrong (a number that is no word, a header that is not there), nothing is promised of the C.

    python -m tests.programs.exported FIRST LAST

prints what came of the programs of those numbers, as JSON: a program that ends the process is noticed by whoever waits.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from proofs.engine.path import EngineError
from proofs.export.beside.both import Both, Difference, Faulty, Recorder
from proofs.export.beside.building import BUILDS, build
from proofs.export.program import Untranslatable, program_of
from proofs.export.unit import Unit, Writer
from tests.programs import concrete
from tests.programs.concrete import CELL, NODES, PLACES, TINIES, Input
from tests.programs.program import STRUCTS, program

WINDOW = 1 << 16
INPUTS = 12
SILENT = ("-Wno-tautological-compare", "-Wno-type-limits", "-Wno-logical-op")
"""Warnings of what a program computes, however it is written."""
NAME = "program_in_c"


@dataclass
class Comparison:
    """The differences; how often runs ended how; why programs were refused."""

    differences: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class _Typed(ast.NodeTransformer):
    """Every parameter is declared to be a word; it is one in all these programs."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        for one in node.args.args:
            if one.arg not in ("self", "cls"):
                one.annotation = ast.Name("int", ast.Load())
        return node


def text_at(seed: int, base: int) -> str:
    """The text of a program whose headers lie at ``base`` and behind."""
    text = ast.unparse(_Typed().visit(ast.parse(program(seed).text)))
    places = "|".join(str(place) for place in (*NODES, min(TINIES)))
    return re.sub(rf"(Node\(self\.memory, |peek\(Node\.\w+, |array\(Tiny\.value, )({places})\b",
                  lambda match: f"{match[1]}{base + int(match[2])}", text)  # fmt: skip


def translated(text: str) -> Unit:
    """The C of a program."""
    module = types.ModuleType(NAME)
    module.__file__ = "program.py"
    sys.modules[NAME] = module
    exec(compile(text, "program.py", "exec"), module.__dict__)
    found = program_of("cell", module, "Cell", operations=("run",), source=text)
    return Writer(found, ()).unit(["run"])


def on_c(seeds: Iterable[int], kind: str = "sanitized") -> Comparison:
    """Each program translated, and run on some inputs by both."""
    found = Comparison()
    memory = Recorder(WINDOW, Random(0))
    memory.open(memory.base, 1)
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            try:
                unit = translated(text_at(seed, memory.base))
            except (Untranslatable, EngineError) as refusal:
                found.refused[re.sub(r"^\S+: ", "", str(refusal))] += 1
                continue
            place = Path(folder, str(seed))
            place.mkdir()
            built = build(unit, kind, folder=place, silent=SILENT)
            both = Both(unit, str(built.library), memory, memory.base + CELL)
            for number in range(INPUTS):
                print(f"program {seed}, input {number}", file=sys.stderr)
                _run(found, both, seed, concrete.random_input(seed * 1_000 + number))
    return found


def _run(found: Comparison, both: Both, seed: int, given: Input) -> None:
    """One input, by both; nothing is compared where CPython's own run is wrong."""
    seen = concrete.run(program(seed), given)
    if seen.fault:
        found.ends["wrong"] += 1
        return
    _lay(both, given)
    try:
        _, raised = both.call("run", *given.arguments)
    except Faulty:
        found.ends["wrong"] += 1
        return
    except Difference as difference:
        found.differences.append(f"program {seed}, input {given}: {difference}\n{program(seed).text}")
        return
    assert raised == seen.raised, (seed, raised, seen)
    found.ends[raised or "returned"] += 1


def _lay(both: Both, given: Input) -> None:
    """The fields as bytes, for both."""
    for struct, address in PLACES:
        one = both.unit.program.runtime[struct]
        for field_ in one.FIELDS:  # type: ignore[attr-defined]
            value: Any = given.fields[struct, address, field_.name]
            if STRUCTS[struct][field_.name] < 0 and value:
                value += both.memory.base
            place = both.memory.base + address + field_.offset
            both.memory.write_both(place, int(value).to_bytes(field_.width, "little"))


def main(first: str, last: str, kind: str = "sanitized") -> None:
    """Print what came of the programs."""
    assert kind in BUILDS
    found = on_c(range(int(first), int(last)), kind)
    print(json.dumps({"differences": found.differences, "ends": found.ends, "refused": found.refused}))


if __name__ == "__main__":
    main(*sys.argv[1:])
