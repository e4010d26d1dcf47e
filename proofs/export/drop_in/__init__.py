"""A drop-in malloc: an exported heap as a shared library for LD_PRELOAD on Linux.

The heap is proved; malloc.c, the machine under it and what the C library promises beyond a heap, is tested only.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from proofs.export.beside.building import compiler
from proofs.export.unit import Unit
from proofs.registry import Mistake

SOURCES = Path(__file__).parent
FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread")
NO_BUILTINS = ("-fno-builtin-malloc", "-fno-builtin-calloc", "-fno-builtin-realloc", "-fno-builtin-free")
"""A compiler that knows malloc would make a call of calloc of what calloc itself does."""


def library(unit: Unit, folder: Path) -> Path:
    """Build lib<heap>.so in ``folder``, where the heap was exported to; its sources are left beside it.

    Mistake if nothing says how the subject serves as malloc, or if there is no C compiler.
    """
    adapter = SOURCES / f"{unit.prefix}_malloc.h"
    if not adapter.is_file():
        served = ", ".join(sorted(one.name.removesuffix("_malloc.h") for one in SOURCES.glob("*_malloc.h")))
        raise Mistake(f"{unit.program.subject} does not serve as malloc; these do: {served}")
    for source in (adapter, SOURCES / "malloc.c"):
        (folder / source.name).write_text(source.read_text())
    built = folder / f"lib{unit.prefix}.so"
    command = [compiler(), *FLAGS, *NO_BUILTINS, f'-DHEAP="{adapter.name}"', "-o", built.name, "malloc.c"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Mistake(f"{' '.join(command)} failed ({done.returncode}):\n{done.stderr[:2000]}")
    return built
