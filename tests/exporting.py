"""What tests of the translation to C share: small programs, and the skip where there is no compiler."""

import shutil
import sys
import tempfile
import types
from pathlib import Path
from random import Random

import pytest

from proofs.engine.annotations import Names
from proofs.export.beside.both import Both, Recorder
from proofs.export.beside.building import build
from proofs.export.program import program_of
from proofs.export.unit import Unit, Writer

HAS_COMPILER = any(shutil.which(name) for name in ("gcc", "cc", "clang"))
needs_compiler = pytest.mark.skipif(not HAS_COMPILER, reason="there is no C compiler here: install gcc or clang")
HEAD = """\
from __future__ import annotations
from dataclasses import dataclass
from typing import NamedTuple
from collections.abc import Callable
from impl.errors import DoubleFree, InvalidFree, NotValid
from impl.layout import Struct, flag, pointer, u8, u16, u32, u64
from impl.memory import Array, Memory
from impl.words import check_word
from model.language.annotations import advance, hold, loop


"""
NAME = "little_program"
NAMES = Names("thing", frozenset({"spec"}))
WINDOW = 1 << 16


def little(text: str, *operations: str, heap: str = "Thing") -> Unit:
    """The C of a little program, the functions of those names public."""
    module = types.ModuleType(NAME)
    module.__file__ = "little.py"
    sys.modules[NAME] = module
    exec(compile(HEAD + text, "little.py", "exec"), module.__dict__)
    program = program_of("thing", module, heap, names=NAMES, operations=operations, source=HEAD + text)
    return Writer(program, ()).unit(operations)


def side_by_side(unit: Unit) -> Both:
    """The program on both sides, its descriptor full of zeros; in this process, so nothing may crash."""
    memory = Recorder(WINDOW, Random(0), base=0x3000_0000_0000 + Random().randrange(1 << 20) * WINDOW)
    memory.open(memory.base, 2)
    built = build(unit, "sanitized", folder=Path(tempfile.mkdtemp()))
    return Both(unit, str(built.library), memory, memory.base + 256)
