"""``drystone new --c DIR``: a glue to begin with, drystone.h beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from proofs.c_check.compiler import HEADERS
from proofs.registry import Mistake

GLUE = """/* The glue between your allocator and `drystone check --c glue.c`: drystone.h says what may stand here.
   Put your heap in place of the one below: include its files, or name them on the command line behind this one. */
#include "drystone.h"

/* What your heap promises beyond the common contract; what is not declared is not checked. */
#define DRYSTONE_ALIGNMENT sizeof(void *)

/* #include "your_heap.c" */

static char *next, *end; /* a heap that hands out its arena once, from its beginning on */

int drystone_init(void *arena, size_t size) {
    next = arena, end = next + size;
    return 1;
}

void *drystone_malloc(size_t size) {
    char *block = next;
    if (size > (size_t)(end - next)) return NULL;
    size = (size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
    next = size > (size_t)(end - next) ? end : next + size;
    return block;
}

void drystone_free(void *block, size_t size) {
    (void)block, (void)size;
}
"""


def new_glue(folder: Path) -> list[Path]:
    """Write glue.c and drystone.h into the folder, which is made if need be; a Mistake where a glue.c is already."""
    glue, header = folder / "glue.c", folder / "drystone.h"
    if glue.exists():
        raise Mistake(f"{glue} is there already")
    folder.mkdir(parents=True, exist_ok=True)
    glue.write_text(GLUE)
    shutil.copyfile(HEADERS / "drystone.h", header)
    return [glue, header]
