"""Heaps as people have them: several files, static state, sbrk, an arena of their own, locks, C++; each checked."""

import pytest

from proofs.c_check.campaign import Options, check
from proofs.c_check.compiler import BUILDS_BY_NAME, Sources, find_compiler
from tests.c_heaps import BUMP, PLAIN, SLOW_BY_TURNS, needs_compiler
from tests.c_heaps import driver_object as _driver_object  # noqa: F401

pytestmark = [needs_compiler, pytest.mark.usefixtures("_driver_object")]

SEVERAL = {
    "glue.c": """
#include "drystone.h"
#include "pool.h"
int drystone_init(void *arena, size_t size) { return pool_init(arena, size); }
void *drystone_malloc(size_t size) { return pool_take(size); }
void drystone_free(void *block, size_t size) { pool_give(block); }
""",
    "pool.c": """
#include "pool.h"
#ifndef SLOT
#error SLOT is not defined
#endif
static char *low, *high; static void *list;
int pool_init(void *arena, size_t size) { low = arena, high = low + size / SLOT * SLOT; return size >= SLOT; }
void *pool_take(size_t size) {
    void **slot = list;
    if (size > SLOT) return NULL;
    if (slot) { list = *slot; return slot; }
    if (low == high) return NULL;
    low += SLOT;
    return low - SLOT;
}
void pool_give(void *block) { *(void **)block = list; list = block; }
""",
    "include/pool.h": """
#include <stddef.h>
int pool_init(void *, size_t); void *pool_take(size_t); void pool_give(void *);
""",
}

HEAPS = {
    "static state": """
#include "drystone.h"
static _Alignas(16) char arena[4096]; static size_t used; static int begun;
void *drystone_arena(size_t *size) { *size = sizeof arena; return arena; }
void *drystone_malloc(size_t size) {
    if (!begun) { if (used) __builtin_trap(); begun = 1; } /* each history begins anew */
    if (size > sizeof arena - used) return NULL;
    used += size;
    return arena + used - size;
}
void drystone_free(void *block, size_t size) { (void)block, (void)size; }
""",
    "sbrk": """
#include "drystone.h"
#define sbrk drystone_sbrk
void *drystone_malloc(size_t size) {
    void *block;
    if (size > 100000) return NULL;
    block = sbrk((ptrdiff_t)size);
    return block == (void *)-1 ? NULL : block;
}
void drystone_free(void *block, size_t size) { if ((char *)block + size == (char *)sbrk(0)) sbrk(-(ptrdiff_t)size); }
""",
    "arena that holds the heap's own data": """
#include "drystone.h"
#include <stdint.h>
#define DRYSTONE_LEAST_ARENA 256
struct heap { char *next, *end; };
static struct heap *heap;
int drystone_init(void *arena, size_t size) {
    heap = arena; heap->next = (char *)(heap + 1); heap->end = (char *)arena + size; return 1;
}
void *drystone_malloc(size_t size) {
    char *block = heap->next;
    if (size > (size_t)(heap->end - heap->next)) return NULL;
    heap->next += size;
    return block;
}
void drystone_free(void *block, size_t size) { (void)block, (void)size; }
""",
    "lock": '#include "drystone.h"\n#include <pthread.h>\n'
    + BUMP
    + """
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
int drystone_init(void *arena, size_t size) { next = arena, end = next + size; return 1; }
void *drystone_malloc(size_t size) {
    void *block;
    pthread_mutex_lock(&lock);
    block = bump(size);
#ifdef FORGETS
    if (!block) return NULL;
#endif
    pthread_mutex_unlock(&lock);
    return block;
}
void drystone_free(void *block, size_t size) { (void)block, (void)size; }
""",
    "elsewhere": """
#include "drystone.h"
#include <stdlib.h>
#define DRYSTONE_NO_ARENA
#define DRYSTONE_ALIGNMENT 16
#define DRYSTONE_FREE_NULL
#define DRYSTONE_REALLOC_NULL
void *drystone_malloc(size_t size) { return malloc(size); }
void drystone_free(void *block, size_t size) { (void)size; free(block); }
void *drystone_calloc(size_t count, size_t size) { return calloc(count, size); }
void *drystone_realloc(void *block, size_t old, size_t size) { (void)old; return realloc(block, size); }
void *drystone_aligned(size_t alignment, size_t size) {
    void *block;
    return posix_memalign(&block, alignment, size) ? NULL : block;
}
""",
}
CPLUSPLUS = """
#include "drystone.h"
namespace { struct Pool { char *next, *end; void *take(size_t size) {
    if (size > size_t(end - next)) return nullptr;
    char *block = next; next += size; return block; } } pool; }
int drystone_init(void *arena, size_t size) {
    pool.next = static_cast<char *>(arena); pool.end = pool.next + size; return 1;
}
void *drystone_malloc(size_t size) { return pool.take(size DEFECT); }
void drystone_free(void *, size_t) {}
"""


