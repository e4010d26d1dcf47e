"""Exported heaps under ``drystone check --c``: a glue for each, and the pages of an arena under it.

The glue declares what the heap's documents promise, so that the check looks for it in the C as in anybody's.
"""

from __future__ import annotations

from pathlib import Path

from impl.words import WORD_BITS
from proofs.export.helpers import in_words
from proofs.export.unit import Unit
from proofs.registry import Mistake

SOURCES = Path(__file__).parent
MACHINE = "glue_machine.h"


def glued(unit: Unit, folder: Path) -> Path:
    """Write the glue of a heap into ``folder``, where the heap was exported to; Mistake for what is no heap in C."""
    own = SOURCES / f"{unit.prefix}_glue.c"
    if not own.is_file():
        served = ", ".join(sorted(one.name.removesuffix("_glue.c") for one in SOURCES.glob("*_glue.c")))
        raise Mistake(f"{unit.program.subject} has no glue for drystone check --c; these have: {served}")
    for source in (own, SOURCES / MACHINE):
        text = in_words(source.read_text()).replace("UINT64_MAX", f"UINT{WORD_BITS}_MAX")
        (folder / source.name).write_text(text)
    return folder / own.name
