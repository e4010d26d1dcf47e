"""Heaps in C for the tests: right ones, and for each kind of fault one that has it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proofs.c_check import compiler
from proofs.c_check.compiler import BUILDS_BY_NAME, HEADERS, Sources, compile_builds, find_compiler
from proofs.c_check.driver import Driver

FOLDER = Path(__file__).parent / "c"
RIGHT = ("list.c", "small.c", "units.c", "granules.c", "bins.c", "tags.c")
PLAIN = BUILDS_BY_NAME["plain"]

DEFECTS = {
    # name: file, the clause that the plain build finds broken
    "WRAPS": ("list.c", "returns"),
    "INIT_BEFORE": ("list.c", "returns"),
    "INIT_BEHIND": ("list.c", "touches_nothing_outside"),
    "STATISTICS_NULL": ("list.c", "returns"),
    "ASSERT_FULL": ("list.c", "returns"),
    "EXTENDED_STAYS": ("list.c", "finds_itself_whole"),
    "ONE_CHUNK": ("list.c", "finds_itself_whole"),
    "MASK": ("list.c", "returns"),
    "CALLOC": ("list.c", "lies_inside"),
    "CALLOC_32": ("list.c", "lies_inside"),
    "CALLOC_DIRTY": ("list.c", "is_zero"),
    "REALLOC_TRIMS": ("list.c", "lies_inside"),
    "REALLOC_LOSES": ("list.c", "keeps_live_blocks"),
    "READS_PAST": ("list.c", "returns"),
    "STALE_LOWEST": ("small.c", "keeps_live_blocks"),
    "ROUNDING": ("small.c", "lies_inside"),
    "COUNT": ("units.c", "lies_inside"),
    "SHIFTED_BITMAP": ("granules.c", "overlaps_none"),
    "SHRINKS_OVER": ("granules.c", "shrinks_over_no_block"),
    "ENDLESS": ("granules.c", "returns"),
    "INDEX": ("bins.c", "returns"),
}
MORE_DEFECTS = (
    *("ALIGNED_LEAKS", "ALIGNED_PAGE", "ALIGNED_SHORT", "CALLOC_FRESH", "CALLOC_WORDS", "COUNTS_REFUSED"),
    *("END", "FREE_BYTES", "FREE_NULL", "HANDLES", "LEAKS", "LOCK", "MERGE_OVER_END", "NO_MERGE"),
    *("ONE_SIZE", "REALLOC_COPIES_WORDS", "REALLOC_FREES", "REALLOC_KEEPS", "REALLOC_OF_NULL"),
    *("REALLOC_TO_NOTHING", "REMAINDER_SMALL", "REMAINDER_TWICE", "SHRINK_LOSES", "SHRINK_OVER"),
    *("TAG_OVER_END", "UNLINK", "UNSET", "USABLE", "WIPES"),
)
"""Those of tags.c."""
ONLY_IN = {"SHIFT": ("granules.c", "ubsan")}
"""Faults without effect but in one build."""
CLAUSES = re.findall(r"X\((\w+)\)", (HEADERS / "judge.h").read_text().split("enum ds_clause")[0])
"""The driver's clauses; breakers.c breaks the one of that number, 1 the first."""

BUMP = """
static char *next, *end;
static void *bump(size_t size) {
    char *block = next;
    if (size > (size_t)(end - next)) return NULL;
    next += size;
    return block;
}
"""

SLOW_BY_TURNS = (
    '#include "drystone.h"\n#include <fcntl.h>\n#include <unistd.h>\n'
    + BUMP
    + """
static int asked;
int drystone_init(void *arena, size_t size) { next = arena, end = next + size; return 1; }
void *drystone_malloc(size_t size) {
    if (!asked++) { /* every other history hangs, until TIMES did */
        int file = open("histories", O_WRONLY | O_CREAT | O_APPEND, 0600), number = 0;
        if (write(file, "", 1) == 1) number = (int)lseek(file, 0, SEEK_END);
#ifdef ALWAYS
        number = 1;
#endif
        while (number % 2 && number < 2 * TIMES) continue;
    }
    return bump(size);
}
void drystone_free(void *block, size_t size) { (void)block, (void)size; }
"""
)


needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


def sources(file: str, *defines: str) -> Sources:
    return Sources(FOLDER / file, defines=defines)


@contextmanager
def driver_of(found: Sources, folder: Path, build=PLAIN) -> Iterator[Driver]:
    """The heap in a build, running."""
    (compiled,) = compile_builds(found, [build], folder, find_compiler())
    assert compiled.program is not None, compiled.error or compiled.left_out
    with Driver(compiled.program) as driver:
        yield driver


@pytest.fixture(scope="session")
def driver_object(tmp_path_factory):
    """The driver is the same for all heaps: compiled once."""
    kept, folder = {}, tmp_path_factory.mktemp("driver")
    original = compiler._driver

    def once(build, place, found):
        kind = compiler._kind(build)
        if kind not in kept:
            kept[kind] = original(build, folder, found)
        return kept[kind]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "_driver", once)
        yield