def checked(sources, folder, build=PLAIN, calls=8000):
    """The outcome in one build."""
    work = folder / "work"
    work.mkdir()
    options = Options(calls=calls, shrink_seconds=2)
    (outcome,) = check(sources, [build], options, find_compiler(), work).outcomes
    return outcome


@pytest.mark.parametrize("name", HEAPS)
def test_a_heap_of_this_kind_is_clean(name, tmp_path):
    (tmp_path / "glue.c").write_text(HEAPS[name])
    assert checked(Sources(tmp_path / "glue.c"), tmp_path).verdict == "CHECKED"


def test_a_heap_of_several_files_with_headers_and_macros_elsewhere(tmp_path):
    for name, text in SEVERAL.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = Sources(tmp_path / "glue.c", (tmp_path / "pool.c",), (str(tmp_path / "include"),), ("SLOT=64",))
    assert checked(found, tmp_path).verdict == "CHECKED"


def test_a_fault_in_one_of_several_files_is_shown_by_a_program(tmp_path):
    for name, text in SEVERAL.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace("size > SLOT", "size > SLOT + 1"))
    found = Sources(tmp_path / "glue.c", (tmp_path / "pool.c",), (str(tmp_path / "include"),), ("SLOT=64",))
    violation = checked(found, tmp_path).violation
    assert violation.witness.status not in (None, 0)


def test_a_lock_that_is_not_given_back_is_a_call_that_waits(tmp_path):
    (tmp_path / "glue.c").write_text(HEAPS["lock"])
    outcome = checked(Sources(tmp_path / "glue.c", defines=("FORGETS",)), tmp_path)
    assert outcome.violation.clause.name == "returns"
    assert "waits" in outcome.violation.how


SLOW = (
    '#include "drystone.h"\n#include <time.h>\n'
    + BUMP
    + """
int drystone_init(void *arena, size_t size) { next = arena, end = next + size; return 1; }
void *drystone_malloc(size_t size) {
    if (size > 8) while (clock() < SECONDS * CLOCKS_PER_SEC) continue; /* of the whole history, so once */
    return bump(size);
}
void drystone_free(void *block, size_t size) { (void)block, (void)size; }
"""
)


@pytest.mark.parametrize(("seconds", "verdict"), [("0.05", "CHECKED"), ("0.6", "UNKNOWN"), ("1000.0", "REFUTED")])
def test_a_call_that_is_slow_does_not_hang(seconds, verdict, tmp_path):
    (tmp_path / "glue.c").write_text(SLOW)
    outcome = checked(Sources(tmp_path / "glue.c", defines=(f"SECONDS={seconds}",)), tmp_path, calls=600)
    assert outcome.verdict == verdict
    if verdict == "UNKNOWN":
        assert "takes more than 300 ms" in outcome.why
        assert "--hang" in outcome.why


@pytest.mark.parametrize(("times", "verdict"), [(1, "CHECKED"), (3, "CHECKED"), (4, "UNKNOWN")])
def test_the_search_goes_on_behind_a_history_that_is_slow_once(times, verdict, tmp_path):
    (tmp_path / "glue.c").write_text(SLOW_BY_TURNS)
    outcome = checked(Sources(tmp_path / "glue.c", defines=(f"TIMES={times}",)), tmp_path, calls=3000)
    assert outcome.verdict == verdict
    if verdict == "CHECKED":
        assert outcome.search.calls >= 3000
        assert outcome.search.history is None
    else:
        assert "failed once and not again" in outcome.why


@pytest.mark.parametrize(("defect", "verdict"), [("", "CHECKED"), (" / 2", "REFUTED")])
def test_a_heap_in_cplusplus(defect, verdict, tmp_path):
    (tmp_path / "glue.cpp").write_text(CPLUSPLUS.replace(" DEFECT", defect))
    outcome = checked(Sources(tmp_path / "glue.cpp"), tmp_path)
    assert outcome.verdict == verdict
    if outcome.violation:
        assert outcome.violation.witness.suffix == ".cpp"
        assert outcome.violation.witness.status not in (None, 0)


@pytest.mark.slow
@pytest.mark.parametrize("build", list(BUILDS_BY_NAME))
def test_every_build_takes_a_heap_whose_memory_is_elsewhere(build, tmp_path):
    (tmp_path / "glue.c").write_text(HEAPS["elsewhere"])
    outcome = checked(Sources(tmp_path / "glue.c"), tmp_path, BUILDS_BY_NAME[build], 20_000)
    assert outcome.verdict in ("CHECKED", "LEFT OUT"), repr(outcome)
